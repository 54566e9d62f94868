from __future__ import annotations

import asyncio
import io
import os
from typing import TYPE_CHECKING

import pytest

from emulator.capture.log import LogWriter
from emulator.capture.timeline import Entry, Timeline
from emulator.configuration import Settings, parse_access_point, parse_station
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.air import Air
from emulator.surroundings.clock import RealClock
from emulator.surroundings.entropy import SeededEntropy
from emulator.surroundings.flash import DirectoryFlash
from emulator.surroundings.network import MachineNetwork
from firmware_model.events import CommandReceived, Note, SignatureMade
from firmware_model.outside import NameNotFoundError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("entries", "host", "port", "target"),
    [
        (["192.168.0.2=127.0.0.1"], "192.168.0.2", 80, ("127.0.0.1", 80)),
        (["192.168.0.2=127.0.0.1"], "192.168.0.3", 80, None),
        (["192.168.0.2:80=127.0.0.1:8080"], "192.168.0.2", 80, ("127.0.0.1", 8080)),
        (["192.168.0.2:80=127.0.0.1:8080"], "192.168.0.2", 81, None),
        (["192.168.0.2:80=127.0.0.1"], "192.168.0.2", 80, ("127.0.0.1", 80)),
        (["a=b", "a:80=c:81"], "a", 80, ("c", 81)),
        (["a=b", "a:80=c:81"], "a", 79, ("b", 79)),
        (["1.112=127.0.0.1"], "1.112", 4433, ("127.0.0.1", 4433)),
        (["Server.Local=127.0.0.1"], "server.LOCAL", 1, ("127.0.0.1", 1)),
    ],
)
def test_the_most_specific_mapping_wins(
    entries: list[str], host: str, port: int, target: tuple[str, int] | None
) -> None:
    assert AddressMap(entries).lookup(host, port) == target


@pytest.mark.parametrize("entry", ["", "a", "a=", "=b", "a=b:80", "a:0=b", "a:99999=b:1", "a:x=b", ":80=b:1"])
def test_a_mapping_that_is_none(entry: str) -> None:
    with pytest.raises(ValueError, match=r"write it as|write host|name the port"):
        AddressMap([entry])


def test_same_seed_same_octets_and_no_purpose_disturbs_another() -> None:
    first, second = SeededEntropy(7), SeededEntropy(7)
    second.stream("other").octets(99)
    assert first.stream("nonce").octets(32) == second.stream("nonce").octets(32)
    assert first.stream("nonce").octets(32) == second.stream("nonce").octets(32)
    assert first.stream("nonce").octets(32) != SeededEntropy(8).stream("nonce").octets(32)
    assert 0 <= first.stream("nonce").below(10) < 10


def test_a_directory_flash_keeps_areas_apart_and_replaces_them_whole(tmp_path: Path) -> None:
    flash = DirectoryFlash(tmp_path / "new" / "flash")
    assert flash.load("tls/ca") is None
    flash.store("tls/ca", b"one")
    flash.store("tls/../ca", b"two")
    assert (flash.load("tls/ca"), flash.load("tls/../ca")) == (b"one", b"two")
    assert all(path.parent == tmp_path / "new" / "flash" for path in tmp_path.rglob("*") if path.is_file())
    flash.erase("tls/ca")
    flash.erase("tls/ca")
    assert DirectoryFlash(tmp_path / "new" / "flash").load("tls/ca") is None


def test_a_store_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flash = DirectoryFlash(tmp_path)
    flash.store("area", b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        flash.store("area", b"new")
    assert flash.load("area") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["area"]


async def test_the_air_changes_and_says_so() -> None:
    air = Air([parse_access_point("*")])
    assert [ap.ssid for ap in air.access_points("wanted")] == ["wanted"]
    before = air.version
    air.station_joins(parse_station("02:00:00:00:00:01=192.168.0.7"))
    await air.changed_since(before)
    assert [(station.mac, station.address) for station in air.stations()] == [("02:00:00:00:00:01", "192.168.0.7")]
    air.station_leaves("02:00:00:00:00:01")
    assert air.stations() == []


def test_the_log_shows_what_is_notable_one_line_each() -> None:
    quiet, loud = io.StringIO(), io.StringIO()
    timeline = Timeline(RealClock())
    timeline.subscribe(LogWriter(quiet))
    timeline.subscribe(LogWriter(loud, everything=True))
    timeline.record(CommandReceived(b"AT"))
    timeline.record(Note("one\ntwo"))
    assert [line.split("#")[1] for line in quiet.getvalue().splitlines()] == ["2 note: one two"]
    assert [line.split("#")[1] for line in loud.getvalue().splitlines()] == ["1 command 'AT'", "2 note: one two"]
    closed = io.StringIO()
    closed.close()
    LogWriter(closed)(Entry(1, 0.0, Note("nobody listens")))


def test_a_signature_is_one_line_with_length_top_bits_and_verdict() -> None:
    event = SignatureMade("ecdsa", "secp256r1", "sha256", bytes(70), "nonpadded", 1, 0, False)
    assert str(event) == (
        "signature ecdsa secp256r1 sha256: 70 octets, top bit of r 1, of s 0, no valid DER, fault nonpadded"
    )
    assert str(SignatureMade("rsa", "", "sha256", bytes(256), "none", None, None, None)).endswith(": 256 octets")


@pytest.mark.parametrize(
    "settings",
    [
        {"firmware": "9.9"},
        {"model": "SPWF01SA"},
        {"power_on": "never"},
        {"line": "slow"},
        {"reset": "cd"},
        {"stations": ["nobody"]},
        {"stations": ["02:00:00:00:00:01=here"]},
        {"access_points": [""]},
        {"access_points": ["x" * 33]},
        {"maps": ["nothing"]},
        {"faults": ["none"]},
    ],
)
def test_settings_refuse_what_they_do_not_know(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"known:|write it as|its name begins with"):
        Settings(**settings)  # type: ignore[arg-type]


def test_a_seed_is_chosen_when_none_is_given() -> None:
    assert Settings(seed=5).chosen_seed == 5
    assert Settings().chosen_seed != Settings().chosen_seed


@pytest.mark.parametrize(
    ("entries", "host", "port", "seen"),
    [
        ([], "127.0.0.1", 5000, ("127.0.0.1", 5000)),
        (["192.168.0.2=127.0.0.1"], "127.0.0.1", 5000, ("192.168.0.2", 5000)),
        (["192.168.0.2:80=127.0.0.1:8080"], "127.0.0.1", 8080, ("192.168.0.2", 80)),
        (["192.168.0.2:80=127.0.0.1:8080"], "127.0.0.1", 5000, ("192.168.0.2", 5000)),
        (["a:80=127.0.0.1", "192.168.0.3=127.0.0.1"], "127.0.0.1", 5000, ("192.168.0.3", 5000)),
    ],
)
def test_an_endpoint_of_this_machine_has_a_name_on_the_modules_network(
    entries: list[str], host: str, port: int, seen: tuple[str, int]
) -> None:
    assert AddressMap(entries).seen_from(host, port) == seen


async def test_a_port_that_the_module_opens_can_be_reached_and_is_announced() -> None:
    said: list[str] = []
    network = MachineNetwork(AddressMap(["192.168.0.2=127.0.0.1"]), said.append)
    first, second = await network.listen(18888), await network.listen(18888)
    port = int(said[1].rpartition(":")[2].split()[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stream = await second.accept()
    assert stream.remote.host == "192.168.0.2"
    await stream.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.close()
    assert await stream.read(10) == b""
    for closing in (stream, first, second):
        await closing.close()


async def test_a_connection_has_the_address_that_was_asked_for() -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        network = MachineNetwork(AddressMap([f"192.168.0.2:45061=127.0.0.1:{port}", f"site:80=127.0.0.1:{port}"]))
        one = await network.connect("192.168.0.2", 45061, uplink=False)
        other = await network.connect("site", 80, uplink=False)
        assert [one.remote, other.remote] == [("192.168.0.2", 45061), ("127.0.0.1", 80)]
        await one.close()
        await other.close()


async def test_datagrams_go_both_ways_under_their_mapped_names() -> None:
    network = MachineNetwork(AddressMap(["192.168.0.2=127.0.0.1"]))
    said: list[str] = []
    one = await network.open_datagrams(None, uplink=False)
    other = await MachineNetwork(AddressMap(["192.168.0.2=127.0.0.1"]), said.append).open_datagrams(20001, uplink=False)
    port = int(said[0].rpartition(":")[2].split()[0])
    await one.send(b"ping", "192.168.0.2", port)
    data, sender, to_all = await other.receive()
    assert (data, sender.host, to_all) == (b"ping", "192.168.0.2", False)
    await other.send(b"pong", *sender)
    assert (await one.receive())[0] == b"pong"
    with pytest.raises(OSError, match="nobody behind the miniAP"):
        await one.send(b"x", "192.168.0.9", 1)
    await one.close()
    await other.close()


async def test_names_resolve_to_addresses_of_the_modules_network() -> None:
    network = MachineNetwork(AddressMap(["printer=127.0.0.1"]))
    assert await network.resolve("192.168.0.9", uplink=False) == "192.168.0.9"
    assert await network.resolve("printer", uplink=False) == "127.0.0.1"
    assert await network.resolve("localhost", uplink=True) == "127.0.0.1"
    with pytest.raises(NameNotFoundError):
        await network.resolve("localhost", uplink=False)
