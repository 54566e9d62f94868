"""A broker for each test, and another client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiomqtt import Client

from tests.mqtt.mosquitto import Mosquitto, mosquitto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from emulator.peers.pki import PkiFiles


@pytest.fixture
async def broker(need_program: Callable[[str], None], tmp_path: Path, pki_files: PkiFiles) -> AsyncIterator[Mosquitto]:
    """Mosquitto on free ports."""
    need_program("mosquitto")
    need_program("mosquitto_passwd")
    async with mosquitto(tmp_path, pki_files) as running:
        yield running


@pytest.fixture
async def witness(broker: Mosquitto) -> AsyncIterator[Client]:
    """Somebody else at the same broker, over plain TCP."""
    async with Client("127.0.0.1", broker.ports.plain, identifier="witness") as client:
        yield client
