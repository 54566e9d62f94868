"""The dialogue of GHI's driver and of RoSchmi's additions, over a real socket, against real peers."""

from __future__ import annotations

import hashlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from emulator.peers.authority import make_authority
from emulator.peers.https import HttpsServer
from emulator.peers.keys import SeededOctets
from emulator.peers.peer import Site
from tests.hosts.driven import DrivenModule, module_on_spi
from tests.hosts.ghi import Command, GhiHost
from tests.hosts.test_mbed import PATTERN, echo_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READY_TO_TRANSMIT = 10


@asynccontextmanager
async def ghi_module(*maps: str) -> AsyncIterator[DrivenModule[GhiHost]]:
    """A module that the driver has switched on and led into the network."""

    def join(host: GhiHost) -> None:
        host.turn_on()
        host.start_afresh()
        host.join("office", "a secret phrase")
        while host.state != READY_TO_TRANSMIT:
            host.indication(24)

    async with module_on_spi(GhiHost, *maps) as module:
        await module.run(join)
        yield module


async def test_the_first_indications() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            seen = host.turn_on() + host.heard_until(32)
            assert [(one.number, one.text) for one in seen] == [
                (7, "10"),
                (1, "171117-0328fe3-SPWF04S"),
                (13, "SPWF04SA"),
                (3, "20"),
                (0, ""),
                (32, ""),
            ]
            assert [one.state for one in seen] == [0, 0, 0, 0, 0, 3]

        await module.run(dialogue)


async def test_reset_is_answered_before_it_happens() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            host.turn_on()
            assert host.simple(Command.SCFG, "console_enabled", "0") == 0
            assert host.simple(Command.WCFG) == 0
            assert host.simple(Command.RESET) == 0
            host.indications.clear()
            host.indication(0)
            assert host.read_all(Command.GCFG, "console_enabled") == b"Var:console_enabled=0"

        await module.run(dialogue)


async def test_commands_get_through_while_the_module_scans() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            host.turn_on()
            while len(host.indications) < 6:
                assert host.simple(Command.AT) == 0

        await module.run(dialogue)


async def test_client_sockets() -> None:
    async with echo_server() as port, ghi_module() as module:

        def dialogue(host: GhiHost) -> None:
            assert host.open_socket("10.1.1.1", port) == 0
            host.write_socket(0, PATTERN)
            back = b""
            while len(back) < len(PATTERN):
                waiting = host.pending(0)
                back += host.read_socket(0, min(waiting, 1000)) if waiting else b""
            assert back == PATTERN
            assert host.sockets() == [f"List::0:1:t:0:10.1.1.1:{port}"]
            assert host.simple(Command.SOCKC, "0") == 0
            assert host.sockets() == []

        await module.run(dialogue)


async def test_sockets_that_do_not_open() -> None:
    async with echo_server() as closed:
        pass
    async with ghi_module() as module:

        def dialogue(host: GhiHost) -> None:
            for name, mark in (("nowhere.invalid", 65), ("10.1.1.1", 74)):
                assert host.open_socket(name, closed) == -1
                assert host.mark == mark
            assert host.simple(Command.SOCKC, "0") == 76
            host.simple(Command.WIFI, "0")
            assert host.open_socket("10.1.1.1", closed) == -1
            assert host.mark == 44

        await module.run(dialogue)


async def test_files() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            host.turn_on()
            assert host.file("note") is None
            host.create_file("note", b"line one\nline two")
            assert host.file("note") == ("D", 17)
            assert host.print_file("note") == b"line one\nline two"
            host.create_file("note", PATTERN)
            assert host.print_file("note") == PATTERN
            digest = host.read_all(Command.HASH, "2", "note")
            assert digest.decode().endswith(hashlib.sha256(PATTERN).hexdigest())
            assert host.simple(Command.FSD, "note") == 0
            assert host.simple(Command.FSD, "note") == 56
            assert host.print_file("note") is None

        await module.run(dialogue)


async def test_beyond_the_end_of_a_file() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            host.turn_on()
            host.create_file("note", b"hello")
            assert host.read_all(Command.FSP, "note", "0", "100000") == b"Read Cap:5hello"

        await module.run(dialogue)


async def test_configuration_time_and_errors() -> None:
    async with module_on_spi(GhiHost) as module:

        def dialogue(host: GhiHost) -> None:
            host.turn_on()
            assert host.simple(Command.SCFG, "ramdisk_memsize", "18") == 0
            assert host.read_all(Command.GCFG, "ramdisk_memsize") == b"Var:ramdisk_memsize=18"
            assert host.simple(Command.SCFG, "ramdisk_memsiz", "18") == 4
            assert host.simple(Command.SCFG, "ramdisk_memsize") == 2
            assert host.simple(Command.FSM, "1") == 0
            assert host.simple(Command.TIME, "1534507200") == 0
            assert host.hour() == "12"

        await module.run(dialogue)


async def test_ping() -> None:
    async with ghi_module() as module:
        lines = await module.run(lambda host: host.read(Command.PING, "1", "56", "10.1.1.1", packets=4))
        assert lines[0].partition(b":")[2].split(b":")[0].isdigit()
        assert lines[3] == b""


async def test_https() -> None:
    root = make_authority("Root", random=SeededOctets("driver"))
    identity = root.intermediate("Server CA").issue("192.168.0.2", names=["192.168.0.2"], server=True)
    site = Site(identity, None, {"/page": PATTERN})
    async with HttpsServer(site) as server, ghi_module(f"192.168.0.2:443=127.0.0.1:{server.port}") as module:

        def dialogue(host: GhiHost) -> None:
            host.simple(Command.TIME, str(int(time.time())))
            assert len(host.read(Command.TLSCERT, "content", "2", packets=2)) == 2
            key_id = host.set_root_certificate(root.certificate_der)
            assert key_id.replace(":", "") == root.identity.subject_key_identifier.hex().upper()
            assert host.http_get("192.168.0.2", "/page", 443, tls=True) == 200
            assert host.http_body() == PATTERN
            assert host.http_get("192.168.0.2", "/page", 443, tls=True, save_as="page") == 200
            assert host.http_body() == b""
            assert host.print_file("page") == PATTERN

        await module.run(dialogue)


async def test_secure_sockets() -> None:
    root = make_authority("Root", random=SeededOctets("driver"))
    identity = root.intermediate("Server CA").issue("192.168.0.2", names=["192.168.0.2"], server=True)
    async with (
        HttpsServer(Site(identity, None, {"/page": b"good day"})) as server,
        ghi_module(f"192.168.0.2:443=127.0.0.1:{server.port}") as module,
    ):

        def dialogue(host: GhiHost) -> None:
            host.simple(Command.TIME, str(int(time.time())))
            host.set_root_certificate(root.certificate_der)
            first = host.open_socket("192.168.0.2", 443, "s")
            second = host.open_socket("192.168.0.2", 443, "s")
            assert (first, second) == (0, 1)
            host.write_socket(first, b"GET /page HTTP/1.0\r\n\r\n")
            answer = b""
            while b"good day" not in answer:
                waiting = host.pending(first)
                answer += host.read_socket(first, waiting) if waiting else b""
            for socket in (first, second):
                assert host.simple(Command.SOCKC, str(socket)) == 0

        await module.run(dialogue)
