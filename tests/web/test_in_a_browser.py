"""The built-in pages in Chromium: they look right at any width, and their forms reach the host."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from emulator.pages import application_files
from tests.web.browser import Browser, browsing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import Page

PAGES = application_files()
NAMES = [name for name in PAGES if name.endswith("html") and name != "input_demo.fhtml"]
KEY = "a key of mine"
# Nothing of it may go further than this machine.
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
PLAIN = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


class Window:
    """A page of Chromium, and what it complained about."""

    def __init__(self, page: Page, module: Browser) -> None:
        self.page = page
        self.host = module.host
        self.complaints: list[str] = []
        page.on("console", lambda said: self._complain(said.type, said.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))
        page.on("requestfailed", lambda request: self._complain("error", f"{request.url}: {request.failure}"))
        page.on("response", lambda response: self._complain_of_status(response.status, response.url))

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _complain_of_status(self, status: int, url: str) -> None:
        if status >= 400:
            self.complaints.append(f"{url}: {status}")


@asynccontextmanager
async def window(
    need_program: Callable[[str], None], width: int = 1280, scheme: str = "light"
) -> AsyncIterator[Window]:
    """Chromium before the built-in pages of a module in its miniAP."""
    need_program("chromium")
    async with browsing(PAGES, f"user_desc,{KEY}") as module, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*QUIET, *PLAIN])
        page = await chromium.new_page(
            base_url=f"http://127.0.0.1:{module.port}",
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        opened = Window(page, module)
        try:
            yield opened
            # Looked at before the end, which aborts what is still being loaded, such as the page behind a form.
            assert opened.complaints == []
        finally:
            await chromium.close()


@pytest.mark.parametrize("width", [1280, 400])
async def test_every_page_fits_and_has_no_complaint(need_program: Callable[[str], None], width: int) -> None:
    async with window(need_program, width) as browser:
        for name in NAMES:
            await browser.page.goto(f"/{name}")
            assert await browser.overflow() <= 0, name
            assert await browser.page.locator("nav [aria-current]").count() == 1, name


async def test_the_pages_follow_the_scheme_of_the_browser(need_program: Callable[[str], None]) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        async with window(need_program, scheme=scheme) as browser:
            await browser.page.goto("/")
            colours.add(await browser.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


async def test_on_a_phone_the_meaning_stands_below_the_value(need_program: Callable[[str], None]) -> None:
    async with window(need_program, 400) as browser:
        await browser.page.goto("/config.fhtml")
        cells = browser.page.locator("tr", has_text="wifi_beacon_loss_thresh").locator("td")
        value, meaning = await cells.nth(0).bounding_box(), await cells.nth(1).bounding_box()
        assert value is not None
        assert meaning is not None
        assert meaning["y"] >= value["y"] + value["height"]


async def test_the_output_page_sends_its_line_to_the_hosts_console(need_program: Callable[[str], None]) -> None:
    async with window(need_program) as browser:
        await browser.page.goto("/output_demo.html")
        await browser.page.get_by_label("Text").fill("hello & goodbye")
        await browser.page.get_by_role("button", name="Send").click()
        assert await browser.host.until(b"goodbye\r\n") == b"+WIND:57:Output from remote:15:hello & goodbye\r\n"
        await browser.page.get_by_label("Text").wait_for()


async def test_the_input_page_waits_for_the_hosts_words(need_program: Callable[[str], None]) -> None:
    async with window(need_program) as browser:
        page = asyncio.create_task(browser.page.goto("/input_demo.fhtml"))
        await browser.host.until(b"+WIND:56:Input to remote\r\n")
        assert await browser.host.command("AT+S.INPUTSSI=13", b"|hello|world|") == b"AT-S.OK\r\n"
        await page
        assert await browser.page.locator("td").all_inner_texts() == ["hello", "world", "", ""]
        assert await browser.overflow() <= 0


async def test_the_set_up_page_configures_the_module(need_program: Callable[[str], None]) -> None:
    async with window(need_program) as browser:
        await browser.page.goto("/firstset.html")
        form = browser.page.locator("form").first
        await form.get_by_label("Key", exact=True).fill(KEY)
        await form.get_by_label("SSID").fill("workshop")
        await form.get_by_label("Protection").select_option("WPA or WPA2 personal")
        await form.get_by_label("Password").fill("secret12")
        await form.get_by_role("button", name="Use until").click()
        told = await browser.host.until(b"Pwd:secret12\r\n")
        assert told.splitlines() == [
            b"+WIND:64:Remote configuration:Ssid:workshop",
            b"+WIND:64:Remote configuration:Auth:2",
            b"+WIND:64:Remote configuration:Pwd:secret12",
        ]
        assert b"wifi_wpa_psk_text=secret12\r\n" in await browser.host.command("AT+S.GCFG=wifi_wpa_psk_text")


async def test_the_set_up_page_sets_any_variable_and_restarts(need_program: Callable[[str], None]) -> None:
    async with window(need_program) as browser:
        await browser.page.goto("/firstset.html")
        form = browser.page.locator("form").last
        await form.get_by_label("Key", exact=True).fill(KEY)
        await form.get_by_label("Variable").fill("blink_led")
        await form.get_by_label("Value").fill("0")
        await form.get_by_role("button", name="Save and restart").click()
        told = await browser.host.until(b"+WIND:0:Console active\r\n")
        assert told.startswith(b"+WIND:64:Remote configuration:Scfg_blink_led:0\r\n")
        assert b"Remote configuration:Reboot:1\r\n" in told
        assert b"blink_led=0\r\n" in await browser.host.command("AT+S.GCFG=blink_led")
        # What the page asks for now meets a module that boots.
        browser.complaints.clear()
