from __future__ import annotations

import pytest

from emulator.demonstration import theory
from emulator.demonstration.modes import Mode


@pytest.mark.parametrize(
    ("fault", "percent"),
    [
        (Mode.NONE, 100),
        (Mode.NATURAL, 24.8043),
        (Mode.ALWAYS_BAD, 0),
        (Mode.ALWAYS_LUCKY, 100),
        (Mode.FIXED32, 24.8051),
    ],
)
def test_share_of_accepted_signatures(fault: Mode, percent: float) -> None:
    assert float(theory.accepted(fault)) * 100 == pytest.approx(percent, abs=5e-5)


def test_lengths_that_the_answer_speaks_of() -> None:
    assert float(theory.strict_length(70)) * 100 == pytest.approx(24.9996, abs=5e-5)
    assert float(theory.strict_length_at_most(72)) == pytest.approx(1, abs=1e-12)
    assert float(theory.unpadded_full_length()) * 100 == pytest.approx(99.2203, abs=5e-5)
