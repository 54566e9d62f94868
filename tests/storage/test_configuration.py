from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.events import Note
from firmware_model.storage.configuration import AREA, Configuration, LoadResult
from firmware_model.storage.sealed import seal, unseal
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.variables import VARIABLES
from tests.doubles import FallibleFlash, RecordingTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = "SPWF04Sx configuration 2"

FACTORY = [(row.name, row.default) for row in VARIABLES if row.listed]


def make(flash: FallibleFlash | None = None, **identity: str) -> Configuration:
    return Configuration(flash or FallibleFlash(), RecordingTimeline(), identity)


def saved_image() -> bytes:
    flash = FallibleFlash()
    configuration = make(flash)
    configuration.set("console_echo", "0")
    configuration.set("user_desc", "a=b\x85c")
    configuration.save()
    return flash.areas[AREA]


IMAGE = saved_image()


def test_a_new_module_has_factory_values_in_the_order_of_gcfg() -> None:
    configuration = make()
    assert configuration.load() is LoadResult.FACTORY
    assert list(configuration.items()) == FACTORY


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("console_echo", "0", "0"),
        ("CONSOLE_Wind_Off_High", "0x00100000", "0x00100000"),
        ("wifi_wep_keys[0]", "76543210ab", "76543210ab"),
        ("wifi_wpa_psk_text", "(null)", "(null)"),
        ("ip_use_v6", "0", "0"),
    ],
)
def test_a_variable_that_is_set_is_read_back(name: str, text: str, value: str) -> None:
    configuration = make()
    configuration.set(name, text)
    assert configuration.get(name) == configuration.get(name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("localecho1", "0", Error.VARIABLE_NOT_FOUND),
        ("", "0", Error.VARIABLE_NOT_FOUND),
        ("console_errs", "3", Error.INVALID_ARGUMENTS),
        ("console_errs", "", Error.INVALID_ARGUMENTS),
        ("nv_serial", "1", Error.INVALID_ARGUMENTS),
        ("wifi_wpa_psk_text", "x" * 65, Error.ARGUMENT_TOO_LARGE),
    ],
)
def test_what_cannot_be_set_changes_nothing(name: str, text: str, error: Error) -> None:
    configuration = make()
    with pytest.raises(AtError) as failure:
        configuration.set(name, text)
    assert failure.value.error is error
    assert list(configuration.items()) == FACTORY


def test_an_unknown_variable_gives_error_4() -> None:
    with pytest.raises(AtError) as failure:
        make().get("ip_mtu")
    assert failure.value.error is Error.VARIABLE_NOT_FOUND


def test_numbers_follow_their_variable() -> None:
    configuration = make()
    assert configuration.integer("console_delimiter") == ord(",")
    configuration.set("console_delimiter", "0x3B")
    configuration.set("wifi_rssi_thresh", "-70")
    assert configuration.integer("console_delimiter") == ord(";")
    assert configuration.integer("wifi_rssi_thresh") == -70
    configuration.load()
    assert configuration.integer("console_delimiter") == ord(",")


def test_text_has_no_number() -> None:
    with pytest.raises(KeyError):
        make().integer("user_desc")


def test_what_is_not_saved_is_lost_at_a_reset() -> None:
    configuration = make()
    configuration.save()
    configuration.set("console_errs", "1")
    assert configuration.load() is LoadResult.STORED
    assert configuration.get("console_errs") == "2"


@given(text=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=64))
def test_any_text_survives_a_save_and_a_power_cycle(text: str) -> None:
    flash = FallibleFlash()
    configuration = make(flash)
    configuration.set("user_desc", text)
    configuration.save()
    reborn = make(flash)
    assert reborn.load() is LoadResult.STORED
    assert reborn.get("user_desc") == text


def test_a_factory_reset_acts_at_the_next_load_only() -> None:
    flash = FallibleFlash({AREA: IMAGE})
    configuration = make(flash)
    configuration.load()
    configuration.factory_reset()
    assert configuration.integer("console_echo") == 0
    assert configuration.load() is LoadResult.STORED
    assert list(configuration.items()) == FACTORY


@pytest.mark.parametrize("write", [Configuration.save, Configuration.factory_reset])
def test_a_failing_flash_gives_error_101_and_keeps_the_old_set(write: Callable[[Configuration], None]) -> None:
    flash = FallibleFlash({AREA: IMAGE})
    configuration = make(flash)
    flash.broken = True
    with pytest.raises(AtError) as failure:
        write(configuration)
    assert failure.value.error is Error.FLASH_WRITE_FAILED
    assert flash.areas == {AREA: IMAGE}


@given(damage=st.data())
def test_no_damage_passes_unnoticed_or_costs_the_stored_octets(damage: st.DataObject) -> None:
    image = bytearray(IMAGE)
    for _ in range(damage.draw(st.integers(1, 3))):
        image[damage.draw(st.integers(0, len(image) - 1))] ^= damage.draw(st.integers(1, 255))
    cut = damage.draw(st.integers(0, len(image)))
    damaged = bytes(image[:cut])
    flash = FallibleFlash({AREA: damaged})
    configuration = make(flash)
    result = configuration.load()
    assert (result is LoadResult.STORED) == (damaged == IMAGE)
    if result is LoadResult.DAMAGED:
        assert list(configuration.items()) == FACTORY
    assert flash.areas == {AREA: damaged}


@given(content=st.binary(max_size=200))
def test_arbitrary_content_is_damage_and_under_a_good_checksum_it_says_nothing(content: bytes) -> None:
    flash = FallibleFlash({AREA: content})
    assert make(flash).load() is LoadResult.DAMAGED
    flash = FallibleFlash({AREA: seal(TITLE, content)})
    configuration = make(flash)
    assert configuration.load() is LoadResult.STORED
    assert [name for name, _ in configuration.items()] == [name for name, _ in FACTORY]


def test_an_unreadable_flash_counts_as_damaged() -> None:
    flash = FallibleFlash({AREA: IMAGE})
    flash.broken = True
    assert make(flash).load() is LoadResult.DAMAGED


def test_damage_is_explained_and_mended_by_the_next_save() -> None:
    flash, timeline = FallibleFlash({AREA: IMAGE[:-1]}), RecordingTimeline()
    configuration = Configuration(flash, timeline)
    assert configuration.load() is LoadResult.DAMAGED
    assert [type(event) for event in timeline.events] == [Note]
    configuration.save()
    assert configuration.load() is LoadResult.STORED


def test_a_set_of_another_firmware_keeps_what_is_known_here() -> None:
    flash = FallibleFlash({AREA: seal(TITLE, b"new_variable=1\nconsole_errs=0\nconsole_winds=9\nnv_serial=stolen\n")})
    timeline = RecordingTimeline()
    configuration = Configuration(flash, timeline)
    assert configuration.load() is LoadResult.STORED
    assert configuration.get("console_errs") == "0"
    assert configuration.get("console_winds") == "2"
    assert configuration.get("console_echo") == "1"
    assert configuration.get("nv_serial") == "17111984"
    assert ["console_winds" in str(event) for event in timeline.events] == [True]


def test_the_identity_belongs_to_the_module_and_is_never_stored() -> None:
    flash = FallibleFlash()
    make(flash, nv_model="SPWF04SC").save()
    assert b"nv_" not in unseal(TITLE, flash.areas[AREA])
    other = make(flash, nv_wifi_macaddr="00:80:e1:00:00:01")
    other.load()
    assert other.get("nv_model") == "SPWF04SA"
    assert other.get("nv_wifi_macaddr") == "00:80:E1:00:00:01"


@pytest.mark.parametrize(("name", "text"), [("wifi_mode", "3"), ("nv_wifi_macaddr", "00:80"), ("nv", "x")])
def test_a_wrong_identity_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Configuration(FallibleFlash(), RecordingTimeline(), {name: text})


@pytest.mark.parametrize("ssid", ["", "My Router AP", "caf\xe9", "x" * 32, "a\0b"])
def test_the_ssid_is_kept_as_octets(ssid: str) -> None:
    configuration = make()
    configuration.set_ssid("something longer before")
    configuration.set_ssid(ssid)
    assert configuration.ssid == ssid
    assert configuration.integer("wifi_ssid_len") == len(ssid)
    octets = ssid.encode("latin-1").ljust(32, b"\0")
    assert configuration.get("wifi_ssid") == octets.hex(":").upper()


@pytest.mark.parametrize(("ssid", "error"), [("x" * 33, Error.ARGUMENT_TOO_LARGE), ("\u20ac", Error.INVALID_ARGUMENTS)])
def test_an_impossible_ssid_changes_nothing(ssid: str, error: Error) -> None:
    configuration = make()
    configuration.set_ssid("before")
    with pytest.raises(AtError) as failure:
        configuration.set_ssid(ssid)
    assert failure.value.error is error
    assert configuration.ssid == "before"
