from __future__ import annotations

from firmware_model.tables.statuses import STATUSES

# The status page of ST's firmware package for 1.1.0, name by name.
PAGE_TEXT = """
build fw_version boot_version var_version free_heap min_heap system_time system_uptime system_sleeptime
reset_reason startup random_number gpio_enable user_fs extvol_fs nv_power_cycles nv_wdog_resets
nv_reset_cycles wifi_state wifi_own_macaddr wifi_bssid wifi_aid wifi_channelnum wifi_sup_rate_mask
wifi_bas_rate_mask wifi_chan_activity wifi_max_tx_power wifi_gf_mode wifi_reg_country wifi_dtim_period
wifi_num_assoc ip_from_AutoIP ip_ipaddr ip_netmask ip_gw ip_dns1 ip_dns2 ip_linklocal ip_local ip_dns1v6
ip_dns2v6
"""
PAGE = PAGE_TEXT.split()


def test_41_statuses_are_listed_in_the_order_of_the_page() -> None:
    assert len(PAGE) == 41
    assert [row.name for row in STATUSES if row.listed] == PAGE


def test_ram_fs_can_be_asked_for_but_is_not_listed() -> None:
    assert [row.name for row in STATUSES if not row.listed] == ["ram_fs"]


def test_names_are_unique_whatever_the_letter_case() -> None:
    assert len({row.name.lower() for row in STATUSES}) == len(STATUSES)
