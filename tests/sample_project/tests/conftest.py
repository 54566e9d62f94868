"""How the thermometer's tests set their module up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from thermometer.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.testing import WatchedEmulator


@pytest.fixture
def spwf04_configuration() -> dict[str, Any]:
    """A network to join."""
    return {"access_points": ["lab,secret-pass"]}


@pytest.fixture
def driver(spwf04: WatchedEmulator) -> Iterator[Driver]:
    """The driver on the emulator's port."""
    with Driver(spwf04.port) as driver:
        yield driver
