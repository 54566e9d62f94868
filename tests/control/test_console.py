"""The web console as a person uses it, in Chromium."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import serial
from playwright.async_api import expect

import emulator.control
from emulator.control.token import Token
from tests.control.browsing import PATIENCE, chromium, visiting
from tests.control.own_server import served
from tests.control.secured import secured

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import Browser, Page

    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

PAGE = Path(emulator.control.__file__).parent / "page"
BAD = "signature=nonpadded:always-bad"

_OUTSIDE = """() => [...document.querySelectorAll("button, input, select, a, summary, h2")]
    .filter((one) => one.checkVisibility() && !one.closest(".jump, .skip, .xterm, .sr") && !one.matches(".skip"))
    .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([, box]) => box.left < 0 || box.right > document.documentElement.clientWidth + 0.5)
    .map(([html]) => html)"""

_FAINT = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((value) => value / 255)
        .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = (one) => {
        for (; one; one = one.parentElement) {
            const colour = parse(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const speaks = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const texts = [...document.querySelectorAll("body *")]
        .filter((one) => one.checkVisibility() && !one.closest(".xterm, .sr, :disabled, svg") && speaks(one));
    if (texts.length < 100) return ["these are too few texts to be the page", texts.length];
    return texts.map((one) => {
        const [front, back] = [light(parse(getComputedStyle(one).color)), light(behind(one))];
        const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        return [contrast, one.textContent.trim().slice(0, 40), one.className];
    }).filter(([contrast]) => contrast < 4.5);
}"""


@pytest.fixture
async def browser(need_program: Callable[[str], None]) -> AsyncIterator[Browser]:
    need_program("chromium")
    async with chromium() as browser:
        yield browser


async def type_command(page: Page, command: str) -> None:
    """Type at the terminal as a person does."""
    await page.locator("#screen textarea").focus()
    await page.keyboard.type(command)
    await page.keyboard.press("Enter")


async def drawn(page: Page) -> None:
    """Wait until every panel has what it shows."""
    for place in (".fault", ".plot", ".pin", "#files-body .thing", "#certificates-body .thing", "#wifi-body .switch"):
        await page.locator(place).first.wait_for()
    await expect(page.locator("#connection")).to_have_text("live", timeout=PATIENCE)


async def test_a_command_is_typed_and_its_reply_seen(browser: Browser) -> None:
    async with served(time="real") as here, visiting(browser, here.client.url) as page:
        await expect(page.locator("#host")).to_have_text("nobody is connected", timeout=PATIENCE)
        await type_command(page, "AT+S.STS=free_heap")
        await expect(page.locator(".xterm-rows")).to_contain_text("AT-S.Var:free_heap=", timeout=PATIENCE)
        await expect(page.locator("#host")).to_have_text("you are the host")
        await page.get_by_role("button", name="Disconnect").click()
        await expect(page.locator("#host")).to_have_text("nobody is connected")


async def test_a_module_that_is_off_is_booted_from_the_page(browser: Browser) -> None:
    async with served(power_on="open", boots=False) as here, visiting(browser, here.client.url) as page:
        await page.get_by_role("button", name="Connect and boot").click()
        await expect(page.locator(".xterm-rows")).to_contain_text("Console active", timeout=PATIENCE)
        await expect(page.locator("#curtain")).to_be_hidden()


async def test_a_signature_turns_bad_and_good_again(browser: Browser, pki: Pki, site: Site) -> None:
    async with secured(pki, site) as module, visiting(browser, module.here.client.url) as page:
        switch = page.locator(f"[data-fault='{BAD}']").get_by_role("switch")
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", "true", timeout=PATIENCE)
        await expect(page.locator("#armed")).to_contain_text(BAD)

        await type_command(page, module.command)
        verdict = page.locator("#verdict")
        await expect(verdict).to_have_text("✗ defect: sign-octet-missing", timeout=PATIENCE)
        await expect(page.locator(".part.missing").first).to_contain_text("missing")
        await expect(page.locator(".cell.cause").first).to_be_visible()
        await expect(page.locator(".octets")).to_have_attribute("aria-label", re.compile("00 is missing before it"))
        await expect(page.locator(".outcome.bad")).to_contain_text("Failed")
        await expect(page.locator(".lane.alert")).to_contain_text("Alert")
        await expect(page.locator("#armed")).to_contain_text("fired 1 of 1")

        await switch.click()
        await expect(page.locator("#armed")).to_contain_text("Nothing is armed", timeout=PATIENCE)
        await type_command(page, module.command)
        await expect(verdict).to_have_text("✓ correct", timeout=PATIENCE)
        await expect(page.locator(".part.missing")).to_have_count(0)
        await expect(page.locator(".lane .name").first).to_contain_text("ClientHello")

        # The one before can still be looked at.
        await page.locator("#which").select_option(index=1)
        await expect(verdict).to_have_text("✗ defect: sign-octet-missing")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_everything_can_be_reached_and_read_at_any_width(
    browser: Browser, pki: Pki, site: Site, width: int, dark: bool
) -> None:
    async with secured(pki, site) as module:
        here = module.here
        await here.do("POST", "/faults", {"fault": "network=reset:300@nth=2,after=+WIND:24:WiFi Up:0:192.168.1.100"})
        await here.do("POST", "/access-points", {"ssid": "x" * 32, "passphrase": "secret12"})
        await here.do("POST", "/stations", {"mac": "02:A9:D2:A0:FF:A0"})
        await here.do("POST", "/captures", {"form": "pcapng"})
        await here.put("/api/v1/files/2/a%20file%20with%20quite%20a%20long%20name%20indeed.html", b"x")
        with serial.Serial(here.emulator.port, 115200, timeout=0) as host:
            host.write(f"{module.command}\r".encode())
            await here.emulator.wait_for("AT-S.OK", 60)
        async with visiting(browser, here.client.url, width=width, dark=dark) as page:
            await drawn(page)
            await page.locator("#verdict").wait_for()
            await page.get_by_text("Octet by octet").click()
            assert await page.evaluate("document.documentElement.scrollWidth") == width
            assert await page.evaluate(_OUTSIDE) == []
            assert await page.evaluate(_FAINT) == []


async def test_the_keyboard_alone_is_enough(browser: Browser) -> None:
    async with served(time="real") as here, visiting(browser, here.client.url) as page:
        await drawn(page)
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#terminal")).to_be_focused()

        await press_until(page, "Tab", "document.activeElement.closest('#screen') !== null")
        await page.keyboard.type("AT")
        await page.keyboard.press("Enter")
        await expect(page.locator(".xterm-rows")).to_contain_text("AT-S.OK", timeout=PATIENCE)

        # Tab leaves the terminal forwards, and Shift+Tab backwards.
        await page.keyboard.press("Shift+Tab")
        assert not await page.evaluate("document.activeElement.closest('#screen') !== null")
        await press_until(page, "Tab", "document.activeElement.dataset.key === 'signature=nonpadded'")
        assert await page.evaluate("document.activeElement.matches(':focus-visible')")
        await page.keyboard.press("Space")
        await expect(page.locator("#armed")).to_contain_text("signature=nonpadded", timeout=PATIENCE)
        # What is drawn anew leaves whoever works there where they are.
        await expect(page.locator("[data-fault='signature=nonpadded']").get_by_role("switch")).to_be_focused()

        await press_until(page, "Tab", "document.activeElement.closest('footer') !== null")


async def press_until(page: Page, key: str, condition: str) -> None:
    for _ in range(400):
        if await page.evaluate(condition):
            return
        await page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to where {condition}")


async def test_another_host_is_watched(browser: Browser) -> None:
    async with served(time="real") as here, visiting(browser, here.client.url) as page:
        await drawn(page)
        await page.get_by_label("show what other hosts send").check()
        with serial.Serial(here.emulator.port, 115200, timeout=0) as host:
            await expect(page.locator("#host")).to_have_text(f"watching pty {here.emulator.port}", timeout=PATIENCE)
            await expect(page.locator("#connect")).to_be_disabled()
            host.write(b"AT+S.STS=min_heap\r")
            await expect(page.locator(".xterm-rows")).to_contain_text("AT-S.Var:min_heap=", timeout=PATIENCE)
            await type_command(page, "AT")
            await expect(page.locator(".message")).to_contain_text("in use by another host", timeout=PATIENCE)
        await expect(page.locator("#connect")).to_be_enabled(timeout=PATIENCE)


async def test_the_surroundings_are_changed_from_the_page(browser: Browser) -> None:
    async with served() as here, visiting(browser, here.client.url) as page:
        await drawn(page)
        wifi = page.locator("#wifi")
        await wifi.get_by_label("Network").fill("home")
        await wifi.get_by_label("Pass phrase").fill("secret12")
        await wifi.get_by_label("Pass phrase").press("Enter")
        await expect(wifi.get_by_label("Signal of home, dBm")).to_have_value("-50", timeout=PATIENCE)
        await wifi.get_by_label("Signal of home, dBm").press("ArrowLeft")
        await expect(wifi).to_contain_text("-51 dBm")
        # At once: the panel is drawn anew after the last change, and a button that goes while held is not clicked.
        await wifi.get_by_role("switch", name="DHCP of home").dispatch_event("click")
        await expect(wifi.get_by_role("switch", name="DHCP of home")).to_have_attribute("aria-checked", "false")
        (point,) = await here.get("/access-points")
        assert (point["rssi"], point["dhcp"], point["security"]) == (-51, False, "wpa2")
        await page.get_by_role("button", name="Drive GPIO6 high").click()
        await expect(page.get_by_role("group", name="GPIO6")).to_contain_text("1 high", timeout=PATIENCE)
        await wifi.get_by_role("button", name="Remove home").click()
        await expect(wifi).to_contain_text("Nothing is in the air", timeout=PATIENCE)


async def test_files_come_and_go(browser: Browser) -> None:
    async with served() as here, visiting(browser, here.client.url) as page:
        await drawn(page)
        files = page.locator("#files")
        async with page.expect_file_chooser() as chooser:
            await files.get_by_role("button", name="Upload a file to the RAM disk").click()
        await (await chooser.value).set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
        link = files.get_by_role("link", name="a.txt")
        async with page.expect_download() as download:
            await link.click()
        assert (await (await download.value).path()).read_bytes() == b"hello"
        await files.get_by_role("button", name="Delete a.txt").click()
        await expect(link).to_have_count(0, timeout=PATIENCE)


async def test_what_is_refused_is_said(browser: Browser) -> None:
    async with served() as here, visiting(browser, here.client.url, failures=True) as page:
        await drawn(page)
        await page.get_by_label("arm when").fill("nth=x")
        await page.locator("[data-fault='signature=raw']").get_by_role("switch").click()
        message = page.get_by_role("alert").filter(has_text="use a number from 1")
        await expect(message).to_be_visible(timeout=PATIENCE)
        await page.get_by_role("button", name="Put this message away").click()
        await expect(page.locator(".message")).to_have_count(0)


async def test_the_link_with_the_token_is_enough(browser: Browser) -> None:
    async with (
        served(token=Token("0123456789abcdef")) as here,
        visiting(browser, f"{here.client.url}#token=0123456789abcdef") as page,
    ):
        await drawn(page)
        assert "token" not in page.url
        await page.reload()
        await drawn(page)


async def test_who_has_no_token_is_asked(browser: Browser) -> None:
    async with (
        served(token=Token("0123456789abcdef")) as here,
        visiting(browser, here.client.url, failures=True) as page,
    ):
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Token").fill("something else")
        await dialog.get_by_role("button").click()
        await expect(dialog).to_contain_text("not the token", timeout=PATIENCE)
        await dialog.get_by_label("Token").fill("0123456789abcdef")
        await page.keyboard.press("Enter")
        await drawn(page)


async def test_an_emulator_that_goes_is_noticed(browser: Browser) -> None:
    async with served() as here:
        visit = visiting(browser, here.client.url, failures=True)
        page = await visit.__aenter__()
        await drawn(page)
    await expect(page.locator("#connection")).to_have_text("the emulator does not answer", timeout=PATIENCE)
    await expect(page.locator("#connect")).to_be_disabled()
    await visit.__aexit__(None, None, None)


def test_what_others_wrote_is_as_they_published_it() -> None:
    folder = PAGE / "xterm"
    stated = dict(re.findall(r"^  ([0-9a-f]{64})  (\S+)$", (folder / "README.txt").read_text(), re.MULTILINE))
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in stated.values()} == {
        name: digest for digest, name in stated.items()
    }
    assert {path.name for path in folder.iterdir() if path.suffix in (".mjs", ".css")} == set(stated.values())
    assert "MIT" in (folder / "README.txt").read_text()
    assert all("Permission is hereby granted" in path.read_text() for path in folder.glob("LICENSE*"))


def test_the_page_has_no_script_or_style_inside() -> None:
    page = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\son\w+=|javascript:|\sstyle=", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
