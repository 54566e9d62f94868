"""Emulators with a control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.control.running import controlled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.control.running import Client

_BOOTED = ("--power-on", "start", "--time", "instant", "--seed", "7")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One emulator for all tests of a file; its module has booted."""
    with controlled(*_BOOTED) as client:
        client.wait_for("indicated", number=32)
        yield client


@pytest.fixture
def own_client() -> Iterator[Client]:
    """An emulator for one test alone."""
    with controlled(*_BOOTED) as client:
        client.wait_for("indicated", number=32)
        yield client
