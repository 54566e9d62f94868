"""What a receiver makes of another speed or form: known shapes, and an independent sampler that works in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.faces.face import LineErrors, Parity
from emulator.faces.waveform import Character, Frame, Receiver, Sampler, parity_bit

GOOD = LineErrors(0)
RATES = (1200, 9600, 19200, 38400, 57600, 74880, 115200, 230400, 250000, 921600)
frames = st.builds(
    Frame,
    st.sampled_from(RATES) | st.integers(300, 4_000_000),
    st.integers(5, 8),
    st.sampled_from(Parity),
    st.sampled_from((1, 1.5, 2)),
)
patiently = settings(deadline=None)
texts = st.binary(min_size=1, max_size=12)


def sampled(octets: bytes, sender: Frame, receiver: Frame) -> list[Character]:
    sampler = Sampler(sender, receiver)
    return sampler.feed(octets) + sampler.rest()


class Wire:
    """The level of the wire at any time, by the bits of the sender and how long each lasts."""

    def __init__(self, octets: bytes, sender: Frame) -> None:
        bit = Fraction(1, sender.rate)
        self._bits: list[int] = []
        lengths: list[Fraction] = []
        for octet in octets:
            data = [octet >> number & 1 for number in range(sender.data_bits)]
            check = [] if sender.parity is Parity.NONE else [check_bit(data, sender.parity)]
            self._bits += [0, *data, *check, 1]
            lengths += [bit] * (1 + len(data) + len(check)) + [bit * Fraction(sender.stop_bits)]
        self._ends = list(accumulate(lengths))

    def level(self, time: Fraction) -> int:
        return next((bit for bit, end in zip(self._bits, self._ends, strict=True) if time < end), 1)

    def fall(self, since: Fraction) -> Fraction | None:
        """When the wire goes from high to low next, after ``since``."""
        before = self.level(since)
        for bit, begin in zip(self._bits, [Fraction(0), *self._ends], strict=False):
            if begin > since or since == begin == 0:
                if (before or begin == 0) and not bit:
                    return begin
                before = bit
        return None


def check_bit(data: list[int], parity: Parity) -> int:
    return {Parity.EVEN: sum(data) % 2, Parity.ODD: 1 - sum(data) % 2, Parity.MARK: 1, Parity.SPACE: 0}[parity]


def sampled_by_the_book(octets: bytes, sender: Frame, receiver: Frame) -> list[Character]:
    """The same receiver, slow and obvious."""
    wire, bit, time, characters = Wire(octets, sender), Fraction(1, receiver.rate), Fraction(0), []
    while (fall := wire.fall(time)) is not None:
        if wire.level(fall + bit / 2):
            time = fall + bit / 2
            continue
        parity = receiver.parity is not Parity.NONE
        last = 1 + receiver.data_bits + parity
        levels = [wire.level(fall + bit * number + bit / 2) for number in range(1, last + 1)]
        data = levels[: receiver.data_bits]
        octet = int("".join(map(str, reversed(data))), 2)
        errors = GOOD
        if not any(levels):
            errors = LineErrors.BREAK
        else:
            if not levels[-1]:
                errors |= LineErrors.FRAMING
            if parity and levels[-2] != check_bit(data, receiver.parity):
                errors |= LineErrors.PARITY
        characters.append(Character(octet, errors))
        time = fall + bit * last + bit / 2
    return characters


@patiently
@given(texts, frames, frames)
def test_the_sampler_agrees_with_one_that_works_in_fractions(octets: bytes, sender: Frame, receiver: Frame) -> None:
    assert sampled(octets, sender, receiver) == sampled_by_the_book(octets, sender, receiver)


@patiently
@given(st.lists(texts, min_size=1, max_size=4), frames, frames)
def test_it_makes_no_difference_how_the_octets_come_in(pieces: list[bytes], sender: Frame, receiver: Frame) -> None:
    sampler = Sampler(sender, receiver)
    characters = [character for piece in pieces for character in sampler.feed(piece)]
    assert characters + sampler.rest() == sampled(b"".join(pieces), sender, receiver)


@patiently
@given(texts, frames, st.floats(-0.04, 0.04))
def test_ends_that_differ_little_understand_each_other(octets: bytes, sender: Frame, deviation: float) -> None:
    receiver = sender._replace(rate=max(1, round(sender.rate * (1 + deviation))))
    mask = (1 << sender.data_bits) - 1
    assert sampled(octets, sender, receiver) == [Character(octet & mask) for octet in octets]


@patiently
@given(texts, frames, frames)
def test_whoever_is_said_to_understand_does(octets: bytes, sender: Frame, receiver: Frame) -> None:
    heard = Receiver().hear(octets, sender, receiver, last=True)
    if receiver.understands(sender) and sender.data_bits == 8:
        assert (heard.octets, heard.errors) == (octets, GOOD)
        assert bytes(character.octet for character in sampled(octets, sender, receiver)) == octets


@pytest.mark.parametrize(
    ("octet", "sent", "heard", "characters"),
    [
        # Each bit taken twice: 0 01100110 0, a rise, and 0 01100111 1, whose end is the line at rest
        (b"U", Frame(9600), Frame(19200), [Character(0x66, LineErrors.FRAMING), Character(0xE6)]),
        (b"\0", Frame(9600), Frame(115200), [Character(0, LineErrors.BREAK)]),
        (b"\xff", Frame(9600), Frame(115200), [Character(0, LineErrors.BREAK)]),
        # Nine low bits of a tenth each are shorter than half a start bit
        (b"\0", Frame(115200), Frame(9600), [Character(0xFF)]),
        (b"\0", Frame(1_000_000), Frame(9600), []),
        (b"A", Frame(9600, 8, Parity.EVEN), Frame(9600, 8, Parity.ODD), [Character(0x41, LineErrors.PARITY)]),
        (b"A", Frame(9600, 7, Parity.EVEN), Frame(9600), [Character(0x41)]),
        (b"C", Frame(9600, 7, Parity.EVEN), Frame(9600), [Character(0xC3)]),
        (b"A", Frame(9600, 8, Parity.NONE, 2), Frame(9600), [Character(0x41)]),
    ],
)
def test_shapes_that_can_be_drawn_by_hand(octet: bytes, sent: Frame, heard: Frame, characters: list[Character]) -> None:
    assert sampled(octet, sent, heard) == characters


@pytest.mark.parametrize(("parity", "bits"), [("E", (0, 1)), ("O", (1, 0)), ("M", (1, 1)), ("S", (0, 0))])
def test_the_parity_bit(parity: str, bits: tuple[int, int]) -> None:
    assert (parity_bit(0x03, Parity(parity)), parity_bit(0x01, Parity(parity))) == bits


def test_an_octet_takes_its_bits() -> None:
    assert Frame(9600).seconds == pytest.approx(10 / 9600)
    assert Frame(9600, 8, Parity.EVEN, 2).bits == 12
    assert Frame(9600, 5, Parity.NONE, 1.5).bits == 7.5
    assert str(Frame(9600, 7, Parity.ODD, 2)) == "9600 bit/s 7O2"


def test_a_receiver_that_is_set_up_anew_is_through_with_what_it_had_begun() -> None:
    receiver, sender = Receiver(), Frame(9600)
    begun = receiver.hear(b"AT", sender, Frame(1200), last=False)
    rest = receiver.hear(b"AT", sender, sender, last=False)
    again = receiver.hear(b"\r", sender, sender, last=True)
    assert begun.octets + rest.octets + again.octets == sampled_octets(b"AT", sender, Frame(1200)) + b"AT\r"


def sampled_octets(octets: bytes, sender: Frame, receiver: Frame) -> bytes:
    return bytes(character.octet for character in sampled(octets, sender, receiver))
