"""The captive portal's name server: in the miniAP every name is the module's address.

That there is such a server is known from its variables (``ip_apdomainname``, ``ip_apredirect``; STPKG, XC-IF); what
it answers is assumed. A browser that asks for another site thus reaches the module's web server, which sends it to
the captive name. Only questions for IPv4 addresses get one; any other question gets an empty answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.radio.service import Service

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress

PORT: Final = 53
_HEADER: Final = 12
_LONGEST_NAME: Final = 255
_RECURSION_DESIRED: Final = 0x0100
_ANSWERED: Final = 0x8400
"""A response with authority and without error."""
_IPV4: Final = b"\0\1\0\1"
"""Type A, class IN."""
_NAME_OF_QUESTION: Final = b"\xc0\x0c"
_TIME_TO_LIVE: Final = b"\0\0\0\x3c"
"""A minute."""


class CaptiveNames:
    """Answers on UDP port 53 while the miniAP is up, unless ``ip_apdomainname`` is empty."""

    def __init__(self, board: Board, radio: Radio) -> None:
        self._board = board
        self._service = Service(radio, "captive portal", self._serve)

    async def close(self) -> None:
        """Stop without a word, as a reset does."""
        await self._service.close()

    async def _serve(self, address: NetworkAddress) -> None:
        if address.uplink or not self._board.configuration.get("ip_apdomainname"):
            return
        try:
            datagrams = await self._board.outside.network.open_datagrams(PORT, uplink=False)
        except OSError as failure:
            self._board.note(f"the captive portal has no name server: port {PORT} cannot be opened: {failure}")
            return
        try:
            while True:
                query, sender, _ = await datagrams.receive()
                reply = answer(query, address.interface.ip.packed)
                if reply:
                    try:
                        await datagrams.send(reply, sender.host, sender.port)
                    except OSError as failure:
                        self._board.note(f"the name server's answer does not reach {sender.host}: {failure}")
        finally:
            await datagrams.close()


def answer(query: bytes, address: bytes) -> bytes:
    """The response to a DNS query (RFC 1035): ``address``, 4 octets, for any name; empty for what is no query."""
    flags = int.from_bytes(query[2:4], "big")
    # A standard query (no QR, opcode 0) with one question.
    if len(query) < _HEADER or flags & 0xF800 or query[4:6] != b"\0\1":
        return b""
    end = _end_of_name(query)
    question = query[_HEADER : end + 4]
    if not end or len(query) < end + 4:
        return b""
    found = question[-4:] == _IPV4
    record = _NAME_OF_QUESTION + _IPV4 + _TIME_TO_LIVE + b"\0\4" + address if found else b""
    head = query[:2] + (_ANSWERED | flags & _RECURSION_DESIRED).to_bytes(2, "big")
    return head + b"\0\1" + found.to_bytes(2, "big") + bytes(4) + question + record


def _end_of_name(query: bytes) -> int:
    """Where the question's name ends; 0 when it does not, or is compressed."""
    position = _HEADER
    while position < len(query) and position - _HEADER <= _LONGEST_NAME:
        length = query[position]
        position += 1 + length
        if not length:
            return position
        if length > 63:
            return 0
    return 0
