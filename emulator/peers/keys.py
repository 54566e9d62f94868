"""Private keys of the throw-away PKI: ECDSA over P-256 or P-384, and RSA, in pure Python.

The keys are for tests: nothing here is hardened against side channels.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import ecdsa
from asn1crypto import algos, core, keys, pem

RandomOctets = Callable[[int], bytes]
"""Gives as many random octets as asked for."""

RSA_PUBLIC_EXPONENT = 65537


class PrivateKey(Protocol):
    """A key that a certificate can be issued for and that can sign certificates."""

    @property
    def signature_algorithm(self) -> algos.SignedDigestAlgorithm:
        """The AlgorithmIdentifier of what :meth:`sign` makes."""
        ...

    @property
    def public_key_info(self) -> keys.PublicKeyInfo:
        """The SubjectPublicKeyInfo of the public half."""
        ...

    @property
    def der(self) -> bytes:
        """The key in the form of the OpenSSL tools of the module's time: SEC 1 for EC, PKCS #1 for RSA."""
        ...

    @property
    def pem(self) -> str:
        """:attr:`der` as PEM text."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``; equal messages get equal signatures."""
        ...


class SeededOctets:
    """A reproducible stream of octets: equal seeds give equal keys. Never use it for a real certificate."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._block = 0

    def __call__(self, count: int) -> bytes:
        """Return the next ``count`` octets of the stream."""
        self._block += 1
        return hashlib.shake_256(self._block.to_bytes(8, "big") + self._seed).digest(count)


@dataclass(frozen=True, slots=True)
class EcKey:
    """An ECDSA key; signatures are strict DER with the nonce of RFC 6979."""

    signing_key: ecdsa.SigningKey
    digest: str

    @property
    def signature_algorithm(self) -> algos.SignedDigestAlgorithm:
        """ecdsa-with-SHA256 or ecdsa-with-SHA384, without parameters (RFC 5758 section 3.2)."""
        return algos.SignedDigestAlgorithm({"algorithm": f"{self.digest}_ecdsa"})

    @property
    def public_key_info(self) -> keys.PublicKeyInfo:
        """The SubjectPublicKeyInfo with the uncompressed point and the named curve."""
        return keys.PublicKeyInfo.load(self.signing_key.get_verifying_key().to_der())

    @property
    def der(self) -> bytes:
        """The SEC 1 ECPrivateKey."""
        return bytes(self.signing_key.to_der(format="ssleay"))

    @property
    def pem(self) -> str:
        """The key as ``EC PRIVATE KEY``."""
        return armor("EC PRIVATE KEY", self.der)

    def sign(self, message: bytes) -> bytes:
        """Sign with the key's digest; the result is a DER ECDSA-Sig-Value."""
        return bytes(
            self.signing_key.sign_deterministic(
                message, hashfunc=getattr(hashlib, self.digest), sigencode=ecdsa.util.sigencode_der
            )
        )


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA key that signs RSASSA-PKCS1-v1_5 with SHA-256."""

    p: int
    q: int

    @property
    def modulus(self) -> int:
        """The public modulus."""
        return self.p * self.q

    @property
    def private_exponent(self) -> int:
        """The inverse of the public exponent (RFC 8017 section 3.2)."""
        return pow(RSA_PUBLIC_EXPONENT, -1, math.lcm(self.p - 1, self.q - 1))

    @property
    def signature_algorithm(self) -> algos.SignedDigestAlgorithm:
        """sha256WithRSAEncryption, whose parameters are NULL (RFC 4055 section 5)."""
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa", "parameters": core.Null()})

    @property
    def public_key_info(self) -> keys.PublicKeyInfo:
        """The SubjectPublicKeyInfo of modulus and exponent."""
        public = keys.RSAPublicKey({"modulus": self.modulus, "public_exponent": RSA_PUBLIC_EXPONENT})
        return keys.PublicKeyInfo.wrap(public, "rsa")

    @property
    def der(self) -> bytes:
        """The PKCS #1 RSAPrivateKey."""
        exponent = self.private_exponent
        fields = {
            "version": "two-prime",
            "modulus": self.modulus,
            "public_exponent": RSA_PUBLIC_EXPONENT,
            "private_exponent": exponent,
            "prime1": self.p,
            "prime2": self.q,
            "exponent1": exponent % (self.p - 1),
            "exponent2": exponent % (self.q - 1),
            "coefficient": pow(self.q, -1, self.p),
        }
        return bytes(keys.RSAPrivateKey(fields).dump())

    @property
    def pem(self) -> str:
        """The key as ``RSA PRIVATE KEY``."""
        return armor("RSA PRIVATE KEY", self.der)

    def sign(self, message: bytes) -> bytes:
        """Sign with SHA-256 and the padding of RFC 8017 section 9.2."""
        algorithm = algos.DigestAlgorithm({"algorithm": "sha256", "parameters": core.Null()})
        digest = hashlib.sha256(message).digest()
        info = algos.DigestInfo({"digest_algorithm": algorithm, "digest": digest}).dump()
        size = (self.modulus.bit_length() + 7) // 8
        padded = b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info
        return pow(int.from_bytes(padded, "big"), self.private_exponent, self.modulus).to_bytes(size, "big")


def p256_key(random: RandomOctets = secrets.token_bytes) -> EcKey:
    """Generate a key on P-256 (prime256v1), the curve of the reports from the field [F-HCE]."""
    return EcKey(ecdsa.SigningKey.generate(curve=ecdsa.NIST256p, entropy=random), "sha256")


def p384_key(random: RandomOctets = secrets.token_bytes) -> EcKey:
    """Generate a key on P-384 (secp384r1)."""
    return EcKey(ecdsa.SigningKey.generate(curve=ecdsa.NIST384p, entropy=random), "sha384")


def rsa_key(random: RandomOctets = secrets.token_bytes, bits: int = 2048) -> RsaKey:
    """Generate an RSA key; takes a second for 2048 bits, so ask for it only where RSA itself is the point."""
    p = _prime(random, bits // 2)
    while True:
        q = _prime(random, bits // 2)
        if q != p:
            return RsaKey(max(p, q), min(p, q))


def armor(label: str, der: bytes) -> str:
    """Wrap DER as PEM text with lines of 64 characters."""
    return bytes(pem.armor(label, der)).decode("ascii")


def _prime(random: RandomOctets, bits: int) -> int:
    """Return a prime with its two top bits set, so that a product of two has full length."""
    while True:
        candidate = int.from_bytes(random(bits // 8), "big") | (3 << (bits - 2)) | 1
        if (candidate - 1) % RSA_PUBLIC_EXPONENT and ecdsa.numbertheory.is_prime(candidate):
            return candidate
