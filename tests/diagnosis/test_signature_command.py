"""``spwf04sx signature``: whatever somebody pastes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cli import main
from emulator.diagnosis.signature_input import NoSignature, from_arguments, from_text
from tests.diagnosis.forge import der

if TYPE_CHECKING:
    from collections.abc import Callable

    Signature = Callable[..., tuple[int, str, str]]

R, S = 0x11 << 248 | 5, 0x93 << 248 | 7
GOOD = der(R, S)
BAD = der(R, S, sign_octet=False)
VERIFY = b"\x0f\x00\x00" + bytes((len(GOOD) + 4,)) + b"\x04\x03\x00" + bytes((len(GOOD),)) + GOOD


@pytest.fixture
def signature(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run the command; returns status, output and complaints."""

    def run(*arguments: str, stdin: str | bytes = "") -> tuple[int, str, str]:
        octets = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(octets)))
        status = main(["signature", *arguments])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


DRESSES: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "capitals": lambda octets: octets.hex().upper(),
    "colons": lambda octets: octets.hex(":"),
    "blanks": lambda octets: octets.hex(" "),
    "0x": lambda octets: "0x" + octets.hex(),
    "C": lambda octets: "{ " + ", ".join(f"0x{octet:02x}" for octet in octets) + " };",
    "Python": lambda octets: "".join(f"\\x{octet:02x}" for octet in octets),
    "base64": lambda octets: base64.b64encode(octets).decode(),
    "base64 for URLs": lambda octets: base64.urlsafe_b64encode(octets).decode().rstrip("="),
    "PEM": lambda octets: f"-----BEGIN SIGNATURE-----\n{base64.encodebytes(octets).decode()}-----END SIGNATURE-----\n",
    "several lines": lambda octets: octets.hex(" ", 16).replace(" ", "\n    "),
    "comment": lambda octets: octets.hex() + "  # from the log",
}


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES)
@pytest.mark.parametrize("octets", [GOOD, BAD], ids=["good", "bad"])
def test_every_dress(signature: Signature, dress: Callable[[bytes], str], octets: bytes) -> None:
    assert [one.octets for one in from_text(dress(octets))] == [octets]
    status, output, errors = signature(stdin=dress(octets))
    assert (status, errors) == (int(octets == BAD), "")
    assert f"{len(octets)} octets" in output.splitlines()[0]


@pytest.mark.parametrize("name", ["hex", "colons", "0x", "base64", "PEM"])
def test_as_an_argument(signature: Signature, name: str) -> None:
    status, output, _ = signature(DRESSES[name](BAD))
    assert status == 1
    assert output.startswith("DEFECT: 70 octets, no strict DER: the sign octet is missing (s).\n")


def test_octets_that_a_shell_took_apart() -> None:
    assert [one.octets for one in from_arguments(GOOD.hex(" ").split())] == [GOOD]
    assert [one.octets for one in from_arguments([GOOD.hex(), BAD.hex()])] == [GOOD, BAD]


@given(st.lists(st.sampled_from([GOOD, BAD, der(1, 1), der(R, S, zeros=1)]), min_size=1, max_size=8))
def test_one_signature_a_line(octets: list[bytes]) -> None:
    assert [one.octets for one in from_text("\n".join(one.hex() for one in octets))] == octets


def test_signatures_over_several_lines_need_no_blank_line_between() -> None:
    text = "\n".join(octets.hex(" ", 16).replace(" ", "\n") for octets in (GOOD, BAD, GOOD))
    assert [one.octets for one in from_text(text)] == [GOOD, BAD, GOOD]


def test_what_is_cut_short_ends_at_a_blank_line() -> None:
    assert [one.octets for one in from_text(f"{GOOD[:-9].hex()}\n\n{GOOD.hex()}")] == [GOOD[:-9], GOOD]
    assert [one.octets for one in from_text(f"{GOOD[:-9].hex()}\n{GOOD.hex()}")] == [GOOD[:-9], GOOD]


@pytest.mark.parametrize("octets", [VERIFY, VERIFY[4:]], ids=["message", "body"])
def test_a_whole_certificate_verify(signature: Signature, octets: bytes) -> None:
    status, output, _ = signature(octets.hex())
    assert status == 0
    assert "71 octets, P-256, from a CertificateVerify that claims ecdsa with SHA-256: strict DER" in output


@pytest.mark.parametrize("text", ["zz", "304", "3", "hello world", "", "\n\n", "30 4g", "0x", "-----BEGIN X-----"])
def test_what_is_no_signature(signature: Signature, text: str) -> None:
    status, output, errors = signature(stdin=text)
    assert (status, output) == (2, "")
    assert errors.startswith("spwf04sx: ")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "octets", [bytes(5000), b"\xff\xfe\x00garbage", b"30 " * 3_000_000], ids=["zeros", "binary", "much"]
)
def test_hostile_standard_input(signature: Signature, octets: bytes) -> None:
    status, output, errors = signature(stdin=octets)
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert "\x1b" not in errors


@given(st.text())
def test_any_text_is_signatures_or_a_sentence(text: str) -> None:
    with suppress(NoSignature):
        assert from_text(text)


def test_every_octet_is_explained_with_the_numbers_of_the_curve(signature: Signature) -> None:
    _, output, _ = signature(BAD.hex())
    text = " ".join(output.split())
    assert "its first octet is 93, so its top bit is set: 00 is missing before it" in text
    assert "makes valid signatures in 24.8 % of its tries" in text
    assert "correct signatures have 72 octets in 25.0 %, 71 octets in 49.8 %, 70 octets in 25.0 %" in text
    assert "without sign octets they have 70 octets in 99.2 %" in text
    assert all(len(line) <= 130 for line in output.splitlines())


def test_why_70_octets_alone_prove_nothing(signature: Signature) -> None:
    status, output, _ = signature(der(R, R).hex())
    assert status == 0
    text = " ".join(output.split())
    assert "CORRECT: 70 octets of strict DER" in text
    assert (
        "That is so in 24.8 % of all signatures on P-256, whether the client writes sign octets or forgets them" in text
    )
    assert "10 captured signatures would settle whether it writes sign octets" in text


def test_one_of_71_octets_acquits(signature: Signature) -> None:
    _, output, _ = signature(GOOD.hex(), der(R, R).hex())
    text = " ".join(output.split())
    assert "It has a sign octet where one is due" in text
    assert "One with more than 70 octets shows that this client does write sign octets." in text


def test_ten_short_ones_convict(signature: Signature) -> None:
    short = "\n".join(der(R + n, R).hex() for n in range(10))
    status, output, _ = signature(stdin=short)
    assert status == 0
    assert "10 times running with a probability of 1.0e-06: this one does not write sign octets" in " ".join(
        output.split()
    )


def test_numbers_out_of_range(signature: Signature) -> None:
    status, output, _ = signature(der(0, 2**256 - 1).hex())
    assert status == 1
    assert "r is zero, and s is not below the order of P-256" in output


@pytest.mark.parametrize(
    ("curve", "name"), [(ecdsa.NIST256p, "P-256"), (ecdsa.NIST384p, "P-384"), (ecdsa.NIST521p, "P-521")]
)
@pytest.mark.parametrize("raw", [False, True], ids=["DER", "raw"])
def test_the_curve_shows_in_the_numbers(signature: Signature, curve: ecdsa.curves.Curve, name: str, raw: bool) -> None:
    key = ecdsa.SigningKey.from_secret_exponent(7, curve)
    encode = ecdsa.util.sigencode_string if raw else ecdsa.util.sigencode_der
    octets = key.sign_deterministic(b"a message", hashfunc=hashlib.sha512, sigencode=encode)
    status, output, _ = signature(octets.hex(), "--json")
    found = json.loads(output)
    assert status == int(raw)
    assert found["signatures"][0]["curve"] == name
    assert found["signatures"][0]["strict_der"] is not raw
    assert [flaw["flaw"] for flaw in found["signatures"][0]["flaws"]] == (["raw"] if raw else [])


def test_json(signature: Signature) -> None:
    status, output, _ = signature("--json", "--curve", "P-256", stdin=f"{GOOD.hex()}\n{BAD.hex()}")
    found = json.loads(output)
    assert (status, found["format"], found["version"], found["verdict"]) == (1, "spwf04sx signature", 1, "defect")
    assert found["headline"] == "DEFECT: 1 of 2 signatures are no strict DER."
    good, bad = found["signatures"]
    assert (good["strict_der"], good["flaws"], bad["strict_der"]) == (True, [], False)
    assert bad["flaws"] == [{"flaw": "sign-octet-missing", "field": "s"}]
    assert (int(bad["r"], 16), int(bad["s"], 16)) == (R, S)
    (together,) = found["together"]
    assert (together["signatures"], together["lengths"]) == (2, {"70": 1, "71": 1})
    assert (together["sign_octets"], together["sign_octets_missing"]) == (1, 1)
