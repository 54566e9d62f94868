from __future__ import annotations

import pytest

from firmware_model.console.rendering import render_error, render_indication, render_line, render_ok
from firmware_model.tables import replies
from firmware_model.tables.errors import Error
from firmware_model.tables.indications import Indication


@pytest.mark.parametrize(
    ("verbose", "octets"),
    [(0, b"AT-S.192.168.0.1:0\r\n"), (1, b"AT-S.On:192.168.0.1:0\r\n"), (2, b"AT-S.On:192.168.0.1:0\r\n")],
)
def test_console_verbose_shapes_a_reply_line(verbose: int, octets: bytes) -> None:
    assert render_line(replies.ON("192.168.0.1", 0), verbose) == octets


@pytest.mark.parametrize(("verbose", "octets"), [(0, b""), (1, b"AT-S.Skip CA\r\n")])
def test_a_maskable_line_vanishes_on_a_terse_console(verbose: int, octets: bytes) -> None:
    assert render_line(replies.SKIP_CA(), verbose) == octets


def test_a_line_without_fields_keeps_its_word_on_a_terse_console() -> None:
    assert render_line(replies.CLEAN(), 0) == b"AT-S.Clean\r\n"


@pytest.mark.parametrize(
    ("verbose", "octets"), [(0, b"AT-S.OK\r\n"), (1, b"AT-S.OK\r\n"), (2, b"AT-S.OK:20304:10\r\n")]
)
def test_console_verbose_shapes_the_success_line(verbose: int, octets: bytes) -> None:
    assert render_ok(verbose, 20304, 10) == octets


@pytest.mark.parametrize(
    ("detail", "octets"),
    [(0, b"AT-S.ERROR\r\n"), (1, b"AT-S.ERROR:18\r\n"), (2, b"AT-S.ERROR:18:Radio not running\r\n")],
)
def test_console_errs_shapes_an_error(detail: int, octets: bytes) -> None:
    assert render_error(Error.RADIO_NOT_RUNNING, detail) == octets


@pytest.mark.parametrize(
    ("indication", "fields", "detail", "octets"),
    [
        (Indication.PENDING_DATA, ("", "0", "31", "31"), 2, b"+WIND:55:Pending Data::0:31:31\r\n"),
        (Indication.PENDING_DATA, ("", "0", "31", "31"), 1, b"+WIND:55::0:31:31\r\n"),
        (Indication.PENDING_DATA, ("", "0", "31", "31"), 0, b"+WIND:55:\r\n"),
        (Indication.CONSOLE_ACTIVE, (), 2, b"+WIND:0:Console active\r\n"),
        (Indication.CONSOLE_ACTIVE, (), 1, b"+WIND:0:\r\n"),
    ],
)
def test_console_winds_shapes_an_indication(
    indication: Indication, fields: tuple[str, ...], detail: int, octets: bytes
) -> None:
    assert render_indication(indication, fields, detail) == octets
