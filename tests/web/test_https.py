"""The module's pages over HTTPS: curl, and Python's ssl."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.peers.curl import curl_fetch
from firmware_model.events import TlsFailed, TlsFinished
from tests.doubles import FallibleFlash
from tests.module_host import INSTANT, ModuleHost, running_module
from tests.sockets.test_tls import client_context
from tests.web.browser import Answer, opened_port, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki
    from firmware_model.outside import Flash

OK = b"AT-S.OK\r\n"
FILES = {"index.html": b"<h1>The module</h1>", "big.txt": b"0123456789" * 5000}
HERE = "127.0.0.1"
_PATIENCE = 20.0


@pytest.fixture(scope="module")
def own(pki: Pki) -> Identity:
    """A certificate for this machine's address, where the module's port is."""
    return pki.root.issue("module", names=[HERE], server=True)


@asynccontextmanager
async def booted_module(own: Identity | None, *settings: str, flash: Flash | None = None) -> AsyncIterator[ModuleHost]:
    """A module with a certificate and key of its own, if given; its radio idles."""
    durations = INSTANT._replace(web_keep_alive=10)
    async with running_module(application_files=FILES, durations=durations, flash=flash) as host:
        await host.boot()
        for setting in settings:
            await host.command(f"AT+S.SCFG={setting}")
        if own is not None:
            await store(host, own)
        await host.command(f"AT+S.TIME={int(time.time())}")
        yield host


async def store(host: ModuleHost, own: Identity) -> None:
    for slot, data in {"cert": own.bundle_der, "key": own.key_der}.items():
        assert (await host.command(f"AT+S.TLSCERT={slot},{len(data)}", data)).endswith(OK)


@asynccontextmanager
async def secure_module(own: Identity, *settings: str) -> AsyncIterator[tuple[ModuleHost, int]]:
    """A module in its miniAP, and where its port 443 is."""
    async with booted_module(own, *settings) as host:
        await start_mini_ap(host)
        yield host, await opened_port(host, "TCP", 443)


async def get(port: int, target: str, context: ssl.SSLContext, **headers: str) -> Answer:
    def exchange() -> Answer:
        connection = http.client.HTTPSConnection(HERE, port, timeout=_PATIENCE, context=context)
        try:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    return await asyncio.to_thread(exchange)


async def test_curl_gets_the_pages(pki: Pki, own: Identity, need_program: Callable[[str], None]) -> None:
    need_program("curl")
    async with secure_module(own) as (host, port):
        for target, content in FILES.items():
            fetched = await curl_fetch(f"https://{HERE}:{port}/{target}", ca=pki.root)
            assert (fetched.status, fetched.body, fetched.words) == (200, content, "")
        assert all("TLS 1.2" in str(event) for event in host.events(TlsFinished))
        stranger = await curl_fetch(f"https://{HERE}:{port}/", ca=pki.root, client=pki.client)
        assert stranger.body == FILES["index.html"]


async def test_python_gets_pages_on_both_ports(pki: Pki, own: Identity) -> None:
    async with secure_module(own) as (host, port):
        answers = await asyncio.gather(*(get(port, "/big.txt", client_context(pki)) for _ in range(2)))
        assert [answer.body for answer in answers] == [FILES["big.txt"]] * 2
        reader, writer = await asyncio.open_connection(HERE, await opened_port(host, "TCP", 80))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(FILES["index.html"])
        writer.close()
        await host.eventually(lambda: host.module.heap.free == 60_000 - 16 * 1024)


async def test_who_wants_another_site_is_sent_to_the_captive_name_over_tls_too(pki: Pki, own: Identity) -> None:
    async with secure_module(own, "ip_apdomainname,robot.net") as (_, port):
        answer = await get(port, "/page", client_context(pki), Host=f"example.com:{port}")
        assert (answer.status, answer.headers["location"]) == (302, f"https://robot.net:{port}/index.html")


async def test_the_four_places_are_for_both_ports(pki: Pki, own: Identity) -> None:
    async with secure_module(own) as (host, port):
        plain = await opened_port(host, "TCP", 80)
        idle = [await asyncio.open_connection(HERE, plain) for _ in range(4)]
        for _, writer in idle:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for reader, _ in idle:
            await reader.readuntil(FILES["index.html"])
        fifth = asyncio.create_task(get(port, "/", client_context(pki)))
        done, _ = await asyncio.wait([fifth], timeout=0.1)
        assert not done
        idle[0][1].close()
        assert (await fifth).status == 200
        for _, writer in idle:
            writer.close()


async def test_who_does_not_trust_the_module_or_speaks_no_tls(own: Identity) -> None:
    async with secure_module(own) as (host, port):
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(port, "/", ssl.create_default_context())
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert b"HTTP" not in await reader.read()
        writer.close()
        await host.eventually(lambda: len(host.events(TlsFailed)) == 2)


@pytest.mark.parametrize("slots", [(), ("cert",), ("key",), ("cert", "nonsense")])
async def test_without_certificate_and_key_there_is_no_https(own: Identity, slots: tuple[str, ...]) -> None:
    content = {"cert": own.bundle_der, "key": own.key_der, "nonsense": b"nonsense"}
    flash = FallibleFlash()
    async with booted_module(None, flash=flash) as host:
        for slot in slots:
            flash.areas[f"tls/{slot.replace('nonsense', 'key')}"] = content[slot]
        await start_mini_ap(host)
        await opened_port(host, "TCP", 80)
        assert b"AT-S.OK" in await host.command("AT")
        assert not host.network.listens_on(443)


async def test_it_begins_with_the_next_start_of_the_radio(pki: Pki, own: Identity) -> None:
    async with booted_module(None) as host:
        await start_mini_ap(host)
        await opened_port(host, "TCP", 80)
        await store(host, own)
        assert not host.network.listens_on(443)
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        assert (await get(await opened_port(host, "TCP", 443), "/", client_context(pki))).status == 200
        await host.command("AT+S.WIFI=0")
        await host.until(b"Powered Down\r\n")
        await host.eventually(lambda: not host.network.listens_on(443))


async def test_files_serve_as_well_as_slots(pki: Pki, own: Identity) -> None:
    async with booted_module(None) as host:
        for name, data in {"tls.cert": own.bundle_der, "tls.key": own.key_der}.items():
            assert (await host.command(f"AT+S.FSC={name},{len(data)}", data)).endswith(OK)
        await start_mini_ap(host)
        assert (await get(await opened_port(host, "TCP", 443), "/", client_context(pki))).status == 200


async def test_ip_use_httpd_0_closes_both_ports(own: Identity) -> None:
    async with booted_module(own, "ip_use_httpd,0") as host:
        await start_mini_ap(host)
        assert (await host.command("AT+S.SOCKDON=18090,s1")).endswith(OK)
        assert not host.network.listens_on(443)


async def test_it_is_one_of_the_two_tls_servers(own: Identity) -> None:
    async with secure_module(own) as (host, _):
        assert await host.command("AT+S.SOCKDON=18090,s1") == b"AT-S.On:0\r\n" + OK
        assert await host.command("AT+S.SOCKDON=18091,s1") == b"AT-S.ERROR:75:Too many sockets\r\n"
        assert await host.command("AT+S.SOCKDON=18091,t") == b"AT-S.On:1\r\n" + OK
        assert await host.command("AT+S.SOCKDC=1") == OK
        assert await host.command("AT+S.SOCKDC=0") == OK
        assert await host.command("AT+S.SOCKDON=18091,s1") == b"AT-S.On:0\r\n" + OK


async def test_two_server_sockets_with_tls_leave_no_room_for_it(own: Identity) -> None:
    async with booted_module(own, "ip_use_httpd,0") as host:
        await start_mini_ap(host)
        for number in range(2):
            assert (await host.command(f"AT+S.SOCKDON={18090 + number},s1")).endswith(OK)
        await host.command("AT+S.SCFG=ip_use_httpd,1")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        await opened_port(host, "TCP", 80)
        await host.note("does not speak HTTPS: two other ports with TLS")


async def test_flash_that_cannot_be_read_leaves_the_plain_port(own: Identity) -> None:
    flash = FallibleFlash()
    async with booted_module(own, flash=flash) as host:
        flash.broken = True
        await start_mini_ap(host)
        await opened_port(host, "TCP", 80)
        await host.note("does not speak HTTPS: flash failure")
