from __future__ import annotations

import pytest

from emulator.demonstration import theory
from emulator.demonstration.binomial import Interval, interval
from firmware_model.tls.faults import SignatureFault


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
    ("fault", "percent"),
    [
        (SignatureFault.NONE, 100),
        (SignatureFault.NATURAL, 24.8043),
        (SignatureFault.ALWAYS_BAD, 0),
        (SignatureFault.ALWAYS_LUCKY, 100),
        (SignatureFault.FIXED32, 24.8051),
    ],
)
def test_share_of_accepted_signatures(fault: SignatureFault, percent: float) -> None:
    assert float(theory.accepted(fault)) * 100 == pytest.approx(percent, abs=5e-5)


@pytest.mark.parametrize(("octets", "percent"), [(72, 25.0), (71, 49.8047), (70, 24.9996), (69, 0.19455), (68, 0.0011)])
def test_lengths_of_strict_signatures(octets: int, percent: float) -> None:
    assert float(theory.strict_length(octets)) * 100 == pytest.approx(percent, abs=5e-5)


def test_all_lengths_together_are_certain() -> None:
    assert float(theory.strict_length_at_most(72)) == pytest.approx(1, abs=1e-12)
    assert float(theory.unpadded_full_length()) * 100 == pytest.approx(99.2203, abs=5e-5)
