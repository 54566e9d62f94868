"""The status variables that ``AT+S.STS`` prints as ``AT-S.Var:<name>=<value>``.

Names and order are those of ST's status page for firmware 1.1.0 (STPKG). A row says what a variable means and how
it looks; its value is known to the part of the module that it describes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from firmware_model.tables.sources import Source, assumed, driver, inferred, log, manual, predecessor


class Format(StrEnum):
    """How a status value is written."""

    TEXT = "text"
    DECIMAL = "decimal"
    FLAG = "0 or 1"
    HEX_WORD = "0x and 8 hex digits"
    MAC = "6 octets, hex in upper case with colons"
    IPV4 = "dotted quad"
    IPV6 = "eight groups without padding"


class Status(NamedTuple):
    """One status variable.

    ``source`` speaks of meaning and format; the names of all listed ones are manual (STPKG). One that is not
    ``listed`` answers when it is asked for by name, but does not show in the full list.
    """

    name: str
    meaning: str
    format: Format
    source: Source
    listed: bool = True


_NAME_ONLY: Final = assumed("only the name is known")
_SECONDS: Final = inferred("the name")
_RATES: Final = predecessor()
_ADDRESS: Final = driver("MBED, XC-IF")

STATUSES: Final = (
    Status("build", "firmware build, as in WIND 1", Format.TEXT, log("F-FR")),
    Status("fw_version", "firmware version", Format.TEXT, log("F-FR")),
    Status("boot_version", "boot loader version", Format.TEXT, log("F-FR")),
    Status("var_version", "layout version of the stored configuration", Format.DECIMAL, _NAME_ONLY),
    Status("free_heap", "octets of heap that are free now", Format.DECIMAL, predecessor()),
    Status("min_heap", "fewest octets of heap that were ever free", Format.DECIMAL, predecessor()),
    Status("system_time", "seconds since 1970", Format.DECIMAL, _SECONDS),
    Status("system_uptime", "seconds since the last start", Format.DECIMAL, _SECONDS),
    Status("system_sleeptime", "seconds spent asleep", Format.DECIMAL, _SECONDS),
    Status("reset_reason", "why the module started", Format.DECIMAL, predecessor()),
    Status("startup", "how the module started", Format.DECIMAL, _NAME_ONLY),
    Status("random_number", "a fresh random number", Format.DECIMAL, _NAME_ONLY),
    Status("gpio_enable", "which GPIOs are configured", Format.HEX_WORD, inferred("the name")),
    Status("user_fs", "the user flash volume is mounted", Format.FLAG, inferred("the name")),
    Status("extvol_fs", "the external volume is mounted", Format.FLAG, manual("STPKG ChangeLog")),
    Status("nv_power_cycles", "starts by power", Format.DECIMAL, _NAME_ONLY),
    Status("nv_wdog_resets", "starts by the watchdog", Format.DECIMAL, _NAME_ONLY),
    Status("nv_reset_cycles", "starts by reset", Format.DECIMAL, _NAME_ONLY),
    Status("wifi_state", "state of the radio, 0..10", Format.DECIMAL, log("F-SPI1, PB")),
    Status("wifi_own_macaddr", "MAC address in use", Format.MAC, log("F-MAC")),
    Status("wifi_bssid", "access point that was joined", Format.MAC, inferred("WIND 19")),
    Status("wifi_aid", "association id", Format.DECIMAL, _NAME_ONLY),
    Status("wifi_channelnum", "channel in use", Format.DECIMAL, _NAME_ONLY),
    Status("wifi_sup_rate_mask", "rates the peer supports", Format.HEX_WORD, _RATES),
    Status("wifi_bas_rate_mask", "basic rates of the network", Format.HEX_WORD, _RATES),
    Status("wifi_chan_activity", "channels on which something was heard", Format.HEX_WORD, _RATES),
    Status("wifi_max_tx_power", "highest transmit power allowed, dBm", Format.DECIMAL, _RATES),
    Status("wifi_gf_mode", "802.11n greenfield mode", Format.FLAG, _NAME_ONLY),
    Status("wifi_reg_country", "regulatory country code", Format.TEXT, _RATES),
    Status("wifi_dtim_period", "beacons between two DTIMs", Format.DECIMAL, _RATES),
    Status("wifi_num_assoc", "stations in the miniAP", Format.DECIMAL, _NAME_ONLY),
    Status("ip_from_AutoIP", "the IPv4 address is self-assigned", Format.FLAG, _NAME_ONLY),
    Status("ip_ipaddr", "IPv4 address; 0.0.0.0 while not up", Format.IPV4, _ADDRESS),
    Status("ip_netmask", "IPv4 mask", Format.IPV4, _ADDRESS),
    Status("ip_gw", "IPv4 gateway", Format.IPV4, _ADDRESS),
    Status("ip_dns1", "first DNS server", Format.IPV4, _ADDRESS),
    Status("ip_dns2", "second DNS server", Format.IPV4, _ADDRESS),
    Status("ip_linklocal", "IPv6 link-local address", Format.IPV6, inferred("WIND 24")),
    Status("ip_local", "IPv6 address", Format.IPV6, inferred("WIND 24")),
    Status("ip_dns1v6", "first DNS server, IPv6", Format.IPV6, inferred("WIND 24")),
    Status("ip_dns2v6", "second DNS server, IPv6", Format.IPV6, inferred("WIND 24")),
    Status(
        "ram_fs",
        "the RAM disk is mounted",
        Format.FLAG,
        manual("STPKG ChangeLog; absent from the page"),
        listed=False,
    ),
)
