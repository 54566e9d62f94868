"""A host application in a container of its own: joins a network, says hello to a server through the module, and ends.

python application.py rfc2217://emulator:5000
"""

from __future__ import annotations

import sys

import serial

_SILENCE = 30
"""Seconds without a line after which something is wrong."""
_SERVER = "192.168.0.2"
"""Where compose.yaml maps the server on the module's network."""


class Module:
    """The module behind a serial port."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def line(self) -> str:
        """The next line, shown as well."""
        octets = self._port.read_until(b"\r\n")
        if not octets.endswith(b"\r\n"):
            raise TimeoutError(f"the module fell silent after {octets!r}")
        text = octets.decode("latin-1").strip()
        print(text, flush=True)
        return text

    def wait_for(self, start: str) -> str:
        """The next line that begins so."""
        while not (text := self.line()).startswith(start):
            pass
        return text

    def command(self, text: str, data: bytes = b"") -> list[str]:
        """Send a command; the lines of its reply, which must end in OK."""
        self._port.write(f"AT+S.{text}\r".encode() + data)
        lines = [self.line()]
        while not lines[-1].endswith("AT-S.OK"):
            if lines[-1].startswith("AT-S.ERROR"):
                raise RuntimeError(f"{text}: {lines[-1]}")
            lines.append(self.line())
        return lines


def main(url: str) -> int:
    """Say hello; the result is the exit status."""
    with serial.serial_for_url(url, 115200, timeout=_SILENCE) as port:
        module = Module(port)
        port.write(b"AT+S.RESET\r")
        module.wait_for("+WIND:32:")
        for text in ("SCFG=wifi_mode,1", "SCFG=wifi_priv_mode,0", "SSIDTXT=anything", "WIFI=0", "WIFI=1"):
            module.command(text)
        module.wait_for("+WIND:24:WiFi Up:0:")
        socket = module.command(f"SOCKON={_SERVER},7,,t")[-2].rsplit(":", 1)[1]
        module.command(f"SOCKW={socket},5", b"hello")
        module.wait_for("+WIND:55:")
        heard = module.command(f"SOCKR={socket},")[-1]
        return 0 if heard == "helloAT-S.OK" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
