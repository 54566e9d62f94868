"""The values of the status variables, taken from the parts that know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.radio.rates import written
from firmware_model.radio.state import NetworkAddress, link_local
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.statuses import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firmware_model.module import Module
    from firmware_model.radio.settings import WifiSettings


_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what the module prints while it has no address
_NO_ADDRESS_V6 = "0:0:0:0:0:0:0:0"
_NO_MAC = "00:00:00:00:00:00"


class StatusReport:
    """Reads the status of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._values: dict[str, Callable[[], object]] = self._system() | self._memory() | self._wifi() | self._network()

    def select(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield name and value of every listed variable in order, or of the one named, in any letter case.

        Raises AtError 4 when there is no such variable.
        """
        chosen = [row for row in STATUSES if (row.name.lower() == name.lower() if name else row.listed)]
        if not chosen:
            raise AtError(Error.VARIABLE_NOT_FOUND)
        for row in chosen:
            yield row.name, str(self._values[row.name]())

    def _system(self) -> dict[str, Callable[[], object]]:
        module, clock, counters = self._module, self._module.outside.clock, self._module.counters
        after_reset = module.restarts > 0
        return {
            "build": lambda: module.profile.build,
            "fw_version": lambda: module.profile.version,
            "boot_version": lambda: module.profile.boot_version,
            "var_version": lambda: module.profile.configuration_layout,
            "system_time": lambda: int(module.time.now()),
            "system_uptime": lambda: int(clock.monotonic() - module.started_at),
            "system_sleeptime": lambda: int(module.power.seconds_asleep),
            "reset_reason": lambda: module.start_reason.value,
            "startup": lambda: int(after_reset),
            "random_number": module.random_number,
            "gpio_enable": lambda: f"0x{module.pins.enabled:08X}",
            "nv_power_cycles": lambda: counters.power_cycles,
            "nv_wdog_resets": lambda: counters.watchdog_resets,
            "nv_reset_cycles": lambda: counters.reset_cycles,
        }

    def _memory(self) -> dict[str, Callable[[], object]]:
        heap, files = self._module.heap, self._module.files
        return {
            "free_heap": lambda: heap.free,
            "min_heap": lambda: heap.minimum,
            "user_fs": lambda: int(files.mounted(1)),
            "extvol_fs": lambda: int(files.mounted(0)),
            "ram_fs": lambda: int(files.mounted(2)),
        }

    def _wifi(self) -> dict[str, Callable[[], object]]:
        radio, variable = self._module.radio, self._module.configuration.get
        return {
            "wifi_state": lambda: int(radio.state),
            "wifi_own_macaddr": lambda: variable("nv_wifi_macaddr"),
            "wifi_bssid": lambda: radio.address.bssid if radio.address else _NO_MAC,
            "wifi_aid": lambda: int(self._joined()),
            "wifi_channelnum": lambda: radio.address.channel if radio.address else 0,
            "wifi_sup_rate_mask": lambda: written(self._network_rates()[0]),
            "wifi_bas_rate_mask": lambda: written(self._network_rates()[1]),
            "wifi_chan_activity": lambda: f"0x{radio.scanner.channels_heard:08X}",
            "wifi_max_tx_power": lambda: radio.settings.tuning.power,
            "wifi_gf_mode": lambda: 0,
            "wifi_reg_country": lambda: radio.settings.tuning.country,
            "wifi_dtim_period": lambda: 3,
            "wifi_num_assoc": lambda: len(radio.stations),
        }

    def _network(self) -> dict[str, Callable[[], object]]:
        variable = self._module.configuration.get

        def of(read: Callable[[NetworkAddress], object], otherwise: object = _NO_ADDRESS) -> object:
            address = self._module.radio.address
            return read(address) if address else otherwise

        return {
            "ip_from_AutoIP": lambda: of(lambda address: int(address.interface.is_link_local), 0),
            "ip_ipaddr": lambda: of(lambda address: address.interface.ip),
            "ip_netmask": lambda: of(lambda address: address.interface.netmask),
            "ip_gw": lambda: of(lambda address: address.gateway),
            "ip_dns1": lambda: of(lambda address: address.dns1),
            "ip_dns2": lambda: of(lambda address: address.dns2),
            "ip_linklocal": lambda: of(lambda _: link_local(variable("nv_wifi_macaddr")), _NO_ADDRESS_V6),
            "ip_local": lambda: of(lambda _: self._settings.address_v6, _NO_ADDRESS_V6),
            "ip_dns1v6": lambda: of(lambda _: self._settings.dns1_v6, _NO_ADDRESS_V6),
            "ip_dns2v6": lambda: of(lambda _: self._settings.dns2_v6, _NO_ADDRESS_V6),
        }

    @property
    def _settings(self) -> WifiSettings:
        return self._module.radio.settings

    def _network_rates(self) -> tuple[int, int]:
        """What the joined network supports and what it demands; without one, what the module itself does."""
        radio = self._module.radio
        own = radio.settings.tuning
        if radio.association is None:
            return own.rates, own.basic_rates
        return radio.association.network.rates, radio.association.network.basic_rates

    def _joined(self) -> bool:
        address = self._module.radio.address
        return address is not None and address.uplink
