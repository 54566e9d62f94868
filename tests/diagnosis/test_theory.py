from __future__ import annotations

import ecdsa
import pytest

from emulator.diagnosis import theory
from emulator.diagnosis.binomial import Interval, interval
from emulator.diagnosis.theory import Encoder
from tests.diagnosis.encoders import ENCODE

SMALL_ORDER = 65521
"""A prime small enough to go through every pair of numbers' octets."""


@pytest.mark.parametrize(
    ("trials", "probability", "confidence", "expected"),
    [
        # From published tables of the binomial distribution.
        (10, 0.5, 0.95, Interval(2, 8)),
        (20, 0.5, 0.95, Interval(6, 14)),
        (20, 0.25, 0.95, Interval(2, 9)),
        (100, 0.5, 0.95, Interval(40, 60)),
        (20, 0.248, 0.999, Interval(0, 12)),
        (60, 0.248, 0.999, Interval(5, 27)),
        (0, 0.5, 0.999, Interval(0, 0)),
    ],
)
def test_interval(trials: int, probability: float, confidence: float, expected: Interval) -> None:
    assert interval(trials, probability, confidence) == expected


@pytest.mark.parametrize(("probability", "count"), [(0.0, 0), (1.0, 20)])
def test_certainty_leaves_one_count(probability: float, count: int) -> None:
    allowed = interval(20, probability)
    assert [number for number in range(21) if number in allowed] == [count]
    assert str(allowed) == str(count)


@pytest.mark.parametrize("arguments", [(-1, 0.5, 0.9), (1, 1.5, 0.9), (1, 0.5, 1.0)])
def test_values_out_of_range_are_refused(arguments: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="no binomial interval"):
        interval(*arguments)


@pytest.mark.parametrize(
    ("encoder", "percent"),
    [(Encoder.STRICT, 100), (Encoder.FORGOTTEN, 24.8043), (Encoder.FIXED, 24.8051)],
)
def test_share_of_accepted_signatures(encoder: Encoder, percent: float) -> None:
    assert float(theory.accepted(encoder)) * 100 == pytest.approx(percent, abs=5e-5)


@pytest.mark.parametrize(
    ("encoder", "octets", "percent"),
    [
        (Encoder.STRICT, 72, 25.0),
        (Encoder.STRICT, 71, 49.8047),
        (Encoder.STRICT, 70, 24.9996),
        (Encoder.STRICT, 69, 0.19455),
        (Encoder.STRICT, 68, 0.0011),
        (Encoder.FORGOTTEN, 71, 0),
        (Encoder.FORGOTTEN, 70, 99.2203),
        (Encoder.FORGOTTEN, 69, 0.7752),
        (Encoder.FORGOTTEN, 68, 0.0045),
        (Encoder.FIXED, 70, 100),
        (Encoder.FIXED, 69, 0),
    ],
)
def test_lengths_of_signatures(encoder: Encoder, octets: int, percent: float) -> None:
    assert float(theory.length_share(encoder, octets)) * 100 == pytest.approx(percent, abs=5e-5)


@pytest.mark.parametrize("encoder", Encoder)
@pytest.mark.parametrize("curve", [ecdsa.NIST256p, ecdsa.NIST384p, ecdsa.NIST521p])
def test_all_lengths_together_are_certain(encoder: Encoder, curve: ecdsa.curves.Curve) -> None:
    assert theory.share_up_to(encoder, theory.longest(encoder, curve.order), curve.order) == 1
    assert theory.length_share(encoder, theory.longest(encoder, curve.order), curve.order) > 0


@pytest.mark.parametrize("encoder", Encoder)
def test_the_shares_are_those_of_a_count_of_all_numbers(encoder: Encoder) -> None:
    sizes: dict[int, list[bool]] = {}
    for number in range(1, SMALL_ORDER):
        octets = ENCODE[encoder](number, 2)
        strict = octets == ENCODE[Encoder.STRICT](number, 2)
        sizes.setdefault(len(octets), []).append(strict)
    for total in range(8, 14):
        pairs = [(one, two) for one in sizes for two in sizes if one + two + 6 == total]
        count = sum(len(sizes[one]) * len(sizes[two]) for one, two in pairs)
        share = count / (SMALL_ORDER - 1) ** 2
        assert float(theory.length_share(encoder, total, SMALL_ORDER)) == pytest.approx(share, rel=1e-12)
        if count and encoder is Encoder.FORGOTTEN:
            good = sum(sum(sizes[one]) * sum(sizes[two]) for one, two in pairs)
            at_length = theory.accepted_at_length(encoder, total, SMALL_ORDER)
            assert at_length is not None
            assert float(at_length) == pytest.approx(good / count, rel=1e-12)
    good = sum(sum(strict) for strict in sizes.values()) ** 2
    expected = good / (SMALL_ORDER - 1) ** 2
    assert float(theory.accepted(encoder, SMALL_ORDER)) == pytest.approx(expected, rel=1e-12)


def test_no_signature_has_a_length_that_no_encoder_gives() -> None:
    assert theory.accepted_at_length(Encoder.FORGOTTEN, 71) is None
    assert theory.length_share(Encoder.STRICT, 130) == 0
