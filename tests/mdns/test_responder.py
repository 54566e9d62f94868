"""The mDNS responder, asked octet by octet over the loopback interface."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from zeroconf import DNSIncoming, DNSOutgoing  # type: ignore[attr-defined]

from emulator.surroundings import network as machine
from emulator.surroundings.sockets import join_group
from firmware_model.mdns.advertisement import host_of, service_of
from firmware_model.mdns.messages import Name, Question, Record, RecordType, encode_name
from firmware_model.mdns.responder import GROUP, PORT
from firmware_model.storage.configuration import Configuration
from tests.doubles import FallibleFlash, RecordingTimeline
from tests.mdns.test_zeroconf import announcing_module
from tests.web.browser import opened_port

if TYPE_CHECKING:
    from collections.abc import Iterator


_PATIENCE = 20.0
INTERNET = 1


class Resolver:
    """A UDP socket that asks and hears."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own

    async def ask(self, *questions: Question, known: tuple[Record, ...] = (), number: int = 0, port: int = 0) -> None:
        """Ask the group, or a port of this machine."""
        body = b"".join(_question(question) for question in questions) + b"".join(map(_record, known))
        head = b"".join(value.to_bytes(2, "big") for value in (number, 0, len(questions), len(known), 0, 0))
        await self.say(head + body, port)

    async def say(self, octets: bytes, port: int = 0) -> None:
        to = ("127.0.0.1", port) if port else (GROUP, PORT)
        await asyncio.get_running_loop().sock_sendto(self._own, octets, to)

    async def hear(self, about: bytes) -> DNSIncoming:
        """The next response with a name in it that begins like this."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                octets = await asyncio.get_running_loop().sock_recv(self._own, 65536)
                if octets[2:3] > b"\x7f" and about in octets:
                    return DNSIncoming(octets)


def _question(question: Question) -> bytes:
    klass = INTERNET | question.unicast << 15
    return encode_name(question.name) + question.type.to_bytes(2, "big") + klass.to_bytes(2, "big")


def _record(record: Record) -> bytes:
    head = _question(Question(record.name, record.type, False))
    return head + record.ttl.to_bytes(4, "big") + len(record.data).to_bytes(2, "big") + record.data


@contextmanager
def member() -> Iterator[Resolver]:
    """A full member of the group, at port 5353."""
    with join_group(GROUP, PORT) as own:
        yield Resolver(own)


@contextmanager
def stranger() -> Iterator[Resolver]:
    """Somebody who speaks plain DNS, from a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setblocking(False)
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        own.bind(("127.0.0.1", 0))
        yield Resolver(own)


@pytest.fixture
def mark() -> str:
    """What this test's names have in them, so that modules of other tests do not answer."""
    return uuid4().hex[:8]


def service(mark: str, **more: str) -> dict[str, str]:
    return {"ip_mdns_domain_name": mark, "ip_mdns_services_prot": f"_{mark}._tcp", **more}


def told(message: DNSIncoming) -> list[tuple[str, int, int, bool]]:
    return [(record.name, record.type, record.ttl, record.unique) for record in message.answers()]


def everything(mark: str, seconds: int = 120, *, unique: bool = True) -> list[tuple[str, int, int, bool]]:
    host, kind = f"{mark}.local.", f"_{mark}._tcp.local."
    return [
        (kind, RecordType.PTR, seconds, False),
        (f"{mark}.{kind}", RecordType.SRV, seconds, unique),
        (f"{mark}.{kind}", RecordType.TXT, seconds, unique),
        (host, RecordType.A, seconds, unique),
        (host, RecordType.AAAA, seconds, unique),
    ]


async def test_it_announces_itself_twice_unasked(mark: str) -> None:
    with member() as watcher:
        async with announcing_module(**service(mark)):
            for _ in range(2):
                announced = await watcher.hear(mark.encode())
                all_services = ("_services._dns-sd._udp.local.", RecordType.PTR, 120, False)
                assert told(announced) == [all_services, *everything(mark)]
                assert (announced.id, announced.questions) == (0, [])


async def test_plain_dns_gets_its_question_back_and_forgets_soon(mark: str) -> None:
    kind: Name = (f"_{mark}".encode().upper(), b"_TCP", b"local")
    with stranger() as resolver:
        async with announcing_module(**service(mark)):
            await resolver.ask(Question(kind, RecordType.PTR, False), number=4711)
            answer = await resolver.hear(mark.encode())
            assert answer.id == 4711
            assert [(one.name.lower(), one.type) for one in answer.questions] == [(f"_{mark}._tcp.local.", 12)]
            assert told(answer) == everything(mark, 10, unique=False)


async def test_members_are_answered_together_or_alone(mark: str) -> None:
    host: Name = (mark.encode(), b"local")
    with member() as one, member() as other:
        async with announcing_module(**service(mark)) as module:
            for watcher in (one, other):
                for _ in range(2):
                    await watcher.hear(mark.encode())
            await one.ask(Question(host, RecordType.A, False))
            for watcher in (one, other):
                assert told(await watcher.hear(mark.encode())) == everything(mark)[3:4]
            assert module.module.radio.address is not None


async def test_what_is_known_is_not_said_again(mark: str) -> None:
    host: Name = (mark.encode(), b"local")
    known = Record(host, RecordType.A, bytes([192, 168, 0, 50]), 60)
    with stranger() as resolver:
        async with announcing_module(**service(mark)):
            asked = Question(host, RecordType.ANY, False)
            await resolver.ask(asked, known=(known,), number=1)
            assert told(await resolver.hear(mark.encode())) == [(f"{mark}.local.", RecordType.AAAA, 10, False)]
            for number, stale in enumerate((known._replace(ttl=59), known._replace(data=bytes(4))), 2):
                await resolver.ask(asked, known=(stale,), number=number)
                answer = await resolver.hear(mark.encode())
                assert (answer.id, len(answer.answers())) == (number, 2)
            await resolver.ask(Question(host, RecordType.A, False), known=(known,), number=8)
            await resolver.ask(Question(host, RecordType.TXT, False), number=9)
            await resolver.ask(asked, number=10)
            assert (await resolver.hear(mark.encode())).id == 10


async def test_nonsense_and_answers_of_others_do_no_harm(mark: str) -> None:
    host: Name = (mark.encode(), b"local")
    with stranger() as resolver:
        async with announcing_module(**service(mark)):
            for octets in (
                b"",
                b"x",
                bytes(5) + b"\xff" * 20,
                b"\0\0\x84\0\0\1" + bytes(20),
                bytes(5) + b"\x09" + bytes(6),
            ):
                await resolver.say(octets)
            outgoing = DNSOutgoing(0x8400)
            await resolver.say(outgoing.packets()[0])
            await resolver.ask(Question(host, RecordType.A, True), number=3)
            assert (await resolver.hear(mark.encode())).id == 3


@pytest.mark.parametrize(("startup", "radio"), [("0", "on"), ("1", "off")])
async def test_it_is_still_when_it_should_be(mark: str, startup: str, radio: str) -> None:
    """A second module answers what the first one must not."""
    other = f"x{mark}"
    with stranger() as resolver:
        async with (
            announcing_module(**service(mark, ip_mdns_startup=startup)) as module,
            announcing_module(ip_mdns_domain_name=other),
        ):
            if radio == "off":
                await module.command("AT+S.WIFI=0")
                await module.until(b"Powered Down\r\n")
            for name in (mark, other):
                await resolver.ask(Question((name.encode(), b"local"), RecordType.A, False), number=5)
            answer = await resolver.hear(mark.encode())
            assert told(answer) == [(f"{other}.local.", RecordType.A, 10, False)]


async def test_where_the_machine_has_no_such_group_a_port_answers(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(group: str, port: int) -> socket.socket:
        raise OSError(f"no route to {group}:{port}")

    monkeypatch.setattr(machine, "join_group", fail)
    with stranger() as resolver:
        async with announcing_module(ip_mdns_domain_name=mark) as module:
            port = await opened_port(module, "UDP", PORT)
            await resolver.ask(Question((mark.encode(), b"local"), RecordType.A, False), number=6, port=port)
            assert told(await resolver.hear(mark.encode())) == [(f"{mark}.local.", RecordType.A, 10, False)]


async def test_without_port_at_all_the_log_says_so(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(machine.MachineNetwork, "open_group", fail)
    async with announcing_module(ip_mdns_domain_name=mark) as module:
        assert await module.note("mDNS") == "note: the module is not to be found by mDNS: no room"


async def test_a_service_that_is_none_is_explained_and_the_name_answers(mark: str) -> None:
    with stranger() as resolver:
        async with announcing_module(ip_mdns_domain_name=f"{mark}.local", ip_mdns_services_prot="web") as module:
            assert await module.note("mDNS") == (
                "note: no service is announced by mDNS: ip_mdns_services_prot names no service; write it as _http._tcp"
            )
            await resolver.ask(Question((mark.encode(), b"local"), RecordType.AAAA, False))
            assert [one[0] for one in told(await resolver.hear(mark.encode()))] == [f"{mark}.local."]


def configured(**settings: str) -> Configuration:
    configuration = Configuration(FallibleFlash(), RecordingTimeline())
    for name, value in settings.items():
        configuration.set(name, value)
    return configuration


@pytest.mark.parametrize(
    ("name", "protocol", "instance", "kind"),
    [
        ("The page", "_http._tcp", b"The page", (b"_http", b"_tcp", b"local")),
        ("The page", "http.udp.local", b"The page", (b"_http", b"_udp", b"local")),
        ("_http", "_tcp", b"own", (b"_http", b"_tcp", b"local")),
        ("http", "udp", b"own", (b"_http", b"_udp", b"local")),
        ("", "_http._tcp", b"own", (b"_http", b"_tcp", b"local")),
        ("x" * 100, "_http._tcp", b"x" * 63, (b"_http", b"_tcp", b"local")),
        ("a.b", "_" + "p" * 100 + "._tcp", b"a.b", (b"_" + b"p" * 62, b"_tcp", b"local")),
    ],
)
def test_ways_to_write_a_service(name: str, protocol: str, instance: bytes, kind: Name) -> None:
    configuration = configured(ip_mdns_services_name=name, ip_mdns_services_prot=protocol)
    described = service_of(configuration, (b"own", b"local"))
    assert described is not None
    assert (described.instance, described.kind, described.port) == (instance, kind, 80)


@pytest.mark.parametrize("protocol", ["_http", "_http._sctp", "_a._b._tcp", ".", "_tcp"])
def test_what_is_no_service(protocol: str) -> None:
    with pytest.raises(ValueError, match=r"write it as _http\._tcp"):
        service_of(configured(ip_mdns_services_prot=protocol), (b"own", b"local"))


@pytest.mark.parametrize(
    ("keys", "values", "properties"),
    [
        ("", "", ()),
        ("a", "1", (b"a=1",)),
        ("a|b", "1|", (b"a=1", b"b=")),
        ("a|b", "1", (b"a=1", b"b")),
        ("a||c", "1|2|3|4", (b"a=1", b"c=3")),
        ("k" * 128, "v" * 128, (b"k" * 128 + b"=" + b"v" * 126,)),
    ],
)
def test_properties(keys: str, values: str, properties: tuple[bytes, ...]) -> None:
    configuration = configured(
        ip_mdns_services_prot="_http._tcp", ip_mdns_services_keys=keys, ip_mdns_services_vals=values
    )
    described = service_of(configuration, (b"own", b"local"))
    assert described is not None
    assert described.properties == properties


def test_the_module_has_a_name_in_any_case() -> None:
    assert host_of(configured(ip_mdns_domain_name="Robot.local"), "other") == (b"Robot", b"local")
    assert host_of(configured(), "0-80-e1-bd-0-39") == (b"0-80-e1-bd-0-39", b"local")
