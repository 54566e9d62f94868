"""What makes a row of the count wrong."""

from __future__ import annotations

import pytest

from emulator.demonstration.count import Handshake, Outcome, Row
from emulator.demonstration.modes import Mode
from firmware_model.events import SignatureMade


def made(*, strict: bool, octets: int = 70) -> SignatureMade:
    return SignatureMade("ecdsa", "prime256v1", "sha256", bytes(octets), "none", 0, 0, strict)


GOOD = Handshake(Outcome.ACCEPTED, made(strict=True, octets=71))
BAD = Handshake(Outcome.REFUSED, made(strict=False))
UNSIGNED = Handshake(Outcome.ACCEPTED, None)
LENIENT = Handshake(Outcome.ACCEPTED, made(strict=False))
UNJUST = Handshake(Outcome.REFUSED, made(strict=True))
UNANSWERED = Handshake(Outcome.OTHER, made(strict=True))
WORDS = "bad signature"


def row(mode: Mode, handshakes: list[Handshake], words: int | None = None) -> Row:
    refused = sum(item.outcome is Outcome.REFUSED for item in handshakes)
    return Row("a server", mode, tuple(handshakes), (WORDS,) * (refused if words is None else words))


@pytest.mark.parametrize(
    ("mode", "handshakes"),
    [
        (Mode.NONE, [GOOD] * 20),
        (Mode.ALWAYS_BAD, [BAD] * 20),
        (Mode.NATURAL, [BAD] * 15 + [GOOD] * 5),
        (Mode.NATURAL, [BAD] * 20),
    ],
)
def test_rows_that_are_right(mode: Mode, handshakes: list[Handshake]) -> None:
    assert row(mode, handshakes).trouble is None


@pytest.mark.parametrize(
    ("mode", "handshakes", "words", "trouble"),
    [
        (Mode.NONE, [GOOD] * 19 + [BAD], None, "19 of 20 accepted, theory allows 20"),
        (Mode.ALWAYS_BAD, [BAD] * 19 + [GOOD], None, "1 of 20 accepted, theory allows 0"),
        (Mode.NATURAL, [BAD] * 7 + [GOOD] * 13, None, "13 of 20 accepted, theory allows 0..12"),
        (Mode.NATURAL, [BAD] * 19 + [LENIENT], None, "1 signatures that are no strict DER were accepted"),
        (Mode.NATURAL, [BAD] * 19 + [UNJUST], None, "1 signatures in strict DER were refused"),
        (Mode.NONE, [UNSIGNED] * 20, None, "20 of 20 handshakes went without a signature"),
        (Mode.NONE, [GOOD] * 19 + [UNANSWERED], None, "1 of 20 requests failed for a reason that is not TLS"),
        (Mode.ALWAYS_BAD, [BAD] * 20, 19, "the server spoke of 19 refusals, the module of 20"),
    ],
)
def test_rows_that_are_wrong(mode: Mode, handshakes: list[Handshake], words: int | None, trouble: str) -> None:
    found = row(mode, handshakes, words).trouble
    assert found is not None
    assert trouble in found


def test_lengths_are_counted() -> None:
    assert row(Mode.NATURAL, [BAD, BAD, GOOD, UNSIGNED]).lengths == {70: 2, 71: 1}
