"""The web console in a real Chromium, whose complaints are collected."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PATIENCE = 60_000.0
"""Milliseconds that a page may take for anything."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, url: str, *, width: int = 1280, dark: bool = False, failures: bool = False
) -> AsyncIterator[Page]:
    """The console as a person sees it who has just opened it; without ``failures`` it must have no complaint."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    requested: set[str] = set()
    page.on("request", lambda request: requested.add(request.url))
    await page.goto(url)
    yield page
    await context.close()
    elsewhere = {one for one in requested if not one.startswith((url.partition("#")[0], "data:"))}
    assert not elsewhere
    assert failures or not complaints, complaints
