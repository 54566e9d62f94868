"""Truncated, corrupt, hostile and huge inputs: a clear sentence, never a traceback, and memory within its bounds."""

from __future__ import annotations

import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.cli import main
from emulator.diagnosis.case import KEPT, Case
from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.reading import flows
from emulator.diagnosis.reading.octets import UnusableInput
from emulator.diagnosis.reading.source import read_stream
from emulator.diagnosis.report.as_json import as_json
from emulator.diagnosis.report.text import report
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece, message, records
from tests.diagnosis.diagnosing import case_of, case_of_octets
from tests.diagnosis.forge import Bend, forge
from tests.diagnosis.packets import Path as Way
from tests.diagnosis.packets import Pcapng, Segment, ethernet, frames, packet, pcap, segments
from tests.diagnosis.test_logs import as_lines, timeline_of
from tests.test_walls import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator.peers.pki import Pki

MEGABYTE = 1 << 20
BOUND = 48 * MEGABYTE
"""What a diagnosis may take, whatever it reads: 32 for what waits, the rest for all else."""
SMALL = 4 * MEGABYTE
"""The bound on what waits, made smaller so that small files reach it."""


def msg_log(conversation: Conversation) -> bytes:
    """A conversation as ``openssl s_server -msg`` would show it, roughly."""
    lines = []
    for piece in conversation:
        octets, way = piece.octets, "<<<" if piece.side == CLIENT else ">>>"
        while len(octets) >= 5:
            end = 5 + int.from_bytes(octets[3:5], "big")
            for title, content in (("RecordHeader", octets[:5]), ("Handshake", octets[5:end])):
                lines.append(f"{way} TLS 1.2, {title} [length {len(content):04x}], x")
                lines += [f"    {content[i : i + 16].hex(' ')}" for i in range(0, len(content), 16)]
            octets = octets[end:]
    return "\n".join(lines).encode()


def as_pcapng(conversation: Conversation) -> bytes:
    file = Pcapng().section().interface()
    for frame in frames(conversation):
        file.enhanced(frame)
    return file.octets()


FORMS: dict[str, Callable[[Conversation], bytes]] = {
    "pcap": lambda conversation: pcap(frames(conversation)),
    "pcapng": as_pcapng,
    "gzip": lambda conversation: gzip.compress(pcap(frames(conversation))),
    "-msg": msg_log,
    "timeline": lambda conversation: as_lines(timeline_of(conversation)),
}


@pytest.fixture(scope="session", params=FORMS)
def file(request: pytest.FixtureRequest, correct_conversation: Conversation) -> bytes:
    """The same handshake in every form."""
    return FORMS[request.param](correct_conversation)


def survives(octets: bytes) -> Case | None:
    """Read and report; the only way out is UnusableInput with a sentence."""
    with suppress(UnusableInput):
        case = case_of_octets(octets)
        assert list(report(case))
        assert as_json(case)
        return case
    return None


def test_the_files_are_sound(file: bytes) -> None:
    case = survives(file)
    assert case is not None
    assert (case.judged, case.defective) == (1, 0)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_truncated_anywhere(file: bytes, data: st.DataObject) -> None:
    case = survives(file[: data.draw(st.integers(0, len(file) - 1))])
    # Half a capture is no reason to accuse anybody.
    assert case is None or case.defective == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_corrupt_anywhere(file: bytes, data: st.DataObject) -> None:
    octets = bytearray(file)
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(octets))


@pytest.mark.parametrize("blank", ["\x1c", "\x85", "\u2003", "\u0663"])
def test_what_unicode_takes_for_a_blank_or_a_digit(correct_conversation: Conversation, blank: str) -> None:
    log = FORMS["-msg"](correct_conversation)
    assert survives(log.replace(b"16 03 03 00 46", b"16 03" + blank.encode() + b"03 00 46")) is not None


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_octets_inserted_and_removed(file: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(file)))
    gone = data.draw(st.integers(0, 40))
    survives(file[:start] + data.draw(st.binary(max_size=40)) + file[start + gone :])


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    survives(octets)


@given(st.binary(max_size=300))
def test_any_octets_behind_a_head(octets: bytes) -> None:
    for head in (pcap([]), Pcapng().section().interface().octets(), b'{"format":"spwf04sx timeline"}\n', b"\x1f\x8b"):
        survives(head + octets)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(max_size=200)), max_size=6))
def test_any_conversation(pieces: list[tuple[int, bytes]]) -> None:
    case_of([Piece(*piece) for piece in pieces])


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_hostile_handshake_messages(correct_conversation: Conversation, data: st.DataObject) -> None:
    """Messages whose lengths and contents are anybody's, in records that are right."""
    kinds = st.sampled_from([0, 1, 2, 4, 11, 12, 13, 14, 15, 16, 20, 99])
    messages = st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), kinds, st.binary(max_size=120)), max_size=8)
    talk: Conversation = data.draw(st.sampled_from([[], correct_conversation[:1], correct_conversation[:2]]))
    talk = [*talk, *(Piece(side, records(22, message(kind, body))) for side, kind, body in data.draw(messages))]
    case = case_of(talk)
    assert list(report(case))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(octets=st.binary(max_size=200))
def test_hostile_certificates_and_signatures(pki: Pki, octets: bytes) -> None:
    chain = (octets, pki.client.certificate_der)
    for bend in (Bend(lambda _: octets), Bend(verify=lambda _: octets), Bend(chain=chain), Bend(chain=chain[::-1])):
        case = case_of(forge(pki.server, pki.root, pki.client, bend))
        assert list(report(case))
        assert as_json(case)


def test_a_signature_of_64_kilobytes(pki: Pki) -> None:
    case = case_of(forge(pki.server, pki.root, pki.client, Bend(lambda _: bytes(65535))))
    (judgement,) = case.judgements.values()
    assert [defect.value for defect in judgement.defects] == ["not-a-signature"]
    assert len("\n".join(report(case))) < 5000


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (pcap([])[:11], "the file ends in the middle of something"),
        (pcap([bytes(60)])[:-1], "the file ends in the middle of something"),
        (pcap([]) + b"\xff" * 16, "frame 1 claims to have 4294967295 octets: the file is damaged from there on"),
        (Pcapng().section().octets() + b"\x06\0\0\0\xff\xff\xff\xff", "a block claims to have 4294967295 octets"),
        (Pcapng().section().enhanced(bytes(60)).octets(), "names interface 0, which is not described"),
        (Pcapng().section().interface().octets()[:-4] + bytes(4), "a block's two lengths differ"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0" + bytes(20), "a section does not say its byte order"),
    ],
)
def test_damage_is_described(octets: bytes, words: str) -> None:
    case = case_of_octets(octets)
    assert any(words in note for note in case.notes.lines()), case.notes.lines()


def test_what_came_before_the_damage_counts(correct_conversation: Conversation) -> None:
    octets = pcap(frames(correct_conversation))
    case = case_of_octets(octets + b"\xff" * 100)
    assert (case.judged, case.defective) == (1, 0)
    count = len(frames(correct_conversation))
    assert case.notes.lines() == [
        f"After frame {count}: frame {count + 1} claims to have 4294967295 octets: the file is damaged from there on."
    ]


# Memory


class Source(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""
        self.total = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            self._left = next(self._parts, b"")
            if not self._left:
                return 0
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        self.total += len(taken)
        return len(taken)


def framed(parts: Iterator[bytes]) -> Iterator[bytes]:
    """A pcap file of Ethernet frames, many at a time."""
    yield pcap([])
    batch = []
    for frame in parts:
        batch.append(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)
        if len(batch) == 64:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def peak_of(parts: Iterator[bytes]) -> tuple[int, int, Case]:
    """Read such a file; returns its size, the most memory that was in use, and what was found."""
    case, source = Case(), Source(framed(parts))
    tracemalloc.start()
    try:
        read_stream(io.BufferedReader(cast("io.RawIOBase", source)), case.tell, case.notes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    case.close()
    return source.total, peak, case


def endpoints(number: int) -> Way:
    return Way((f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "192.168.0.2"), (1025 + number % 60000, 443))


def bulk(count: int) -> Iterator[bytes]:
    """One connection with much data."""
    frame = ethernet(packet(Segment(CLIENT, 0, bytes(8000))))
    for number in range(count):
        yield frame[:38] + struct.pack(">I", number * 8000 % 2**32) + frame[42:]


def half_open(count: int) -> Iterator[bytes]:
    """Very many connections that begin a handshake and never end it."""
    hello = records(22, message(1, b"\3\3" + bytes(32) + b"\0\0\2\xc0\x2b\1\0") + b"\x0b\0\xff\xff" + bytes(9000))
    for number in range(count):
        for segment in segments([Piece(CLIENT, hello)], endpoints(number), size=9000, finish=False):
            yield ethernet(packet(segment, endpoints(number)))


def behind_holes(count: int) -> Iterator[bytes]:
    """Very many connections in which everything waits for a segment that never comes."""
    for number in range(count):
        way = endpoints(number)
        yield ethernet(packet(Segment(CLIENT, 1, b"\x16"), way))
        for piece in range(4):
            yield ethernet(packet(Segment(CLIENT, 1000 + 4000 * piece, bytes(4000)), way))


def single_octets(count: int) -> Iterator[bytes]:
    """One connection whose segments have one octet each and come from the back."""
    yield ethernet(packet(Segment(CLIENT, 1, b"\x16")))
    for number in range(count, 0, -1):
        yield ethernet(packet(Segment(CLIENT, 2 * number + 10, b"x")))


def handshakes(conversation: Conversation, count: int) -> Iterator[bytes]:
    """Very many handshakes, each a copy of the same one."""
    for number in range(count):
        for segment in segments(conversation, endpoints(number)):
            yield ethernet(packet(segment, endpoints(number)))


@pytest.mark.parametrize(
    ("parts", "least"),
    [
        (bulk(3000), 22),
        (half_open(2000), 17),
        (behind_holes(1200), 18),
        (single_octets(9000), 0),
    ],
    ids=["bulk", "half open", "behind holes", "single octets"],
)
def test_memory_does_not_grow_with_the_file(
    parts: Iterator[bytes], least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "MOST_HELD", SMALL)
    size, peak, case = peak_of(parts)
    assert size > least * MEGABYTE
    assert peak < SMALL + 8 * MEGABYTE
    assert case.judged == 0


def test_memory_does_not_grow_with_the_handshakes(correct_conversation: Conversation) -> None:
    _, few, case = peak_of(handshakes(correct_conversation, 100))
    assert (case.judged, case.copies) == (1, 99)
    _, many, case = peak_of(handshakes(correct_conversation, 1000))
    assert (case.judged, case.copies) == (1, 999)
    assert many < few + 2 * MEGABYTE


def test_too_many_connections_at_once_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "MOST_FLOWS", 300)
    case = case_of_octets(b"".join(framed(half_open(1000))))
    assert case.reasons == {Reason.FORGOTTEN: 700, Reason.UNFINISHED: 300}
    assert len(case.unjudged) == 2 * KEPT


FRACTION = 400 * MEGABYTE
"""What a process may have that reads a gigabyte; Python and the libraries alone take a quarter of it."""


def slow(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that takes minutes."""
    skipped = pytest.mark.skipif(os.environ.get("SPWF04SX_SLOW") != "1", reason="takes minutes; set SPWF04SX_SLOW=1")
    marked: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(3000)(skipped(test)))
    return marked


def diagnosing(file: str) -> subprocess.Popen[bytes]:
    """The command in a process that may not have much memory."""
    return subprocess.Popen(
        [sys.executable, "-m", "emulator.cli", "diagnose", file],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (FRACTION, FRACTION)),
    )


@slow
def test_a_gigabyte(tmp_path: Path, pki: Pki) -> None:
    """A sparse file with one handshake at its end."""
    file = tmp_path / "huge.pcap"
    size = 1 << 16
    zeros = struct.pack("<IIII", 1, 0, size, size)
    bad = forge(pki.server, pki.root, pki.client, Bend(lambda _: b"\x30\x06\2\1\1\2\1\1"))
    with file.open("wb") as stream:
        stream.write(pcap([]))
        for _ in range((1 << 30) // size):
            stream.write(zeros)
            stream.seek(size, os.SEEK_CUR)
        stream.write(pcap(frames(bad))[24:])
    assert file.stat().st_size > 1 << 30
    with diagnosing(str(file)) as process:
        output, errors = process.communicate()
    assert (process.returncode, errors) == (1, b"")
    assert output.startswith(b"DEFECT")


@slow
def test_a_gigabyte_of_connections(correct_conversation: Conversation) -> None:
    count = (1 << 30) // sum(len(frame) + 16 for frame in handshakes(correct_conversation, 1))
    written = 0
    with diagnosing("-") as process:
        assert process.stdin is not None
        for part in framed(handshakes(correct_conversation, count)):
            process.stdin.write(part)
            written += len(part)
        output, errors = process.communicate()
    assert written > (1 << 30) * 0.99
    assert (process.returncode, errors) == (0, b"")
    assert f"{count - 1} handshakes were there more than once and count once.".encode() in output


def test_a_named_pipe(tmp_path: Path, correct_conversation: Conversation, capsys: pytest.CaptureFixture[str]) -> None:
    """What tcpdump is still writing: it comes in small pieces."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    octets = pcap(frames(correct_conversation))
    program = "import sys\nwith open(sys.argv[1], 'wb', buffering=0) as pipe:\n"
    program += "    for octet in sys.stdin.buffer.read(): pipe.write(bytes((octet,)))\n"
    with subprocess.Popen([sys.executable, "-c", program, str(pipe)], stdin=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        writer.stdin.write(octets)
        writer.stdin.close()
        status = main(["diagnose", str(pipe)])
    assert status == 0
    assert capsys.readouterr().out.startswith("CORRECT")


def test_text_with_lines_without_end() -> None:
    with suppress(UnusableInput):
        case_of_octets(b"a" * (4 * MEGABYTE))
    with pytest.raises(UnusableInput):
        case_of_octets(b"0123 " * MEGABYTE)
