"""Text: what ``openssl`` prints, and the emulator's own timeline."""

from __future__ import annotations

import asyncio
import json
import re
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from typing import TYPE_CHECKING, Any

import pytest

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.judging.verdict import Defect
from tests.diagnosis.conversation import CLIENT, Conversation, Piece
from tests.diagnosis.diagnosing import case_of_octets
from tests.diagnosis.test_module_faults import module_handshakes
from tests.tls.clients import Client, shake_hands

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.case import Case
    from emulator.peers.pki import Pki, PkiFiles


class LoggingServer:
    """``openssl s_server`` that ends by itself after so many connections; its log is what it printed till then.

    When ``lenient`` it takes client certificates of anybody.
    """

    def __init__(
        self, files: PkiFiles, *flags: str, connections: int, errors_apart: bool = False, lenient: bool = False
    ) -> None:
        self._command = [
            *("openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", str(connections), "-rev"),
            *("-cert", str(files.direct_server_chain), "-key", str(files.direct_server_key)),
            *("-CAfile", str(files.ca), "-Verify", "4", "-no_ticket", *flags),
            *(() if lenient else ("-verify_return_error",)),
        ]
        self._errors = DEVNULL if errors_apart else STDOUT

    async def log_of(self, shake: Callable[[int], Any]) -> bytes:
        process = await asyncio.create_subprocess_exec(*self._command, stdin=DEVNULL, stdout=PIPE, stderr=self._errors)
        assert process.stdout is not None
        try:
            log = b""
            while not (port := re.search(rb"ACCEPT \S+:(\d+)", log)):
                log += await process.stdout.readline()
            reading = asyncio.create_task(process.stdout.read())
            await shake(int(port[1]))
            log += await reading
        except BaseException:
            process.kill()
            raise
        finally:
            await process.wait()
        return log


@pytest.fixture
def server_log(need_program: Callable[[str], None], pki: Pki, pki_files: PkiFiles) -> Callable[..., Any]:
    """Let modules shake hands with a logging server, and return its log."""
    need_program("openssl")

    async def log_of(*flags: str, faults: tuple[tuple[str, ...], ...] = ((),), errors_apart: bool = False) -> bytes:
        server = LoggingServer(pki_files, *flags, connections=len(faults), errors_apart=errors_apart)

        async def shake(port: int) -> None:
            for seed, armed in enumerate(faults):
                # With one and the same seed their nonces would be the same, and be blamed.
                client = Client(pki.root, pki.client, seed=seed)
                client.faults.arm(*armed)
                stream = await client.connect(port)
                try:
                    await shake_hands(stream)
                except Exception:
                    assert armed
                await stream.close()

        return await server.log_of(shake)

    return log_of


def verdicts(case: Case) -> list[list[str]]:
    return [[defect.value for defect in judgement.defects] for judgement in case.judgements.values()]


@pytest.mark.parametrize("flags", [("-msg",), ("-msg", "-debug"), ("-msg", "-state")], ids=" ".join)
async def test_msg(server_log: Callable[..., Any], flags: tuple[str, ...]) -> None:
    log = await server_log("-tls1_2", *flags, faults=((), ("signature=wrong-hash",), ("signature=raw",), ()))
    case = case_of_octets(log)
    assert verdicts(case) == [[], ["wrong-hash"], ["raw"], []]
    assert [judgement.outcome.accepted for judgement in case.judgements.values()] == [True, False, False, True]
    assert case.reasons == {}
    lines = log.decode(errors="replace").splitlines()
    for judgement in case.judgements.values():
        # The message ends there; its title stands some lines above.
        above = lines[judgement.place.number - 9 : judgement.place.number]
        assert any("CertificateVerify" in line for line in above)


async def test_debug(server_log: Callable[..., Any]) -> None:
    log = await server_log("-tls1_2", "-debug", faults=((), ("signature=swapped",)), errors_apart=True)
    assert b"<<<" not in log
    assert verdicts(case_of_octets(log)) == [[], ["swapped"]]


async def test_a_transcript_with_record_headers_shows_in_msg(server_log: Callable[..., Any]) -> None:
    log = await server_log("-tls1_2", "-msg", faults=(("signature=transcript-with-record-headers",),))
    assert verdicts(case_of_octets(log)) == [["transcript"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
async def test_logs_that_went_through_other_hands(server_log: Callable[..., Any], encoding: str, end: str) -> None:
    text = (await server_log("-tls1_2", "-msg")).decode(errors="replace")
    kept = "".join(f"some program: {line}{end}" if "<<<" in line else line + end for line in text.splitlines())
    assert verdicts(case_of_octets(kept.encode(encoding))) == [[]]


async def test_a_log_that_breaks_off(server_log: Callable[..., Any]) -> None:
    log = await server_log("-tls1_2", "-msg")
    for end in range(log.index(b"ServerHello"), len(log), 997):
        case = case_of_octets(log[:end])
        assert case.judged + case.reasons.total() == 1
        assert case.defective == 0


async def test_resumption_and_tls_1_3_are_told_from_a_client_s_log(
    need_program: Callable[[str], None], pki_files: PkiFiles
) -> None:
    need_program("openssl")
    server = LoggingServer(pki_files, connections=1)
    logs: list[bytes] = []

    async def shake(port: int) -> None:
        process = await asyncio.create_subprocess_exec(
            *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-msg"),
            *("-cert", pki_files.client_bundle, "-key", pki_files.client_key, "-CAfile", pki_files.ca),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
        )
        output, _ = await process.communicate()
        logs.append(output)

    await server.log_of(shake)
    case = case_of_octets(logs[0])
    assert (case.judged, case.reasons) == (0, {Reason.TLS_1_3: 1})


# The timeline


def timeline_of(conversation: Conversation, connection: int = 1) -> list[dict[str, Any]]:
    local, remote = {"host": "192.168.0.1", "port": 49152}, {"host": "192.168.0.2", "port": 45061}
    ends = {"connection": connection, "local": local, "remote": remote}
    events: list[dict[str, Any]] = [{"event": "tcp_opened", **ends, "by": "module"}]
    events += [
        {"event": "tcp_data", **ends, "direction": _direction(piece), "octets": piece.octets.hex()}
        for piece in conversation
    ]
    return [*events, *({"event": "tcp_closed", **ends, "by": by, "reset": False} for by in ("peer", "module"))]


def _direction(piece: Piece) -> str:
    return "sent" if piece.side == CLIENT else "received"


def as_lines(events: list[dict[str, Any]]) -> bytes:
    head = {"format": "spwf04sx timeline", "version": 1, "began": "2018-04-12T10:00:00.000000+00:00"}
    numbered = [{"entry": n, "time": n / 8, **event} for n, event in enumerate(events, 1)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in [head, *numbered])


async def test_a_timeline(pki: Pki) -> None:
    first, second = await module_handshakes(pki, 2, "signature=swapped")
    events = [{"event": "note", "text": "hello"}, *timeline_of(first), *timeline_of(second, 2)]
    case = case_of_octets(as_lines(events))
    assert verdicts(case) == [["swapped"], ["swapped"]]
    (judgement, _) = case.judgements.values()
    assert (judgement.client, judgement.server) == ("192.168.0.1:49152", "192.168.0.2:45061")
    assert judgement.place.unit == "entry"
    assert judgement.place.time == 1523527200 + judgement.place.number / 8
    assert case.notes.lines() == []


async def test_a_run_in_which_time_leaps_has_no_dates(pki: Pki) -> None:
    (conversation,) = await module_handshakes(pki, 1)
    octets = as_lines(timeline_of(conversation)).replace(b'"version": 1', b'"version": 1, "time": "instant"', 1)
    (judgement,) = case_of_octets(octets).judgements.values()
    assert judgement.place.time is None


async def test_two_connections_at_once_in_a_timeline(pki: Pki) -> None:
    first, second = await module_handshakes(pki, 2)
    mixed = [event for pair in zip(timeline_of(first), timeline_of(second, 2), strict=False) for event in pair]
    assert verdicts(case_of_octets(as_lines(mixed))) == [[], []]


async def test_a_timeline_with_spoilt_lines(pki: Pki) -> None:
    (conversation,) = await module_handshakes(pki, 1)
    octets = as_lines(timeline_of(conversation))
    case = case_of_octets(octets + b'{"entry":1}\n{"event":"tcp_data"}\n[1]\nnonsense\n"x"\n{"entry')
    assert verdicts(case) == [[]]
    assert case.notes.lines() == ["6 lines of the timeline cannot be read and were left out."]


async def test_a_timeline_that_ends_in_the_middle(pki: Pki) -> None:
    (conversation,) = await module_handshakes(pki, 1)
    events = timeline_of(conversation)
    case = case_of_octets(as_lines(events[:3]))
    assert case.reasons == {Reason.UNFINISHED: 1}


async def test_a_reset_in_a_timeline(pki: Pki) -> None:
    (conversation,) = await module_handshakes(pki, 1, "signature=raw")
    events = timeline_of(conversation[:-1])[:-2]
    reset = {"event": "tcp_closed", "connection": 1, "by": "peer", "reset": True}
    case = case_of_octets(as_lines([*events, reset]))
    (judgement,) = case.judgements.values()
    assert judgement.defects == (Defect.RAW,)
    assert judgement.outcome.accepted is False
