"""A host that behaves like ARM's mbed driver for X-NUCLEO-IDW04A1: its commands, its formats, its time-outs."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.hosts.serial_line import ProtocolError, SerialLine

_SLACK = 10
"""The processors of a test run are shared; the driver had the module to itself."""
BOOT, JOIN, LOST, OPEN, SEND, READ, CLOSE, SCAN, MISC = 8.0, 60.0, 30.0, 5.0, 10.0, 13.0, 10.0, 5.0, 0.3 * _SLACK
"""The driver's own limits in seconds, the shortest one stretched."""
LARGEST_BLOCK = 730
_ALL_MASKED = "0xFFFFFFFF"
_MASKS = (
    ("console_wind_off_high", "0x00100000"),
    ("console_wind_off_medium", "0x80000000"),
    ("console_wind_off_low", "0x00000000"),
)
_SCAN_LINE = re.compile(
    rb".{1,4}:\t BSS ((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}) CHAN: (\d+) RSSI: (-?\d+) "
    rb"SSID: '(.*)' CAPS: [0-9A-Fa-f]{4} (.*)"
)


_REFUSALS = 3
"""Lines with ``:40:`` that mean a wrong pass phrase."""


class AuthenticationError(Exception):
    """The network does not let the module in."""


class Network(NamedTuple):
    """One line of a scan."""

    ssid: bytes
    channel: int
    rssi: int
    security: frozenset[bytes]


class MbedHost:
    """One driver on one port."""

    def __init__(self, port: str) -> None:
        self.line = SerialLine(port)

    def command(self, text: str, within: float = MISC) -> None:
        """A command that is answered by the OK line alone."""
        self.line.write(text.encode() + b"\r")
        self.expect_ok(within)

    def expect_ok(self, within: float) -> None:
        line = self.line.reply_line(within)
        if line != b"AT-S.OK":
            raise ProtocolError(f"AT-S.OK expected, not {line!r}")

    def value(self, text: str, pattern: bytes, within: float = MISC) -> re.Match[bytes]:
        """A command that is answered by one line of a format, then OK."""
        self.line.write(text.encode() + b"\r")
        line = self.line.reply_line(within)
        match = re.fullmatch(pattern, line)
        if match is None:
            raise ProtocolError(f"{line!r} is not of the form {pattern!r}")
        self.expect_ok(within)
        return match

    def reset(self, until: int, within: float = BOOT) -> None:
        self.line.indications.clear()
        self.line.write(b"AT+S.RESET\r")
        self.line.indication(until, within)

    def start_up(self) -> None:
        """Wake the module, restore the factory set, configure, save, reset."""
        self.line.indication(0, BOOT)
        # The console still echoes; the driver's parser skips what it does not know.
        self.line.write(b"AT+S.FCFG\r")
        self.skip_echo(b"AT+S.FCFG")
        self.expect_ok(MISC)
        for text in ("AT+S.SCFG=blink_led,0", "AT+S.SCFG=console_echo,0"):
            self.line.write(text.encode() + b"\r")
            self.skip_echo(text.encode())
            self.expect_ok(MISC)
        for setting in ("wifi_opr_rate_mask,0x003FFFCF", "wifi_ht_mode,1", "wifi_mode,0", "console_hwfc,0"):
            self.command(f"AT+S.SCFG={setting}")
        for name, mask in _MASKS:
            self.command(f"AT+S.SCFG={name},{mask}")
        self.command("AT+S.WCFG")
        self.reset(32)

    def skip_echo(self, text: bytes) -> None:
        line = self.line.reply_line(MISC)
        if line != text:
            raise ProtocolError(f"the echo of {text!r} expected, not {line!r}")

    def join(self, ssid: str, passphrase: str, security: int) -> str:
        """Join a network; the result is the address in the line that ends the wait.

        Raises AuthenticationError at the third deauthentication.
        """
        self.command(f"AT+S.SCFG=wifi_wpa_psk_text,{passphrase or '(null)'}")
        self.command(f"AT+S.SSIDTXT={ssid}")
        self.command(f"AT+S.SCFG=wifi_priv_mode,{security}")
        self.command("AT+S.SCFG=wifi_mode,1")
        self.command("AT+S.WCFG")
        self.reset(32)
        refusals = 0
        while True:
            number, up = self.line.indication_of(JOIN, 24, 40)
            if number == 40:
                refusals += 1
                if refusals == _REFUSALS:
                    raise AuthenticationError(up.decode())
                continue
            match = re.fullmatch(rb"WiFi Up:\d+:(\d+\.\d+\.\d+\.\d+)", up)
            if match:
                return match[1].decode()
            if not up.startswith(b"WiFi Up::"):
                raise ProtocolError(f"unknown form of WIND 24: {up!r}")

    def leave(self) -> None:
        self.command("AT+S.WIFI=0")
        self.command("AT+S.SCFG=wifi_mode,0")
        self.command("AT+S.WIFI=1")
        self.command("AT+S.WCFG")
        self.reset(32)

    def network_lost(self) -> None:
        """Wait for the line that says so, which has no fields."""
        self._expect(33, rb"WiFi Network Lost", LOST)

    def radio_failed(self) -> int:
        """Wait for the line that says so; its number."""
        return int(self._expect(5, rb"WiFi Hardware Failure:(\d+)", LOST)[1])

    def hard_fault(self) -> None:
        """Wait for the line that says so, whatever its rest is, and for the console after it."""
        self._expect(8, rb"Hard Fault.*", LOST)
        self.line.indication(0, BOOT)

    def _expect(self, number: int, pattern: bytes, within: float) -> re.Match[bytes]:
        found = self.line.indication(number, within)
        match = re.fullmatch(pattern, found)
        if match is None:
            raise ProtocolError(f"unknown form of WIND {number}: {found!r}")
        return match

    def mask_indications(self) -> None:
        for name, _ in reversed(_MASKS):
            self.command(f"AT+S.SCFG={name},{_ALL_MASKED}")

    def unmask_indications(self) -> None:
        for name, mask in _MASKS:
            self.command(f"AT+S.SCFG={name},{mask}")

    def scan(self) -> list[Network]:
        self.mask_indications()
        self.line.write(b"AT+S.SCAN=s,\r")
        head = self.line.reply_line(SCAN)
        match = re.fullmatch(rb"AT-S\.Parsing Networks:(\d+)", head)
        if match is None:
            raise ProtocolError(f"no scan head: {head!r}")
        networks = [self._network(self.line.line(SCAN)) for _ in range(int(match[1]))]
        self.expect_ok(SCAN)
        self.unmask_indications()
        return networks

    def open(self, address: str, port: int, kind: str) -> int:
        self.mask_indications()
        self.line.write(f"AT+S.SOCKON={address},{port},NULL,{kind}\r".encode())
        line = self.line.reply_line(OPEN)
        match = re.fullmatch(rb"AT-S\.On:\d+\.\d+\.\d+\.\d+:(\d+)", line)
        if match is None:
            raise ProtocolError(f"socket not opened: {line!r}")
        self.expect_ok(MISC)
        self.unmask_indications()
        return int(match[1])

    def send(self, socket: int, content: bytes) -> None:
        for start in range(0, len(content), LARGEST_BLOCK):
            block = content[start : start + LARGEST_BLOCK]
            self.line.write(f"AT+S.SOCKW={socket},{len(block)}\r".encode() + block)
            self.expect_ok(SEND)

    def pending(self, socket: int) -> int:
        return int(self.value(f"AT+S.SOCKQ={socket}", rb"AT-S\.Query:(\d{1,4})")[1])

    def read(self, socket: int) -> bytes:
        """What is pending, at most one block, with indications masked as the driver does it."""
        waiting = min(self.pending(socket), LARGEST_BLOCK)
        if not waiting:
            return b""
        self.mask_indications()
        self.line.write(f"AT+S.SOCKR={socket},{waiting}\r".encode())
        head = self.line.reply_line(READ)
        match = re.fullmatch(rb"AT-S\.Reading:(\d+):(\d+)", head)
        if match is None:
            raise ProtocolError(f"no reading head: {head!r}")
        content = self.line.raw(int(match[1]), READ)
        self.expect_ok(READ)
        self.unmask_indications()
        return content

    def close_socket(self, socket: int) -> None:
        while self.pending(socket):
            self.read(socket)
        self.command(f"AT+S.SOCKC={socket}", CLOSE)

    def _network(self, line: bytes) -> Network:
        match = _SCAN_LINE.fullmatch(line)
        if match is None:
            raise ProtocolError(f"no scan line: {line!r}")
        words = frozenset(match[5].split(b" ")) & {b"WPA2", b"WPA", b"WEP"}
        return Network(match[4], int(match[2]), int(match[3]), words)
