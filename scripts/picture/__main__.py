"""``scripts/console-picture [FILE]``: open the console in Chromium, let a signature go wrong, take its picture."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.async_api import ViewportSize, async_playwright, expect

from scripts.picture.stage import SERVER, Stage, stage

if TYPE_CHECKING:
    from playwright.async_api import Page

PICTURE: Final = Path("docs/images/console.png")
FAULT: Final = "signature=nonpadded:always-bad"
_SIZE: Final[ViewportSize] = {"width": 1280, "height": 1330}
_PATIENCE: Final = 60_000


def main() -> int:
    """Take the picture; the result is the exit status."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print("console-picture: Chromium is missing; install the package chromium", file=sys.stderr)
        return 1
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(program, picture))
    print(f"{picture}: {picture.stat().st_size // 1000} kB")
    return 0


async def _take(program: str, picture: Path) -> None:
    async with stage() as here, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport=_SIZE, color_scheme="light", reduced_motion="reduce")
        await page.goto(here.url)
        await _play(page, here)
        await page.screenshot(path=picture)
        await browser.close()


async def _play(page: Page, here: Stage) -> None:
    """Fetch a page that works, arm a fault, fetch it again."""
    await page.locator("#screen textarea").focus()
    await _type(page, here)
    await expect(page.locator("#verdict")).to_have_text("✓ correct", timeout=_PATIENCE)
    await page.locator(f"[data-fault='{FAULT}']").get_by_role("switch").click()
    await expect(page.locator("#armed")).to_contain_text(FAULT, timeout=_PATIENCE)
    await page.locator("#screen textarea").focus()
    await _type(page, here)
    await expect(page.locator("#verdict")).to_contain_text("sign-octet-missing", timeout=_PATIENCE)
    await expect(page.locator("#armed")).to_contain_text("fired 1 of 1", timeout=_PATIENCE)
    await expect(page.locator("#heap-now")).to_contain_text("octets free", timeout=_PATIENCE)
    await page.evaluate("document.querySelector('#catalogue').scrollTop = 0")


async def _type(page: Page, here: Stage) -> None:
    await page.keyboard.type(f"AT+S.HTTPGET={SERVER},/conf,{here.port},2")
    await page.keyboard.press("Enter")


if __name__ == "__main__":
    sys.exit(main())
