"""A host that behaves like ST's X-CUBE-WIFI1 3.1 over UART: its sequences, its argument forms, its way to parse.

It leaves ``console_echo`` on, finds a reply by the echoed command line, and takes everything up to ``AT-S.OK`` CR LF
for the reply's content.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tests.hosts.serial_line import ProtocolError, SerialLine

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 30.0
_END = re.compile(rb"AT-S\.OK\r\n|AT-S\.ERROR:(\d+:[^\r\n]*)\r\n")

_SETTLING = 2.0
"""Seconds after the begin of a deep sleep within which the driver takes no notice of its end."""

ACTIVE = ("wifi_powersave,0", "sleep_enabled,0", "standby_enabled,0")
REACTIVE = (
    "wifi_powersave,1",
    "wifi_operational_mode,11",
    "wifi_beacon_wakeup,0",
    "wifi_listen_interval,0",
)
SLEEPING = (
    "wifi_powersave,1",
    "wifi_operational_mode,12",
    "wifi_beacon_wakeup,10",
    "wifi_listen_interval,1",
    "sleep_enabled,1",
)
"""The settings of the driver's power modes."""


class RefusedError(Exception):
    """The command ended with an error; its text is the code, a colon and the words."""


class XcubeHost:
    """One driver on one port."""

    def __init__(self, port: str) -> None:
        self.line = SerialLine(port)
        self.now: Callable[[], float] = time.monotonic
        """The host's own clock, in seconds."""
        self.asleep_since: float | None = None
        """When the module went to sleep, as the driver has it."""

    def close(self) -> None:
        self.line.close()

    def command(self, text: str, data: bytes = b"") -> bytes:
        """Send a command and its data; the content of its reply. Raises RefusedError."""
        self.line.write(text.encode() + b"\r" + data)
        echo = self.line.reply_line(_PATIENCE)
        if echo != text.encode():
            raise ProtocolError(f"the echo of {text!r} expected, not {echo!r}")
        return self._content()

    def end_of_line(self) -> bytes:
        """End a line that the console holds already. Raises RefusedError."""
        self.line.write(b"\r")
        if self.line.line(_PATIENCE):
            raise ProtocolError("the echo of CR is not CR LF")
        return self._content()

    def reading(self, text: str) -> bytes:
        """A command of the SOCKR family: a head line, then exactly as many octets as it says, then OK at once."""
        self.line.write(text.encode() + b"\r")
        echo = self.line.reply_line(_PATIENCE)
        head = self.line.line(_PATIENCE)
        match = re.fullmatch(rb"AT-S\.Reading:(\d+):(\d+)", head)
        if echo != text.encode() or match is None:
            raise ProtocolError(f"no reading head for {text!r}: {echo!r}, {head!r}")
        content = self.line.raw(int(match[1]), _PATIENCE)
        if (end := self.line.line(_PATIENCE)) != b"AT-S.OK":
            raise ProtocolError(f"no AT-S.OK at once after the data: {end!r}")
        return content

    def _content(self) -> bytes:
        content = b""
        while True:
            content += self.line.raw(1, _PATIENCE)
            if not content.endswith(b"\r\n"):
                continue
            before, separator, line = content[:-2].rpartition(b"\r\n")
            if self.line.keep(line):
                content = before + separator
            elif end := _END.search(content):
                if end[1]:
                    raise RefusedError(end[1].decode())
                return content[: end.start()]

    def query(self, text: str) -> int:
        """The number between the first colon and CR, at most four digits."""
        match = re.fullmatch(rb"[^:]*:(\d{1,4})\r\n", self.command(text))
        if match is None:
            raise ProtocolError(f"{text!r} gave no number")
        return int(match[1])

    def value(self, text: str) -> bytes:
        """What stands after the second equals sign counted from the echoed command, up to CR."""
        content = text.encode() + b"\r\n" + self.command(text)
        return content.split(b"=", 2)[2].split(b"\r", 1)[0]

    def pin(self, number: int) -> tuple[bytes, bytes]:
        """Level and direction: the third and fourth field between colons, those before the first counted too."""
        fields = self.command(f"AT+S.GPIOR={number}").removesuffix(b"\r\n").split(b":")
        if len(fields) != 4:
            raise ProtocolError(f"{fields} are no four fields")
        return fields[2], fields[3]

    def reset(self) -> None:
        self.line.indications.clear()
        self.line.write(b"AT+S.RESET\r")
        if self.line.reply_line(_PATIENCE) != b"AT+S.RESET":
            raise ProtocolError("the echo of AT+S.RESET is missing")
        self.line.indication(32, _PATIENCE)

    def sleep_deeply(self) -> None:
        """Send the module to sleep and wait for its word."""
        self.command("AT+S.PMS=2")
        self.line.indication(69, _PATIENCE)
        self.asleep_since = self.now()

    def hear_it_wake(self) -> None:
        """Wait for the end of the sleep, 53 immediately before 70; one that comes too early changes nothing."""
        for number in (53, 70):
            line = self.line.line(_PATIENCE)
            if not line.startswith(b"+WIND:%d:" % number):
                raise ProtocolError(f"{line!r} where indication {number} belongs")
        if self.asleep_since is not None and self.now() - self.asleep_since >= _SETTLING:
            self.asleep_since = None

    def switch_off(self) -> None:
        self.command("AT+S.WIFI=0")
        self.line.indication(38, _PATIENCE)

    def start_up(self, power: tuple[str, ...] = ACTIVE) -> None:
        """Initialise as ``wifi_init`` does for a power mode."""
        self.line.indication(32, _PATIENCE)
        self.command("AT+S.FCFG")
        self.command("AT+S.SCFG=console_speed,115200")
        self.command("AT+S.WCFG")
        self.reset()
        self.command("AT+S.SCFG=console_hwfc,0")
        self.command("AT+S.SCFG=console_speed,115200")
        self.switch_off()
        for setting in (
            "wifi_mode,0",
            "wifi_ht_mode,1",
            "wifi_opr_rate_mask,0x003FFFCF",
            *power,
            "wifi_tx_power,18",
            "ip_use_dhcpc,1",
            "ip_hostname,host",
            "ip_http_get_recv_timeout,10000",
            "ip_dhcp_timeout,20",
        ):
            self.command(f"AT+S.SCFG={setting}")
        self.command("AT+S.TLSCERT=content,2")
        self.command("AT+S.SCFG=console_verbose,1")
        self.command("AT+S.WIFI=1")
        self.line.indication(32, _PATIENCE)
        self.command("AT+S.WCFG")
        self.reset()
        if self.value("AT+S.STS=fw_version") < b"1.1.0":
            raise ProtocolError("this driver needs firmware 1.1.0")

    def join(self, ssid: str, passphrase: str, security: int) -> None:
        """Connected only after two indications 24, one of each kind of address."""
        self._begin(ssid, passphrase, security, mode=1)
        forms = {self.line.indication(24, _PATIENCE).split(b":")[1] for _ in range(2)}
        if forms != {b"", b"0"}:
            raise ProtocolError(f"WIND 24 came as {forms}")

    def start_mini_ap(self, ssid: str) -> None:
        self._begin(ssid, "", 0, mode=3, more=("wifi_channelnum,11",))
        self.line.indication(26, _PATIENCE)

    def _begin(self, ssid: str, passphrase: str, security: int, *, mode: int, more: tuple[str, ...] = ()) -> None:
        self.command(f"AT+S.SCFG=wifi_wpa_psk_text,{passphrase}")
        self.command(f"AT+S.SSIDTXT={ssid}")
        self.switch_off()
        for setting in (f"wifi_priv_mode,{security}", f"wifi_mode,{mode}", *more):
            self.command(f"AT+S.SCFG={setting}")
        self.line.indications.clear()
        self.command("AT+S.WIFI=1")
        self.line.indication(32, _PATIENCE)
