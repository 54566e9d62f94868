"""What a configuration variable may hold: its range, and the one spelling in which it is stored and printed.

Text is Latin-1, one character an octet, as the console reads it. Numbers are taken in decimal or, with
``0x``, in hexadecimal, as C's strtoul does with base 0 (MBED sends both forms); an octal reading of a
leading zero is left out (assumed).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Protocol

_NUMBER: Final = re.compile(r"-?(?:0x[0-9a-f]{1,16}|[0-9]{1,20})", re.ASCII | re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class TooLongError(ValueError):
    """The text holds more octets or digits than its variable."""


class Kind(Protocol):
    """The type of a variable."""

    @property
    def hint(self) -> str:
        """The range or form in a few characters, for reference pages."""
        ...

    def parse(self, text: str) -> str:
        """Return the canonical text. Raises ValueError, TooLongError when only the length is wrong."""
        ...


class Integer(NamedTuple):
    """A number printed in decimal, ``minimum`` <= n <= ``maximum``."""

    minimum: int
    maximum: int

    @property
    def hint(self) -> str:
        """Type and range."""
        return f"decimal, {self.minimum}..{self.maximum}"

    def parse(self, text: str) -> str:
        """Return the number in decimal without padding. Raises ValueError."""
        return str(_number(text, self.minimum, self.maximum))


class HexWord(NamedTuple):
    """A word of 32 bits printed as ``0x`` and 8 hex digits; ``bare`` is the base of a text without ``0x``."""

    maximum: int = 0xFFFFFFFF
    bare: int = 10

    @property
    def hint(self) -> str:
        """The form."""
        return "hex, 32 bits"

    def parse(self, text: str) -> str:
        """Return the word in hexadecimal. Raises ValueError."""
        prefix = "0x" if self.bare == 16 and "x" not in text.lower() else ""
        return f"0x{_number(prefix + text, 0, self.maximum):08X}"


class CharacterCode(NamedTuple):
    """The code of one character, printed as ``0x`` and 2 hex digits."""

    maximum: int = 0xFF

    @property
    def hint(self) -> str:
        """The form."""
        return "hex, code of a character"

    def parse(self, text: str) -> str:
        """Return the code in hexadecimal. Raises ValueError."""
        return f"0x{_number(text, 0, self.maximum):02X}"


class Text(NamedTuple):
    """Text of at most ``maximum`` octets.

    Control characters are refused: a line end would break the reply line that shows the value (assumed).
    """

    maximum: int

    @property
    def hint(self) -> str:
        """The length."""
        return f"text, 0..{self.maximum} octets"

    def parse(self, text: str) -> str:
        """Return the text itself. Raises ValueError, TooLongError."""
        if len(text.encode("latin-1")) > self.maximum:
            raise TooLongError(f"longer than {self.maximum} octets")
        if _CONTROL.search(text):
            raise ValueError("control characters are not allowed")
        return text


class Digits(NamedTuple):
    """Exactly ``length`` decimal digits, or nothing."""

    length: int

    @property
    def hint(self) -> str:
        """The form."""
        return f"{self.length} digits, or empty"

    def parse(self, text: str) -> str:
        """Return the digits as they are. Raises ValueError, TooLongError."""
        if not text:
            return text
        if not (text.isascii() and text.isdigit()):
            raise ValueError("not a number")
        if len(text) > self.length:
            raise TooLongError(f"more than {self.length} digits")
        if len(text) < self.length:
            raise ValueError(f"fewer than {self.length} digits")
        return text


class Octets(NamedTuple):
    """Exactly ``length`` octets, written as pairs of hex digits with colons between them."""

    length: int

    @property
    def hint(self) -> str:
        """The form."""
        return f"{self.length} octets, hex with colons"

    def parse(self, text: str) -> str:
        """Return the octets in upper case with colons, which may be left out (assumed).

        Raises ValueError, TooLongError.
        """
        octets = _hex_octets(text)
        if len(octets) > self.length:
            raise TooLongError(f"more than {self.length} octets")
        if len(octets) < self.length:
            raise ValueError(f"fewer than {self.length} octets")
        return ":".join(f"{octet:02X}" for octet in octets)


class KeyDigits(NamedTuple):
    """A key of 0..``maximum`` octets, written as hex digits without colons (``76543210ab``)."""

    maximum: int

    @property
    def hint(self) -> str:
        """The form."""
        return f"0..{self.maximum} octets, hex"

    def parse(self, text: str) -> str:
        """Return the digits in lower case, colons dropped (assumed). Raises ValueError, TooLongError."""
        octets = _hex_octets(text)
        if len(octets) > self.maximum:
            raise TooLongError(f"more than {self.maximum} octets")
        return octets.hex()


class Ipv4(NamedTuple):
    """A dotted quad."""

    @property
    def hint(self) -> str:
        """The form."""
        return "dotted quad"

    def parse(self, text: str) -> str:
        """Return the address without padding. Raises ValueError."""
        parts = text.split(".")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts):
            raise ValueError("not a dotted quad")
        if any(int(part) > 255 for part in parts):
            raise ValueError("a part of the address exceeds 255")
        return ".".join(str(int(part)) for part in parts)


class Ipv6(NamedTuple):
    """An IPv6 address, printed as eight groups without padding or ``::`` (``fe80:0:0:0:280:e1ff:febd:39``)."""

    @property
    def hint(self) -> str:
        """The form."""
        return "IPv6 address"

    def parse(self, text: str) -> str:
        """Return the eight groups. Raises ValueError."""
        # Imported here because few ever set such an address, and start-up time counts.
        from ipaddress import IPv6Address

        if "%" in text:
            raise ValueError("an address here has no zone")
        packed = IPv6Address(text).packed
        return ":".join(f"{packed[i] << 8 | packed[i + 1]:x}" for i in range(0, 16, 2))


NUMERIC: Final = (Integer, HexWord, CharacterCode)
"""The kinds whose canonical text ``int(text, 0)`` reads."""


def _number(text: str, minimum: int, maximum: int) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    value = int(text, 16) if "x" in text.lower() else int(text)
    if not minimum <= value <= maximum:
        raise ValueError(f"not in {minimum}..{maximum}")
    return value


def _hex_octets(text: str) -> bytes:
    digits = text.replace(":", "")
    # bytes.fromhex alone would skip blanks.
    if digits and not digits.isalnum():
        raise ValueError("not hexadecimal")
    return bytes.fromhex(digits)
