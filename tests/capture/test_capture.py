"""Captures of real conversations, judged by Wireshark."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.capture.capture import Capture
from emulator.capture.key_log import KeyLog
from emulator.capture.recordings import Wanted
from emulator.capture.timeline import Entry
from emulator.capture.traffic import (
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
from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.peer import Site
from emulator.peers.tls_stream import server_context
from firmware_model.events import CommandReceived, FaultFired, Indicated, Replied, SignatureMade, TlsMessage
from firmware_model.outside import Address
from tests.capture.test_json_lines import RUN
from tests.capture.tshark import comments, fields, tshark, warnings
from tests.mail.post_office import OK, mailing_module, post_office
from tests.mail.test_smtp import SHORTEST
from tests.mqtt.test_mqtt import CONNECT
from tests.sockets.peers import TcpPeer, UdpPeer, content, socket_host
from tests.sockets.test_server_sockets import open_server
from tests.sockets.test_tls import client_context, connect, tls_host
from tests.spi.host import spi_module
from tests.story.test_seed import FILE, STATION, play_to
from tests.tftp.test_peers import CONTENT, module_and_server
from tests.web.browser import browsing
from tests.websocket.servers import module_in_front_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from emulator.peers.https import HttpsServer
    from emulator.peers.pki import Pki
    from firmware_model.events import Event
    from tests.mqtt.mosquitto import Mosquitto

RUN_NOW = RUN._replace(began=1_500_000_000.0)


@pytest.fixture(autouse=True)
def judge(need_program: Callable[[str], None]) -> None:
    need_program("tshark")
    need_program("capinfos")


def written(path: Path, entries: Iterable[Entry], *, secrets: bool = False) -> Path:
    """A capture of what a timeline had."""
    capture = Capture(RUN_NOW, with_secrets=secrets)
    octets = capture.begin()
    for entry in entries:
        if isinstance(entry.event, capture.kinds):
            octets += capture.take(entry)
    file = path / "test.pcapng"
    file.write_bytes(octets + capture.end())
    return file


def of_events(path: Path, *events: Event) -> Path:
    return written(path, (Entry(number, 0.001 * number, event) for number, event in enumerate(events, 1)))


# The seed's story, as an emulator records it


async def captured_story(
    server: HttpsServer, pki: Pki, folder: Path, *faults: str, secrets: bool = False
) -> tuple[Path, list[Entry]]:
    entries: list[Entry] = []
    wanted = Wanted(capture=folder / "run.pcapng", capture_secrets=secrets, keylog=folder / "run.keys")
    settings = Settings(
        maps=[f"192.168.0.2:45061=127.0.0.1:{server.port}"],
        stations=[STATION],
        seed=1,
        faults=faults,
        recordings=wanted,
    )
    emulator = Emulator(settings)
    emulator.timeline.subscribe(entries.append)
    async with emulator:
        await play_to(emulator, f"seed-first-post-{'refused' if faults else 'fetched'}", pki)
    return folder / "run.pcapng", entries


ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
TLS = ("-d", "tcp.port==45061,tls")


@pytest.fixture
async def story_server(https_server: Callable[[Site], Awaitable[HttpsServer]], site: Site) -> HttpsServer:
    return await https_server(replace(site, files={"/conf": FILE}))


async def test_the_story_decrypts_itself(story_server: HttpsServer, pki: Pki, tmp_path: Path) -> None:
    capture, entries = await captured_story(story_server, pki, tmp_path, secrets=True)
    assert warnings(capture, *TLS) == []
    exchange = fields(capture, "http", "http.request.uri", "http.response.code", "http.file_data", options=TLS)
    assert exchange == [("/conf", "", ""), ("", "200", FILE.decode().replace("\n", "\\n"))]
    (frame,) = fields(capture, "tls.handshake.type == 15", "frame.number", options=TLS)
    (verify,) = (
        entry for entry in entries if isinstance(entry.event, TlsMessage) and entry.event.name == "CertificateVerify"
    )
    (signature,) = (entry for entry in entries if isinstance(entry.event, SignatureMade))
    told = comments(capture, f"frame.number == {frame[0]}")
    assert f"#{verify.number} {verify.event}" in told
    assert f"#{signature.number} {signature.event}" in told
    assert fields(capture, 'frame.comment contains "CertificateVerify"', "frame.number") == [frame]
    (shown,) = fields(capture, "tls.handshake.type == 15", "tls.handshake.client_cert_vrfy.sig", options=TLS)
    assert isinstance(signature.event, SignatureMade)
    assert shown == (signature.event.encoded.hex(),)


async def test_the_serial_link_is_told_word_for_word(story_server: HttpsServer, pki: Pki, tmp_path: Path) -> None:
    capture, entries = await captured_story(story_server, pki, tmp_path)
    told = comments(capture, 'frame.interface_name == "host"')
    said = [
        entry
        for entry in entries
        if isinstance(entry.event, CommandReceived | Replied)
        or (isinstance(entry.event, Indicated) and not entry.event.masked)
    ]
    assert sorted(told) == sorted(
        [f"#{entry.number} {entry.event}" for entry in said]
        + [text for text in told if "takes" in text and "octets of data" in text]
    )
    rows = fields(
        capture, 'frame.interface_name == "host"', "exported_pdu.exported_pdu", "frame.packet_flags_direction"
    )
    heard = b"".join(bytes.fromhex(octets) for octets, way in rows if way == "0x00000002")
    typed = b"".join(bytes.fromhex(octets) for octets, way in rows if way == "0x00000001")
    assert b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\n" in heard
    assert pki.client.key_der in typed
    assert typed.count(b"AT+S.HTTPGET=192.168.0.2,conf,45061,2,,,config.txt,\r") == 1


async def test_keys_are_in_no_capture_that_was_not_to_have_them(
    story_server: HttpsServer, pki: Pki, tmp_path: Path
) -> None:
    capture, _ = await captured_story(story_server, pki, tmp_path)
    assert b"CLIENT_RANDOM" not in capture.read_bytes()
    assert fields(capture, "http", "frame.number", options=TLS) == []
    log = tmp_path / "run.keys"
    assert log.stat().st_mode & 0o777 == 0o600
    exchange = fields(capture, "http", "frame.number", options=("-o", f"tls.keylog_file:{log}", *TLS))
    assert len(exchange) == 2


async def test_a_refused_signature_shows_with_its_fault(story_server: HttpsServer, pki: Pki, tmp_path: Path) -> None:
    capture, entries = await captured_story(story_server, pki, tmp_path, "signature=nonpadded:always-bad")
    assert warnings(capture, *TLS) == []
    (fired,) = (entry for entry in entries if isinstance(entry.event, FaultFired))
    (frame,) = fields(capture, 'frame.comment contains "fault signature"', "frame.number", "frame.comment")
    assert f"#{fired.number} {fired.event}" in frame[1]
    assert fields(capture, "tls.alert_message.desc == 51", "tls.alert_message.level", options=TLS) == [("2",)]
    report = tshark(capture, "-q", "-z", "expert,warn")
    assert not [line for line in report if "Warn" in line]


async def test_the_run_is_described(story_server: HttpsServer, pki: Pki, tmp_path: Path) -> None:
    capture, _ = await captured_story(story_server, pki, tmp_path, secrets=True)
    process = await asyncio.create_subprocess_exec("capinfos", capture, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    text = output.decode()
    assert process.returncode == 0
    assert "SPWF04SA, firmware 1.1.0, seed 1, time real, faults none" in text
    assert "Again: spwf04sx run --model SPWF04SA --firmware 1.1.0 --mac 00:80:E1:BD:00:39 --time real --seed 1" in text
    assert "This file holds the keys" in text
    assert "Strict time order:   True" in text
    assert "Number of decryption secrets in file: 1" in text
    assert "Name = host" in text
    assert "Name = wifi" in text


# Every way in which the module uses its network


async def test_a_client_socket_with_much_to_say(tmp_path: Path) -> None:
    data = content(5000)
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        accepted = await peer.accept()
        await host.write("SOCKW=0", data)
        assert await accepted.receive(len(data)) == data
        await accepted.send(data)
        assert await host.read_exactly("SOCKR=0,0", len(data)) == data
        assert await host.command("AT+S.SOCKC=0") == OK
        capture = written(tmp_path, host.host.entries)
    assert warnings(capture) == []
    for source in ("192.168.0.50", "192.168.0.2"):
        payloads = fields(capture, f"tcp.len > 0 && ip.src == {source}", "tcp.payload", "tcp.len", "eth.src")
        assert b"".join(bytes.fromhex(octets) for octets, *_ in payloads) == data
        assert max(int(length) for _, length, _ in payloads) <= 730
    assert {mac for *_, mac in fields(capture, "ip.src == 192.168.0.50", "frame", "ip", "eth.src")} == {
        "00:80:e1:bd:00:39"
    }
    assert fields(capture, "tcp.flags.fin == 1", "ip.src") == [("192.168.0.50",)]


async def test_refused_reset_and_closed_by_the_peer(tmp_path: Path) -> None:
    async with TcpPeer() as gone:
        refusing = gone.port
    async with TcpPeer() as peer, socket_host() as host:
        assert (await host.command(f"AT+S.SOCKON=192.168.0.2,{refusing},NULL,t")).startswith(b"AT-S.ERROR:74")
        await host.open(peer.port)
        (await peer.accept()).reset()
        await host.indication("58:Socket Closed:0:1")
        await host.open(peer.port)
        await (await peer.accept()).close()
        await host.indication("58:Socket Closed:1:0")
        capture = written(tmp_path, host.host.entries)
    assert [message for _, message in warnings(capture)] == ["Connection reset (RST)"] * 2
    by_whom = fields(capture, "tcp.flags.reset == 1 || tcp.flags.fin == 1", "tcp.flags", "ip.src")
    assert by_whom == [
        ("0x0014", "192.168.0.2"),
        ("0x0014", "192.168.0.2"),
        ("0x0011", "192.168.0.2"),
        ("0x0011", "192.168.0.50"),
    ]


@pytest.mark.parametrize("kind", ["s1", "s2"])
async def test_a_secure_server_socket(pki: Pki, kind: str, tmp_path: Path) -> None:
    async with tls_host(pki, pki.direct_server) as host:
        client = await connect(await open_server(host, kind), client_context(pki, pki.client if kind == "s2" else None))
        await client.send(b"GET / HTTP/1.0\r\n\r\n")
        await host.indication(r"55:Pending Data:0:0:18:18")
        await host.write("SOCKDW=0,0", ANSWER)
        assert await client.receive(len(ANSWER)) == ANSWER
        await client.close()
        await host.indication(r"62:Socket Client Gone:192.168.0.2:\d+:0:0:0")
        capture = written(tmp_path, host.host.entries, secrets=True)
    options = ("-d", "tcp.port==32000,tls")
    assert warnings(capture, *options) == []
    exchange = fields(capture, "http", "http.request.method", "http.response.code", options=options)
    assert exchange == [("GET", ""), ("", "200")]
    assert bool(fields(capture, "tls.handshake.type == 15", "frame.number", options=options)) == (kind == "s2")
    assert fields(capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "ip.src", "tcp.dstport") == [
        ("192.168.0.2", "32000")
    ]


async def test_udp_both_ways_and_to_everybody(tmp_path: Path) -> None:
    async with UdpPeer.open() as peer, socket_host() as host:
        assert (await host.command(f"AT+S.SOCKON=192.168.0.2,{peer.port},NULL,u")).endswith(OK)
        await host.write("SOCKW=0", b"question")
        _, port = await peer.receive()
        peer.send(b"x" * 1400, port)
        await host.indication(r"55:Pending Data::0:1400:1400")
        await open_server(host, "u")
        assert host.host.network.broadcast(b"everybody", 32000)
        await host.indication(r"61:.*")
        capture = written(tmp_path, host.host.entries)
    assert warnings(capture) == []
    rows = fields(capture, "udp", "ip.src", "ip.dst", "eth.dst", "udp.length")
    assert rows[0][:2] == ("192.168.0.50", "192.168.0.2")
    assert rows[1][:3] == ("192.168.0.2", "192.168.0.50", "00:80:e1:bd:00:39")
    assert rows[1][3] == "1408"
    assert rows[2][1:3] == ("255.255.255.255", "ff:ff:ff:ff:ff:ff")


async def test_tftp(tmp_path: Path) -> None:
    (tmp_path / "conf.bin").write_bytes(CONTENT)
    async with module_and_server(tmp_path) as host:
        assert await host.command("AT+S.TFTPGET=192.168.0.2,69,conf.bin,") == CONTENT + OK
        capture = written(tmp_path, host.entries)
    assert warnings(capture) == []
    assert fields(capture, "tftp.opcode == 1", "tftp.source_file", "udp.dstport") == [("conf.bin", "69")]
    data = fields(capture, "tftp.opcode == 3", "tftp.block", "data.data")
    assert b"".join(bytes.fromhex(octets) for _, octets in data) == CONTENT


async def test_starttls(pki: Pki, tmp_path: Path) -> None:
    context = server_context(Site(pki.direct_server))
    async with post_office(tls_context=context, require_starttls=True) as office, mailing_module(office.port) as host:
        await host.command("AT+S.TIME=1523523938")
        await host.command(f"AT+S.TLSCERT=ca,{len(pki.root.certificate_der)}", pki.root.certificate_der)
        reply = await host.command(SHORTEST.replace("25,,", "25,1,").format(4), b"body")
        assert reply.endswith(OK), reply
        capture = written(tmp_path, host.entries, secrets=True)
    assert warnings(capture) == []
    commands = [name for (name,) in fields(capture, "smtp.req.command", "smtp.req.command")]
    assert commands[:2] == ["EHLO", "STAR"]  # tshark's word for STARTTLS
    assert "MAIL" in commands[2:]
    assert fields(capture, "tls.handshake.type == 1", "tcp.dstport") == [("25",)]
    assert "tls sent ClientHello" in "".join(comments(capture, "tls.handshake.type == 1"))


async def test_mqtt_inside_a_web_socket(broker: Mosquitto, tmp_path: Path) -> None:
    async with module_in_front_of() as host:
        assert (await host.command(CONNECT.format(broker.ports.web))).endswith(OK)
        await host.command("AT+S.MQTTSUB=0,a/b,")
        await host.command("AT+S.MQTTPUB=0,a/b,,,5", b"hello")
        await host.until(b"hello\r\n")
        await host.command("AT+S.MQTTDISC=0")
        await host.until(b"+WIND:87:MQTT Closed:0\r\n")
        capture = written(tmp_path, host.entries)
    assert warnings(capture) == []
    # Masks taken off, each message is an MQTT packet: CONNECT, CONNACK, SUBSCRIBE, SUBACK, PUBLISH...
    packets = [bytes.fromhex(octets) for (octets,) in fields(capture, "websocket && data", "data.data")]
    assert [packet[0] >> 4 for packet in packets[:5]] == [1, 2, 8, 9, 3]
    assert packets[4].endswith(b"a/bhello")


async def test_the_web_server(tmp_path: Path) -> None:
    async with browsing({"index.html": b"<h1>home</h1>"}) as browser:
        assert (await browser.get("/")).status == 200
        capture = written(tmp_path, browser.host.entries)
    assert warnings(capture) == []
    assert fields(capture, "http", "http.request.uri", "http.response.code") == [("/", ""), ("", "200")]


async def test_the_spi_bus(tmp_path: Path) -> None:
    async with spi_module() as host:
        await host.indication(32)
        await host.command("AT+S.GCFG=ip_hostname")
        capture = written(tmp_path, host.host.entries)
    assert warnings(capture) == []
    rows = fields(capture, "frame", "_ws.col.Protocol", "frame.packet_flags_direction", "exported_pdu.exported_pdu")
    said = [bytes.fromhex(octets) for _, _, octets in rows]
    assert {protocol for protocol, *_ in rows} == {"SPI"}
    assert said[:2] == [b"+WIND:7:Configuration Failure:10\r\n", b"+WIND:1:Poweron:171117-0328fe3-SPWF04S\r\n"]
    assert said[-3:] == [b"AT+S.GCFG=ip_hostname\r", b"AT-S.Var:ip_hostname=\r\n", b"AT-S.OK\r\n"]
    assert [way for _, way, _ in rows[-3:]] == ["0x00000001", "0x00000002", "0x00000002"]


# What rarely happens


def test_remarks_go_with_what_they_are_about(tmp_path: Path) -> None:
    own, peer = Address("192.168.0.50", 49152), Address("192.168.0.2", 80)
    capture = of_events(
        tmp_path,
        FaultFired("network=refuse", None, "connect 192.168.0.2:80", 1),
        NameLookedUp("server.example", "192.168.0.2"),
        FaultFired("serial=lost-indication", None, "indication", 1),
        NameLookedUp("nobody.example", None),
        TcpConnecting(1, own, peer),
        TcpFailed(1, own, peer, Outcome.REFUSED),
        Replied(b"AT-S.ERROR:74:Failed to open socket\r\n"),
    )
    assert comments(capture, "tcp") == [
        "#1 fault network=refuse fires on connect 192.168.0.2:80 (time 1)",
        "#2 name server.example is 192.168.0.2",
    ]
    # The reply's octets never came: an empty packet says what there was to say.
    assert comments(capture, "!tcp") == [
        "#3 fault serial=lost-indication fires on indication (time 1)",
        "#4 name nobody.example has no address",
    ]
    assert fields(capture, "!tcp", "frame.protocols") == [("exported_pdu",)]
    assert [message.rpartition("|")[2] for _, message in warnings(capture)] == ["Connection reset (RST)"]


def test_what_has_no_address_has_no_packet(tmp_path: Path) -> None:
    own = Address("0.0.0.0", 49152)
    capture = of_events(
        tmp_path,
        UdpDatagram(own, Address("time.example", 123), "sent", b"lost"),
        TcpFailed(1, own, Address("site.example", 80), Outcome.UNREACHABLE),
        Echo(1, own.host, "site.example", "sent", 8),
        Echo(2, "fe80::1", "::1", "sent", 8),
        UdpDatagram(own, Address("::1", 123), "sent", b"of two families"),
    )
    assert tshark(capture) == []


def test_a_conversation_over_ipv6(tmp_path: Path) -> None:
    ends = Address("fe80:0:0:0:280:e1ff:febd:39", 49152), Address("2001:db8::1", 80)
    capture = of_events(
        tmp_path,
        TcpOpened(1, *ends, "module"),
        TcpData(1, *ends, "sent", b"GET / HTTP/1.0\r\n\r\n"),
        TcpData(1, *ends, "received", b"HTTP/1.0 204 No Content\r\n\r\n"),
        TcpClosed(1, *ends, "peer", reset=False),
    )
    assert warnings(capture) == []
    assert fields(capture, "http", "http.request.method", "http.response.code", "ipv6.src") == [
        ("GET", "", "fe80::280:e1ff:febd:39"),
        ("", "204", "2001:db8::1"),
    ]


def test_an_echo_and_its_answer(tmp_path: Path) -> None:
    sent = Echo(7, "192.168.0.50", "192.168.0.2", "sent", 56)
    capture = of_events(tmp_path, sent, sent._replace(direction="received"))
    assert warnings(capture) == []
    assert fields(capture, "icmp", "icmp.type", "icmp.seq", "ip.src", "data.len") == [
        ("8", "7", "192.168.0.50", "56"),
        ("0", "7", "192.168.0.2", "56"),
    ]


async def test_a_capture_that_begins_late_and_ends_early(tmp_path: Path) -> None:
    async with TcpPeer() as peer, socket_host() as host:
        await host.open(peer.port)
        accepted = await peer.accept()
        late = len(host.host.entries)
        await accepted.send(b"seen")
        await host.indication("55:Pending Data::0:4:4")
        assert await host.read("SOCKR=0,0") == (b"seen", 4)
        early = len(host.host.entries)
        await host.command("AT+S.SOCKC=0")
    capture = written(tmp_path, host.host.entries[late:early])
    assert warnings(capture) == []
    assert fields(capture, "tcp.len > 0", "tcp.payload", "ip.src") == [(b"seen".hex(), "192.168.0.2")]
    assert fields(capture, 'frame.comment contains "SOCKR"', "frame.number")


async def test_it_is_read_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "growing.pcapng"
    settings = Settings(power_on="start", time="instant", seed=1)
    async with Emulator(settings) as emulator:
        capture = emulator.capture(path)
        counts = []
        for command in ("AT", "AT+S.GCFG=ip_hostname"):
            emulator.line.receive(f"{command}\r".encode())
            await emulator.wait_for("AT-S.OK")
            assert await asyncio.to_thread(warnings, path) == []
            counts.append(len(await asyncio.to_thread(comments, path)))
        capture.stop()
        emulator.line.receive(b"AT\r")
        await emulator.wait_for("AT-S.OK")
    assert 0 < counts[0] < counts[1] <= len(comments(path))
    commands = [text.partition(" ")[2] for text in comments(path) if " command " in text]
    assert commands == ["command 'AT'", "command 'AT+S.GCFG=ip_hostname'"]


def test_a_key_log_names_the_connection() -> None:
    log = KeyLog(RUN)
    assert log.begin() == b"# spwf04sx 0.1.0, 2000-01-01T00:00:00.000000+00:00\n"
    assert log.take(Entry(1, 0.0, TlsMessage("sent", "Finished", b"", 1))) == b""
    assert log.end() == b""
