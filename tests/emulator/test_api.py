"""What a test of host software does with an emulator beside talking to its port."""

from __future__ import annotations

import pytest
import serial

from emulator.configuration import Settings
from emulator.dialogue import NotSaidError
from emulator.emulator import Emulator
from firmware_model.radio.state import WifiState
from firmware_model.tables.indications import Indication

MAC = "02:A9:D2:A0:FF:A0"


async def test_wait_look_reset_and_let_a_station_join() -> None:
    async with Emulator(Settings(time="instant", power_on="start", seed=1)) as emulator:
        await emulator.wait_for(Indication.CONSOLE_ACTIVE)
        await emulator.wait_for("+WIND:32")
        assert (emulator.state.model, emulator.state.firmware) == ("SPWF04SA", "1.1.0")
        assert (emulator.state.restarts, emulator.state.address) == (0, None)
        with serial.Serial(emulator.port, 115200, timeout=0, exclusive=True) as host:
            for line in ("SCFG=wifi_mode,3", "SCFG=wifi_priv_mode,0", "SSIDTXT=mine", "WIFI=0", "WIFI=1"):
                host.write(f"AT+S.{line}\r".encode())
                await emulator.wait_for("AT-S.OK")
            await emulator.wait_for(Indication.WIFI_UP)
            emulator.station_joins(f"{MAC}=192.168.0.2")
            await emulator.wait_for(f"+WIND:28:Station Associated:{MAC}")
            state = emulator.state
            assert (state.address, state.stations) == ("192.168.0.50", (MAC,))
            assert state.wifi_state >= WifiState.ACCESS_POINT_STARTED
            assert state.sockets == ()
            assert state.free_heap >= state.min_heap > 0
            emulator.station_leaves(MAC.lower())
            await emulator.wait_for("+WIND:72")
        emulator.press_reset()
        await emulator.wait_for("+WIND:0:Console active")
        assert emulator.state.restarts == 1
        assert "> AT+S.WIFI=1\n< AT-S.OK\n" in emulator.transcript
        with pytest.raises(NotSaidError, match="WiFi Up"):
            await emulator.wait_for(Indication.WIFI_UP, timeout=0)
        with pytest.raises(ValueError, match="is no station"):
            emulator.station_joins("somebody")
