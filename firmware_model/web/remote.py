"""What the fields of a posted form do: each name is a function of the module (AN4965).

=====================================  ============================================================================
name                                   effect
=====================================  ============================================================================
``Output``                             WIND 57 with length and text
``Key``                                unlocks the next group when it equals ``user_desc``, else WIND 64
``Ssid``, ``Pwd``, ... ``Mode``        a configuration variable and WIND 64
``Scfg_<variable>``                    any configuration variable and WIND 64
``Reboot``                             WIND 64, WCFG, WIND 2 and a restart
``GpioC_<n>``, ``GpioW_<n>``, ``DAC``, the pins, without a key
``PWM_<n>``
``Sleep``                              deep sleep on (1) and off (0), without a key
=====================================  ============================================================================

The key opens the form it stands in, and what stands before it stays locked (assumed: ST's pages send it first in
every form that needs it). Empty fields change nothing (assumed: a browser sends what a person left empty too).
Values that the module refuses and names that it does not know change nothing either, and say so in the log alone.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from firmware_model.tables.errors import AtError
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_model.board import Board

_KEY: Final = "Key"
_PASSWORD: Final = "Pwd"  # noqa: S105 - the name of a field
_SSID: Final = "Ssid"
_REBOOT: Final = "Reboot"
_SETTING: Final = "Scfg_"
_VARIABLES: Final = MappingProxyType(
    {
        "WpaeId": "wifi_eap_identity",
        "WpaeAnonId": "wifi_eap_anon_identity",
        "WpaeType": "wifi_eap_type",
        "Ip": "ip_ipaddr",
        "Netmask": "ip_netmask",
        "Gateway": "ip_gw",
        "Dns1": "ip_dns1",
        "Dns2": "ip_dns2",
        "Dhcp": "ip_use_dhcpc",
        "IbssAuth": "wifi_auth_type",
        "Auth": "wifi_priv_mode",
        "Mode": "wifi_mode",
    }
)
_SECRETS: Final = MappingProxyType({"1": "wifi_wep_keys[0]", "3": "wifi_eap_passwd"})
"""Where the one password of the form goes, by ``Auth``; anywhere else it is the WPA pass phrase (assumed)."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Machine(Protocol):
    """What a form can do to the module apart from its configuration; each raises AtError when it cannot."""

    def configure_pin(self, number: str, mode: str) -> None:
        """Make a pin ``out``, ``in``, or ``in`` with interrupts: ``in_r``, ``in_f``, ``in_b``."""
        ...

    def write_pin(self, number: str, level: str) -> None:
        """Set a pin to 0 or 1."""
        ...

    def set_voltage(self, millivolts: str) -> None:
        """Put 0..3300 mV out (AN4965)."""
        ...

    def set_pulses(self, number: str, frequency: str, duty: str) -> None:
        """Put pulses out on pin ``number``; hertz and per cent."""
        ...

    def sleep(self, *, on: bool) -> None:
        """Enter or leave deep sleep."""
        ...


class RemoteControl:
    """Carries out posted forms."""

    def __init__(self, board: Board, machine: Machine) -> None:
        self._board = board
        self._machine = machine

    def carry_out(self, form: Iterable[tuple[str, str]]) -> bool:
        """Do what each field says, in order; whether the module is to restart."""
        fields = [(name, value) for name, value in form if value or name == _REBOOT]
        authentication = dict(fields).get("Auth") or self._board.configuration.get("wifi_priv_mode")
        unlocked = restart = False
        for name, value in fields:
            try:
                if name == _KEY:
                    unlocked = self._open(value)
                elif not self._act(name, value) and unlocked:
                    self._configure(name, value, authentication)
                    restart = restart or name == _REBOOT
            except AtError as failure:
                self._board.note(f"the form's field {printable(name)} changes nothing: {failure}")
        return restart

    def _open(self, key: str) -> bool:
        if key == self._board.configuration.get("user_desc"):
            return True
        self._tell(_KEY, key)
        return False

    def _act(self, name: str, value: str) -> bool:
        """Do what needs no key; False when the name stands for something else."""
        function, _, number = name.partition("_")
        machine = self._machine
        match function:
            case "Output":
                text = printable(value)
                self._board.indicate(Indication.OUTPUT_FROM_REMOTE, str(len(text)), text)
            case "GpioC":
                machine.configure_pin(number, value)
            case "GpioW":
                machine.write_pin(number, value)
            case "DAC":
                machine.set_voltage(value)
            case "PWM":
                frequency, _, duty = value.partition("_")
                machine.set_pulses(number, frequency, duty)
            case "Sleep":
                machine.sleep(on=value == "1")
            case _:
                return False
        return True

    def _configure(self, name: str, value: str, authentication: str) -> None:
        configuration = self._board.configuration
        if name == _SSID:
            self._tell(name, value)
            configuration.set_ssid(value)
        elif name == _PASSWORD:
            self._tell(name, value)
            configuration.set(_SECRETS.get(authentication, "wifi_wpa_psk_text"), value)
        elif name == _REBOOT:
            self._tell(name, value)
            configuration.save()
        elif name in _VARIABLES or name.startswith(_SETTING):
            self._tell(name, value)
            configuration.set(_VARIABLES.get(name) or name.removeprefix(_SETTING), value)

    def _tell(self, name: str, value: str) -> None:
        self._board.indicate(Indication.REMOTE_CONFIGURATION, printable(name), printable(value))


def printable(text: str) -> str:
    """The text without control characters: a form must not be able to write lines to the console (assumed)."""
    return _CONTROL.sub(" ", text)
