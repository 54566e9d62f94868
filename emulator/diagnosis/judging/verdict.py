"""What judging a handshake gives: the defects, and the one explanation that fits every octet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Outcome
    from emulator.diagnosis.judging.algorithms import Algorithm
    from emulator.diagnosis.judging.damage import Flip
    from emulator.diagnosis.judging.encoding import Encoding
    from emulator.diagnosis.judging.numbers import Numbers
    from emulator.diagnosis.judging.transcripts import Digest, Transcript
    from emulator.diagnosis.reading.conversation import Place


class Defect(Enum):
    """What can be wrong, by the word that stands for it in JSON; the order is that of importance in a headline."""

    VERIFY_MISSING = "certificate-verify-missing"
    MESSAGE_MALFORMED = "message-malformed"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_SIGNATURE = "not-a-signature"
    FOREIGN_KEY = "foreign-key"
    BUNDLE_ORDER = "bundle-order"
    CHAIN_KEY = "issuer-key"
    TRANSCRIPT = "transcript"
    DIGEST_ALTERED = "digest-altered"
    WRONG_HASH = "wrong-hash"
    WRONG_CLAIM = "wrong-claim"
    CLAIM_FORM = "claim-form"
    SWAPPED = "swapped"
    REVERSED = "octets-reversed"
    PLUS_ORDER = "plus-order"
    BIT_FLIP = "bit-flip"
    RAW = "raw"
    SIGN_OCTET_MISSING = "sign-octet-missing"
    NEEDLESS_ZERO = "needless-zero"
    WRONG_LENGTH = "wrong-length"
    LONG_LENGTH = "long-length"
    INDEFINITE_LENGTH = "indefinite-length"
    TRAILING = "trailing-octets"
    RSA_FORM = "rsa-form"
    NOT_OFFERED = "algorithm-not-offered"
    NONCE_REUSED = "nonce-reused"
    UNEXPLAINED = "unexplained"


class Remark(NamedTuple):
    """Something to know that is no defect of the signature: a word for JSON, a sentence for people."""

    kind: str
    text: str


class Signer(NamedTuple):
    """A certificate whose key was tried; ``position`` counts from 0 in the chain of ``side``."""

    side: str
    """``client`` or ``server``."""
    position: int
    name: str


class EcdsaFit(NamedTuple):
    """The explanation of an ECDSA signature: these numbers are that signer's signature of that digest."""

    signer: Signer
    digest: Digest
    numbers: Numbers


class RsaFit(NamedTuple):
    """The explanation of an RSA signature; ``scheme`` is rsa or rsa-pss.

    ``digest`` is None when the padding is right but what was hashed is not known; ``hash_name`` is empty when the
    padding does not tell it. ``form`` is a clause on what is unusual about the padding, or empty.
    """

    signer: Signer
    digest: Digest | None
    scheme: str
    hash_name: str
    form: str


class EdwardsFit(NamedTuple):
    """The explanation of an Ed25519 or Ed448 signature, which signs the transcript itself."""

    signer: Signer
    transcript: Transcript


Fit = EcdsaFit | RsaFit | EdwardsFit


class Asked(NamedTuple):
    """What the server's CertificateRequest accepts, in words; ``algorithms`` is empty before TLS 1.2."""

    algorithms: tuple[str, ...]
    authorities: tuple[str, ...]
    """Names of the authorities that the server trusts, the first twenty of them."""


class Candidate(NamedTuple):
    """A key that would fit if it had signed with that hash; ``key`` is an uncompressed point."""

    hash_name: str
    key: bytes


class Nonce(NamedTuple):
    """What shows whether two signatures share their nonce."""

    key: bytes
    order: int
    r: int
    s: int
    e: int


@dataclass(slots=True)
class Judgement:
    """One handshake with a client certificate, judged; no defect means a correct signature.

    ``key_info`` is the SubjectPublicKeyInfo of the first certificate sent, by which clients are told apart.
    """

    client: str
    server: str
    place: Place
    version: int
    suite: int
    chain: tuple[str, ...]
    key: str
    key_info: bytes
    claimed: Algorithm | None
    signature: bytes
    encoding: Encoding | None
    defects: tuple[Defect, ...]
    outcome: Outcome
    asked: Asked
    order: int | None = None
    fit: Fit | None = None
    flip: Flip | None = None
    remarks: tuple[Remark, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    nonce: Nonce | None = None
    server_signature: int | None = None
    """Octets of the server's own ECDSA signature, for comparison."""
    note: str = ""
    """A clause with what else is known about a defect."""
    number: int = 0
    file: str = ""

    @property
    def correct(self) -> bool:
        """Whether nothing is wrong."""
        return not self.defects

    def add(self, defect: Defect) -> None:
        """Add a defect that showed later."""
        self.defects = tuple(one for one in Defect if one in {*self.defects, defect})

    def turns_out(self, old: Defect, new: Defect) -> None:
        """Replace a defect by what it turned out to be."""
        if old in self.defects:
            self.defects = tuple(one for one in Defect if one in {*self.defects, new} - {old})
