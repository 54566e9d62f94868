"""The five TFTP packets of RFC 1350, without I/O.

::

    1 RRQ, 2 WRQ    opcode  name 0  mode 0      what follows the mode (options, RFC 2347) is ignored
    3 DATA          opcode  block   0..512 octets; fewer than 512 end the file
    4 ACK           opcode  block
    5 ERROR         opcode  code    text 0

Opcodes, block numbers and codes have two octets, the most significant first.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

PORT: Final = 69
BLOCK_SIZE: Final = 512
BLOCK_NUMBERS: Final = 0x10000
"""Block numbers count modulo this, so that files above 32 MiB can pass (usual, RFC 1350 is silent)."""
OCTET: Final = "octet"
"""The transfer mode that leaves the content as it is."""

_READ_REQUEST: Final = 1
_WRITE_REQUEST: Final = 2
_DATA: Final = 3
_ACKNOWLEDGEMENT: Final = 4
_REFUSAL: Final = 5
_HEADER_SIZE: Final = 4
_TEXTS_OF_A_REQUEST: Final = 3
"""File name, mode, and what follows the second NUL, usually nothing."""


class MalformedPacketError(ValueError):
    """The octets are no TFTP packet."""


class RefusalCode(IntEnum):
    """The number in an ERROR packet."""

    NOT_DEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TRANSFER_ID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7


class ReadRequest(NamedTuple):
    """RRQ: send me this file."""

    filename: str
    mode: str = OCTET
    """In lower case."""


class WriteRequest(NamedTuple):
    """WRQ: take this file."""

    filename: str
    mode: str = OCTET
    """In lower case."""


class Data(NamedTuple):
    """DATA: one block of the file."""

    block: int
    content: bytes


class Acknowledgement(NamedTuple):
    """ACK: the block arrived; block 0 answers a WRQ."""

    block: int


class Refusal(NamedTuple):
    """ERROR: the transfer is over."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.text or 'no reason given'} (TFTP error {self.code})"


Packet = ReadRequest | WriteRequest | Data | Acknowledgement | Refusal


def encode(packet: Packet) -> bytes:
    """The octets of a packet. Texts are Latin-1 and must not hold a NUL; blocks are 0..65535."""
    match packet:
        case ReadRequest(filename, mode):
            return _number(_READ_REQUEST) + _text(filename) + _text(mode)
        case WriteRequest(filename, mode):
            return _number(_WRITE_REQUEST) + _text(filename) + _text(mode)
        case Data(block, content):
            return _number(_DATA) + _number(block) + content
        case Acknowledgement(block):
            return _number(_ACKNOWLEDGEMENT) + _number(block)
        case Refusal(code, text):
            return _number(_REFUSAL) + _number(code) + _text(text)


def decode(octets: bytes) -> Packet:
    """The packet in one datagram. Raises MalformedPacketError."""
    opcode = int.from_bytes(octets[:2], "big")
    if opcode in (_READ_REQUEST, _WRITE_REQUEST):
        texts = octets[2:].decode("latin-1").split("\0")
        if len(texts) < _TEXTS_OF_A_REQUEST or not texts[0]:
            raise MalformedPacketError("a request without file name and mode")
        request = ReadRequest if opcode == _READ_REQUEST else WriteRequest
        return request(texts[0], texts[1].lower())
    if len(octets) < _HEADER_SIZE:
        raise MalformedPacketError(f"a packet of {len(octets)} octets")
    number, rest = int.from_bytes(octets[2:4], "big"), octets[4:]
    if opcode == _DATA and len(rest) <= BLOCK_SIZE:
        return Data(number, rest)
    if opcode == _ACKNOWLEDGEMENT and not rest:
        return Acknowledgement(number)
    if opcode == _REFUSAL:
        return Refusal(number, rest.partition(b"\0")[0].decode("latin-1"))
    raise MalformedPacketError(f"opcode {opcode} with {len(octets)} octets")


def _number(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _text(text: str) -> bytes:
    return text.encode("latin-1") + b"\0"
