"""What the timeline hears of the network, against real peers."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import TYPE_CHECKING

import pytest

from emulator.capture.traffic import (
    TRAFFIC,
    Echo,
    NameLookedUp,
    Outcome,
    TcpClosed,
    TcpConnecting,
    TcpData,
    TcpFailed,
    TcpOpened,
    UdpDatagram,
)
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.network import MachineNetwork, SocketStream
from emulator.surroundings.recorded_network import RecordedNetwork
from firmware_model.events import SocketOpened, TlsFinished, TlsMessage, TlsSecrets
from firmware_model.outside import Address, Datagram, NameNotFoundError
from tests.doubles import RecordingTimeline
from tests.sockets.peers import TcpPeer, UdpPeer, socket_host
from tests.tls.certificates import root
from tests.tls.clients import ADDRESS, Client, shake_hands
from tests.tls.servers import SslServer, server_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.events import Event


OWN = "192.168.0.50"
PEER = "192.168.0.2"


@pytest.fixture
def one_way_server() -> Iterator[SslServer]:
    with SslServer(server_context(root().issue(ADDRESS, server=True))) as server:
        yield server


class Recorded:
    """A network with its timeline; 192.168.0.2 is this machine."""

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self.timeline = RecordingTimeline()
        self.announced: list[str] = []
        self.machine = MachineNetwork(AddressMap([f"{PEER}=127.0.0.1"]), self.announced.append, names or {})
        self.machine.keep_numbers = False
        self.network = RecordedNetwork(self.machine, self.timeline, lambda _: OWN)

    @property
    def events(self) -> list[Event]:
        return [event for event in self.timeline.events if isinstance(event, TRAFFIC)]

    @property
    def announced_port(self) -> int:
        """Where the port that the module opened last is on this machine."""
        found = re.search(r"127\.0\.0\.1:(\d+)", self.announced[-1])
        assert found
        return int(found[1])


async def test_a_connection_from_its_begin_to_its_end() -> None:
    recorded = Recorded()
    async with TcpPeer() as peer:
        stream = await recorded.network.connect(PEER, peer.port, uplink=False)
        accepted = await peer.accept()
        await stream.write(b"hello")
        assert await accepted.receive(5) == b"hello"
        await accepted.send(b"HELLO")
        assert await stream.read(100) == b"HELLO"
        await accepted.close()
        assert [await stream.read(100), await stream.read(100)] == [b"", b""]
        await stream.close()
        await stream.close()
    assert stream.number == 1
    local, remote = Address(OWN, 49152), Address(PEER, peer.port)
    assert recorded.events == [
        TcpConnecting(1, local, remote),
        TcpOpened(1, local, remote, "module"),
        TcpData(1, local, remote, "sent", b"hello"),
        TcpData(1, local, remote, "received", b"HELLO"),
        TcpClosed(1, local, remote, "peer", reset=False),
        TcpClosed(1, local, remote, "module", reset=False),
    ]


async def test_connections_are_numbered_and_leave_by_ports_of_their_own() -> None:
    recorded = Recorded()
    async with TcpPeer() as peer:
        for local_port in (None, 2000, None):
            await (await recorded.network.connect(PEER, peer.port, uplink=False, local_port=local_port)).close()
    opened = [event for event in recorded.events if isinstance(event, TcpOpened)]
    assert [(event.connection, event.local.port) for event in opened] == [(1, 49152), (2, 2000), (3, 49153)]


async def test_connections_that_do_not_come_about() -> None:
    recorded = Recorded()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await recorded.network.connect(PEER, bound.getsockname()[1], uplink=False)
    with pytest.raises(OSError, match="nobody behind the miniAP"):
        await recorded.network.connect("192.168.0.9", 80, uplink=False)
    recorded.machine.fail_names("no.such.name")
    with pytest.raises(NameNotFoundError):
        await recorded.network.connect("no.such.name", 80, uplink=True)
    failed = [event for event in recorded.events if isinstance(event, TcpFailed | NameLookedUp)]
    assert [event.outcome if isinstance(event, TcpFailed) else event for event in failed] == [
        Outcome.REFUSED,
        Outcome.UNREACHABLE,
        NameLookedUp("no.such.name", None),
    ]


async def test_a_connection_that_the_module_gives_up_is_met_with_silence() -> None:
    class SilentNetwork(MachineNetwork):
        async def connect(
            self,
            host: str,  # noqa: ARG002
            port: int,  # noqa: ARG002
            *,
            uplink: bool,  # noqa: ARG002
            local_port: int | None = None,  # noqa: ARG002
        ) -> SocketStream:
            await asyncio.get_running_loop().create_future()
            raise AssertionError

    timeline = RecordingTimeline()
    network = RecordedNetwork(SilentNetwork(AddressMap()), timeline, lambda _: OWN)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await network.connect(PEER, 80, uplink=False)
    local, remote = Address(OWN, 49152), Address(PEER, 80)
    assert timeline.events == [TcpConnecting(1, local, remote), TcpFailed(1, local, remote, Outcome.SILENCE)]


async def test_a_reset_ends_both_directions_at_once() -> None:
    recorded = Recorded()
    async with TcpPeer() as peer:
        stream = await recorded.network.connect(PEER, peer.port, uplink=False)
        (await peer.accept()).reset()
        with pytest.raises(ConnectionResetError):
            await stream.read(100)
        with pytest.raises(OSError):  # noqa: PT011 - a broken pipe or a reset, as the system likes
            await stream.write(b"nobody there")
        await stream.close()
    assert [event for event in recorded.events if isinstance(event, TcpClosed | TcpData)] == [
        TcpClosed(1, Address(OWN, 49152), Address(PEER, peer.port), "peer", reset=True)
    ]


async def test_a_reset_that_shows_when_writing() -> None:
    recorded = Recorded()
    async with TcpPeer() as peer:
        stream = await recorded.network.connect(PEER, peer.port, uplink=False)
        accepted = await peer.accept()
        accepted.reset()
        await accepted.close()
        with pytest.raises(OSError):  # noqa: PT011, PT012 - the first write may still get away
            for _ in range(1000):
                await stream.write(b"x")
        await stream.close()
    assert [event.reset for event in recorded.events if isinstance(event, TcpClosed)] == [True]


async def test_others_connect_to_a_port_of_the_module() -> None:
    recorded = Recorded()
    listener = await recorded.network.listen(80)
    reader, writer = await asyncio.open_connection("127.0.0.1", recorded.announced_port)
    stream = await listener.accept()
    await stream.write(b"welcome")
    assert await reader.readexactly(7) == b"welcome"
    await stream.close()
    await listener.close()
    remote = Address(PEER, writer.get_extra_info("sockname")[1])
    writer.close()
    await writer.wait_closed()
    assert recorded.events == [
        TcpOpened(1, Address(OWN, 80), remote, "peer"),
        TcpData(1, Address(OWN, 80), remote, "sent", b"welcome"),
        TcpClosed(1, Address(OWN, 80), remote, "module", reset=False),
    ]


async def test_datagrams_of_a_client_and_of_a_server() -> None:
    recorded = Recorded()
    async with UdpPeer.open() as peer:
        client = await recorded.network.open_datagrams(None, uplink=False)
        assert await client.send(b"question", PEER, peer.port) == Address(PEER, peer.port)
        _, port = await peer.receive()
        peer.send(b"answer", port)
        assert await client.receive() == Datagram(b"answer", Address(PEER, peer.port))
        await client.close()
        server = await recorded.network.open_datagrams(69, uplink=False)
        peer.send(b"request", recorded.announced_port)
        assert await server.receive() == Datagram(b"request", Address(PEER, peer.port))
        assert recorded.machine.broadcast(b"everybody", 69)
        assert (await server.receive()).to_all
        await server.close()
    remote = Address(PEER, peer.port)
    assert recorded.events[:-1] == [
        UdpDatagram(Address(OWN, 49152), remote, "sent", b"question"),
        UdpDatagram(Address(OWN, 49152), remote, "received", b"answer"),
        UdpDatagram(Address(OWN, 69), remote, "received", b"request"),
    ]
    (*_, everybody) = recorded.events
    assert isinstance(everybody, UdpDatagram)
    assert everybody[2:] == ("received", b"everybody", True)


async def test_what_a_group_hears_is_told_once() -> None:
    class Group:
        """Lets its members hear everything, and one more speak."""

        def __init__(self) -> None:
            self.heard = [Datagram(b"ours", Address(PEER, 5353)), Datagram(b"theirs", Address(PEER, 5353))]

        async def receive(self) -> Datagram:
            return self.heard.pop(0)

        async def send(self, data: bytes, host: str, port: int) -> Address:
            assert data == b"ours"
            return Address(host, port)

        async def close(self) -> None:
            """Nothing to close."""

    class GroupNetwork(MachineNetwork):
        async def open_group(self, group: str, port: int, *, uplink: bool) -> Group:  # type: ignore[override]
            assert (group, port, uplink) == ("224.0.0.251", 5353, False)
            return Group()

    timeline = RecordingTimeline()
    network = RecordedNetwork(GroupNetwork(AddressMap()), timeline, lambda _: OWN)
    group = await network.open_group("224.0.0.251", 5353, uplink=False)
    await group.send(b"ours", "224.0.0.251", 5353)
    assert [(await group.receive()).data for _ in range(2)] == [b"ours", b"theirs"]
    address = Address("224.0.0.251", 5353)
    assert timeline.events == [
        UdpDatagram(Address(OWN, 5353), address, "sent", b"ours"),
        UdpDatagram(address, Address(PEER, 5353), "received", b"theirs"),
    ]


async def test_a_name_is_told_with_what_it_turned_out_to_be() -> None:
    recorded = Recorded(names={"Site.example": PEER, "other.example": "127.0.0.1"})
    async with TcpPeer() as peer, UdpPeer.open() as listener:
        stream = await recorded.network.connect("site.example", peer.port, uplink=True)
        await stream.close()
        await (await recorded.network.connect("site.example", peer.port, uplink=True)).close()
        datagrams = await recorded.network.open_datagrams(None, uplink=True)
        sent_to = await datagrams.send(b"x", "other.example", listener.port)
        await listener.receive()
        await datagrams.close()
        assert await recorded.network.resolve(PEER, uplink=True) == PEER
        assert await recorded.network.resolve("other.example", uplink=True) == "127.0.0.1"
    lookups = [event for event in recorded.events if isinstance(event, NameLookedUp)]
    assert lookups == [
        NameLookedUp("site.example", PEER),
        NameLookedUp("other.example", "127.0.0.1"),
        NameLookedUp("other.example", "127.0.0.1"),
    ]
    assert sent_to == Address("127.0.0.1", listener.port)
    assert stream.remote == Address(PEER, peer.port)


async def test_an_echo_request_and_its_answer() -> None:
    class EchoingNetwork(MachineNetwork):
        async def ping(self, host: str, size: int, *, uplink: bool) -> float:  # noqa: ARG002
            return 0.01

    timeline = RecordingTimeline()
    network = RecordedNetwork(EchoingNetwork(AddressMap()), timeline, lambda _: OWN)
    assert await network.ping(PEER, 56, uplink=False) == 0.01
    assert timeline.events == [Echo(1, OWN, PEER, "sent", 56), Echo(1, OWN, PEER, "received", 56)]


async def test_events_of_tls_carry_the_number_of_their_connection(one_way_server: SslServer) -> None:
    recorded, client = Recorded(), Client(root())
    for number in (1, 2):
        connection = await recorded.network.connect(PEER, one_way_server.port, uplink=False)
        stream = client.over(connection)
        await shake_hands(stream)
        await stream.close()
        assert stream.number == number
        assert {event.connection for event in client.timeline.of(TlsMessage)} == set(range(1, number + 1))
        assert {event.connection for event in client.timeline.of(TlsSecrets)} == set(range(1, number + 1))
        assert {event.connection for event in client.timeline.of(TlsFinished)} == set(range(1, number + 1))


async def test_secrets_come_before_what_they_protect(one_way_server: SslServer) -> None:
    client = Client(root())
    stream = await client.connect(one_way_server.port)
    await shake_hands(stream)
    await stream.close()
    names = [
        event.name if isinstance(event, TlsMessage) else type(event).__name__
        for event in client.timeline.events
        if isinstance(event, TlsMessage | TlsSecrets)
    ]
    assert names.index("TlsSecrets") == names.index("ChangeCipherSpec") - 1
    (secrets,) = client.timeline.of(TlsSecrets)
    hello = client.timeline.of(TlsMessage)[0]
    assert secrets.client_random == hello.octets[6:38]
    assert len(secrets.master_secret) == 48


async def test_a_command_names_the_connection_that_it_opened() -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        events = [entry.event for entry in host.host.entries]
        (opened,) = [event for event in events if isinstance(event, SocketOpened)]
        (tcp,) = [event for event in events if isinstance(event, TcpOpened)]
    assert opened.connection == tcp.connection == 1
    assert tcp.local.host == "192.168.0.50"
