"""What each fault does to a signature, stage by stage, checked with python-ecdsa and tlslite-ng."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from ecdsa import BadSignatureError, NIST256p, NIST384p
from ecdsa.util import sigdecode_der
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslite.utils.python_rsakey import Python_RSAKey

from emulator.surroundings.entropy import SeededEntropy, SeededSource
from firmware_model.faults import FaultPoint, NoFaults
from firmware_model.tables.faults import CERTIFICATE, HANDSHAKE, SIGNATURE
from firmware_model.tls.faults.certificates import CLOCK, PRESENTED
from firmware_model.tls.faults.encoding import ENCODING
from firmware_model.tls.faults.fired import FaultPoints
from firmware_model.tls.faults.hashing import HASHING, Hashing
from firmware_model.tls.faults.key import KEY, another_key
from firmware_model.tls.faults.messages import FATES, SHAPES, Departure, Fate, Outgoing
from firmware_model.tls.faults.nonce import NONCES, WANTED
from firmware_model.tls.faults.numbers import NUMBERS
from firmware_model.tls.faults.octets import OCTETS
from firmware_model.tls.faults.transcript import HEADERS, TRANSCRIPT, split
from firmware_model.tls.private_key import EcPrivateKey, RsaPrivateKey, parse_private_key
from firmware_model.tls.signature import encode_der, is_strict_der, minimal
from firmware_model.tls.signing import Signature, sign
from tests.doubles import ArmedFaults
from tests.tls.certificates import client_rsa_key
from tests.tls.faulty import ec_key, ecdsa_signature, ecdsa_signatures, fired

if TYPE_CHECKING:
    from firmware_model.tls.private_key import PrivateKey

ORDER = int(NIST256p.order)
DIGEST = hashlib.sha256(b"transcript").digest()
SHA256 = Hashing("sha256", "sha256", ("sha256", "sha384", "sha1"))


def message(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + len(content).to_bytes(3, "big") + content


HELLO, SERVER_HELLO = message(1, b"hello"), message(2, b"server hello")
SERVER_CERTIFICATE, OWN_CERTIFICATE = message(11, b"the server's"), message(11, b"ours")
KEY_EXCHANGE = message(16, b"point")
TRANSCRIPT_OF_ALL = (HELLO, SERVER_HELLO, SERVER_CERTIFICATE, OWN_CERTIFICATE, KEY_EXCHANGE)


def signed(*names: str, key: PrivateKey | None = None, hashing: Hashing = SHA256, seed: int = 1) -> Signature:
    faults = fired(*names, seed=seed)
    return sign(TRANSCRIPT_OF_ALL, hashing, key or ec_key(), SeededSource(seed), faults, faults)


def verifies(signature: bytes, octets: bytes, hash_name: str = "sha256", key: EcPrivateKey | None = None) -> bool:
    public = (key or ec_key()).signing_key.get_verifying_key()
    digest = hashlib.new(hash_name, octets).digest()
    try:
        return bool(public.verify_digest(signature, digest, sigdecode=sigdecode_der, allow_truncate=True))
    except BadSignatureError:
        return False


@pytest.fixture(scope="module")
def rsa() -> RsaPrivateKey:
    key = parse_private_key(client_rsa_key().der)
    assert isinstance(key, RsaPrivateKey)
    return key


def opened(signature: bytes, key: RsaPrivateKey) -> bytes:
    """What the public key makes of it."""
    size = (key.modulus.bit_length() + 7) // 8
    return pow(int.from_bytes(signature, "big"), key.public_exponent, key.modulus).to_bytes(size, "big")


def test_every_fault_of_the_catalogue_has_a_stage_and_every_stage_only_faults_of_the_catalogue() -> None:
    of_a_signature = {*TRANSCRIPT, *HEADERS, *HASHING, *KEY, *NONCES, *WANTED, *NUMBERS, *ENCODING, *OCTETS}
    assert of_a_signature | {*PRESENTED, *CLOCK, *FATES, *SHAPES} == {
        fault.name for fault in (*SIGNATURE, *CERTIFICATE, *HANDSHAKE)
    }


def test_without_a_fault_the_signature_is_right_and_the_same_with_and_without_the_machinery() -> None:
    plain = sign(TRANSCRIPT_OF_ALL, SHA256, ec_key(), SeededSource(1))
    assert plain == signed()
    assert verifies(plain.encoded, b"".join(TRANSCRIPT_OF_ALL))
    assert plain.strict_der


def test_without_a_fault_that_fires_no_chance_is_drawn() -> None:
    drawn: list[str] = []

    class Watched(SeededEntropy):
        def stream(self, purpose: str) -> SeededSource:
            drawn.append(purpose)
            return super().stream(purpose)

    entropy = Watched(1)
    assert FaultPoints(NoFaults(), entropy).passing(FaultPoint.SIGNATURE, "192.168.0.2:443").idle == ()
    assert drawn == []
    points = FaultPoints(ArmedFaults("signature=bit-flip"), entropy)
    points.passing(FaultPoint.HANDSHAKE, "192.168.0.2:443")
    assert drawn == []
    assert points.passing(FaultPoint.SIGNATURE, "192.168.0.2:443").idle == ("signature=bit-flip",)
    assert drawn == ["lasting fault", "fault"]


@pytest.mark.parametrize(
    ("fault", "covered"),
    [
        ("signature=transcript-without-certificate", (HELLO, SERVER_HELLO, SERVER_CERTIFICATE, KEY_EXCHANGE)),
        ("signature=transcript-without-key-exchange", (HELLO, SERVER_HELLO, SERVER_CERTIFICATE, OWN_CERTIFICATE)),
        (
            "signature=transcript-with-record-headers",
            tuple(b"\x16\x03\x03" + len(one).to_bytes(2, "big") + one for one in TRANSCRIPT_OF_ALL),
        ),
    ],
)
def test_a_transcript_fault_signs_other_messages(fault: str, covered: tuple[bytes, ...]) -> None:
    made = signed(fault)
    assert made.strict_der
    assert verifies(made.encoded, b"".join(covered))
    assert not verifies(made.encoded, b"".join(TRANSCRIPT_OF_ALL))


def test_transcript_faults_go_together() -> None:
    made = signed(
        "signature=transcript-with-record-headers",
        "signature=transcript-without-certificate",
        "signature=transcript-without-key-exchange",
    )
    left = (HELLO, SERVER_HELLO, SERVER_CERTIFICATE)
    assert verifies(made.encoded, b"".join(b"\x16\x03\x03" + len(one).to_bytes(2, "big") + one for one in left))


def test_messages_are_told_apart_by_their_lengths() -> None:
    assert split(b"".join(TRANSCRIPT_OF_ALL)) == TRANSCRIPT_OF_ALL
    assert split(b"") == ()


def test_wrong_hash_keeps_the_claim() -> None:
    made = signed("signature=wrong-hash")
    assert made.hashing.announced == "sha256"
    assert verifies(made.encoded, b"".join(TRANSCRIPT_OF_ALL), "sha1")
    old = signed("signature=wrong-hash", hashing=Hashing("sha1", None))
    assert verifies(old.encoded, b"".join(TRANSCRIPT_OF_ALL), "sha256")


def test_wrong_claim_keeps_the_hash_and_claims_what_the_server_offered() -> None:
    made = signed("signature=wrong-claim")
    assert made.hashing.announced == "sha384"
    assert verifies(made.encoded, b"".join(TRANSCRIPT_OF_ALL))
    alone = signed("signature=wrong-claim", hashing=Hashing("sha1", "sha1", ("sha1",)))
    assert alone.hashing.announced == "sha256"


def test_before_tls_1_2_there_is_no_claim_to_be_wrong() -> None:
    faults = fired("signature=wrong-claim")
    made = sign(TRANSCRIPT_OF_ALL, Hashing("sha1", None), ec_key(), SeededSource(1), faults)
    assert made.hashing.announced is None
    assert faults.idle == ("signature=wrong-claim",)


@pytest.mark.parametrize("curve", [NIST256p, NIST384p], ids=lambda curve: str(curve.name))
def test_wrong_key_is_another_one_each_time(curve: Any) -> None:
    key: PrivateKey = ec_key(curve)
    first, second = (fired("signature=wrong-key", seed=seed).through(KEY, key) for seed in (1, 2))
    assert isinstance(first, EcPrivateKey)
    assert isinstance(second, EcPrivateKey)
    assert len({one.signing_key.to_string() for one in (ec_key(curve), first, second)}) == 3
    assert first.signing_key.curve == curve
    made = sign(TRANSCRIPT_OF_ALL, SHA256, key, SeededSource(1), fired("signature=wrong-key", seed=1))
    assert verifies(made.encoded, b"".join(TRANSCRIPT_OF_ALL), key=first)


def test_a_foreign_key_is_the_same_in_the_whole_run() -> None:
    key: PrivateKey = ec_key()
    first, second = (fired("certificate=foreign-key", seed=seed).through(KEY, key) for seed in (1, 2))
    assert first == second != key


def test_another_rsa_key_has_the_same_size_and_works(rsa: RsaPrivateKey) -> None:
    other = another_key(rsa, SeededSource(1))
    assert isinstance(other, RsaPrivateKey)
    assert other.modulus.bit_length() == rsa.modulus.bit_length()
    assert other.modulus != rsa.modulus
    assert pow(pow(42, other.private_exponent, other.modulus), other.public_exponent, other.modulus) == 42


def test_a_reused_nonce_gives_the_private_key_away() -> None:
    """The two equations of FIPS 186-4 with the same k have one solution."""
    one, two = ecdsa_signatures(2, "signature=nonce-reused")
    assert one.numbers.r == two.numbers.r
    digests = [int.from_bytes(hashlib.sha256(n.to_bytes(4, "big")).digest(), "big") for n in range(2)]
    nonce = (digests[0] - digests[1]) * pow(one.numbers.s - two.numbers.s, -1, ORDER)
    secret = (one.numbers.s * nonce - digests[0]) * pow(one.numbers.r, -1, ORDER) % ORDER
    assert secret == ec_key().signing_key.privkey.secret_multiplier
    fresh = ecdsa_signatures(2)
    assert fresh[0].numbers.r != fresh[1].numbers.r


def little(number: int) -> int:
    return int.from_bytes(number.to_bytes(32, "big"), "little")


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("signature=swapped", lambda r, s: (s, r)),
        ("signature=byte-swapped", lambda r, s: (little(r), little(s))),
        ("signature=zero", lambda _r, _s: (0, 0)),
        ("signature=zero-r", lambda _r, s: (0, s)),
        ("signature=zero-s", lambda r, _s: (r, 0)),
        ("signature=r-plus-order", lambda r, s: (r + ORDER, s)),
        ("signature=s-plus-order", lambda r, s: (r, s + ORDER)),
        ("signature=high-s", lambda r, s: (r, max(s, ORDER - s))),
    ],
)
def test_a_number_fault_changes_r_and_s_and_nothing_else(fault: str, change: Any) -> None:
    for seed in range(8):
        plain = ecdsa_signature(DIGEST, seed=seed).numbers
        made = ecdsa_signature(DIGEST, fault, seed=seed)
        r, s = change(plain.r, plain.s)
        assert (made.numbers.r, made.numbers.s) == (r, s)
        assert made.encoded == encode_der(r, s)
        assert is_strict_der(made.encoded, ORDER) is (0 < r < ORDER and 0 < s < ORDER)


def test_a_high_s_verifies_and_is_high() -> None:
    for seed in range(8):
        made = signed("signature=high-s", seed=seed)
        assert made.ecdsa is not None
        assert made.ecdsa.numbers.s > ORDER // 2
        assert verifies(made.encoded, b"".join(TRANSCRIPT_OF_ALL))


def integers(*contents: bytes) -> bytes:
    return b"".join(b"\x02" + bytes((len(content),)) + content for content in contents)


def sequence(content: bytes) -> bytes:
    return b"\x30" + bytes((len(content),)) + content


@pytest.mark.parametrize("seed", range(6))
def test_encodings(seed: int) -> None:
    r, s, _ = ecdsa_signature(DIGEST, seed=seed).numbers
    strict = encode_der(r, s)
    plain = strict[2:]
    r_octets, s_octets = (b"\0" * (octets[0] >> 7) + octets for octets in (minimal(r), minimal(s)))

    def made(*faults: str) -> bytes:
        return ecdsa_signature(DIGEST, *faults, seed=seed).encoded

    assert made() == strict
    assert made("signature=overpadded") == sequence(integers(b"\0" + r_octets, b"\0" + s_octets))
    assert made("signature=overpadded:3") == sequence(integers(bytes(3) + r_octets, bytes(3) + s_octets))
    assert made("signature=indefinite-length") == b"\x30\x80" + plain + b"\0\0"
    assert made("signature=raw") == r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert made("signature=trailing-inside") == sequence(plain + b"\x05\0")
    long = b"\x02\x81" + bytes((len(r_octets),)) + r_octets + b"\x02\x81" + bytes((len(s_octets),)) + s_octets
    assert made("signature=long-lengths") == b"\x30\x81" + bytes((len(long),)) + long
    nonpadded = integers(minimal(r), minimal(s))
    assert made("signature=nonpadded", "signature=trailing-inside") == sequence(nonpadded + b"\x05\0")
    assert made("signature=nonpadded", "signature=overpadded") == sequence(
        integers(b"\0" + minimal(r), b"\0" + minimal(s))
    )
    assert made("signature=indefinite-length", "signature=trailing-inside") == b"\x30\x80" + plain + b"\x05\0\0\0"


@pytest.mark.parametrize("number", [200, 10**9])
def test_padding_without_measure_still_fits_the_message(number: int) -> None:
    made = signed(f"signature=overpadded:{number}", f"signature=trailing:{number}")
    assert 400 < len(made.encoded) < 4000


@pytest.mark.parametrize("of", ["ecdsa", "rsa"])
def test_octet_faults(of: str, rsa: RsaPrivateKey) -> None:
    key: PrivateKey = rsa if of == "rsa" else ec_key()
    plain = signed(key=key).encoded
    assert signed("signature=trailing", key=key).encoded == plain + b"\0"
    assert signed("signature=trailing:5", key=key).encoded == plain + bytes(5)
    assert signed("signature=truncated", key=key).encoded == plain[:-1]
    assert signed("signature=truncated:10", key=key).encoded == plain[:-10]
    assert signed("signature=truncated:10000", key=key).encoded == b""
    assert signed("signature=empty", key=key).encoded == b""
    flipped = signed("signature=bit-flip", key=key).encoded
    difference = int.from_bytes(flipped, "big") ^ int.from_bytes(plain, "big")
    assert difference.bit_count() == 1
    assert signed("signature=empty", "signature=bit-flip", key=key).encoded == b""


def test_which_bit_is_flipped_is_left_to_the_seed() -> None:
    plain = int.from_bytes(signed().encoded, "big")
    octets = b"".join(TRANSCRIPT_OF_ALL)
    drawn = set()
    for seed in range(20):
        faults = fired("signature=bit-flip", seed=seed)
        made = sign(TRANSCRIPT_OF_ALL, SHA256, ec_key(), SeededSource(1), faults).encoded
        drawn.add(int.from_bytes(made, "big") ^ plain)
        assert not verifies(made, octets)
    assert len(drawn) > 10


RSA_FAULTS = {
    "signature=trailing",
    "signature=bit-flip",
    "signature=truncated",
    "signature=empty",
    "signature=wrong-key",
    "signature=wrong-hash",
    "signature=wrong-claim",
    "signature=transcript-without-certificate",
    "signature=transcript-without-key-exchange",
    "signature=transcript-with-record-headers",
}
"""The others act on r and s, which RSA has not."""


def test_rsa_signatures_are_those_of_tlslite(rsa: RsaPrivateKey) -> None:
    theirs = Python_RSAKey(
        rsa.modulus,
        rsa.public_exponent,
        rsa.private_exponent,
        rsa.prime1,
        rsa.prime2,
        rsa.private_exponent % (rsa.prime1 - 1),
        rsa.private_exponent % (rsa.prime2 - 1),
        pow(rsa.prime2, -1, rsa.prime1),
    )
    octets = b"".join(TRANSCRIPT_OF_ALL)
    for name in ("sha1", "sha256", "sha384"):
        made = signed(key=rsa, hashing=Hashing(name, name)).encoded
        assert made == bytes(theirs.sign(bytearray(hashlib.new(name, octets).digest()), "pkcs1", name))
    both = bytearray(hashlib.md5(octets).digest() + hashlib.sha1(octets).digest())
    assert signed(key=rsa, hashing=Hashing("md5+sha1", None)).encoded == bytes(theirs.sign(both))


@pytest.mark.parametrize("fault", [fault.name for fault in SIGNATURE])
def test_a_signature_fault_acts_on_rsa_or_says_that_it_does_not(fault: str, rsa: RsaPrivateKey) -> None:
    faults = fired(fault)
    made = sign(TRANSCRIPT_OF_ALL, SHA256, rsa, SeededSource(1), faults)
    assert (faults.acted, faults.idle) == (((fault,), ()) if fault in RSA_FAULTS else ((), (fault,)))
    assert (made == sign(TRANSCRIPT_OF_ALL, SHA256, rsa, SeededSource(1))) is (fault not in RSA_FAULTS)
    assert made.strict_der is None


def test_rsa_with_the_wrong_hash_says_so_inside(rsa: RsaPrivateKey) -> None:
    made = signed("signature=wrong-hash", key=rsa)
    assert made.hashing.announced == "sha256"
    assert opened(made.encoded, rsa).endswith(hashlib.sha1(b"".join(TRANSCRIPT_OF_ALL)).digest())


names = [fault.name for fault in SIGNATURE]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(names), unique=True, max_size=6), st.integers(0, 1000))
def test_any_faults_go_together_and_the_same_seed_gives_the_same(chosen: list[str], seed: int) -> None:
    made = signed(*chosen, seed=seed)
    assert made == signed(*chosen, seed=seed)
    assert len(made.encoded) < 1 << 16
    assert made.strict_der is is_strict_der(made.encoded, ORDER)


def test_chains() -> None:
    chain: tuple[bytes, ...] = (b"leaf", b"issuer", b"root")
    assert fired("certificate=wrong-order").through(PRESENTED, chain) == chain[::-1]
    assert fired("certificate=leaf-only").through(PRESENTED, chain) == (b"leaf",)
    assert fired("certificate=empty").through(PRESENTED, chain) == ()
    assert fired("certificate=wrong-order", "certificate=leaf-only").through(PRESENTED, chain) == (b"root",)
    alone = fired("certificate=leaf-only", "certificate=wrong-order")
    assert alone.through(PRESENTED, chain[:1]) == chain[:1]
    assert alone.idle == ("certificate=leaf-only", "certificate=wrong-order")


def test_clocks() -> None:
    year = 365.2425 * 86400
    assert fired("certificate=expired-clock").through(CLOCK, 1.5e9) == 1.5e9 + 100 * year
    assert fired("certificate=expired-clock:2").through(CLOCK, 1.5e9) == 1.5e9 + 2 * year
    assert fired("certificate=unset-clock").through(CLOCK, 1.5e9) == 0


@pytest.mark.parametrize(
    ("fault", "fate", "numbers"),
    [
        ("handshake=stall", Fate.STALLED, {2}),
        ("handshake=stall:4", Fate.STALLED, {4}),
        ("handshake=close:1", Fate.CLOSED, {1}),
        ("handshake=alert:5", Fate.ALERTED, {5}),
        ("handshake=alert:0", Fate.ALERTED, set()),
        ("handshake=no-certificate", Fate.LEFT_OUT, {2, 4}),
        ("handshake=no-certificate-verify", Fate.LEFT_OUT, {4}),
    ],
)
def test_fates(fault: str, fate: Fate, numbers: set[int]) -> None:
    sent = ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", "Finished")
    faults = fired(fault)
    fates = [faults.through(FATES, Departure(name, number)).fate for number, name in enumerate(sent, start=1)]
    assert {number for number, found in enumerate(fates, start=1) if found is fate} == numbers
    assert set(fates) <= {fate, Fate.SENT}
    assert bool(faults.acted) is bool(numbers)


def test_shapes() -> None:
    finished = Outgoing("Finished", message(20, bytes(12)))
    flipped = fired("handshake=wrong-finished").through(SHAPES, finished).octets
    assert flipped[:4] == finished.octets[:4]
    assert int.from_bytes(flipped[4:], "big").bit_count() == 1
    hello = Outgoing("ClientHello", HELLO)
    assert fired("handshake=wrong-finished").through(SHAPES, hello) == hello
    assert fired("handshake=fragmented").through(SHAPES, hello).record_size == 20
    assert fired("handshake=fragmented:0").through(SHAPES, hello).record_size == 1
