"""Whatever a browser sends: the server lives on, and the console shows nothing but indications."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.module_host import INSTANT
from tests.web.browser import Browser, browsing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FILES = {"index.html": b"<h1>home</h1>", "page.fhtml": b"<!--|06|DevSts|build|-->"}
HASTY = INSTANT._replace(web_keep_alive=0.2, web_input=0.2)
ONLY_INDICATIONS = re.compile(rb"(?:\+WIND:\d+:[^\x00-\x1f\x7f]*\r\n)*AT-S\.OK\r\n")

_words = st.sampled_from(
    [
        *(
            "GET",
            "POST",
            "OPTIONS",
            "CONNECT",
            " ",
            "/",
            "/index.html",
            "/page.fhtml",
            "..",
            "%",
            "%00",
            "%ff",
            "?",
            "//[",
        ),
        *(" HTTP/1.1", " HTTP/1.0", " HTTP/9.9", "\r\n", "\r\n\r\n", "\n", "Host: m", "Host: a.b", "Content-Length: 4"),
        *("Content-Length: 99999999999", "Content-Length: -1", "Transfer-Encoding: chunked", "5\r\n", "0\r\n\r\n"),
        *("Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=X"),
        *(
            "--X",
            "--X--",
            'filename="a"',
            "Key=anonymous",
            "&",
            "=",
            "Output=",
            "Scfg_user_desc=",
            "%0D%0AAT-S.OK%0D%0A",
        ),
        *(
            "Ssid=",
            "Pwd=",
            "GpioC_",
            "PWM_2=",
            "If-Modified-Since: x",
            "Expect: 100-continue",
            "Upgrade: h2c",
            "\0",
            "\xff",
        ),
    ]
)
_pieces = st.lists(_words | st.text(st.characters(max_codepoint=255), max_size=8), max_size=20).map("".join)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Sometimes noise, sometimes a whole request around a noisy body."""
    text = draw(_pieces)
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=X", "a/b"]))
        head = (
            f"POST /{draw(_words)} HTTP/1.1\r\nHost: m\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n"
        )
        text = head + text
    return text.encode("latin-1")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with browsing(FILES, durations=HASTY) as browser:
        yield browser


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(octets=requests())
async def test_nothing_kills_the_server_or_speaks_on_the_console(
    browser: Browser, caplog: pytest.LogCaptureFixture, octets: bytes
) -> None:
    answer = await browser.raw(octets)
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    assert (await browser.get("/")).body == b"<h1>home</h1>"
    assert ONLY_INDICATIONS.fullmatch(await browser.host.command("AT"))
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"hello\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: m\r\nX: " + 40_000 * b"x", b"431"),
        (b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
async def test_what_is_no_request_is_told_so(browser: Browser, octets: bytes, status: bytes) -> None:
    assert (await browser.raw(octets)).startswith(b"HTTP/1.1 " + status)


async def test_a_body_without_end_is_refused(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_model.web.conversation.LARGEST_BODY", 1000)
    head = b"POST /a HTTP/1.1\r\nHost: m\r\nContent-Length: 1001\r\n\r\n"
    assert (await browser.raw(head + bytes(1001))).startswith(b"HTTP/1.1 413")


async def test_a_browser_that_leaves_in_the_middle(browser: Browser) -> None:
    for octets in (b"G", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 9\r\n\r\nhalf"):
        _, writer = await browser.connect()
        writer.write(octets)
        writer.close()
    assert (await browser.get("/")).status == 200


async def test_four_browsers_that_say_nothing_hold_the_others_up_for_a_moment_only(browser: Browser) -> None:
    silent = [await browser.connect() for _ in range(4)]
    assert (await browser.get("/")).status == 200
    for _, writer in silent:
        writer.close()


async def test_a_browser_that_takes_nothing_is_given_up(browser: Browser) -> None:
    await browser.host.command("AT+S.SCFG=ramdisk_memsize,64")
    browser.host.module.files.reset()
    browser.host.module.files.write("large.bin", bytes(60_000), append=False)
    slow = [await browser.connect() for _ in range(4)]
    for _, writer in slow:
        writer.write(200 * b"GET /large.bin HTTP/1.1\r\nHost: m\r\n\r\n")
    assert (await browser.get("/")).status == 200
    for _, writer in slow:
        writer.close()


async def test_a_flood_of_connections(browser: Browser) -> None:
    answers = await asyncio.gather(*(browser.get("/") for _ in range(20)))
    assert [answer.status for answer in answers] == [200] * 20
