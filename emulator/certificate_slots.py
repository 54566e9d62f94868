"""What the module's certificate stores hold, to look at from outside; private keys are told about, never shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from firmware_model.tls.certificate import Certificate, EcPublicKey, RsaPublicKey, parse_certificate
from firmware_model.tls.pem import certificates_in
from firmware_model.tls.private_key import PrivateKey, RsaPrivateKey, belongs_to, parse_private_key
from firmware_model.tls.slots import LIMITS, Slot

if TYPE_CHECKING:
    from firmware_model.module import Module
    from firmware_model.tls.credentials import CredentialStore

StoreName = Literal["tls", "wpae"]
"""The stores of TLSCERT and of WPAECERT."""
_CURVES: Final = {
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "NIST256p": "P-256",
    "NIST384p": "P-384",
    "NIST521p": "P-521",
}
STORES: Final[tuple[StoreName, ...]] = ("tls", "wpae")


class CertificateFacts(NamedTuple):
    """One certificate."""

    subject: str
    """Common names, or what else there is."""
    issuer: str
    not_before: str
    """ISO 8601 in UTC, as is the end."""
    not_after: str
    key: str
    """``RSA 2048``, ``EC P-256``."""
    key_id: str | None
    """Hexadecimal digits, None without the extension."""
    is_ca: bool


class SlotFacts(NamedTuple):
    """One slot of a store; what does not apply to its kind is empty."""

    store: StoreName
    slot: Slot
    octets: int
    """How many it holds, 0 for none."""
    limit: int
    certificates: tuple[CertificateFacts, ...]
    key: str
    """What kind of private key it is."""
    key_fits: bool | None
    """Whether the private key belongs to the first stored certificate; None where one of them is missing."""
    key_id: str
    """The stored identifier of the CA's key in hexadecimal digits."""
    remark: str
    """What cannot be read, in one line."""


class Certificates:
    """Both stores of one module, from outside."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def slots(self) -> tuple[SlotFacts, ...]:
        """Look at all slots. Raises OSError from the flash."""
        return tuple(_facts(self._store(store), store, slot) for store in STORES for slot in Slot)

    def put(self, store: StoreName, slot: Slot, octets: bytes) -> None:
        """Fill a slot, as TLSCERT and WPAECERT do. Raises ValueError, or OSError from the flash."""
        self._store(store).store(slot, octets)

    def clean(self, store: StoreName) -> None:
        """Empty all slots of a store. Raises OSError from the flash."""
        self._store(store).clean()

    def _store(self, store: StoreName) -> CredentialStore:
        return self._module.credentials if store == "tls" else self._module.enterprise_credentials


def holds_private_key(name: str, octets: bytes) -> bool:
    """Whether a file is a private key, or is called like one."""
    if name.lower().endswith(".key") or b"PRIVATE KEY-----" in octets:
        return True
    try:
        parse_private_key(octets)
    except ValueError:
        return False
    return True


def _facts(credentials: CredentialStore, store: StoreName, slot: Slot) -> SlotFacts:
    data = credentials.content(slot)
    bare = SlotFacts(store, slot, len(data or b""), LIMITS[slot], (), "", None, "", "")
    if data is None:
        return bare
    try:
        if slot is Slot.AUTH:
            return bare._replace(key_id=data.hex())
        if slot is Slot.KEY:
            key = parse_private_key(data)
            return bare._replace(key=_kind_of(key), key_fits=_fits(credentials, key))
        chain = tuple(map(parse_certificate, certificates_in(data)))
    except ValueError as failure:
        return bare._replace(remark=str(failure))
    return bare._replace(certificates=tuple(map(_certificate_facts, chain)))


def _certificate_facts(certificate: Certificate) -> CertificateFacts:
    return CertificateFacts(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        not_before=_date(certificate.not_before),
        not_after=_date(certificate.not_after),
        key=_public_kind(certificate),
        key_id=None if certificate.key_id is None else certificate.key_id.hex(),
        is_ca=bool(certificate.is_ca),
    )


def _public_kind(certificate: Certificate) -> str:
    match certificate.public_key:
        case RsaPublicKey(modulus, _):
            return f"RSA {modulus.bit_length()}"
        case EcPublicKey(curve, _):
            return f"EC {_curve(curve)}"
        case other:
            return other.algorithm


def _kind_of(key: PrivateKey) -> str:
    if isinstance(key, RsaPrivateKey):
        return f"RSA {key.modulus.bit_length()}"
    return f"EC {_curve(key.signing_key.curve.name)}"


def _curve(name: str) -> str:
    return _CURVES.get(name, name)


def _fits(credentials: CredentialStore, key: PrivateKey) -> bool | None:
    chain = credentials.content(Slot.CERT)
    if chain is None:
        return None
    try:
        return belongs_to(key, parse_certificate(certificates_in(chain)[0]))
    except ValueError:
        return None


def _name(der: bytes) -> str:
    from asn1crypto import x509

    return str(x509.Name.load(der).human_friendly)


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
