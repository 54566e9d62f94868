"""Other numbers that a signer may have meant: r and s exchanged, turned round, or an order too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.diagnosis.judging.verdict import Defect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.judging.encoding import Encoding


class Numbers(NamedTuple):
    """A pair to try; ``defects`` and ``mistake`` (a clause) say what must have happened to it, both empty for none."""

    r: int
    s: int
    defects: tuple[Defect, ...] = ()
    mistake: str = ""


_WORD = 4


def readings(encoding: Encoding, order: int, size: int) -> Iterator[Numbers]:
    """Give the pairs that ``encoding`` may stand for, the literal one first; none when a number is not there."""
    if encoding.r is None or encoding.s is None:
        return
    r, s = encoding.r, encoding.s
    yield Numbers(r, s)
    yield Numbers(s, r, (Defect.SWAPPED,), "r and s stand in each other's place")
    yield from _beyond(r, s, order)
    if max(r, s) >> (8 * size):
        return
    for turn, mistake in (
        (_reversed, "the octets of r and s are in reverse order (little endian)"),
        (_words_reversed, "the 32-bit words of r and s are in reverse order"),
        (_within_words, "the octets within each 32-bit word of r and s are in reverse order"),
    ):
        one, two = turn(r, size), turn(s, size)
        yield Numbers(one, two, (Defect.REVERSED,), mistake)
        yield Numbers(two, one, (Defect.SWAPPED, Defect.REVERSED), f"r and s are exchanged, and {mistake}")


def _beyond(r: int, s: int, order: int) -> Iterator[Numbers]:
    """Give the pair within 1..order-1 when a number is beyond it."""
    names = [name for name, number in (("r", r), ("s", s)) if number >= order]
    if names and r % order and s % order:
        yield Numbers(
            r % order, s % order, (Defect.PLUS_ORDER,), f"the curve's order was added to {' and '.join(names)}"
        )


def _reversed(number: int, size: int) -> int:
    return int.from_bytes(number.to_bytes(size, "big"), "little")


def _words_reversed(number: int, size: int) -> int:
    octets = number.to_bytes(size, "big").rjust(-(-size // _WORD) * _WORD, b"\0")
    return int.from_bytes(b"".join(octets[i : i + _WORD] for i in range(len(octets) - _WORD, -1, -_WORD)), "big")


def _within_words(number: int, size: int) -> int:
    octets = number.to_bytes(size, "big").rjust(-(-size // _WORD) * _WORD, b"\0")
    return int.from_bytes(b"".join(octets[i : i + _WORD][::-1] for i in range(0, len(octets), _WORD)), "big")
