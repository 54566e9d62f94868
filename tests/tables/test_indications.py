from __future__ import annotations

import pytest

from firmware_model.tables.indications import MASK_VARIABLES, Indication
from firmware_model.tables.sources import Confidence
from firmware_model.tables.variables import VARIABLES

RESERVED = {37, 47, 48, 54, 59, 60, 71, 79}


def test_every_number_from_0_to_90_occurs_once_but_the_reserved_ones() -> None:
    numbers = [indication.number for indication in Indication]
    assert numbers == [number for number in range(91) if number not in RESERVED]


@pytest.mark.parametrize(
    ("indication", "variable", "word"),
    [
        (Indication.CONSOLE_ACTIVE, "console_wind_off_low", 0x00000001),
        (Indication.WIFI_BSS_LOST, "console_wind_off_low", 0x40000000),
        (Indication.WIFI_HARDWARE_STARTED, "console_wind_off_medium", 0x00000001),
        (Indication.SOCKD_DROPPING_DATA, "console_wind_off_medium", 0x80000000),
        (Indication.REMOTE_CONFIGURATION, "console_wind_off_high", 0x00000001),
        (Indication.NTP_SERVER_DELIVERY, "console_wind_off_high", 0x00100000),
    ],
)
def test_the_mask_bit_is_the_one_that_host_drivers_set(indication: Indication, variable: str, word: int) -> None:
    assert (indication.mask_variable, 1 << indication.mask_bit) == (variable, word)


def test_no_two_indications_share_a_mask_bit() -> None:
    assert len({(i.mask_variable, i.mask_bit) for i in Indication}) == len(Indication)


def test_the_mask_variables_exist() -> None:
    assert set(MASK_VARIABLES) <= {row.name for row in VARIABLES}


@pytest.mark.parametrize(
    ("indication", "line"),
    [
        (Indication.CONSOLE_ACTIVE, "0:Console active"),
        (Indication.WATCHDOG_RUNNING, "3:Watchdog Running"),
        (Indication.WIFI_UP, "24:WiFi Up"),
        (Indication.WIFI_HARDWARE_STARTED, "32:WiFi Hardware Started"),
        (Indication.PENDING_DATA, "55:Pending Data"),
        (Indication.SOCKET_CLOSED, "58:Socket Closed"),
    ],
)
def test_texts_that_hosts_compare_letter_for_letter(indication: Indication, line: str) -> None:
    assert f"{indication.number}:{indication.text}" == line


def test_no_text_holds_a_colon_as_variables_follow_one() -> None:
    assert [i for i in Indication if ":" in i.text] == []


def test_texts_made_from_a_name_are_marked_as_assumed() -> None:
    assert Indication.MIC_FAILURE.source.confidence is Confidence.ASSUMED
    assert Indication.WIFI_UP.source.confidence is Confidence.LOG
