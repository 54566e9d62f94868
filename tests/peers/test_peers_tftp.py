"""The embedded TFTP server against tftp-hpa and the module itself."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT
from typing import TYPE_CHECKING

import pytest

from emulator.peers.peer import PeerError
from emulator.peers.tftp import TftpServer
from tests.module_host import running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OK = b"AT-S.OK\r\n"
LARGE = bytes(range(256)) * 70


async def tftp(server: TftpServer, folder: Path, *commands: str) -> str:
    """Let tftp-hpa do something in a folder."""
    command = ("tftp", "-m", "binary", "127.0.0.1", str(server.port), "-c", *commands)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, cwd=folder)
    output, _ = await process.communicate()
    return output.decode()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_files_go_out_and_come_in(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("tftp")
    served, here = tmp_path / "served", tmp_path / "here"
    here.mkdir()
    (here / "up.bin").write_bytes(LARGE)
    async with TftpServer(served) as server:
        (served / "sub").mkdir()
        (served / "sub" / "down.bin").write_bytes(LARGE)
        assert await tftp(server, here, "get", "sub/down.bin") == ""
        assert await tftp(server, here, "put", "up.bin", "new/up.bin") == ""
        await server.transfer(2)
    assert (here / "down.bin").read_bytes() == LARGE
    assert (served / "new" / "up.bin").read_bytes() == LARGE
    assert [path.name for path in (served / "new").iterdir()] == ["up.bin"]
    assert server.transfers == [f"get sub/down.bin: {len(LARGE)} octets", f"put new/up.bin: {len(LARGE)} octets"]


@pytest.mark.parametrize("name", ["missing", "../secret", ".", "a/../../secret"])
async def test_what_is_not_there_or_outside_is_refused(
    need_program: Callable[[str], None], tmp_path: Path, name: str
) -> None:
    need_program("tftp")
    (tmp_path / "secret").write_text("secret")
    here = tmp_path / "here"
    here.mkdir()
    (here / "mine").write_text("mine")
    async with TftpServer(tmp_path / "served") as server:
        await tftp(server, here, "get", name, "got")
        await tftp(server, here, "put", "mine", name if "secret" in name else "../secret")
        (server.folder / "good").write_text("good")
        assert await tftp(server, here, "get", "good") == ""
    assert contents(here).get("got", b"") == b""
    assert (tmp_path / "secret").read_text() == "secret"
    assert (here / "good").read_text() == "good"


async def test_a_transfer_that_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    (tmp_path / "kept").write_text("kept")
    async with TftpServer(tmp_path, tell=lambda kind, text: told.put_nowait(f"{kind} {text}")) as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.sendto(b"\0\2kept\0octet\0", ("127.0.0.1", server.port))
            _, place = await asyncio.to_thread(client.recvfrom, 1024)
            client.sendto(b"\0\3\0\1" + bytes(512), place)
            await asyncio.to_thread(client.recvfrom, 1024)
    async with asyncio.timeout(20):
        assert await told.get() == "failed put kept: broken off after 512 octets"
    assert contents(tmp_path) == {"kept": b"kept"}


async def test_the_module(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"over TFTP\r\n")
    async with TftpServer(tmp_path) as server, running_module(maps=[f"192.168.0.2:69=127.0.0.1:{server.port}"]) as host:
        await start_mini_ap(host)
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,text.txt,") == b"over TFTP\r\n" + OK
        assert await host.command("AT+S.FSC=mine,4", b"mine") == OK
        assert await host.command("AT+S.TFTPPUT=192.168.0.2,69,mine") == OK
        assert await server.transfer(2) == "put mine: 4 octets"
    assert (tmp_path / "mine").read_bytes() == b"mine"


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    async with TftpServer(tmp_path) as first:
        with pytest.raises(OSError, match="Address already in use"):
            await TftpServer(tmp_path, port=first.port).__aenter__()


def test_without_the_library_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tftpy", None)
    with pytest.raises(PeerError, match=r"the TFTP server needs the package tftpy; install the extra"):
        TftpServer(tmp_path)
