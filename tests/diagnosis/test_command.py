"""``spwf04sx diagnose`` as its users meet it."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

from emulator.cli import main
from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.judging.verdict import Defect
from emulator.diagnosis.report import words
from emulator.diagnosis.report.servers import LENIENT, servers_do, to_try
from emulator.peers.keys import SeededOctets, armor, p256_key
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece, message, records
from tests.diagnosis.forge import Bend, Signed, correct, der, forge, numbers
from tests.diagnosis.packets import Path as Way
from tests.diagnosis.packets import ethernet, frames, packet, pcap, segments
from tests.diagnosis.test_judging import needing, sha256
from tests.test_walls import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.peers.pki import Pki

COMMAND = (sys.executable, "-m", "emulator.cli")


def forgetting(r_bit: int, s_bit: int) -> Bend:
    """Numbers with these top bits, and no sign octet."""
    return Bend(lambda signed: der(*needing(r_bit, s_bit)(signed), sign_octet=False))


FORGOTTEN = forgetting(1, 0)


def capture(path: Path, *conversations: Conversation) -> str:
    """Write conversations into one file."""
    found = []
    for number, conversation in enumerate(conversations):
        way = Way(ports=(49152 + number, 45061))
        found += [ethernet(packet(segment, way)) for segment in segments(conversation, way)]
    path.write_bytes(pcap(found))
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["diagnose", *arguments])
    output = capsys.readouterr()
    return status, output.out, output.err


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status, output, errors = run(capsys, *arguments, "--json")
    found: dict[str, Any] = json.loads(output)
    assert errors == ""
    assert found["status"] == status
    return found


def test_a_correct_signature(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    status, output, errors = run(capsys, capture(tmp_path / "good.pcap", forge(pki.server, pki.root, pki.client)))
    assert (status, errors) == (0, "")
    assert output.startswith(
        'CORRECT: the signature of "SPWF04" is right; the server refused for another reason, bad_record_mac (20).\n'
    )


def test_the_verdict_first_then_the_octets(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    conversation = forge(pki.server, pki.root, pki.client, FORGOTTEN)
    status, output, errors = run(capsys, capture(tmp_path / "bad.pcap", conversation))
    assert (status, errors) == (1, "")
    first, *lines = output.splitlines()
    assert first == (
        'DEFECT in the signature of "SPWF04": the sign octet of r is missing; the next try passes with a probability '
        "of 24.8 %."
    )
    (octets,) = [n for n, line in enumerate(lines) if line.startswith("     0  30 ")]
    assert lines[octets + 1].startswith("        -- -- -- -- r! rr rr")
    text = " ".join(" ".join(lines).split())
    for words_of_it in (
        "the sign octet 00 is missing before it",
        'Read leniently, r and s are the signature by the key of "SPWF04" of the handshake, hashed with SHA-256.',
        "refused: alert decrypt_error (51)",
        "Lenient ones take it: GnuTLS, NSS, JSSE",
        "the client must put 00",
    ):
        assert words_of_it in text
    assert all(len(line) <= 110 for line in lines)
    assert output.isascii()


def test_one_defect_in_four_handshakes(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    bends = [forgetting(0, 0), forgetting(1, 0), forgetting(0, 1), forgetting(1, 1)]
    talks = [forge(pki.server, pki.root, pki.client, bend, seed=str(n)) for n, bend in enumerate(bends)]
    status, output, _ = run(capsys, capture(tmp_path / "four.pcap", *talks))
    assert status == 1
    assert output.startswith(
        "DEFECT: 3 of 4 client signatures have the same defect: sign octet missing; the next try passes with a "
        "probability of 24.8 %.\n"
    )
    text = " ".join(output.split())
    assert "An encoder that always forgets the sign octet is right by luck 24.8 % of the time; here 1 of 4 were" in text
    assert "not always forgotten" not in text


def test_an_encoder_that_forgets_only_sometimes(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    talks = [
        forge(pki.server, pki.root, pki.client, FORGOTTEN, seed="bad"),
        forge(pki.server, pki.root, pki.client, Bend(lambda signed: der(*needing(1, 1)(signed))), seed="good"),
    ]
    _, output, _ = run(capsys, capture(tmp_path / "two.pcap", *talks))
    text = " ".join(output.split())
    assert "2 numbers had the sign octet that they need, 1 had not: it is not always forgotten." in text


def test_ten_captures_settle_it(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    lucky = Bend(lambda signed: der(*needing(0, 0)(signed)))
    talks = [forge(pki.server, pki.root, pki.client, lucky, seed=str(n)) for n in range(10)]
    _, output, _ = run(capsys, capture(tmp_path / "nine.pcap", *talks[:9]))
    text = " ".join(output.split())
    assert "9 times running with a probability of 4.1e-06, so the length alone proves nothing; 10 captured" in text
    status, output, _ = run(capsys, capture(tmp_path / "ten.pcap", *talks))
    assert status == 0
    text = " ".join(output.split())
    assert "10 times running with a probability of 1.0e-06: this one does not write sign octets" in text


def test_json(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    talks = [
        forge(pki.server, pki.root, pki.client, FORGOTTEN, seed="bad"),
        forge(pki.server, pki.root, pki.client, seed="good"),
    ]
    found = as_json(capsys, capture(tmp_path / "two.pcap", *talks))
    assert (found["format"], found["version"]) == ("spwf04sx diagnosis", 1)
    assert (found["verdict"], found["judged"], found["correct"], found["defective"]) == ("defect", 2, 1, 1)
    assert found["defects"] == {"sign-octet-missing": 1}
    bad, good = found["handshakes"]
    assert (bad["verdict"], bad["defects"], good["verdict"], good["defects"]) == (
        "defect",
        ["sign-octet-missing"],
        "correct",
        [],
    )
    assert bad["claim"] == {"scheme": "ecdsa", "hash": "sha256"}
    assert bad["explanation"]["signer"] == {"side": "client", "position": 0, "name": "SPWF04"}
    assert bad["explanation"]["transcript"] == {"kind": "right", "mistake": ""}
    assert bad["signature"]["strict_der"] is False
    assert len(bad["signature"]["octets"]) == 2 * bad["signature"]["length"]
    assert sum(mark["size"] for mark in bad["signature"]["marks"]) == bad["signature"]["length"]
    assert [mark["flaw"] for mark in bad["signature"]["marks"] if mark["flaw"]] == ["sign-octet-missing"]
    assert bad["accepted"] is False
    assert bad["alerts"] == [{"sender": "server", "fatal": True, "description": 51, "name": "decrypt_error"}]
    assert bad["frame"] > 0
    (client,) = found["clients"]
    assert (client["name"], client["handshakes"], client["defective"]) == ("SPWF04", 2, 1)


def test_every_field_of_the_json_is_described() -> None:
    page = (ROOT / "docs" / "diagnosis.md").read_text()
    for defect in Defect:
        assert f"`{defect.value}`" in page
    for reason in Reason:
        assert f"`{reason.name.lower().replace('_', '-')}`" in page


def test_no_field_of_the_json_goes_undescribed(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    page = (ROOT / "docs" / "diagnosis.md").read_text()
    stranger = p256_key(SeededOctets("stranger"))
    bend = Bend(lambda signed: der(*numbers(stranger, sha256(signed.transcript))))
    talks = [forge(pki.server, pki.root, pki.client, bend, seed=str(n)) for n in range(2)]
    plain = forge(pki.server, pki.root, pki.client, Bend(chain=()), seed="none")
    found = as_json(capsys, capture(tmp_path / "strangers.pcap", *talks, plain))
    for name in _names(found):
        assert f"`{name}`" in page or name in {*(defect.value for defect in Defect), "no-certificate"}, name


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {name for name in value if not name.isdigit()} | {n for inner in value.values() for n in _names(inner)}
    return {n for inner in value for n in _names(inner)} if isinstance(value, list) else set()


def test_several_files_are_judged_together(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    stranger = p256_key(SeededOctets("stranger"))
    bend = Bend(lambda signed: der(*numbers(stranger, sha256(signed.transcript))))
    files = [
        capture(tmp_path / f"{n}.pcap", forge(pki.server, pki.root, pki.client, bend, seed=str(n))) for n in range(2)
    ]
    _, output, _ = run(capsys, files[0])
    assert "nothing known here explains it" in output
    assert "Capture two or more handshakes" in " ".join(output.split())
    status, output, errors = run(capsys, *files)
    assert (status, errors) == (1, "")
    text = " ".join(output.split())
    assert "Handshakes 1, 2 were signed with one and the same other key: no certificate in the input has it." in text
    # Between the lines of PEM, as openssl prints it.
    lines = armor("PUBLIC KEY", stranger.public_key_info.dump()).splitlines()[1:-1]
    assert " ".join(lines) in text
    assert f"Handshake 2, {files[1]}, frame" in output


def test_the_same_capture_twice_is_no_reuse_of_a_nonce(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki
) -> None:
    file = capture(tmp_path / "good.pcap", forge(pki.server, pki.root, pki.client))
    found = as_json(capsys, file, file)
    assert (found["verdict"], found["judged"], found["copies"]) == ("correct", 1, 1)


def tls_1_3(random: bytes = bytes(32)) -> Conversation:
    versions = b"\0\x2b\0\2\3\4"
    hello = message(1, b"\3\3" + random + b"\0" + b"\0\2\x13\1" + b"\1\0" + b"\0\0")
    answer = message(2, b"\3\3" + random + b"\0" + b"\x13\1" + b"\0" + len(versions).to_bytes(2, "big") + versions)
    return [Piece(CLIENT, records(22, hello)), Piece(SERVER, records(22, answer) + records(23, bytes(900)))]


@pytest.mark.parametrize(
    ("conversation", "words_of_it"),
    [
        (tls_1_3(), "TLS 1.3 encrypts the certificates and their CertificateVerify"),
        ([Piece(CLIENT, b"GET / HTTP/1.0\r\n\r\n")], "there is no TLS handshake in it"),
    ],
    ids=["TLS 1.3", "plain"],
)
def test_nothing_to_judge(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, conversation: Conversation, words_of_it: str
) -> None:
    status, output, errors = run(capsys, capture(tmp_path / "none.pcap", conversation))
    assert (status, errors) == (2, "")
    assert output.splitlines()[0] == f"NOTHING TO JUDGE: {words_of_it}."


def test_several_reasons_are_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki) -> None:
    empty = forge(pki.server, pki.root, pki.client, Bend(chain=()))
    status, output, _ = run(capsys, capture(tmp_path / "none.pcap", tls_1_3(), tls_1_3(b"1" * 32), empty))
    assert status == 2
    assert output.splitlines()[0] == (
        "NOTHING TO JUDGE: of 3 TLS connections 2 TLS 1.3, 1 asked for a client certificate and sent none."
    )
    assert "the server sent alert handshake_failure (40)" in " ".join(output.split())


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pki: Pki) -> None:
    octets = pcap(frames(forge(pki.server, pki.root, pki.client)))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(octets)))
    status, output, errors = run(capsys, "-")
    assert (status, errors) == (0, "")
    assert output.startswith("CORRECT")


class Interrupted(io.BytesIO):
    """Standard input with Ctrl-C pressed at some reads."""

    def __init__(self, octets: bytes, *reads: int) -> None:
        super().__init__(octets)
        self._count = 0
        self._reads = reads

    def read1(self, size: int | None = -1, /) -> bytes:
        self._count += 1
        if self._count in self._reads:
            raise KeyboardInterrupt
        # As little at a time as a pipe may give.
        return super().read1(min(size or 500, 500))


@pytest.mark.parametrize(("reads", "status"), [((2,), 0), ((2, 3), 2)], ids=["once", "twice"])
def test_ctrl_c_during_a_live_capture_ends_in_a_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, pki: Pki, reads: tuple[int, ...], status: int
) -> None:
    octets = pcap(frames(forge(pki.server, pki.root, pki.client)))
    stdin = io.TextIOWrapper(cast("io.BufferedReader", Interrupted(octets, *reads)))
    monkeypatch.setattr("sys.stdin", stdin)
    assert run(capsys, "-")[0] == status


def test_inputs_that_cannot_be_used_are_named_and_the_others_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki
) -> None:
    good = capture(tmp_path / "good.pcap", forge(pki.server, pki.root, pki.client))
    empty = tmp_path / "empty.pcap"
    empty.touch()
    status, output, errors = run(capsys, good, str(empty), str(tmp_path / "absent"), str(tmp_path))
    assert status == 2
    assert output.startswith("CORRECT")
    assert errors.splitlines() == [
        f"spwf04sx: {empty}: it is empty",
        f"spwf04sx: {tmp_path / 'absent'}: No such file or directory",
        f"spwf04sx: {tmp_path}: it is a directory",
    ]


def test_a_process_of_its_own(tmp_path: Path, pki: Pki) -> None:
    bad = capture(tmp_path / "bad.pcap", forge(pki.server, pki.root, pki.client, FORGOTTEN))
    arguments = [*COMMAND, "diagnose", bad]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("DEFECT in the signature")
    junk = tmp_path / "junk"
    junk.write_bytes(bytes(range(256)))
    arguments[-1] = str(junk)
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"spwf04sx: {junk}: it is neither a pcap or pcapng capture, nor the output of 'openssl s_server -msg', nor a "
        "timeline of the emulator\n"
    )


def test_a_reader_that_leaves_early(tmp_path: Path, pki: Pki) -> None:
    bad = capture(tmp_path / "bad.pcap", forge(pki.server, pki.root, pki.client, FORGOTTEN))
    arguments = [*COMMAND, "diagnose", bad]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_names_from_certificates_cannot_paint_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki
) -> None:
    client = pki.root.issue("\x1b[31mred\x07\u202e", client=True)
    _, output, _ = run(capsys, capture(tmp_path / "red.pcap", forge(pki.server, pki.root, client)))
    assert '"?[31mred??"' in output
    assert "\x1b" not in output


@pytest.mark.parametrize("defect", Defect)
def test_there_is_advice_on_every_defect(defect: Defect) -> None:
    assert words.NAMES[defect]
    assert all(text.endswith((".", "'.")) or "'" in text for text in (*servers_do([defect]), *to_try([defect])))
    assert servers_do([defect])
    assert to_try([defect])


FAULTS_OF: dict[Defect, tuple[str, ...]] = {
    Defect.SIGN_OCTET_MISSING: ("signature=nonpadded", "signature=nonpadded:always-bad"),
    Defect.NEEDLESS_ZERO: ("signature=overpadded",),
    Defect.LONG_LENGTH: ("signature=long-lengths",),
    Defect.INDEFINITE_LENGTH: ("signature=indefinite-length",),
    Defect.TRAILING: ("signature=trailing", "signature=trailing-inside"),
    Defect.RAW: ("signature=raw",),
    Defect.SWAPPED: ("signature=swapped",),
    Defect.REVERSED: ("signature=byte-swapped",),
    Defect.OUT_OF_RANGE: ("signature=zero", "signature=zero-r", "signature=zero-s"),
    Defect.PLUS_ORDER: ("signature=r-plus-order", "signature=s-plus-order"),
    Defect.BIT_FLIP: ("signature=bit-flip",),
    Defect.TRUNCATED: ("signature=truncated",),
    Defect.EMPTY: ("signature=empty",),
    Defect.WRONG_HASH: ("signature=wrong-hash",),
    Defect.WRONG_CLAIM: ("signature=wrong-claim",),
    Defect.FOREIGN_KEY: ("certificate=foreign-key",),
}


@pytest.mark.parametrize(("defect", "faults"), FAULTS_OF.items())
def test_what_is_said_of_servers_is_what_the_matrix_measured(defect: Defect, faults: tuple[str, ...]) -> None:
    page = (ROOT / "docs" / "interop-matrix.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    (servers,) = [row[1:] for row in rows if row[0] == "fault"]
    for fault in faults:
        (outcomes,) = [row[1:] for row in rows if row[0] == f"`{fault}`" and len(row) == len(servers) + 1]
        lenient = {server for server, outcome in zip(servers, outcomes, strict=True) if outcome == "ok"}
        assert lenient == set(LENIENT.get(defect, ()))


def test_a_claimed_hash_that_the_key_has_no_name_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki
) -> None:
    bend = Bend(correct, algorithm=0x0909)
    _, output, _ = run(capsys, capture(tmp_path / "odd.pcap", forge(pki.server, pki.root, pki.client, bend)))
    assert "an algorithm 0x0909 that is not known here" in output


def test_a_signature_in_the_way_of_the_report_from_the_field(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pki: Pki
) -> None:
    """70 octets, and all in order: the question that this command answers."""
    lucky = Bend(lambda signed: der(*needing(0, 0)(signed)))
    status, output, _ = run(capsys, capture(tmp_path / "70.pcap", forge(pki.server, pki.root, pki.client, lucky)))
    assert status == 0
    text = " ".join(output.split())
    assert "signature 70 octets; the server's own has" in text
    assert (
        "A correct client stays at 70 octets or less with a probability of 25.2 %, so the length alone proves" in text
    )


def test_sha_384_with_a_256_bit_key_is_nothing_to_blame(pki: Pki) -> None:
    from tests.diagnosis.diagnosing import defects_of

    def sign(signed: Signed) -> bytes:
        return der(*numbers(signed.identity.key, hashlib.sha384(signed.transcript).digest()))

    assert defects_of(forge(pki.server, pki.root, pki.client, Bend(sign, algorithm=0x0503))) == []
