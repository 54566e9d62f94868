"""How the firmware tunes its radio: rates, channels, beacons, power save, and for how long it tries to send a frame.

Lengths of time are configured in time units of 802.11, 1024 microseconds each; here they are seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.radio import rates, regulation

if TYPE_CHECKING:
    from firmware_model.storage.configuration import Configuration

TIME_UNIT: Final = 1024e-6
"""Seconds (IEEE 802.11)."""
_STANDARD_LIFETIME: Final = 512
"""Time units that a frame or fragment lives (IEEE 802.11, defaults of the MIB; that 0 stands for them is assumed)."""
_FAST: Final = 2
"""``wifi_powersave`` (the predecessor's driver: 0 active, 1 power save, 2 fast power save)."""
_MODE_BITS: Final = 0xF
_DOZE: Final = 1
_QUIESCENT: Final = 2
"""The low digit of ``wifi_operational_mode`` (the predecessor's driver: 11 doze, 12 quiescent)."""


class Tuning(NamedTuple):
    """What the radio is tuned to until it stops."""

    rates: int
    """The rates that the radio uses, a mask."""
    basic_rates: int
    """The rates that every station of its own network must know, a mask."""
    power: int
    """dBm that it sends with at most."""
    country: str
    channels: range
    """The channels that the radio may use."""
    beacon_interval: int
    """Time units between two beacons of its own network."""
    atim_window: int
    """Time units after each beacon in which the members of an IBSS stay awake."""
    rts_threshold: int
    """Octets from which a frame is announced by RTS and CTS."""
    tx_lifetime: float
    """Seconds that a frame is sent again while nobody acknowledges it."""
    rx_lifetime: float
    """Seconds that a fragment waits for the next one."""
    most_failures: int
    """Frames in a row that may be lost before the link is; 0 for any number."""
    saves_power: bool
    """Whether the radio sleeps between beacons from the start."""
    stays_awake: bool
    """Whether it goes on listening for a moment after each frame (fast power save)."""
    wake_up: int
    """Beacons from one wake-up to the next while it saves power; 0 when it never sleeps (assumed of other modes)."""

    @classmethod
    def of(cls, configuration: Configuration) -> Tuning:
        """Read the configuration as it is now."""
        text, number = configuration.get, configuration.integer
        country = text("wifi_reg_country")
        return cls(
            rates=rates.usable(number("wifi_opr_rate_mask"), ht=bool(number("wifi_ht_mode"))),
            basic_rates=number("wifi_bas_rate_mask"),
            power=number("wifi_tx_power"),
            country=country,
            channels=regulation.channels(number("wifi_region"), country),
            beacon_interval=number("wifi_beacon_interval"),
            atim_window=number("wifi_atim_window"),
            rts_threshold=number("wifi_rts_threshold"),
            tx_lifetime=_lifetime(number("wifi_tx_msdu_lifetime")),
            rx_lifetime=_lifetime(number("wifi_rx_msdu_lifetime")),
            most_failures=number("wifi_txfail_thresh"),
            saves_power=number("wifi_powersave") != 0,
            stays_awake=number("wifi_powersave") == _FAST,
            wake_up=_wake_up(
                number("wifi_operational_mode"), number("wifi_beacon_wakeup"), number("wifi_listen_interval")
            ),
        )


def _lifetime(time_units: int) -> float:
    return (time_units or _STANDARD_LIFETIME) * TIME_UNIT


def _wake_up(mode: int, beacon_wakeup: int, listen_interval: int) -> int:
    """Dozing, the radio minds ``wifi_beacon_wakeup``; quiescent, it sleeps through ``wifi_listen_interval`` as well."""
    intervals = {_DOZE: (beacon_wakeup,), _QUIESCENT: (beacon_wakeup, listen_interval)}
    chosen = intervals.get(mode & _MODE_BITS)
    return max(1, *chosen) if chosen else 0
