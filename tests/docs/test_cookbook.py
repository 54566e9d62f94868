"""Every fault that the cookbook and the five minutes name can be armed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.faults.plan import parse_order

DOCS = Path(__file__).parents[2] / "docs"
_ORDER = re.compile(r"\b((?:signature|certificate|handshake|network|serial|module)=[\w:.@=,/+-]+)")
ORDERS = sorted(
    {order for page in ("cookbook", "start", "faults") for order in _ORDER.findall((DOCS / f"{page}.md").read_text())}
)


@pytest.mark.parametrize("order", ORDERS)
def test_it_can_be_armed(order: str) -> None:
    assert parse_order(order.rstrip(".,")).fault.effect


def test_there_are_some() -> None:
    assert len(ORDERS) > 15
