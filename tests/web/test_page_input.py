"""WIND 56 and INPUTSSI: a page asks the host for its text."""

from __future__ import annotations

import asyncio

import pytest

from tests.module_host import INSTANT
from tests.web.browser import Browser, browsing

FILES = {"ask.fhtml": b"[<!--|06|Input|0|-->,<!--|06|Input|1|-->]", "index.html": b"home"}
ASKED = b"+WIND:56:Input to remote\r\n"
REFUSED = b"AT-S.ERROR:111:Request failed\r\n"


def opened(browser: Browser) -> asyncio.Task[bytes]:
    async def body() -> bytes:
        return (await browser.get("/ask.fhtml")).body

    return asyncio.create_task(body())


async def test_the_host_fills_the_page() -> None:
    async with browsing(FILES) as browser:
        page = opened(browser)
        await browser.host.until(ASKED)
        assert await browser.host.command("AT+S.INPUTSSI=13", b"|hello|world|") == b"AT-S.OK\r\n"
        assert await page == b"[hello,world]"


@pytest.mark.parametrize(("length", "body"), [(127, b"[" + 123 * b"x" + b",y]"), (1, b"[,]")])
async def test_the_shortest_and_the_longest_input(length: int, body: bytes) -> None:
    data = (b"|" + 123 * b"x" + b"|y|")[:length]
    async with browsing(FILES) as browser:
        page = opened(browser)
        await browser.host.until(ASKED)
        assert await browser.host.command(f"AT+S.INPUTSSI={length}", data) == b"AT-S.OK\r\n"
        assert await page == body


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("INPUTSSI=128", b"AT-S.ERROR:32:Argument exceeds allowed size\r\n"),
        ("INPUTSSI=0", b"AT-S.ERROR:33:Argument evaluated to zero\r\n"),
        ("INPUTSSI", b"AT-S.ERROR:2:Missing argument(s)\r\n"),
        ("INPUTSSI=5", REFUSED),
    ],
)
async def test_what_is_refused_before_the_data(line: str, reply: bytes) -> None:
    async with browsing(FILES) as browser:
        assert await browser.host.command(f"AT+S.{line}") == reply


async def test_input_that_nobody_waits_for_stays_on_the_line() -> None:
    async with browsing(FILES) as browser:
        browser.host.face.write(b"AT+S.INPUTSSI=8\r|a|b|\r\r\r")
        assert await browser.host.until(b"found\r\n") == REFUSED + b"AT-S.ERROR:1:Command not found\r\n"


async def test_a_page_is_sent_without_input_that_comes_too_late() -> None:
    async with browsing(FILES, durations=INSTANT._replace(web_input=0.05)) as browser:
        assert (await browser.get("/ask.fhtml")).body == b"[,]"
        await browser.host.until(ASKED)
        assert await browser.host.command("AT+S.INPUTSSI=3") == REFUSED


async def test_data_that_stays_away_ends_the_command() -> None:
    async with browsing(FILES, durations=INSTANT._replace(web_input=0.2)) as browser:
        page = opened(browser)
        await browser.host.until(ASKED)
        browser.host.face.write(b"AT+S.INPUTSSI=9\r|he")
        assert await browser.host.until(b"\r\n") == REFUSED
        assert await page == b"[,]"
        assert await browser.host.command("AT") == b"AT-S.OK\r\n"


async def test_pages_ask_one_after_the_other() -> None:
    async with browsing(FILES) as browser:
        pages = [opened(browser), opened(browser)]
        for text in (b"|1|", b"|2|"):
            assert await browser.host.until(ASKED) == ASKED
            assert await browser.host.command("AT+S.INPUTSSI=3", text) == b"AT-S.OK\r\n"
        assert sorted(await asyncio.gather(*pages)) == [b"[1,]", b"[2,]"]


async def test_other_pages_go_on_meanwhile() -> None:
    async with browsing(FILES) as browser:
        page = opened(browser)
        await browser.host.until(ASKED)
        assert (await browser.get("/")).body == b"home"
        await browser.host.command("AT+S.INPUTSSI=3", b"|a|")
        assert await page == b"[a,]"


async def test_the_radio_going_down_ends_the_wait() -> None:
    async with browsing(FILES) as browser:
        page = opened(browser)
        await browser.host.until(ASKED)
        await browser.host.command("AT+S.WIFI=0")
        await browser.host.until(b"Down\r\n")
        assert await browser.host.command("AT+S.INPUTSSI=3") == REFUSED
        with pytest.raises(OSError, match=r"closed|reset"):
            await page
