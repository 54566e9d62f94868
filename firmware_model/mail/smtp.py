"""The dialogue with a mail server, RFC 5321 with STARTTLS (RFC 3207) and AUTH (RFC 4954) by PLAIN or LOGIN.

A line of the server is three digits, a hyphen or a blank, and text; a reply goes on until the line with the blank.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firmware_model.outside import Clock, Stream

_LINE: Final = re.compile(r"([2-5][0-9]{2})([- ]?)(.*)", re.ASCII | re.DOTALL)
_SEGMENT: Final = 1460
_LONGEST_LINE: Final = 2_048
_MOST_LINES: Final = 100
"""RFC 5321 allows 512 octets a line; real servers offer some twenty extensions."""
_READY: Final = 220
_BYE: Final = 221
_LOGGED_IN: Final = 235
_DONE: Final = (250, 251, 252)
_GO_ON: Final = 334
_SEND_THE_MESSAGE: Final = 354
_LINE_START: Final = re.compile(rb"^\.", re.MULTILINE)


class MailError(Exception):
    """The mail was not taken; the text is one line for people."""


class Reply(NamedTuple):
    """One reply of the server."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}".rstrip()


class SmtpSession:
    """A mail server at the other end of ``stream``; ``patience`` is how long it may think, in seconds.

    Every method raises MailError when the server says no or nonsense, and OSError when the connection fails or
    the server stays silent.
    """

    def __init__(self, stream: Stream, clock: Clock, patience: float) -> None:
        self._stream = stream
        self._clock = clock
        self._patience = patience
        self._received = bytearray()
        self._extensions: dict[str, str] = {}

    async def greeting(self) -> None:
        """Wait for the server's first word."""
        await self._expect("the connection", _READY)

    async def hello(self, name: str) -> None:
        """Introduce the module, and learn what the server can do; one that knows no EHLO gets HELO."""
        await self._write(f"EHLO {name}")
        reply = await self._reply()
        if reply.code not in _DONE:
            await self._say(f"HELO {name}", *_DONE)
            return
        extensions = (line.replace("=", " ", 1).partition(" ") for line in reply.lines[1:])
        self._extensions = {keyword.upper(): parameters.upper() for keyword, _, parameters in extensions}

    async def start_tls(self) -> None:
        """Agree that TLS comes next; afterwards a new session begins on the secured stream."""
        if "STARTTLS" not in self._extensions:
            raise MailError("the server offers no STARTTLS; use TLS 2 if its port speaks TLS from the start, or 0")
        await self._say("STARTTLS", _READY)
        if self._received:
            raise MailError("the server said something unprotected after it had agreed to STARTTLS")

    async def log_in(self, username: str, password: str) -> None:
        """Authenticate by what the server offers."""
        mechanisms = self._extensions.get("AUTH", "").split()
        if "PLAIN" in mechanisms:
            await self._say("AUTH PLAIN " + _coded(f"\0{username}\0{password}"), _LOGGED_IN)
        elif "LOGIN" in mechanisms:
            await self._say("AUTH LOGIN", _GO_ON)
            await self._say(_coded(username), _GO_ON, called="the user name")
            await self._say(_coded(password), _LOGGED_IN, called="the password")
        else:
            raise MailError("the server offers neither AUTH PLAIN nor AUTH LOGIN; leave user name and password empty")

    async def deliver(self, sender: str, recipients: Iterable[str], message: bytes) -> None:
        """Hand the message over; if one recipient is refused nobody gets it (assumed)."""
        await self._say(f"MAIL FROM:<{sender}>", *_DONE)
        for recipient in recipients:
            await self._say(f"RCPT TO:<{recipient}>", *_DONE)
        await self._say("DATA", _SEND_THE_MESSAGE)
        await self._stream.write(_LINE_START.sub(b"..", message) + b".\r\n")
        await self._expect("the message", *_DONE)

    async def quit(self) -> None:
        """Say goodbye."""
        await self._say("QUIT", _BYE)

    async def _say(self, line: str, *expected: int, called: str = "") -> None:
        await self._write(line)
        await self._expect(called or " ".join(line.split()[:2]), *expected)

    async def _write(self, line: str) -> None:
        await self._stream.write(line.encode("latin-1") + b"\r\n")

    async def _expect(self, occasion: str, *codes: int) -> None:
        reply = await self._reply()
        if reply.code not in codes:
            raise MailError(f"the server answers {occasion} with {reply}")

    async def _reply(self) -> Reply:
        lines: list[str] = []
        async with self._clock.timeout(self._patience):
            while True:
                found = _LINE.fullmatch(await self._line())
                if found is None:
                    raise MailError("the server does not speak SMTP")
                lines.append(found[3])
                if found[2] != "-":
                    return Reply(int(found[1]), tuple(lines))
                if len(lines) > _MOST_LINES:
                    raise MailError("the server's reply does not end")

    async def _line(self) -> str:
        while b"\n" not in self._received:
            if len(self._received) > _LONGEST_LINE:
                raise MailError("the server's reply does not end")
            octets = await self._stream.read(_SEGMENT)
            if not octets:
                raise MailError("the server hung up")
            self._received += octets
        line, _, rest = bytes(self._received).partition(b"\n")
        self._received[:] = rest
        return line.removesuffix(b"\r").decode("latin-1")


def _coded(text: str) -> str:
    return b64encode(text.encode("latin-1")).decode("ascii")
