"""TFTP with programs of others: tftpy in Python, tftp-hpa from Debian."""

from __future__ import annotations

import asyncio
import io
import re
import socket
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tftpy import TftpClient
from tftpy.TftpShared import TftpException

from firmware_model.events import Note
from firmware_model.tftp.packets import (
    Acknowledgement,
    Data,
    Packet,
    ReadRequest,
    Refusal,
    WriteRequest,
    decode,
    encode,
)
from tests.module_host import ModuleHost, running_module, start_mini_ap
from tests.tftp.servers import tftpy_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

OK = b"AT-S.OK\r\n"
FAILED = b"AT-S.ERROR:111:Request failed\r\n"
CONTENT = bytes(index % 251 for index in range(3000))
_REQUESTS = (ReadRequest, WriteRequest)
_SERVED_AT = re.compile(r"the module's UDP port 69 is 127\.0\.0\.1:(\d+) ")


@asynccontextmanager
async def module_and_server(root: Path) -> AsyncIterator[ModuleHost]:
    """A module in its miniAP with a TFTP server at 192.168.0.2:69, whose transfers use ports nobody mapped."""
    with tftpy_server(root) as port:
        async with running_module(maps=[f"192.168.0.2:69=127.0.0.1:{port}"]) as host:
            await start_mini_ap(host)
            yield host


@asynccontextmanager
async def serving_module() -> AsyncIterator[tuple[ModuleHost, int]]:
    """A module whose TFTP server runs; with the port that it has on this machine."""
    async with running_module() as host:
        await start_mini_ap(host)
        yield host, await served_at(host)


def openings(host: ModuleHost) -> list[int]:
    return [int(port) for port in _SERVED_AT.findall("\n".join(map(str, host.events(Note))))]


async def served_at(host: ModuleHost, opening: int = 1) -> int:
    for _ in range(100):
        if len(openings(host)) >= opening:
            return openings(host)[-1]
        await asyncio.sleep(0)
    pytest.fail("the module's TFTP server did not start")


async def test_a_file_is_fetched_to_the_console_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "conf.bin").write_bytes(CONTENT)
    (tmp_path / "empty").write_bytes(b"")
    async with module_and_server(tmp_path) as host:
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,conf.bin,") == CONTENT + OK
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,conf.bin") == CONTENT + OK
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,empty") == OK


async def test_a_file_is_fetched_into_a_file_and_replaces_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "conf.bin").write_bytes(CONTENT)
    (tmp_path / "empty").write_bytes(b"")
    async with module_and_server(tmp_path) as host:
        await host.command("AT+S.FSC=copy,3", b"old")
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,conf.bin,copy") == OK
        assert host.module.files.read("copy") == CONTENT
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,empty,copy") == OK
        assert host.module.files.read("copy") == b""


async def test_a_file_is_sent_under_its_own_name(tmp_path: Path) -> None:
    async with module_and_server(tmp_path) as host:
        await host.command(f"AT+S.FSC=log.bin,{len(CONTENT)}", CONTENT)
        assert await host.command("AT+S.TFTPPUT=192.168.0.2,69,2:/log.bin") == OK
    assert (tmp_path / "log.bin").read_bytes() == CONTENT


async def test_what_the_server_does_not_have_leaves_the_older_file_alone(tmp_path: Path) -> None:
    async with module_and_server(tmp_path) as host:
        await host.command("AT+S.FSC=copy,3", b"old")
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,none,copy") == FAILED
        assert "File not found" in "\n".join(map(str, host.events(Note)))
        assert host.module.files.read("copy") == b"old"
        assert host.module.heap.free == host.module.profile.heap - 16 * 1024


async def test_a_file_that_does_not_fit_the_ram_disk(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(20000))
    async with module_and_server(tmp_path) as host:
        reply = await host.command("AT+S.TFTPGET=192.168.0.2,69,big,copy")
        assert reply == b"AT-S.ERROR:50:Unable to access RAM filesystem\r\n"
        assert await host.command("AT") == OK


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+S.TFTPGET=192.168.0.2,69", b"2:Missing argument(s)"),
        ("AT+S.TFTPGET=192.168.0.2,0,a", b"33:Argument evaluated to zero"),
        ("AT+S.TFTPGET=192.168.0.2,69,a,9:/b", b"29:Volume not mounted"),
        ("AT+S.TFTPPUT=192.168.0.2,69,none", b"51:Unable to open file"),
        ("AT+S.TFTPGET=192.168.0.9,69,a", b"111:Request failed"),
        ("AT+S.TFTPGET=unknown,69,a", b"65:DNS address failure"),
        ("AT+S.TFTPGET=192.168.0.2,69,a", b"111:Request failed"),
    ],
)
async def test_transfers_that_fail(line: str, error: bytes) -> None:
    maps = ["192.168.0.2=127.0.0.2", "unknown=no-such-host.invalid"]
    async with running_module(maps=maps) as host:
        await start_mini_ap(host)
        host.module.tftp.interval = 0.005
        assert await host.command(line) == b"AT-S.ERROR:" + error + b"\r\n"


async def test_without_a_network_there_is_no_transfer() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        await host.command("AT+S.FSC=a,1", b"x")
        for line in ("AT+S.TFTPGET=192.168.0.2,69,a", "AT+S.TFTPPUT=192.168.0.2,69,a"):
            assert await host.command(line) == b"AT-S.ERROR:44:Wait for Connection Up\r\n"


async def test_the_modules_server_takes_a_file_and_says_so() -> None:
    async with serving_module() as (host, port):
        client = TftpClient("127.0.0.1", port, flock=False)
        await asyncio.to_thread(client.upload, "site.html", io.BytesIO(CONTENT), timeout=5)
        assert await host.until(b"site.html\r\n") == b"+WIND:90:TFTP File Received:site.html\r\n"
        assert host.module.files.read("site.html") == CONTENT
        await asyncio.to_thread(client.upload, "site.html", io.BytesIO(b"new"), timeout=5)
        assert host.module.files.read("site.html") == b"new"


async def test_the_modules_server_hands_a_file_out() -> None:
    async with serving_module() as (host, port):
        await host.command(f"AT+S.FSC=log.bin,{len(CONTENT)}", CONTENT)
        received = io.BytesIO()
        received.close = lambda: None  # type: ignore[method-assign] # tftpy closes what it was given
        await asyncio.to_thread(TftpClient("127.0.0.1", port, flock=False).download, "log.bin", received, timeout=5)
        assert received.getvalue() == CONTENT


@pytest.mark.parametrize(
    ("filename", "content", "reason"),
    [("big", bytes(20000), "Disk full"), ("3:/site.html", b"x", "Disk full"), ("9:/a", b"x", "Access violation")],
)
async def test_the_modules_server_refuses_what_it_cannot_store(filename: str, content: bytes, reason: str) -> None:
    async with serving_module() as (host, port):
        client = TftpClient("127.0.0.1", port, flock=False)
        with pytest.raises(TftpException, match=reason):
            await asyncio.to_thread(client.upload, filename, io.BytesIO(content), timeout=5)
        assert await host.command("AT") == OK


async def test_the_modules_server_refuses_what_it_does_not_have() -> None:
    async with serving_module() as (_, port):
        with pytest.raises(TftpException, match="File not found"):
            await asyncio.to_thread(
                TftpClient("127.0.0.1", port, flock=False).download, "none", io.BytesIO(), timeout=5
            )


def put_and_get(port: int, interval: float) -> list[Packet]:
    """Send a file and fetch it again from one port, as interactive clients do; returns what the module said."""
    said: list[Packet] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(interval)
        target = ("127.0.0.1", port)
        for question in (WriteRequest("a"), Data(1, b"x"), ReadRequest("a"), Acknowledgement(1)):
            client.sendto(encode(question), ("127.0.0.1", port) if isinstance(question, _REQUESTS) else target)
            if question != Acknowledgement(1):
                octets, target = client.recvfrom(600)
                said.append(decode(octets))
    return said


async def test_a_client_may_use_its_port_again_at_once() -> None:
    async with serving_module() as (_, port):
        said = await asyncio.to_thread(put_and_get, port, 5.0)
        assert said == [Acknowledgement(0), Acknowledgement(1), Data(1, b"x")]


async def test_no_more_than_four_transfers_at_a_time_and_none_twice() -> None:
    async with serving_module() as (host, port):
        with ExitStack() as opened:
            clients = [opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(5)]
            said: list[Packet] = []
            for client in clients:
                client.settimeout(5)
                for _ in range(1 if client is clients[-1] else 2):
                    client.sendto(encode(WriteRequest("a")), ("127.0.0.1", port))
                said.append(decode(await asyncio.to_thread(client.recv, 600)))
            assert said == [*4 * [Acknowledgement(0)], Refusal(0, "too many transfers")]
            await host.command("AT")
            assert sum(task.get_name() == "tftp transfer" for task in asyncio.all_tasks()) == 4


async def test_the_server_runs_while_the_radio_is_up_and_only_then() -> None:
    async with serving_module() as (host, _):
        await host.command("AT+S.WIFI=0")
        await host.until(b"+WIND:38:WiFi Powered Down\r\n")
        await host.command("AT+S.WIFI=1")
        await host.until(b"febd:39\r\n")
        again = await served_at(host, 2)
        await asyncio.to_thread(TftpClient("127.0.0.1", again, flock=False).upload, "a", io.BytesIO(b"x"), timeout=5)
        assert host.module.files.read("a") == b"x"
        await host.command("AT+S.SCFG=ip_use_tftpd,0")
        await host.command("AT+S.WIFI=0")
        await host.command("AT+S.WIFI=1")
        await host.until(b"febd:39\r\n")
        await host.command("AT")
        assert len(openings(host)) == 2


async def tftp_hpa(folder: Path, port: int, *words: str, mode: str = "octet") -> bytes:
    arguments = ("-m", mode, "127.0.0.1", str(port), "-c", *words)
    pipe, merged = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    client = await asyncio.create_subprocess_exec("tftp", *arguments, cwd=folder, stdout=pipe, stderr=merged)
    said, _ = await client.communicate()
    return said


async def test_tftp_hpa_both_ways(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("tftp")
    (tmp_path / "there").write_bytes(CONTENT)
    async with serving_module() as (host, port):
        assert await tftp_hpa(tmp_path, port, "put", "there") == b""
        assert host.module.files.read("there") == CONTENT
        assert await tftp_hpa(tmp_path, port, "get", "there", "back") == b""
        assert b"only octet mode is served" in await tftp_hpa(tmp_path, port, "get", "there", "text", mode="ascii")
    assert (tmp_path / "back").read_bytes() == CONTENT
