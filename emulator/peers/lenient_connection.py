"""tlslite-ng as a server that takes ECDSA signatures in any encoding from which r and s can be made out.

Importing this module costs some 200 ms, as it brings tlslite-ng along.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ecdsa.util import sigencode_der
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.constants import AlertDescription, CipherSuite
from tlslite.messages import Certificate, CertificateVerify
from tlslite.utils.python_ecdsakey import Python_ECDSAKey

from emulator.diagnosis.judging.encoding import read_encoding
from firmware_model.tls.certificate import is_signed_by, parse_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.peers.peer import Site
    from firmware_model.tls.memory_socket import MemorySocket


class LenientConnection(TLSConnection):  # type: ignore[misc]  # tlslite-ng has no types
    """One connection; the site says whom it is for."""

    def __init__(self, socket: MemorySocket, site: Site, *, demanded: bool) -> None:
        super().__init__(socket)
        self.ignoreAbruptClose = True
        self._site = site
        self._demanded = demanded
        self._client_key: Any = None

    def shake_hands(self) -> Iterator[int]:
        """Give 0 to read and 1 to write until the handshake is complete. Raises tlslite-ng's errors."""
        identity = self._site.identity
        chain = X509CertChain()
        chain.parsePemList(identity.bundle_pem)
        yield from self.handshakeServerAsync(
            certChain=chain,
            privateKey=parsePEMKey(identity.key_pem, private=True),
            reqCert=self._site.client_ca is not None,
            settings=_settings(),
        )

    @property
    def client(self) -> str:
        """Version, cipher suite, and whom the client's certificate names; known after the handshake."""
        session = self.session
        suite = CipherSuite.ietfNames.get(session.cipherSuite, f"0x{session.cipherSuite:04X}")
        version = {(3, 1): "TLSv1", (3, 2): "TLSv1.1", (3, 3): "TLSv1.2"}.get(self.version, str(self.version))
        chain = session.clientCertChain
        if chain is None:
            return f"{version} {suite}, no client certificate"
        names = " ".join(parse_certificate(bytes(chain.x509List[0].bytes)).common_names)
        return f"{version} {suite}, certificate of '{names}'"

    def _getMsg(self, *arguments: Any, **options: Any) -> Iterator[Any]:  # noqa: N802 - tlslite-ng's name
        for result in super()._getMsg(*arguments, **options):
            if isinstance(result, Certificate):
                yield from self._judge(result.cert_chain)
            elif isinstance(result, CertificateVerify):
                result.signature = bytearray(_strict(bytes(result.signature), self._client_key))
            yield result

    def _judge(self, chain: Any) -> Iterator[int]:
        """Ask whether the client's certificates lead to the CA; an alert ends the handshake if not."""
        certificates = [] if chain is None else list(chain.x509List)
        if not certificates:
            if self._demanded:
                yield from self._sendError(AlertDescription.handshake_failure, "the client has no certificate")
            return
        self._client_key = certificates[0].publicKey
        complaint = _complaint([bytes(certificate.bytes) for certificate in certificates], self._site)
        if complaint:
            yield from self._sendError(AlertDescription.unknown_ca, complaint)


def _settings() -> HandshakeSettings:
    """What every firmware of the module can do, the suite that was seen in the field first."""
    settings = HandshakeSettings()
    settings.minVersion = (3, 1)
    settings.maxVersion = (3, 3)
    settings.versions = [(3, 3), (3, 2), (3, 1)]
    settings.cipherNames = ["aes128gcm", "aes128"]
    settings.macNames = ["aead", "sha256", "sha"]
    settings.keyShares = []
    settings.dhGroups = []
    settings.eccCurves = ["secp256r1", "secp384r1"]
    settings.useExtendedMasterSecret = True
    return settings


def _complaint(chain: list[bytes], site: Site) -> str:
    """What is wrong with a client's certificates; empty when the CA stands behind the first of them."""
    if site.client_ca is None:
        return ""
    try:
        certificates = [parse_certificate(der) for der in (*chain, site.client_ca.certificate_der)]
    except ValueError as failure:
        return f"a certificate of the client is {failure}"
    ca, now = certificates[-1], datetime.now(UTC).timestamp()
    current = certificates[0]
    for issuer in (*certificates[1:-1], ca):
        if not current.not_before <= now <= current.not_after:
            return "a certificate of the client is not valid now"
        if is_signed_by(current, ca.public_key):
            return ""
        if not is_signed_by(current, issuer.public_key):
            return "the client's certificates do not lead to the CA"
        current = issuer
    return "the client's certificates do not lead to the CA"


def _strict(signature: bytes, key: Any) -> bytes:
    """The signature in strict DER, as far as it is one of ECDSA and its numbers can be made out."""
    if not isinstance(key, Python_ECDSAKey):
        return signature
    curve = key.public_key.curve
    encoding = read_encoding(signature, curve.baselen)
    if encoding.r is None or encoding.s is None:
        return signature
    return bytes(sigencode_der(encoding.r, encoding.s, curve.order))
