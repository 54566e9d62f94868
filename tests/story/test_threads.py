"""Boot and configuration as other people posted them, each in the firmware it was posted for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.surroundings.flash import DirectoryFlash
from firmware_model.events import CommandReceived
from firmware_model.outside import Station
from firmware_model.profile import FIRMWARE_1_0_0
from firmware_model.storage.configuration import AREA, Configuration
from tests.doubles import RecordingTimeline
from tests.transcript import play

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.capture.timeline import Entry

HEAP = FIRMWARE_1_0_0.heap - 16 * 1024
PHONE = Station("00:0F:00:4F:B1:3F", None, None)


async def play_to(settings: Settings, transcript: str, **texts: str) -> None:
    async with Emulator(settings) as emulator:
        await asyncio.to_thread(play, emulator.port, transcript, texts, {})


def save(directory: Path, values: dict[str, str], ssid: str = "") -> None:
    """Put a configuration of firmware 1.0.0 into the flash."""
    configuration = Configuration(DirectoryFlash(directory), RecordingTimeline(), firmware=FIRMWARE_1_0_0)
    for name, value in values.items():
        configuration.set(name, value)
    configuration.set_ssid(ssid)
    configuration.save()


async def test_a_mini_ap_of_1_0_0_tells_its_version(tmp_path: Path) -> None:
    save(tmp_path, {"wifi_mode": "3", "wifi_priv_mode": "0"}, "GW_1002")
    settings = Settings(firmware="1.0.0", mac="00:80:E1:C4:00:2D", flash=tmp_path)
    await play_to(settings, "fr-mini-ap", heap=str(HEAP))


@pytest.mark.parametrize("time", ["instant", "10"])
async def test_1_0_0_loses_its_configuration_at_a_power_cycle(time: str, tmp_path: Path) -> None:
    DirectoryFlash(tmp_path).store(AREA, b"\xff" * 4096)
    await play_to(Settings(firmware="1.0.0", flash=tmp_path, time=time), "fr-factory-reset")


async def test_an_spwf04sc_of_1_0_0_loses_its_configuration(tmp_path: Path) -> None:
    save(tmp_path, {"wifi_mode": "0"})
    flash = DirectoryFlash(tmp_path)
    flash.store(AREA, (flash.load(AREA) or b"")[:-4] + bytes(4))
    await play_to(Settings(firmware="1.0.0", model="SPWF04SC", flash=tmp_path), "cfg-factory-reset")


async def test_a_mini_ap_of_1_1_0_is_set_up_while_the_radio_starts() -> None:
    # Slower than life, so that a busy machine is still fast enough for all that is said before WIND 32.
    emulator = Emulator(Settings(time="0.2"))

    def let_the_phone_join(entry: Entry) -> None:
        if entry.event == CommandReceived(b"AT+S.GCFG=ip_netmask"):
            emulator.air.station_joins(PHONE)

    emulator.timeline.subscribe(let_the_phone_join)
    async with emulator:
        texts = {"ssid": "a network", "password": "a pass phrase"}
        await asyncio.to_thread(play, emulator.port, "ap-mini-ap", texts, {})


async def test_the_dhcp_server_names_the_station() -> None:
    settings = Settings(mac="00:80:e1:bd:dc:52", stations=["02:A9:D2:A0:FF:A0"])
    await play_to(settings, "mac-dhcp-reply")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"firmware": "2.0.0"}, "known: 1.0.0, 1.1.0, 1.2.0, 170726"),
        ({"mac": "somewhere"}, "is no MAC address"),
        ({"time": "slow"}, "take real, instant, or a factor"),
    ],
)
def test_a_setting_that_is_none(setting: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**setting)  # type: ignore[arg-type]
