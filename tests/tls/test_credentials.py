"""The TLSCERT store."""

from __future__ import annotations

import subprocess
import sys

import pytest
from asn1crypto import keys, pem
from ecdsa import Ed25519, SigningKey

from emulator.peers.keys import EcKey, PrivateKey, SeededOctets, p256_key, p384_key
from emulator.surroundings.flash import MemoryFlash
from firmware_model.events import Note
from firmware_model.tls.credentials import ClientCredentials, CredentialStore
from firmware_model.tls.private_key import EcPrivateKey, RsaPrivateKey
from firmware_model.tls.slots import LIMITS, Slot
from tests.doubles import RecordingTimeline
from tests.tls.certificates import chain, client_rsa_key, root

KEY_ID = bytes(range(20))


@pytest.fixture
def flash() -> MemoryFlash:
    return MemoryFlash()


@pytest.fixture
def timeline() -> RecordingTimeline:
    return RecordingTimeline()


@pytest.fixture
def store(flash: MemoryFlash, timeline: RecordingTimeline) -> CredentialStore:
    return CredentialStore(flash, timeline)


def client_bundle() -> tuple[bytes, bytes, str]:
    """A bundle in DER, its key in DER, and the bundle in PEM."""
    identity = root().intermediate("Client CA").issue("Client")
    return identity.bundle_der, identity.key_der, identity.bundle_pem


def test_a_ca_in_der_tells_its_key_identifier(store: CredentialStore) -> None:
    key_id = root().identity.subject_key_identifier
    assert store.store(Slot.CA, root().certificate_der) == ":".join(f"{octet:02X}" for octet in key_id)
    assert store.contents() == [(Slot.CA, len(root().certificate_der)), (Slot.AUTH, 20)]
    ca = store.ca()
    assert ca is not None
    assert ca.key_id == key_id


def test_a_ca_in_pem_needs_its_key_identifier_given(store: CredentialStore) -> None:
    assert store.store(Slot.CA, root().certificate_pem.encode()) is None
    ca = store.ca()
    assert ca is not None
    assert ca.key_id is None
    assert store.store(Slot.AUTH, KEY_ID) is None
    ca = store.ca()
    assert ca is not None
    assert ca.key_id == KEY_ID


def test_a_firmware_may_find_the_key_identifier_in_pem(flash: MemoryFlash, timeline: RecordingTimeline) -> None:
    store = CredentialStore(flash, timeline, key_id_from_pem=True)
    assert store.store(Slot.CA, root().certificate_pem.encode()) is not None
    assert flash.areas["tls/auth"] == root().identity.subject_key_identifier


def test_an_identifier_without_a_ca_is_no_ca(store: CredentialStore) -> None:
    store.store(Slot.AUTH, KEY_ID)
    assert store.ca() is None


@pytest.mark.parametrize("form", ["der", "pem"])
def test_a_bundle_keeps_its_order(store: CredentialStore, form: str) -> None:
    der, key, text = client_bundle()
    store.store(Slot.CERT, der if form == "der" else text.encode())
    store.store(Slot.KEY, key)
    own = store.client()
    assert isinstance(own, ClientCredentials)
    assert len(own.chain) == 2
    assert b"".join(own.chain) == der


def test_a_bundle_in_the_wrong_order_is_kept_wrong_and_noted(
    store: CredentialStore, timeline: RecordingTimeline
) -> None:
    identity = root().intermediate("Client CA").issue("Client")
    store.store(Slot.KEY, identity.key_der)
    assert not timeline.of(Note)
    store.store(Slot.CERT, b"".join(reversed(chain(identity))))
    own = store.client()
    assert own is not None
    assert own.chain == tuple(reversed(chain(identity)))
    assert len(timeline.of(Note)) == 1


@pytest.mark.parametrize("last", [Slot.KEY, Slot.CERT])
def test_a_key_that_does_not_fit_is_taken_and_noted(
    store: CredentialStore, timeline: RecordingTimeline, last: Slot
) -> None:
    content = {
        Slot.CERT: root().issue("Client").certificate_der,
        Slot.KEY: p256_key(SeededOctets("another")).der,
    }
    first = Slot.CERT if last is Slot.KEY else Slot.KEY
    store.store(first, content[first])
    assert not timeline.of(Note)
    store.store(last, content[last])
    (note,) = timeline.of(Note)
    assert "CertificateVerify" in note.text
    assert store.client() is not None


def test_a_key_of_another_kind_is_noted_too(store: CredentialStore, timeline: RecordingTimeline) -> None:
    store.store(Slot.CERT, root().issue("Client").certificate_der)
    store.store(Slot.KEY, client_rsa_key().der)
    assert len(timeline.of(Note)) == 1


@pytest.mark.parametrize(
    "key", [p256_key(SeededOctets("a")), p384_key(SeededOctets("b")), client_rsa_key()], ids=["p256", "p384", "rsa"]
)
def test_a_key_that_fits_is_no_news(store: CredentialStore, timeline: RecordingTimeline, key: PrivateKey) -> None:
    store.store(Slot.CERT, root().issue("Client", key=key).certificate_der)
    store.store(Slot.KEY, key.pem.encode())
    assert store.client() is not None
    assert not timeline.of(Note)


def test_key_forms(store: CredentialStore) -> None:
    signing = SigningKey.from_secret_exponent(77)
    ec = p256_key(SeededOctets("forms"))
    rsa = client_rsa_key()
    pkcs8_rsa = keys.PrivateKeyInfo.wrap(keys.RSAPrivateKey.load(rsa.der), "rsa").dump()
    parameters = pem.armor("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107")).decode()
    forms: list[tuple[bytes, type]] = [
        (ec.der, EcPrivateKey),
        (ec.pem.encode(), EcPrivateKey),
        ((parameters + ec.pem).encode(), EcPrivateKey),
        (ec.pem.replace("\n", "\r\n").encode(), EcPrivateKey),
        (signing.to_der(format="pkcs8"), EcPrivateKey),
        (signing.to_pem(format="pkcs8"), EcPrivateKey),
        (rsa.der, RsaPrivateKey),
        (rsa.pem.encode(), RsaPrivateKey),
        (pkcs8_rsa, RsaPrivateKey),
        (pem.armor("PRIVATE KEY", pkcs8_rsa), RsaPrivateKey),
    ]
    store.store(Slot.CERT, root().issue("Client").certificate_der)
    for data, kind in forms:
        store.store(Slot.KEY, data)
        own = store.client()
        assert own is not None
        assert isinstance(own.key, kind)


@pytest.mark.parametrize(
    ("slot", "data", "reason"),
    [
        (Slot.CA, b"not a certificate", "not a certificate"),
        (Slot.CA, b"", "no certificate"),
        (Slot.CA, b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "not base64"),
        (Slot.CA, b"-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n", "not a readable X.509"),
        (Slot.CA, b"-----BEGIN CERTIFICATE-----\nMAMC", "no certificate"),
        (Slot.CA, p256_key(SeededOctets("k")).pem.encode(), "no certificate"),
        (Slot.CERT, b"\x30\x03\x02\x01\x01", "not a readable X.509"),
        (Slot.CERT, root().certificate_der + b"\r\n", "not a"),
        (Slot.CERT, root().certificate_der[:-1], "not a certificate"),
        (Slot.KEY, b"not a key", "not a readable private key"),
        (Slot.KEY, root().certificate_pem.encode(), "no private key"),
        (Slot.KEY, root().certificate_der, "private key"),
        (Slot.KEY, SigningKey.generate(Ed25519).to_pem(format="pkcs8"), "not an RSA or EC"),
        (
            Slot.KEY,
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAMCAQE=\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "encrypted",
        ),
        (
            Slot.KEY,
            b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAMCAQE=\n-----END EC PRIVATE KEY-----\n",
            "encrypted",
        ),
        (Slot.AUTH, KEY_ID[:-1], "20 octets"),
        (Slot.AUTH, b"", "20 octets"),
        (Slot.AUTH, KEY_ID + b"\n", "too many"),
    ],
)
def test_bad_data_is_refused_and_changes_nothing(
    store: CredentialStore, flash: MemoryFlash, slot: Slot, data: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        store.store(slot, data)
    assert "\n" not in str(refusal.value)
    assert flash.areas == {}


@pytest.mark.parametrize("slot", [Slot.CA, Slot.CERT])
def test_limits(store: CredentialStore, slot: Slot) -> None:
    text = root().certificate_pem.encode()
    store.store(slot, text.rjust(LIMITS[slot]))
    with pytest.raises(ValueError, match="too many"):
        store.store(slot, text.rjust(LIMITS[slot] + 1))


def test_the_bundle_of_the_field_fits(store: CredentialStore) -> None:
    der, _, _ = client_bundle()
    assert LIMITS[Slot.CERT] == 1475
    store.store(Slot.CERT, der)
    assert store.contents() == [(Slot.CERT, len(der))]


def test_content_survives_a_new_start_and_clean_erases_it(
    store: CredentialStore, flash: MemoryFlash, timeline: RecordingTimeline
) -> None:
    der, key, _ = client_bundle()
    store.store(Slot.CA, root().certificate_der)
    store.store(Slot.CERT, der)
    store.store(Slot.KEY, key)
    later = CredentialStore(flash, timeline)
    assert later.ca() == store.ca()
    assert later.contents() == store.contents()
    assert later.client() is not None
    later.clean()
    assert later.contents() == []
    assert later.ca() is None
    assert store.client() is None
    assert flash.areas == {}


def test_half_a_client_is_none(store: CredentialStore) -> None:
    store.store(Slot.CERT, root().issue("Client").certificate_der)
    assert store.client() is None


def test_damaged_flash_counts_as_empty(flash: MemoryFlash, timeline: RecordingTimeline) -> None:
    flash.areas.update({"tls/ca": b"\xff\xff", "tls/cert": b"\0", "tls/key": b"\0"})
    store = CredentialStore(flash, timeline)
    assert store.ca() is None
    assert store.client() is None


def test_parsing_is_done_once(store: CredentialStore) -> None:
    der, key, _ = client_bundle()
    store.store(Slot.CERT, der)
    store.store(Slot.KEY, key)
    first, second = store.client(), store.client()
    assert first is not None
    assert second is not None
    assert first.key is second.key


def test_a_ca_without_a_key_identifier_gives_none(store: CredentialStore) -> None:
    assert store.store(Slot.CA, without_extensions()) is None
    assert store.contents() == [(Slot.CA, len(without_extensions()))]


def test_importing_the_store_brings_no_heavy_library_along() -> None:
    program = (
        "import sys, firmware_model.tls.client, firmware_model.tls.credentials\n"
        "print(sorted({'tlslite', 'asn1crypto', 'ecdsa'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def without_extensions() -> bytes:
    """The root's certificate with all extensions cut out and signed anew."""
    from asn1crypto import x509

    key = root().identity.key
    assert isinstance(key, EcKey)
    certificate = x509.Certificate.load(root().certificate_der)
    body = certificate["tbs_certificate"].copy()
    body["extensions"] = []
    body["version"] = "v1"
    return bytes(
        x509.Certificate(
            {
                "tbs_certificate": body,
                "signature_algorithm": key.signature_algorithm,
                "signature_value": key.sign(body.dump(force=True)),
            }
        ).dump()
    )
