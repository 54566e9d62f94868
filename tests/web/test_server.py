"""The web server's HTTP: pages, headers, caching, connections."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.network import MachineNetwork, SocketListener
from firmware_model.events import HttpAnswered, Note
from firmware_model.web.server import CONNECTIONS
from tests.module_host import INSTANT
from tests.web.browser import browsing, opened_port

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = {
    "index.html": b"<h1>home</h1>",
    "notes.txt": b"plain",
    "large.gz.js": gzip.compress(b"let a = 1;", mtime=0),
    "both.css": b"a{}",
    "both.gz.css": b"never asked for",
    "page.fhtml": b"<!--|06|DevConf|user_desc|-->",
    "packed.gz.fhtml": b"is never found",
    "data.json": b"{}",
    "thing": b"\0\1",
}
FOREVER = "Fri, 01 Jan 2100 00:00:00 GMT"
NEVER = "Sat, 01 Jan 2000 00:00:00 GMT"
GET = b"GET / HTTP/1.1\r\nHost: 192.168.0.50\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "status", "kind", "expires", "body"),
    [
        ("/", 200, "text/html", FOREVER, b"<h1>home</h1>"),
        ("/index.html?a=b", 200, "text/html", FOREVER, b"<h1>home</h1>"),
        ("/INDEX.HTML", 200, "text/html", FOREVER, b"<h1>home</h1>"),
        ("/3:/index.html", 200, "text/html", FOREVER, b"<h1>home</h1>"),
        ("/%69ndex.html", 200, "text/html", FOREVER, b"<h1>home</h1>"),
        ("/notes.txt", 200, "text/plain", NEVER, b"plain"),
        ("/both.css", 200, "text/css", FOREVER, b"a{}"),
        ("/data.json", 200, "application/json", NEVER, b"{}"),
        ("/thing", 200, "application/x-raw-stuff", NEVER, b"\0\1"),
        ("/page.fhtml", 200, "text/html", NEVER, b"anonymous"),
        ("/packed.fhtml", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/nothing.html", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/1:/index.html", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/9:/index.html", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/../../etc/passwd", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/..%2f..%2fetc%2fpasswd", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/3:/../index.html", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("/%00", 404, "text/html", NEVER, b"<h1>404</h1>"),
        ("//[", 400, "text/html", NEVER, b"<h1>400</h1>"),
    ],
)
async def test_what_a_browser_gets(target: str, status: int, kind: str, expires: str, body: bytes) -> None:
    async with browsing(FILES) as browser:
        answer = await browser.get(target)
        assert (answer.status, answer.body) == (status, body)
        assert (answer.headers["content-type"], answer.headers["expires"]) == (kind, expires)


async def test_a_missing_icon_is_an_empty_one() -> None:
    async with browsing() as browser:
        answer = await browser.get("/favicon.ico")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/x-icon", b"")


async def test_the_compressed_variant_stands_in_for_the_file() -> None:
    async with browsing(FILES) as browser:
        answer = await browser.get("/large.js")
        assert gzip.decompress(answer.body) == b"let a = 1;"
        assert answer.headers["content-transfer-encoding"] == "gzip"
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"] == "application/x-javascript"
        assert "content-encoding" not in (await browser.get("/both.css")).headers


async def test_a_file_of_ones_own_comes_before_the_built_in_one() -> None:
    async with browsing(FILES) as browser:
        await browser.host.command("AT+S.FSC=index.html,4", b"mine")
        assert (await browser.get("/")).body == b"mine"
        await browser.host.command("AT+S.FSD=index.html")
        await browser.host.command("AT+S.FSC=1:/index.html,4", b"user")
        assert (await browser.get("/")).body == b"user"


async def test_a_page_that_did_not_change_is_not_sent_again() -> None:
    async with browsing(FILES) as browser:
        await browser.host.command("AT+S.TIME=1795458813")
        await browser.host.command("AT+S.FSC=own.html,3", b"old")
        first = await browser.get("/own.html")
        stamp = first.headers["last-modified"]
        assert stamp.startswith("Mon, 23 Nov 2026")
        again = await browser.get("/own.html", If_Modified_Since=stamp)
        assert (again.status, again.body, again.headers["expires"]) == (304, b"", FOREVER)
        assert (await browser.get("/own.html", If_Modified_Since="Tue, 01 Jan 2030 00:00:00 GMT")).status == 304
        assert (await browser.get("/own.html", If_Modified_Since=NEVER)).status == 200
        assert (await browser.get("/own.html", If_Modified_Since="yesterday")).status == 200
        await browser.host.command("AT+S.TIME=1795462413")
        await browser.host.command("AT+S.FSC=own.html,3", b"new")
        changed = await browser.get("/own.html", If_Modified_Since=stamp)
        assert (changed.status, changed.body) == (200, b"oldnew")
        assert (await browser.get("/page.fhtml", If_Modified_Since="Tue, 01 Jan 2030 00:00:00 GMT")).status == 200


async def test_pages_with_markers_come_in_chunks() -> None:
    async with browsing(FILES) as browser:
        chunked = await browser.raw(b"GET /page.fhtml HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n")
        assert b"Transfer-Encoding: chunked\r\n" in chunked
        assert chunked.endswith(b"\r\n\r\n9\r\nanonymous\r\n0\r\n\r\n")
        whole = await browser.raw(b"GET /page.fhtml HTTP/1.0\r\n\r\n")
        assert b"chunked" not in whole
        assert whole.endswith(b"\r\n\r\nanonymous")


async def test_a_body_may_come_in_chunks() -> None:
    async with browsing() as browser:
        await browser.raw(
            b"POST /in.bin HTTP/1.1\r\nHost: m\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        assert await browser.host.command("AT+S.FSP=in.bin") == b"abcdeAT-S.OK\r\n"


async def test_a_browser_that_asks_first_is_told_to_go_on() -> None:
    async with browsing() as browser:
        reader, writer = await browser.connect()
        writer.write(b"POST /a HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 Continue\r\n")
        writer.write(b"hi")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()


async def test_the_methods() -> None:
    async with browsing(FILES) as browser:
        options = await browser.ask("OPTIONS", "*")
        assert (options.status, options.headers["allow"], options.body) == (200, "GET, POST, OPTIONS", b"")
        for method in ("PUT", "DELETE", "HEAD", "TRACE"):
            refused = await browser.ask(method, "/")
            assert (refused.status, refused.headers["allow"]) == (405, "GET, POST, OPTIONS")


async def test_one_connection_serves_many_requests_even_pipelined() -> None:
    async with browsing(FILES) as browser:
        answers = await browser.raw(3 * GET)
        assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
        assert answers.count(b"<h1>home</h1>") == 3


async def test_a_silent_connection_is_closed_after_a_while() -> None:
    async with browsing(FILES, durations=INSTANT._replace(web_keep_alive=0.05)) as browser:
        reader, writer = await browser.connect()
        writer.write(GET)
        assert (await reader.read()).endswith(b"<h1>home</h1>")
        writer.close()


async def test_the_fifth_connection_waits_for_one_of_four_to_end() -> None:
    async with browsing(FILES) as browser:
        kept = [await browser.connect() for _ in range(CONNECTIONS)]
        for reader, writer in kept:
            writer.write(GET)
            assert (await reader.readuntil(b"</h1>")).startswith(b"HTTP/1.1 200 OK\r\n")
        reader, writer = await browser.connect()
        writer.write(GET)
        fifth = asyncio.create_task(reader.readuntil(b"</h1>"))
        # A whole round of another connection passes, and the fifth has still no answer.
        kept[1][1].write(GET)
        await kept[1][0].readuntil(b"</h1>")
        assert not fifth.done()
        kept[0][1].close()
        assert (await fifth).startswith(b"HTTP/1.1 200 OK\r\n")
        for _, other in [*kept, (reader, writer)]:
            other.close()


async def test_the_server_follows_the_radio() -> None:
    async with browsing(FILES) as browser:
        host = browser.host
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        with pytest.raises(OSError, match=r"refused|reset"):
            await browser.get("/")
        host.entries.clear()
        await host.command("AT+S.WIFI=1")
        browser.port = await opened_port(host, "TCP", 80)
        assert (await browser.get("/")).status == 200


async def test_a_reset_frees_the_port_and_the_server_returns() -> None:
    async with browsing(FILES) as browser:
        host = browser.host
        await host.command("AT+S.WCFG")
        host.entries.clear()
        host.face.write(b"AT+S.RESET\r")
        await host.until(b"192.168.0.50\r\n")
        browser.port = await opened_port(host, "TCP", 80)
        assert (await browser.get("/")).status == 200


async def test_ip_use_httpd_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    listeners: list[SocketListener] = []
    listen = MachineNetwork.listen

    async def remember(network: MachineNetwork, port: int) -> SocketListener:
        listeners.append(await listen(network, port))
        return listeners[-1]

    monkeypatch.setattr(MachineNetwork, "listen", remember)
    async with browsing(FILES, "ip_use_httpd,1") as browser:
        host = browser.host
        await host.command("AT+S.SCFG=ip_use_httpd,0")
        await host.command("AT+S.WIFI=0")
        host.entries.clear()
        await host.command("AT+S.WIFI=1")
        await opened_port(host, "UDP", 53)
        assert not [note for note in host.events(Note) if "TCP port 80" in str(note)]
        # A connection would prove nothing: the port may be another process's by now.
        (listener,) = listeners
        assert listener._socket.fileno() == -1


async def test_every_answer_is_on_the_timeline() -> None:
    async with browsing(FILES) as browser:
        await browser.get("/notes.txt", User_Agent="Tester/1")
        (event,) = browser.host.events(HttpAnswered)
        assert event == HttpAnswered("GET", "/notes.txt", 200, 5, "Tester/1")
        assert str(event) == "web server: 'GET /notes.txt' -> 200, 5 octets"


async def test_a_browser_costs_heap_and_gives_it_back() -> None:
    async with browsing(FILES) as browser:
        heap = browser.host.module.heap
        free = heap.free
        assert await browser.raw(GET)
        assert heap.minimum < heap.free == free
        heap.free = 100
        assert await browser.raw(GET) == b""
        assert heap.free == 100
        heap.free = free
        assert await browser.raw(GET)


async def test_curl_understands_it(need_program: Callable[[str], None]) -> None:
    need_program("curl")
    curl = shutil.which("curl")
    assert curl
    async with browsing(FILES) as browser:
        process = await asyncio.create_subprocess_exec(
            curl, "-sS", "--compressed", "-w", "%{http_code} %{num_connects}",
            f"http://127.0.0.1:{browser.port}/large.js", f"http://127.0.0.1:{browser.port}/page.fhtml",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert output == b"let a = 1;200 1anonymous200 0"


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("www.example.com", "http://captiveportal.net/index.html"),
        ("Connectivity.example.org:8080", "http://captiveportal.net:8080/index.html"),
        ("evil.example:80/@x", "http://captiveportal.net/index.html"),
        ("captiveportal.net", None),
        ("CaptivePortal.net:80", None),
        ("192.168.0.50", None),
        ("127.0.0.1:4711", None),
        ("localhost:4711", None),
        ("module", None),
        ("[::1]:80", None),
    ],
)
async def test_the_captive_portal_catches_other_sites(host: str, location: str | None) -> None:
    async with browsing(FILES) as browser:
        answer = await browser.get("/generate_204", Host=host)
        assert answer.headers.get("location") == location
        assert answer.status == (302 if location else 404)


async def test_the_captive_name_has_its_own_home_page() -> None:
    async with browsing(FILES, "ip_apredirect,notes.txt", "ip_apdomainname,robot.net") as browser:
        assert (await browser.get("/", Host="robot.net")).body == b"plain"
        assert (await browser.get("/")).body == b"<h1>home</h1>"
        assert (await browser.get("/x", Host="other.net")).headers["location"] == "http://robot.net/notes.txt"


async def test_without_a_captive_name_nobody_is_caught() -> None:
    async with browsing(FILES, "ip_apdomainname,") as browser:
        assert (await browser.get("/", Host="www.example.com")).body == b"<h1>home</h1>"
