"""What hosts on the SPI console posted, each in the firmware it was posted for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint
from emulator.surroundings.flash import DirectoryFlash
from firmware_model.air import AccessPoint
from firmware_model.events import Indicated
from firmware_model.profile import PROFILES
from firmware_model.storage.configuration import AREA, Configuration
from firmware_model.tables.variables import VARIABLES
from tests.doubles import RecordingTimeline
from tests.spi.transcript import play_on_spi
from tests.transcript import read_transcript

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.capture.timeline import Entry

ANYWHERE = Endpoint("127.0.0.1")
MINI_AP = {"wifi_mode": "3", "wifi_priv_mode": "1", "ip_ipaddr": "192.168.0.1", "ip_use_dhcpc": "2"}


def save(directory: Path, firmware: str, values: dict[str, str], ssid: str = "") -> DirectoryFlash:
    """Put a configuration into the flash."""
    flash = DirectoryFlash(directory)
    configuration = Configuration(flash, RecordingTimeline(), firmware=PROFILES[firmware])
    for name, value in values.items():
        configuration.set(name, value)
    configuration.set_ssid(ssid)
    configuration.save()
    return flash


async def play_to(emulator: Emulator, transcript: str) -> None:
    async with emulator:
        await asyncio.to_thread(play_on_spi, emulator.port, transcript)


def module_on_spi(firmware: str, flash: Path, **settings: str) -> Emulator:
    return Emulator(Settings(spi=ANYWHERE, firmware=firmware, flash=flash, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(("firmware", "transcript"), [("1.0.0", "spi1-boot"), ("1.1.0", "ghi-scanning")])
async def test_a_damaged_configuration(firmware: str, transcript: str, tmp_path: Path) -> None:
    flash = save(tmp_path, firmware, {})
    flash.store(AREA, (flash.load(AREA) or b"")[:-4] + bytes(4))
    await play_to(module_on_spi(firmware, tmp_path, time="10"), transcript)


async def test_xcube_starts_up_on_1_0_0(tmp_path: Path) -> None:
    # WIND 38, which the post does not show, is masked.
    save(tmp_path, "1.0.0", {"wifi_mode": "0", "console_wind_off_medium": "0x00000040"})
    await play_to(module_on_spi("1.0.0", tmp_path), "spi1-start-up")


async def test_a_network_of_1_0_0_throws_it_out(tmp_path: Path) -> None:
    save(tmp_path, "1.0.0", {"wifi_mode": "0", "console_wind_off_medium": "0x00000040"})
    emulator = module_on_spi("1.0.0", tmp_path)
    emulator.air.access_point_appears(
        AccessPoint("TPNY", "98:DE:D0:EA:4C:62", 6, -50, "", "192.168.1.100/24", "192.168.1.1")
    )
    emulator.air.stop_dhcp("TPNY")

    def throw_out(entry: Entry) -> None:
        if isinstance(entry.event, Indicated) and entry.event.number == 25:
            emulator.air.disassociate("TPNY", reason=2)

    emulator.timeline.subscribe(throw_out)
    await play_to(emulator, "spi1-thrown-out")


@pytest.mark.parametrize(("firmware", "transcript"), [("1.0.0", "spi2-console-active"), ("1.1.0", "spi3-radio-off")])
async def test_an_idle_radio(firmware: str, transcript: str, tmp_path: Path) -> None:
    save(tmp_path, firmware, {"wifi_mode": "0"})
    await play_to(module_on_spi(firmware, tmp_path), transcript)


@pytest.mark.parametrize(
    ("firmware", "transcript"),
    [
        ("170726", "dhcp-mini-ap"),
        ("170726", "dhcp-dump"),
        ("170726", "pb-radio-off"),
        ("170726", "spi5-extra-data"),
        ("1.1.0", "spi4-binary-numbers"),
    ],
)
async def test_a_mini_ap(firmware: str, transcript: str, tmp_path: Path) -> None:
    save(tmp_path, firmware, MINI_AP, "test_ap")
    await play_to(module_on_spi(firmware, tmp_path), transcript)


def test_the_dump_has_the_first_32_variables_in_their_order() -> None:
    lines = [step.text for step in read_transcript("dhcp-dump") if step.text.startswith("LINE ")]
    assert [line.removeprefix("LINE ").partition("=")[0] for line in lines] == [row.name for row in VARIABLES[:32]]
