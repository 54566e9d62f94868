"""The module's walk through a server's chain, and the numbers of its refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.peers.authority import Authority, Identity
from emulator.peers.keys import RsaKey, SeededOctets, p256_key, p384_key
from firmware_model.tables.certificate_errors import CertificateErrorCode
from firmware_model.tls.certificate import Certificate, parse_certificate
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.progress import CaSkipped, Loaded, Progress
from firmware_model.tls.validation import (
    Expectation,
    StoredCa,
    is_dns_name,
    is_issued_for,
    validate,
)
from tests.tls.certificates import (
    HOST,
    NOW,
    authority_without_ca_flag,
    chain,
    client_rsa_key,
    oversized_rsa_key,
    root,
)

SKIP = CaSkipped()
CA_LOADED = Loaded(1, 2)


def expecting(authority: Authority, host: str = HOST, now: float = NOW) -> Expectation:
    ca = StoredCa(parse_certificate(authority.certificate_der), authority.identity.subject_key_identifier)
    return Expectation(ca, now, host)


def walk(sent: tuple[bytes, ...], expected: Expectation) -> tuple[list[Progress], CertificateErrorCode | None]:
    """The steps that were told, and the refusal that ended them."""
    steps: list[Progress] = []
    try:
        steps.extend(validate(sent, expected))
    except CertificateError as error:
        return steps, error.code
    return steps, None


@pytest.mark.parametrize("intermediates", [0, 1, 2])
def test_each_certificate_before_the_ca_s_own_is_skipped(intermediates: int) -> None:
    issuing = root()
    for position in range(intermediates):
        issuing = issuing.intermediate(f"Intermediate {position}")
    sent = chain(issuing.issue(HOST))
    assert len(sent) == intermediates + 1
    assert walk(sent, expecting(root())) == ([SKIP] * intermediates + [CA_LOADED], None)


def test_a_root_that_is_sent_along_changes_nothing() -> None:
    sent = (*chain(root().issue(HOST)), root().certificate_der)
    assert walk(sent, expecting(root())) == ([CA_LOADED], None)


def test_what_follows_the_ca_s_own_certificate_is_not_looked_at() -> None:
    sent = (*chain(root().issue(HOST)), b"no certificate at all")
    assert walk(sent, expecting(root())) == ([CA_LOADED], None)


def test_an_intermediate_may_be_the_stored_ca() -> None:
    issuing = root().intermediate("Issuing")
    assert walk(chain(issuing.issue(HOST)), expecting(issuing)) == ([CA_LOADED], None)


def test_without_key_identifier_the_issuer_s_name_counts() -> None:
    sent = chain(root().issue(HOST, authority_key_identifier=False))
    assert walk(sent, expecting(root())) == ([CA_LOADED], None)
    assert walk(sent, expecting(root("Other"))) == ([SKIP], CertificateErrorCode.CA_NOT_FOUND)


def test_a_ca_without_auth_is_not_found_by_identifier() -> None:
    expected = expecting(root())
    assert expected.ca is not None
    nameless = replace(expected, ca=replace(expected.ca, key_id=None))
    assert walk(chain(root().issue(HOST)), nameless) == ([SKIP], CertificateErrorCode.CA_NOT_FOUND)


@pytest.mark.parametrize("stored", [True, False])
def test_an_unknown_ca_is_23(stored: bool) -> None:
    sent = chain(root().intermediate("Issuing").issue(HOST))
    expected = expecting(root("Other")) if stored else Expectation(None, NOW, HOST)
    steps, code = walk(sent, expected)
    assert steps == [SKIP, SKIP]
    assert code is CertificateErrorCode.CA_NOT_FOUND
    assert code.number == 23


def test_a_forged_certificate_is_refused() -> None:
    """The forger uses the root's name and key identifier, but not its key."""
    real = root()
    forger = Authority(
        real.name,
        Identity(real.certificate_der, p256_key(SeededOctets("forger"))),
        (),
        SeededOctets("forged"),
    )
    forged = forger.issue(HOST, authority_key_identifier=False)
    assert walk(chain(forged), expecting(real)) == ([CA_LOADED], CertificateErrorCode.BAD_SIGNATURE)


def test_a_missing_link_in_the_chain_is_refused() -> None:
    first = root().intermediate("One")
    leaf = first.intermediate("Two").issue(HOST)
    sent = (leaf.certificate_der, first.certificate_der)
    assert walk(sent, expecting(root())) == ([SKIP, CA_LOADED], CertificateErrorCode.BAD_SIGNATURE)


@pytest.mark.parametrize(
    ("now", "good"),
    [
        (datetime(2017, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2018, 1, 1, tzinfo=UTC), True),
        (datetime(2018, 12, 31, tzinfo=UTC), True),
        (datetime(2018, 12, 31, 0, 0, 1, tzinfo=UTC), False),
        (datetime(1970, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_module_s_time_decides_about_validity(now: datetime, good: bool) -> None:
    leaf = root().issue(HOST, not_before=datetime(2018, 1, 1, tzinfo=UTC), not_after=datetime(2018, 12, 31, tzinfo=UTC))
    _, code = walk(chain(leaf), expecting(root(), now=now.timestamp()))
    assert code is (None if good else CertificateErrorCode.OUTSIDE_VALIDITY)
    assert CertificateErrorCode.OUTSIDE_VALIDITY.number == 19


def test_an_expired_ca_is_19_too() -> None:
    expected = expecting(root())
    assert expected.ca is not None
    expired = replace(expected.ca.certificate, not_after=NOW - 1)
    # A changed parse result keeps its signature: only what is asked of it differs.
    _, code = walk(chain(root().issue(HOST)), replace(expected, ca=replace(expected.ca, certificate=expired)))
    assert code is CertificateErrorCode.OUTSIDE_VALIDITY


def test_an_issuer_must_be_a_ca() -> None:
    sent = chain(authority_without_ca_flag(root()).issue(HOST))
    assert walk(sent, expecting(root())) == ([SKIP, CA_LOADED], CertificateErrorCode.ISSUER_IS_NO_CA)


def test_a_stored_leaf_is_no_ca() -> None:
    issuing = authority_without_ca_flag(root())
    sent = chain(issuing.issue(HOST))[:1]
    assert walk(sent, expecting(issuing)) == ([CA_LOADED], CertificateErrorCode.ISSUER_IS_NO_CA)


def test_a_large_rsa_key_is_22() -> None:
    issuing = root().intermediate("Large", key=oversized_rsa_key())
    steps, code = walk(chain(issuing.issue(HOST)), expecting(root()))
    assert steps == [SKIP, CA_LOADED]
    assert code is CertificateErrorCode.NOT_USABLE
    assert code.number == 22


@pytest.mark.parametrize("key", [client_rsa_key(), p384_key(SeededOctets("384"))], ids=["rsa", "p384"])
def test_rsa_and_p384_issuers_are_understood(key: RsaKey) -> None:
    issuing = root().intermediate("Issuing", key=key)
    assert walk(chain(issuing.issue(HOST)), expecting(root())) == ([SKIP, CA_LOADED], None)


def test_elliptic_curves_are_22_for_a_firmware_without_them() -> None:
    expected = replace(expecting(root()), ecc=False)
    assert walk(chain(root().issue(HOST)), expected)[1] is CertificateErrorCode.NOT_USABLE


def test_a_certificate_above_2560_octets_is_refused_before_anything_else() -> None:
    large = root().issue(HOST, names=[f"{number:060}.example" for number in range(40)])
    assert len(large.certificate_der) > 2560
    assert walk(chain(large), expecting(root())) == ([], CertificateErrorCode.TOO_LARGE)


@pytest.mark.parametrize("octets", [b"\x30\x03\x02\x01\x01", b"\x00", root().certificate_der + b"\0"])
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    assert walk((octets,), expecting(root())) == ([], CertificateErrorCode.NOT_READABLE)


@given(st.data())
def test_a_changed_octet_is_refused_or_was_none_that_counts(data: st.DataObject) -> None:
    """Every octet of a certificate is either signed or part of the signature."""
    der = bytearray(root().issue(HOST).certificate_der)
    position = data.draw(st.integers(0, len(der) - 1))
    der[position] ^= data.draw(st.integers(1, 255))
    assert walk((bytes(der),), expecting(root()))[1] is not None


@pytest.mark.parametrize(
    ("common_name", "names", "host", "good"),
    [
        ("server.example", (), "server.example", True),
        ("Server.Example", (), "sErVeR.eXaMpLe", True),
        ("server.example", (), "other.example", False),
        ("*.example", (), "server.example", True),
        ("*.example", (), "a.server.example", False),
        ("*.example", (), "example", False),
        ("server.*", (), "server.example", False),
        ("ssllabs.com", ("www.ssllabs.com",), "www.ssllabs.com", False),
        ("ssllabs.com", ("www.ssllabs.com",), "ssllabs.com", True),
        ("anything", (), "192.168.0.2", True),
        ("anything", (), "1.112", True),
    ],
)
def test_the_name_check(common_name: str, names: tuple[str, ...], host: str, good: bool) -> None:
    sent = chain(root().issue(common_name, names=names))
    steps, code = walk(sent, expecting(root(), host))
    assert steps == [CA_LOADED]
    assert code is (None if good else CertificateErrorCode.NAME_MISMATCH)
    assert CertificateErrorCode.NAME_MISMATCH.number == 5


def test_alternative_names_count_when_there_is_no_common_name() -> None:
    parsed: Certificate = replace(
        parse_certificate(root().issue("ignored", names=("a.example", "*.b.example")).certificate_der),
        common_names=(),
    )
    assert is_issued_for(parsed, "a.example")
    assert is_issued_for(parsed, "x.b.example")
    assert not is_issued_for(parsed, "c.example")


@pytest.mark.parametrize(
    ("host", "name"),
    [("example", True), ("a1.example", True), ("192.168.0.2", False), ("1.112", False), ("::1", False), ("", False)],
)
def test_what_a_dns_name_is(host: str, name: bool) -> None:
    assert is_dns_name(host) is name


def test_a_refusal_says_in_one_line_what_is_wrong() -> None:
    with pytest.raises(
        CertificateError, match=r"^certificate error 5: .* is not issued for other\.example$"
    ) as refusal:
        list(validate(chain(root().issue(HOST)), expecting(root(), "other.example")))
    assert refusal.value.number == 5


def test_every_refusal_has_its_own_number() -> None:
    numbers = [code.number for code in CertificateErrorCode]
    assert len(set(numbers)) == len(numbers)
    assert {5, 19, 22, 23} <= set(numbers)
    assert all(code.meaning and code.source.confidence for code in CertificateErrorCode)
