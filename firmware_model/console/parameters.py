"""The types of command parameters: what the annotations of a declared command may say.

A parameter's text is what stands between two delimiters, one character an octet (Latin-1). Each type parses it to a
value or raises the :class:`AtError` that the module would answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple, Protocol

from firmware_model.tables.errors import AtError, Error

NO_VALUE: Final = "NULL"
"""Host drivers send this word for "no value" (MBED, XC-CONST); the module's atoi makes it 0."""


class ParameterType(Protocol):
    """What stands in the ``Annotated`` of a parameter."""

    @property
    def hint(self) -> str:
        """The range or the words for the help text, such as ``1..65535`` or ``ca|cert``; may be empty."""
        ...

    def parse(self, text: str) -> Any:
        """Convert the text. Raises AtError."""
        ...


class Integer(NamedTuple):
    """A decimal number, ``minimum`` <= n <= ``maximum``.

    Text that is no number evaluates to zero, as by C's atoi (F-SPI4, MBED): error 33 where zero is not allowed.
    Where it is, words are error 7 all the same (assumed), but not what an SPI host sends that writes numbers in
    binary (F-SPI4). Otherwise a wrong number is error 7, or 32 for a length above its limit.
    """

    minimum: int
    maximum: int
    above: Error = Error.INVALID_ARGUMENTS

    @property
    def hint(self) -> str:
        """The range."""
        return f"{self.minimum}..{self.maximum}"

    def parse(self, text: str) -> int:
        """Convert to int. Raises AtError 7, 32 or 33."""
        negative = text.startswith("-")
        digits = text[1:] if negative else text
        # A number of 512 digits would make int() refuse or linger.
        number = int(digits[:20]) if digits.isascii() and digits.isdigit() else 0
        if number == 0 and self.minimum > 0:
            raise AtError(Error.ARGUMENT_ZERO)
        if number == 0 and not digits.isdigit() and text.isprintable() and text.upper() != NO_VALUE:
            raise AtError(Error.INVALID_ARGUMENTS)
        if negative or number < self.minimum:
            raise AtError(Error.INVALID_ARGUMENTS)
        if number > self.maximum:
            raise AtError(self.above)
        return number


class Text(NamedTuple):
    """Any text of at most ``maximum`` octets; longer is error 32."""

    maximum: int

    @property
    def hint(self) -> str:
        """Nothing: the parameter's name says enough."""
        return ""

    def parse(self, text: str) -> str:
        """Return the text itself. Raises AtError 32."""
        if len(text) > self.maximum:
            raise AtError(Error.ARGUMENT_TOO_LARGE)
        return text


class Keyword(NamedTuple):
    """One of some words, in any letter case (XC-IF sends ``Ca`` and ``Auth``); anything else is ``wrong``."""

    words: tuple[str, ...]
    wrong: Error = Error.INVALID_ARGUMENTS

    @property
    def hint(self) -> str:
        """The words."""
        return "|".join(self.words)

    def parse(self, text: str) -> str:
        """Return the word in lower case. Raises AtError, 7 unless the parameter has an error of its own."""
        if text.lower() not in self.words:
            raise AtError(self.wrong)
        return text.lower()


LONGEST_LINE_TEXT: Final = 512
Switch = Annotated[int, Integer(0, 1)]
Port = Annotated[int, Integer(1, 65535)]
HostName = Annotated[str, Text(255)]
Word = Annotated[str, Text(LONGEST_LINE_TEXT)]
