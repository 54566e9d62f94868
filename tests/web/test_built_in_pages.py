"""The pages that come with the emulator."""

from __future__ import annotations

import asyncio
import re

import pytest

from emulator.pages import application_files
from firmware_model.storage.volumes import APPLICATION_FLASH_CAPACITY
from firmware_model.tables.peers import PEER_VARIABLES
from firmware_model.tables.statuses import STATUSES
from firmware_model.tables.variables import VARIABLES
from tests.web.browser import browsing

PAGES = application_files()


def test_they_fit_the_application_flash() -> None:
    assert sum(map(len, PAGES.values())) < APPLICATION_FLASH_CAPACITY


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith("html")])
def test_every_link_leads_to_a_page(name: str) -> None:
    links = re.findall(rb'href="/([^"]*)"', PAGES[name])
    assert links
    assert {link.decode() or "index.html" for link in links} <= set(PAGES)


@pytest.mark.parametrize(
    ("name", "kind", "names"),
    [
        ("config.fhtml", "DevConf", [row.name for row in VARIABLES if row.listed]),
        ("status.fhtml", "DevSts", [row.name for row in STATUSES if row.listed]),
        ("peers.fhtml", "Peers", [row.name for row in PEER_VARIABLES for _ in (0, 1)]),
    ],
)
def test_the_tables_are_complete(name: str, kind: str, names: list[str]) -> None:
    found = re.findall(rf"<!--\|06\|{kind}\|([^|]+)\|", PAGES[name].decode())
    assert sorted(found) == sorted(names)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "input_demo.fhtml"])
async def test_the_server_shows_every_one(name: str) -> None:
    async with browsing(PAGES) as browser:
        answer = await browser.get(f"/{name}")
        assert answer.status == 200
        assert b"<!--|" not in answer.body


async def test_values_stand_where_a_person_looks_for_them() -> None:
    async with browsing(PAGES, "user_desc,a key of mine") as browser:
        assert b"<tr><th>user_desc<td>a key of mine<td>" in (await browser.get("/config.fhtml")).body
        assert b"<tr><th>ip_ipaddr<td>192.168.0.50<td>" in (await browser.get("/status.fhtml")).body


async def test_the_input_page_shows_the_hosts_words() -> None:
    async with browsing(PAGES) as browser:
        page = asyncio.create_task(browser.get("/input_demo.fhtml"))
        await browser.host.until(b"+WIND:56:Input to remote\r\n")
        await browser.host.command("AT+S.INPUTSSI=13", b"|hello|world|")
        body = (await page).body
        assert b"<tr><th>token 0<td>hello\n<tr><th>token 1<td>world\n<tr><th>token 2<td>\n" in body


def test_every_field_of_the_set_up_page_is_a_function() -> None:
    fields = set(re.findall(r'<(?:input|select|button)[^>]* name="(\w+)"', PAGES["firstset.html"].decode()))
    assert fields == {
        *("Key", "Ssid", "Pwd", "WpaeId", "WpaeAnonId", "WpaeType", "Ip", "Netmask", "Gateway"),
        *("Dns1", "Dns2", "Dhcp", "IbssAuth", "Auth", "Mode", "Reboot"),
    }
