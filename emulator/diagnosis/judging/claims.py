"""What a client says it signed with, beside what it did sign with and what the server accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.handshakes.messages import TLS_1_2
from emulator.diagnosis.judging.algorithms import Algorithm, algorithm, before_tls_1_2
from emulator.diagnosis.judging.certificates import EdwardsKey, RsaKey, readable
from emulator.diagnosis.judging.transcripts import RIGHT
from emulator.diagnosis.judging.verdict import Defect

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.handshakes.messages import CertificateVerify
    from emulator.diagnosis.judging.certificates import PublicKey
    from emulator.diagnosis.judging.transcripts import Digest
    from emulator.diagnosis.judging.verdict import Judgement, Signer

_USUAL: Final = {"P-384": "sha384", "P-521": "sha512"}
"""The hash that goes with a curve of its size; SHA-256 goes with all else (RFC 8422, RFC 5246)."""


def scheme_of(key: PublicKey) -> str:
    """Return the scheme of signatures by a key."""
    if isinstance(key, RsaKey):
        return "rsa"
    return "eddsa" if isinstance(key, EdwardsKey) else "ecdsa"


def claimed_algorithm(verify: CertificateVerify, scheme: str, version: int) -> Algorithm | None:
    """Return what a CertificateVerify claims; before TLS 1.2 there is nothing to choose."""
    if version < TLS_1_2:
        return before_tls_1_2(scheme)
    return None if verify.algorithm is None else algorithm(verify.algorithm)


def claim_defects(handshake: Handshake, judgement: Judgement, scheme: str) -> set[Defect]:
    """Compare the claim with the key and with what the server offered."""
    claimed = judgement.claimed
    if claimed is None or not handshake.request.algorithms:
        return set()
    if claimed.scheme.removesuffix("-pss") != scheme:
        return {Defect.WRONG_CLAIM}
    return set() if claimed in _offered(handshake) else {Defect.NOT_OFFERED}


def hash_defect(handshake: Handshake, judgement: Judgement, made_with: Algorithm) -> Defect | None:
    """Say what is wrong when a signature is not made as claimed: the claim, or the hash; None when nothing is.

    What the server did not offer is the odd one; when that does not tell, what is unusual for the key.
    """
    claimed = judgement.claimed
    if claimed is None or claimed == made_with:
        return None
    if not handshake.request.algorithms:
        return Defect.WRONG_HASH
    offered = _offered(handshake)
    if (claimed in offered) != (made_with in offered):
        return Defect.WRONG_HASH if claimed in offered else Defect.WRONG_CLAIM
    return Defect.WRONG_CLAIM if made_with.hash_name == _USUAL.get(judgement.key, "sha256") else Defect.WRONG_HASH


def _offered(handshake: Handshake) -> set[Algorithm]:
    return {algorithm(code) for code in handshake.request.algorithms}


def digest_defects(digest: Digest) -> set[Defect]:
    """Say what is wrong with what was hashed, the hash aside."""
    defects = set()
    if digest.transcript.kind != RIGHT:
        defects.add(Defect.TRANSCRIPT)
    if digest.turned:
        defects.add(Defect.DIGEST_ALTERED)
    return defects


def signer_defects(handshake: Handshake, signer: Signer) -> set[Defect]:
    """Say what is wrong when another key signed than that of the first certificate.

    When that certificate issued the signer's, the bundle is in the wrong order. When it is the other way round the
    order is right, and the issuer's key signed.
    """
    if signer.side == "server":
        return {Defect.FOREIGN_KEY}
    if not signer.position:
        return set()
    chain = dict(readable(handshake.chain))
    first, own = chain[0], chain[signer.position]
    return {Defect.CHAIN_KEY if first.issued_by(own) and not own.issued_by(first) else Defect.BUNDLE_ORDER}
