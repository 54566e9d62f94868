"""Every mistake that a client can make when it signs, made once and named."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.diagnosis.judging.verdict import Defect, EcdsaFit
from emulator.peers.keys import EcKey, SeededOctets, p256_key
from tests.diagnosis.diagnosing import case_of, defects_of, judgement_of
from tests.diagnosis.forge import (
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    Bend,
    Signed,
    correct,
    der,
    der_integer,
    forge,
    numbers,
    rsa_signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
STRANGE_KEY = p256_key(SeededOctets("a key of nobody"))


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def signed_numbers(signed: Signed) -> tuple[int, int]:
    return numbers(signed.identity.key, sha256(signed.transcript))


def needing(r_bit: int, s_bit: int) -> Callable[[Signed], tuple[int, int]]:
    """Sign until the top bits of r and s are these."""

    def sign(signed: Signed) -> tuple[int, int]:
        digest = sha256(signed.transcript)
        nonce = int.from_bytes(digest, "big") // 2
        for attempt in range(1000):
            r, s = numbers(signed.identity.key, digest, nonce + attempt)
            if (r >> 255, s >> 255) == (r_bit, s_bit) and min(r, s) >> 248:
                return r, s
        raise AssertionError

    return sign


def over(transcript: Callable[[Signed], bytes], name: str = "sha256") -> Callable[[Signed], bytes]:
    """Sign another transcript, or with another hash."""
    return lambda signed: der(*numbers(signed.identity.key, hashlib.new(name, transcript(signed)).digest()))


def without(index_of: Callable[[Signed], int]) -> Callable[[Signed], bytes]:
    def transcript(signed: Signed) -> bytes:
        left_out = index_of(signed)
        return b"".join(octets for index, octets in enumerate(signed.messages) if index != left_out)

    return over(transcript)


def with_record_headers(signed: Signed) -> bytes:
    # The hello's record has another version (RFC 5246, appendix E.1).
    versions = [b"\3\1", *[b"\3\3"] * (len(signed.messages) - 1)]
    return b"".join(
        b"\x16" + version + len(octets).to_bytes(2, "big") + octets
        for version, octets in zip(versions, signed.messages, strict=True)
    )


def leaf_alone(signed: Signed) -> bytes:
    leaf = signed.identity.certificate_der
    entry = len(leaf).to_bytes(3, "big") + leaf
    body = len(entry).to_bytes(3, "big") + entry
    messages = list(signed.messages)
    messages[signed.client_certificate] = b"\x0b" + len(body).to_bytes(3, "big") + body
    return b"".join(messages)


def reversed_numbers(signed: Signed) -> bytes:
    r, s = signed_numbers(signed)
    return der(*(int.from_bytes(number.to_bytes(32, "big"), "little") for number in (r, s)))


def words_reversed(signed: Signed) -> bytes:
    def turn(number: int) -> int:
        octets = number.to_bytes(32, "big")
        return int.from_bytes(b"".join(octets[i : i + 4] for i in range(28, -1, -4)), "big")

    return der(*map(turn, signed_numbers(signed)))


def indefinite(signed: Signed) -> bytes:
    r, s = signed_numbers(signed)
    return b"\x30\x80" + der_integer(r) + der_integer(s) + b"\0\0"


def long_form(signed: Signed) -> bytes:
    octets = correct(signed)
    return b"\x30\x81" + octets[1:]


def flipped(octet: int, bit: int) -> Callable[[Signed], bytes]:
    def sign(signed: Signed) -> bytes:
        octets = bytearray(der(*needing(0, 0)(signed)))
        octets[octet] ^= 1 << bit
        return bytes(octets)

    return sign


def plus_order(signed: Signed) -> bytes:
    r, s = signed_numbers(signed)
    return der(r + ORDER, s)


def wrong_length(signed: Signed) -> bytes:
    octets = bytearray(correct(signed))
    octets[1] += 3 if octets[1] % 4 == 0 else 5
    return bytes(octets)


def trailing_inside(signed: Signed) -> bytes:
    r, s = signed_numbers(signed)
    content = der_integer(r) + der_integer(s) + b"\5\0"
    return b"\x30" + bytes((len(content),)) + content


def not_reduced(signed: Signed) -> bytes:
    """Sign SHA-384 with all its octets as one number."""
    digest = int.from_bytes(hashlib.sha384(signed.transcript).digest(), "big") % ORDER
    return der(*numbers(signed.identity.key, digest.to_bytes(32, "big")))


BENDS: dict[str, tuple[Bend, list[str]]] = {
    "correct": (Bend(), []),
    "sign octet of r missing": (
        Bend(lambda signed: der(*needing(1, 0)(signed), sign_octet=False)),
        ["sign-octet-missing"],
    ),
    "sign octet of s missing": (
        Bend(lambda signed: der(*needing(0, 1)(signed), sign_octet=False)),
        ["sign-octet-missing"],
    ),
    "both sign octets missing": (
        Bend(lambda signed: der(*needing(1, 1)(signed), sign_octet=False)),
        ["sign-octet-missing"],
    ),
    "none needed": (Bend(lambda signed: der(*needing(0, 0)(signed), sign_octet=False)), []),
    "needless zeros": (Bend(lambda signed: der(*signed_numbers(signed), zeros=2)), ["needless-zero"]),
    "long form": (Bend(long_form), ["long-length"]),
    "long form of integers": (Bend(lambda signed: der(*signed_numbers(signed), long_form=True)), ["long-length"]),
    "indefinite length": (Bend(indefinite), ["indefinite-length"]),
    "trailing": (Bend(lambda signed: correct(signed) + b"\0\0"), ["trailing-octets"]),
    "trailing inside": (Bend(trailing_inside), ["trailing-octets"]),
    "raw": (Bend(lambda signed: b"".join(n.to_bytes(32, "big") for n in signed_numbers(signed))), ["raw"]),
    "swapped": (Bend(lambda signed: der(*signed_numbers(signed)[::-1])), ["swapped"]),
    "octets reversed": (Bend(reversed_numbers), ["octets-reversed"]),
    "words reversed": (Bend(words_reversed), ["octets-reversed"]),
    "r plus order": (Bend(plus_order), ["plus-order"]),
    "zero": (Bend(lambda _: der(0, 0)), ["out-of-range"]),
    "s zero": (Bend(lambda signed: der(signed_numbers(signed)[0], 0)), ["out-of-range"]),
    "empty": (Bend(lambda _: b""), ["empty"]),
    "truncated": (Bend(lambda signed: correct(signed)[:-3]), ["truncated"]),
    "flipped bit in s": (Bend(flipped(60, 3)), ["bit-flip"]),
    "flipped bit in r": (Bend(flipped(12, 6)), ["bit-flip"]),
    "flipped top bit": (Bend(flipped(4, 7)), ["bit-flip"]),
    "flipped length of the SEQUENCE": (Bend(flipped(1, 0)), ["bit-flip"]),
    "flipped length of the SEQUENCE, shorter": (Bend(flipped(1, 2)), ["bit-flip"]),
    "wrong length of the SEQUENCE": (Bend(wrong_length), ["wrong-length"]),
    "flipped tag": (Bend(flipped(0, 2)), ["bit-flip"]),
    "flipped length": (Bend(flipped(3, 0)), ["bit-flip"]),
    "no signature": (Bend(lambda _: bytes(range(70))), ["not-a-signature"]),
    "SHA-1": (Bend(over(lambda signed: signed.transcript, "sha1")), ["wrong-hash"]),
    "SHA-384": (Bend(over(lambda signed: signed.transcript, "sha384")), ["wrong-hash"]),
    "SHA-384, not shortened": (Bend(not_reduced), ["digest-altered", "wrong-hash"]),
    "claims SHA-1": (Bend(over(lambda signed: signed.transcript), algorithm=0x0203), ["wrong-claim"]),
    "claims RSA": (Bend(algorithm=0x0401), ["wrong-claim"]),
    "claims what does not exist": (Bend(algorithm=0x0909), ["wrong-claim"]),
    "signs with what was not offered": (
        Bend(over(lambda signed: signed.transcript, "md5"), algorithm=0x0103),
        ["algorithm-not-offered"],
    ),
    "without client Certificate": (Bend(without(lambda signed: signed.client_certificate)), ["transcript"]),
    "without ClientKeyExchange": (Bend(without(lambda signed: len(signed.messages) - 1)), ["transcript"]),
    "without ClientHello": (Bend(without(lambda _: 0)), ["transcript"]),
    "with record headers": (Bend(over(with_record_headers)), ["transcript"]),
    "Certificate with the leaf alone": (Bend(over(leaf_alone)), ["transcript"]),
    "empty transcript": (Bend(over(lambda _: b"")), ["transcript"]),
    "digest reversed": (
        Bend(lambda signed: der(*numbers(signed.identity.key, sha256(signed.transcript)[::-1]))),
        ["digest-altered"],
    ),
    "foreign key": (Bend(lambda signed: der(*numbers(STRANGE_KEY, sha256(signed.transcript)))), ["unexplained"]),
    "no algorithm": (Bend(algorithm=None), ["claim-form"]),
    "no CertificateVerify": (Bend(verify=lambda _: b""), ["certificate-verify-missing"]),
    "octets behind": (Bend(verify=lambda body: body + b"\0"), ["message-malformed"]),
    "wrong hash, sign octets missing": (
        Bend(
            lambda signed: der(
                *_needing_with(signed, "sha384"),
                sign_octet=False,
            )
        ),
        ["wrong-hash", "sign-octet-missing"],
    ),
}


def _needing_with(signed: Signed, name: str) -> tuple[int, int]:
    digest = hashlib.new(name, signed.transcript).digest()
    pairs = (numbers(signed.identity.key, digest, nonce) for nonce in range(2, 1000))
    return next((r, s) for r, s in pairs if r >> 255)


@pytest.mark.parametrize(("bend", "defects"), BENDS.values(), ids=BENDS)
def test_each_mistake_is_named(pki: Pki, bend: Bend, defects: list[str]) -> None:
    assert defects_of(forge(pki.server, pki.root, pki.client, bend)) == defects


@pytest.mark.parametrize("defect", Defect)
def test_each_defect_is_brought_about_somewhere_here(defect: Defect) -> None:
    elsewhere = {Defect.FOREIGN_KEY, Defect.BUNDLE_ORDER, Defect.CHAIN_KEY, Defect.RSA_FORM, Defect.NONCE_REUSED}
    assert (defect in elsewhere) != any(defect.value in defects for _, defects in BENDS.values())


@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_1])
@pytest.mark.parametrize(
    ("sign", "defects"),
    [(correct, []), (over(lambda signed: signed.transcript), ["wrong-hash"])],
    ids=["SHA-1", "SHA-256"],
)
def test_before_tls_1_2_the_hash_is_sha_1(
    pki: Pki, version: int, sign: Callable[[Signed], bytes], defects: list[str]
) -> None:
    bend = Bend(sign, version=version, algorithm=None)
    judgement = judgement_of(forge(pki.server, pki.root, pki.client, bend))
    assert [defect.value for defect in judgement.defects] == defects
    assert judgement.version == version


def test_an_algorithm_before_tls_1_2_is_one_too_many(pki: Pki) -> None:
    assert defects_of(forge(pki.server, pki.root, pki.client, Bend(version=TLS_1_1))) == ["claim-form"]


def test_the_bundle_in_the_wrong_order(pki: Pki) -> None:
    bend = Bend(chain=(*pki.client.chain_der, pki.client.certificate_der))
    judgement = judgement_of(forge(pki.server, pki.root, pki.client, bend))
    assert judgement.defects == (Defect.BUNDLE_ORDER,)
    assert judgement.fit is not None
    assert (judgement.fit.signer.position, judgement.fit.signer.name) == (1, "SPWF04")
    assert judgement.chain == ("Client CA", "SPWF04")


def test_the_issuers_key_under_the_right_order(pki: Pki) -> None:
    intermediate = pki.root.intermediate("Client CA 2")
    client = intermediate.issue("Client", client=True)
    bend = Bend(lambda signed: der(*numbers(intermediate.identity.key, sha256(signed.transcript))))
    judgement = judgement_of(forge(pki.server, pki.root, client, bend))
    assert judgement.defects == (Defect.CHAIN_KEY,)


def test_the_servers_own_key(pki: Pki) -> None:
    bend = Bend(lambda signed: der(*numbers(pki.server.key, sha256(signed.transcript))))
    judgement = judgement_of(forge(pki.server, pki.root, pki.client, bend))
    assert judgement.defects == (Defect.FOREIGN_KEY,)
    assert judgement.fit is not None
    assert judgement.fit.signer.side == "server"


def test_the_flipped_bit_is_pointed_at(pki: Pki) -> None:
    judgement = judgement_of(forge(pki.server, pki.root, pki.client, Bend(flipped(33, 5))))
    assert judgement.flip == (33, 5)


def test_the_explanation_names_transcript_and_hash(pki: Pki) -> None:
    bend = Bend(without(lambda signed: signed.client_certificate))
    fit = judgement_of(forge(pki.server, pki.root, pki.client, bend)).fit
    assert isinstance(fit, EcdsaFit)
    assert fit.digest.transcript.mistake == "without the client's Certificate"
    assert fit.digest.hash_name == "sha256"


def test_both_offered_and_unusual_hash_means_the_claim_is_right(pki: Pki) -> None:
    # The server offers SHA-256 and SHA-1 alike; for P-256 the usual one is taken for the honest one.
    assert defects_of(forge(pki.server, pki.root, pki.client, BENDS["SHA-1"][0])) == ["wrong-hash"]


def test_p_384(pki: Pki, p384_client: Identity) -> None:
    def sign(signed: Signed) -> bytes:
        pairs = (numbers(signed.identity.key, hashlib.sha384(signed.transcript).digest(), k) for k in range(2, 1000))
        return der(*next((r, s) for r, s in pairs if r >> 383), sign_octet=False)

    right = Bend(over(lambda signed: signed.transcript, "sha384"), algorithm=0x0503)
    assert defects_of(forge(pki.server, pki.root, p384_client, right)) == []
    assert defects_of(forge(pki.server, pki.root, p384_client, replace(right, sign=sign))) == ["sign-octet-missing"]


RSA_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
RSA_SHA256_WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420")
RSA_SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")


def rsa(content: Callable[[Signed], bytes], *, turned: bool = False) -> Callable[[Signed], bytes]:
    def sign(signed: Signed) -> bytes:
        octets = rsa_signature(signed.identity.key, content(signed))  # type: ignore[arg-type]
        return octets[::-1] if turned else octets

    return sign


def rsa_right(signed: Signed) -> bytes:
    if signed.version == TLS_1_2:
        return RSA_SHA256 + sha256(signed.transcript)
    return hashlib.md5(signed.transcript).digest() + hashlib.sha1(signed.transcript).digest()


RSA_BENDS: dict[str, tuple[Bend, list[str]]] = {
    "correct": (Bend(rsa(rsa_right), algorithm=0x0401), []),
    "TLS 1.0": (Bend(rsa(rsa_right), algorithm=None, version=TLS_1_0), []),
    "TLS 1.1": (Bend(rsa(rsa_right), algorithm=None, version=TLS_1_1), []),
    "SHA-1": (
        Bend(rsa(lambda s: RSA_SHA1 + hashlib.sha1(s.transcript).digest()), algorithm=0x0401),
        ["wrong-hash"],
    ),
    "SHA-1 alone before TLS 1.2": (
        Bend(rsa(lambda s: RSA_SHA1 + hashlib.sha1(s.transcript).digest()), algorithm=None, version=TLS_1_1),
        ["wrong-hash"],
    ),
    "no DigestInfo": (Bend(rsa(lambda s: sha256(s.transcript)), algorithm=0x0401), ["rsa-form"]),
    "no NULL": (
        Bend(
            rsa(lambda s: bytes.fromhex("302f300b0609608648016503040201") + b"\4\x20" + sha256(s.transcript)),
            algorithm=0x0401,
        ),
        ["rsa-form"],
    ),
    "ClientKeyExchange missing": (
        Bend(rsa(lambda s: RSA_SHA256 + sha256(b"".join(s.messages[:-1]))), algorithm=0x0401),
        ["transcript"],
    ),
    "unknown transcript": (
        Bend(rsa(lambda _: RSA_SHA256 + sha256(b"something else")), algorithm=0x0401),
        ["transcript"],
    ),
    "octets reversed": (Bend(rsa(rsa_right, turned=True), algorithm=0x0401), ["rsa-form"]),
    "claims PSS": (Bend(rsa(rsa_right), algorithm=0x0804), ["wrong-claim"]),
    "claims ECDSA": (Bend(rsa(rsa_right), algorithm=0x0403), ["wrong-claim"]),
    "empty": (Bend(lambda _: b"", algorithm=0x0401), ["empty"]),
    "damaged": (Bend(lambda _: bytes([1]) * 128, algorithm=0x0401), ["unexplained"]),
    "too short": (Bend(lambda _: bytes([1]) * 64, algorithm=0x0401), ["not-a-signature"]),
}


@pytest.mark.parametrize(("bend", "defects"), RSA_BENDS.values(), ids=RSA_BENDS)
def test_rsa_clients_are_judged_too(pki: Pki, rsa_client: Identity, bend: Bend, defects: list[str]) -> None:
    assert defects_of(forge(pki.server, pki.root, rsa_client, bend)) == defects


def test_the_same_foreign_key_shows_over_several_handshakes(pki: Pki) -> None:
    bend = Bend(lambda signed: der(*numbers(STRANGE_KEY, sha256(signed.transcript))))
    case = case_of(*(forge(pki.server, pki.root, pki.client, bend, seed=str(n)) for n in range(3)))
    assert case.defects == {Defect.FOREIGN_KEY: 3}
    (other,) = case.other_keys
    assert other.numbers == [1, 2, 3]
    assert other.key == STRANGE_KEY.signing_key.get_verifying_key().to_string("uncompressed")
    assert {judgement.defects for judgement in case.judgements.values()} == {(Defect.FOREIGN_KEY,)}


def test_different_foreign_keys_stay_unexplained(pki: Pki) -> None:
    keys = [p256_key(SeededOctets(f"stranger {n}")) for n in range(3)]
    bends = [Bend(lambda signed, key=key: der(*numbers(key, sha256(signed.transcript)))) for key in keys]  # type: ignore[misc]
    case = case_of(*(forge(pki.server, pki.root, pki.client, bend, seed=str(n)) for n, bend in enumerate(bends)))
    assert case.defects == {Defect.UNEXPLAINED: 3}
    assert case.other_keys == []


def test_a_key_that_another_certificate_in_the_input_has(pki: Pki) -> None:
    other = pki.root.issue("Another client", client=True)
    theirs = forge(pki.server, pki.root, other, seed="theirs")
    bend = Bend(lambda signed: der(*numbers(other.key, sha256(signed.transcript))))
    case = case_of(forge(pki.server, pki.root, pki.client, bend, seed="ours"), theirs)
    assert case.defects == {Defect.FOREIGN_KEY: 1}
    (found,) = case.other_keys
    assert (found.name, found.numbers) == ("Another client", [1])


def test_a_nonce_used_twice_is_seen_over_two_handshakes(pki: Pki) -> None:
    bend = Bend(lambda signed: der(*numbers(signed.identity.key, sha256(signed.transcript), 4711)))
    conversations = [forge(pki.server, pki.root, pki.client, bend, seed=str(n)) for n in range(2)]
    assert defects_of(conversations[0]) == []
    case = case_of(*conversations, forge(pki.server, pki.root, pki.client, seed="fine"))
    assert case.defects == {Defect.NONCE_REUSED: 2}
    assert [judgement.correct for judgement in case.judgements.values()] == [False, False, True]
    assert (case.judged, case.defective, case.correct) == (3, 2, 1)


def test_the_same_handshake_twice_counts_once_and_reuses_no_nonce(pki: Pki) -> None:
    conversation = forge(pki.server, pki.root, pki.client)
    case = case_of(conversation, conversation)
    assert (case.judged, case.copies, case.defective) == (1, 1, 0)


def test_one_defect_in_four_handshakes(pki: Pki) -> None:
    from emulator.diagnosis.report.headline import headline

    bad = forge(pki.server, pki.root, pki.client, BENDS["sign octet of r missing"][0], seed="bad")
    good = [forge(pki.server, pki.root, pki.client, seed=str(n)) for n in range(3)]
    case = case_of(*good, bad)
    assert headline(case) == "DEFECT: 1 of 4 client signatures have the same defect: sign octet missing."


def test_edwards_clients(pki: Pki) -> None:
    import ecdsa

    key = ecdsa.SigningKey.generate(ecdsa.Ed25519)
    assert isinstance(pki.root.identity.key, EcKey)
    client = pki.root.issue("Ed25519 client", client=True, key=EdwardsKeyForTests(key))  # type: ignore[arg-type]

    def sign(signed: Signed) -> bytes:
        return bytes(key.sign(signed.transcript))

    assert defects_of(forge(pki.server, pki.root, client, Bend(sign, algorithm=0x0807))) == []
    wrong = Bend(lambda signed: bytes(key.sign(b"".join(signed.messages[1:]))), algorithm=0x0807)
    assert defects_of(forge(pki.server, pki.root, client, wrong)) == ["transcript"]
    damaged = Bend(lambda signed: flipped_start(sign(signed)), algorithm=0x0807)
    assert defects_of(forge(pki.server, pki.root, client, damaged)) == ["unexplained"]


def flipped_start(octets: bytes) -> bytes:
    return bytes((octets[0] ^ 1,)) + octets[1:]


class EdwardsKeyForTests:
    """A private key for which certificates can be issued."""

    def __init__(self, key: object) -> None:
        self._key = key

    @property
    def public_key_info(self) -> object:
        from asn1crypto import keys

        return keys.PublicKeyInfo.load(self._key.get_verifying_key().to_der())  # type: ignore[attr-defined]
