"""The algorithms that a TLS 1.2 CertificateVerify can claim (RFC 5246, 7.4.1.4.1; RFC 8446, 4.2.3)."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

MD5_AND_SHA1: Final = "md5+sha1"
"""What RSA signs before TLS 1.2: both digests, one after the other (RFC 2246, 7.4.8)."""
HASHES: Final = ("sha256", "sha1", "sha384", "sha512", "sha224", "md5", MD5_AND_SHA1)
"""The hashes that are tried, likeliest first."""
_HASH_CODES: Final = {1: "md5", 2: "sha1", 3: "sha224", 4: "sha256", 5: "sha384", 6: "sha512"}
_SCHEMES: Final = {1: "rsa", 2: "dsa", 3: "ecdsa"}


class Algorithm(NamedTuple):
    """What is signed how: ``scheme`` is rsa, rsa-pss, ecdsa, dsa, eddsa or unknown; ``hash_name`` may be empty."""

    scheme: str
    hash_name: str

    def __str__(self) -> str:
        return f"{self.scheme} with {spoken(self.hash_name)}" if self.hash_name else self.scheme


_FURTHER: Final = {
    0x0804: Algorithm("rsa-pss", "sha256"),
    0x0805: Algorithm("rsa-pss", "sha384"),
    0x0806: Algorithm("rsa-pss", "sha512"),
    0x0807: Algorithm("eddsa", ""),
    0x0808: Algorithm("eddsa", ""),
    0x0809: Algorithm("rsa-pss", "sha256"),
    0x080A: Algorithm("rsa-pss", "sha384"),
    0x080B: Algorithm("rsa-pss", "sha512"),
}


def algorithm(code: int) -> Algorithm:
    """Return what a number of two octets stands for."""
    if code in _FURTHER:
        return _FURTHER[code]
    hash_name, scheme = _HASH_CODES.get(code >> 8), _SCHEMES.get(code & 0xFF)
    if hash_name is None or scheme is None:
        return Algorithm(f"an algorithm 0x{code:04X} that is not known here", "")
    return Algorithm(scheme, hash_name)


def before_tls_1_2(scheme: str) -> Algorithm:
    """Return what every signature is made with before TLS 1.2 (RFC 2246, 7.4.8; RFC 4492, 5.8)."""
    return Algorithm(scheme, MD5_AND_SHA1 if scheme == "rsa" else "sha1")


def digest(hash_name: str, octets: bytes) -> bytes:
    """Hash ``octets``."""
    if hash_name == MD5_AND_SHA1:
        return digest("md5", octets) + digest("sha1", octets)
    return hashlib.new(hash_name, octets, usedforsecurity=False).digest()


def spoken(hash_name: str) -> str:
    """Write a hash as people do: SHA-256, MD5."""
    if hash_name == MD5_AND_SHA1:
        return "MD5 and SHA-1"
    return hash_name.upper().replace("SHA", "SHA-")
