"""Other mistakes that end in the same words of the server, each made once: no signature fault is armed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.demonstration.count import Handshake, Outcome, shake_hands
from emulator.demonstration.story import BAD_SIGNATURE
from emulator.peers.keys import p256_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.demonstration.stage import Stage
    from emulator.peers.pki import Pki


class Rival(NamedTuple):
    """One other mistake and what came of it; ``words`` are the server's."""

    mistake: str
    handshake: Handshake
    words: str | None

    @property
    def trouble(self) -> str | None:
        """What did not come out as it should, if anything."""
        signature = self.handshake.signature
        if signature is None or not signature.strict_der:
            return f"{self.mistake}: the module made no signature in strict DER"
        if self.handshake.outcome is not Outcome.REFUSED:
            return f"{self.mistake}: the server did not refuse it"
        if self.words is None or BAD_SIGNATURE not in self.words:
            return f"{self.mistake}: the server said {self.words!r} instead of '{BAD_SIGNATURE}'"
        return None


async def make_other_mistakes(stage: Stage) -> list[Rival]:
    """Load wrong credentials, show them to the first server, and load the right ones again. Raises HostError."""
    rivals = []
    for mistake, bundle, key in _mistakes(stage.pki):
        await _load(stage, bundle, key)
        first = stage.servers[0]
        already = len(first.server.refusals)
        handshake = await shake_hands(stage, first)
        words = await first.words(already, 1) if handshake.outcome is Outcome.REFUSED else []
        rivals.append(Rival(mistake, handshake, words[0] if words else None))
    await _load(stage, stage.pki.client.bundle_der, stage.pki.client.key_der)
    return rivals


def _mistakes(pki: Pki) -> Iterator[tuple[str, bytes, bytes]]:
    yield "a key that does not belong to the certificate", pki.client.bundle_der, p256_key().der
    yield "the bundle in the wrong order", _issuer_first(pki), pki.client.key_der


def _issuer_first(pki: Pki) -> bytes:
    """Return the client's bundle with the issuing CA first, so that the server takes the CA's key for the client's.

    That CA may sign messages as well: one that may only sign certificates is refused for that reason, before its
    key is tried on the CertificateVerify.
    """
    from asn1crypto import core, x509

    issuer = x509.Certificate.load(pki.client.chain_der[0])
    contents = issuer["tbs_certificate"]
    for extension in contents["extensions"]:
        if extension["extn_id"].native == "key_usage":
            usage = x509.KeyUsage({"key_cert_sign", "crl_sign", "digital_signature"})
            extension["extn_value"] = core.ParsableOctetString(usage.dump())
    issuer["signature_value"] = pki.root.identity.key.sign(contents.dump(force=True))
    return bytes(issuer.dump(force=True)) + pki.client.certificate_der


async def _load(stage: Stage, bundle: bytes, key: bytes) -> None:
    for item, octets in (("cert", bundle), ("key", key)):
        await stage.command(f"AT+S.TLSCERT={item},{len(octets)}", octets, quiet=True)
