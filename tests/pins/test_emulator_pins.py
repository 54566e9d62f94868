from __future__ import annotations

import pytest

from emulator import Emulator, Settings
from firmware_model.events import PinChanged


async def test_an_emulator_lends_its_pins_while_it_runs() -> None:
    emulator = Emulator(Settings())
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.pins
    async with emulator:
        seen: list[object] = []
        emulator.pins.subscribe(seen.append)
        emulator.pins.drive(11, 1)
        assert (emulator.pins.level(11), seen) == (1, [PinChanged(11, 1, "outside")])
