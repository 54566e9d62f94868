"""The rows of the fault catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmware_model.tables.faults import ALIASES, BY_NAME, CATALOGUE
from firmware_model.tables.sources import Confidence

if TYPE_CHECKING:
    from firmware_model.faults import Fault


def test_names_are_unique_and_no_alias_hides_one() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert not ALIASES.keys() & BY_NAME.keys()
    assert set(ALIASES.values()) <= BY_NAME.keys()


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_row_says_where_it_acts_and_what_it_does(fault: Fault) -> None:
    point, _, what = fault.name.partition("=")
    assert point == fault.point.value
    assert what
    assert fault.effect
    assert fault.peer
    assert (fault.default is None) or fault.value


def test_no_row_pretends_to_be_known_of_a_real_module() -> None:
    assert {fault.source.confidence for fault in CATALOGUE} <= {Confidence.PRECEDENT, Confidence.INVENTED}
    assert all(fault.source.where for fault in CATALOGUE)
