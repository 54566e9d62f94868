"""What a receiver makes of octets that were sent at another speed, or in another form, than it expects.

The sender's bits are laid out as the levels on the wire, and the receiver samples them as a UART does: the fall of
the line from its resting level begins a character, each bit is taken in its middle by the receiver's own clock, and
the search for the next fall begins in the middle of the stop bit::

    wire      ----____~~~~____ ... ~~~~----        start, data (lowest bit first), parity, stop
    receiver        ^   ^   ^        ^             start, data ..., stop

Both clocks are perfect and edges have no slope, so two ends that agree in form understand each other while their
speeds differ by less than 5 %; beyond that the last bits are taken from their neighbours, and further away nothing is
what it was. Nothing here depends on chance: the same octets give the same garbage.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faces.face import NO_ERRORS, LineErrors, Parity

if TYPE_CHECKING:
    from collections.abc import Sequence

_TICKS: Final = 2
"""Ticks of a sender's bit: 1.5 stop bits are a whole number of them."""
_LOW: Final = b"\0"
_HIGH: Final = b"\1"
_TOLERANCE: Final = 0.025
"""Part of the speed by which two ends may differ without anybody having to look at the wire."""


class Frame(NamedTuple):
    """How one end of the line sends and expects octets."""

    rate: int
    """Bits a second, at least 1."""
    data_bits: int = 8
    parity: Parity = Parity.NONE
    stop_bits: float = 1

    @property
    def bits(self) -> float:
        """Bits that one octet takes on the wire."""
        return 1 + self.data_bits + (self.parity is not Parity.NONE) + self.stop_bits

    @property
    def seconds(self) -> float:
        """How long one octet takes."""
        return self.bits / self.rate

    def __str__(self) -> str:
        return f"{self.rate} bit/s {self.data_bits}{self.parity.value}{self.stop_bits:g}"

    def understands(self, sender: Frame) -> bool:
        """Whether a receiver gets from ``sender`` what it sent, without a look at the wire."""
        return (
            abs(self.rate - sender.rate) <= _TOLERANCE * sender.rate
            and self.data_bits == sender.data_bits
            and self.parity is sender.parity
        )


class Character(NamedTuple):
    """One character as a receiver hands it over."""

    octet: int
    errors: LineErrors = NO_ERRORS
    """PARITY, FRAMING, or BREAK alone for a line that stayed low all the while."""


def parity_bit(octet: int, parity: Parity) -> int:
    """The parity bit of the data bits in ``octet``; not for :attr:`Parity.NONE`."""
    match parity:
        case Parity.EVEN:
            return octet.bit_count() & 1
        case Parity.ODD:
            return octet.bit_count() & 1 ^ 1
        case _:
            return int(parity is Parity.MARK)


@lru_cache(maxsize=4096)
def _levels(octet: int, data_bits: int, parity: Parity, stop_bits: float) -> bytes:
    """The wire while one octet passes, a level a tick; data bits that the sender does not have are cut off."""
    octet &= (1 << data_bits) - 1
    bits = [0, *(octet >> number & 1 for number in range(data_bits))]
    if parity is not Parity.NONE:
        bits.append(parity_bit(octet, parity))
    return b"".join((_HIGH if bit else _LOW) * _TICKS for bit in bits) + _HIGH * int(stop_bits * _TICKS)


class Sampler:
    """A receiver of one form at a wire of another; characters may begin in one piece of it and end in the next."""

    def __init__(self, sender: Frame, receiver: Frame) -> None:
        self.sender = sender
        self.receiver = receiver
        self._wire = bytearray()
        self._is_low = False
        """Whether the wire was low in the middle of the last stop bit, so that it must rise before it can fall."""
        has_parity = receiver.parity is not Parity.NONE
        self._offsets = [
            (2 * number + 1) * sender.rate * _TICKS // (2 * receiver.rate)
            for number in range(1 + receiver.data_bits + has_parity + 1)
        ]
        """The middle of each bit of the receiver, in ticks after the fall."""

    def feed(self, octets: bytes) -> list[Character]:
        """Sample ``octets`` that follow directly on those before; a character that is not over yet waits."""
        form = self.sender[1:]
        self._wire += b"".join(_levels(octet, *form) for octet in octets)
        return self._sample()

    def rest(self) -> list[Character]:
        """Let the line rest until the receiver has nothing left to sample."""
        self._wire += _HIGH * (self._offsets[-1] + 1)
        characters = self._sample()
        self._wire.clear()
        return characters

    def _sample(self) -> list[Character]:
        characters, at = [], 0
        while (fall := self._fall(at)) >= 0:
            at = fall
            if fall + self._offsets[-1] >= len(self._wire):
                break
            if self._wire[fall + self._offsets[0]]:
                # Too short for a start bit: noise, to this receiver.
                at = fall + self._offsets[0]
                continue
            characters.append(self._character(fall))
            at = fall + self._offsets[-1]
            self._is_low = not self._wire[at]
        else:
            at = len(self._wire)
        del self._wire[:at]
        return characters

    def _fall(self, start: int) -> int:
        """Where the line falls next, at ``start`` or later; -1 when it does not."""
        if self._is_low:
            start = self._wire.find(_HIGH, start)
            if start < 0:
                return -1
            self._is_low = False
        return self._wire.find(_LOW, start)

    def _character(self, fall: int) -> Character:
        levels = [self._wire[fall + offset] for offset in self._offsets[1:]]
        data = levels[: self.receiver.data_bits]
        octet = sum(level << number for number, level in enumerate(data))
        if not any(levels):
            return Character(0, LineErrors.BREAK)
        errors = NO_ERRORS if levels[-1] else LineErrors.FRAMING
        parity = self.receiver.parity
        if parity is not Parity.NONE and levels[-2] != parity_bit(octet, parity):
            errors |= LineErrors.PARITY
        return Character(octet, errors)


class Heard(NamedTuple):
    """What a receiver made of some octets."""

    octets: bytes
    """Breaks as NUL, as a receiver hands them over that tells nothing else."""
    octets_without_breaks: bytes
    errors: LineErrors = NO_ERRORS
    """What went wrong with any of them."""


class Receiver:
    """One end of the line as it listens to the other, whose form may change at any time."""

    def __init__(self) -> None:
        self._sampler: Sampler | None = None

    def hear(self, octets: bytes, sender: Frame, receiver: Frame, *, last: bool) -> Heard:
        """Sample ``octets``; the line rests after them when they are the ``last``.

        Where nothing has to be sampled the same object is heard.
        """
        sampler = self._sampler
        if sampler is None and (receiver is sender or receiver.understands(sender)):
            return Heard(octets, octets)
        characters: list[Character] = []
        if sampler is not None and (sampler.sender, sampler.receiver) != (sender, receiver):
            characters += sampler.rest()
            sampler = None
        sampler = sampler or Sampler(sender, receiver)
        characters += sampler.feed(octets)
        if last:
            characters += sampler.rest()
        self._sampler = None if last else sampler
        return _heard(characters)


def _heard(characters: Sequence[Character]) -> Heard:
    errors = NO_ERRORS
    for character in characters:
        errors |= character.errors
    kept = characters
    if LineErrors.BREAK in errors:
        kept = [character for character in characters if LineErrors.BREAK not in character.errors]
    return Heard(_octets(characters), _octets(kept), errors)


def _octets(characters: Sequence[Character]) -> bytes:
    return bytes(character.octet for character in characters)
