"""Finds out how an RSA signature was made: it can be opened, so what was signed lies there to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.diagnosis.judging.algorithms import HASHES, MD5_AND_SHA1, digest
from emulator.diagnosis.judging.transcripts import digests
from emulator.diagnosis.judging.verdict import RsaFit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.certificates import RsaKey
    from emulator.diagnosis.judging.transcripts import Digest
    from emulator.diagnosis.judging.verdict import Signer

_OIDS: Final = {
    "md5": "06082a864886f70d0205",
    "sha1": "06052b0e03021a",
    "sha224": "0609608648016503040204",
    "sha256": "0609608648016503040201",
    "sha384": "0609608648016503040202",
    "sha512": "0609608648016503040203",
}
"""The object identifiers of the hashes (RFC 8017, appendix B.1)."""
_NULL: Final = b"\x05\x00"
_LEAST_PADDING: Final = 8
_PSS_END: Final = 0xBC


class KnownRsaKey(NamedTuple):
    """A key from a certificate in the handshake."""

    signer: Signer
    key: RsaKey


class _Opened(NamedTuple):
    """A digest found in a PKCS #1 v1.5 padding, and what is unusual there."""

    hash_name: str
    value: bytes
    form: str


def fit_rsa(handshake: Handshake, signature: bytes, keys: Sequence[KnownRsaKey]) -> RsaFit | None:
    """Return how the signature was made, or None when no key opens it."""
    tried: list[Digest] = list(digests(handshake))
    for signer, key in keys:
        for octets, form in _turned(signature, key):
            opened = pow(int.from_bytes(octets, "big"), key.exponent, key.modulus).to_bytes(key.size, "big")
            found = _in_pkcs1(opened, tried, signer, form) or _in_pss(opened, key, tried, signer, form)
            if found is not None:
                return found
    return None


def _turned(signature: bytes, key: RsaKey) -> Iterator[tuple[bytes, str]]:
    """Give the signature as it is, and as it may have been meant."""
    if len(signature) == key.size:
        yield signature, ""
        yield signature[::-1], "the octets of the signature are in reverse order"
    elif len(signature) < key.size:
        yield (
            signature,
            f"the signature has {len(signature)} octets, {key.size - len(signature)} leading zeros are missing",
        )
    elif not any(signature[: len(signature) - key.size]):
        yield signature, f"the signature has {len(signature)} octets where the key has {key.size}"


def _in_pkcs1(opened: bytes, tried: Iterable[Digest], signer: Signer, form: str) -> RsaFit | None:
    """Look for the padding 00 01 FF ... FF 00 (RFC 8017, 9.2)."""
    if opened[:2] != b"\0\1":
        return None
    padding, zero, content = opened[2:].partition(b"\0")
    if not zero or not padding or padding.strip(b"\xff"):
        return None
    forms = [form] if form else []
    if len(padding) < _LEAST_PADDING:
        forms.append(f"the padding has {len(padding)} octets, {_LEAST_PADDING} are the least")
    found = _digest_in(content)
    if found.form:
        forms.append(found.form)
    match = next((digest for digest in tried if digest.value == found.value and _same(digest, found)), None)
    hash_name = found.hash_name or (match.hash_name if match else "")
    return RsaFit(signer, match, "rsa", hash_name, ", ".join(forms))


def _same(one: Digest, found: _Opened) -> bool:
    return not found.hash_name or one.hash_name == found.hash_name


def _digest_in(content: bytes) -> _Opened:
    """Read a DigestInfo, or what stands in its place."""
    for name, oid in _OIDS.items():
        for null in (_NULL, b""):
            algorithm = _element(0x30, bytes.fromhex(oid) + null)
            size = len(digest(name, b""))
            if content[:-size] == _element(0x30, algorithm + _element(0x04, bytes(size)))[:-size]:
                form = "" if null else "the algorithm in it lacks its NULL parameters, which strict servers want"
                return _Opened(name, content[-size:], form)
    if len(content) == len(digest(MD5_AND_SHA1, b"")):
        return _Opened(MD5_AND_SHA1, content, "")
    return _Opened("", content, "the digest stands there without a DigestInfo around it")


def _element(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def _in_pss(opened: bytes, key: RsaKey, tried: Iterable[Digest], signer: Signer, form: str) -> RsaFit | None:
    """Look for the padding of RSASSA-PSS (RFC 8017, 9.1.2), with a salt of any length."""
    bits = key.modulus.bit_length() - 1
    encoded = opened[-((bits + 7) // 8) :]
    if encoded[-1] != _PSS_END:
        return None
    for name in HASHES:
        salt, check = _salt(encoded, bits, name)
        if salt is None:
            continue
        for one in tried:
            if one.hash_name == name and digest(name, bytes(8) + one.value + salt) == check:
                forms = [form] if form else []
                if len(salt) != len(one.value):
                    forms.append(f"the salt has {len(salt)} octets instead of {len(one.value)}")
                return RsaFit(signer, one, "rsa-pss", name, ", ".join(forms))
        if len(encoded) - len(check) - len(salt) - 2 >= _LEAST_PADDING:
            return RsaFit(signer, None, "rsa-pss", name, form)
    return None


def _salt(encoded: bytes, bits: int, name: str) -> tuple[bytes | None, bytes]:
    """Unmask the padding as if it were made with that hash; the salt is None when it was not."""
    size = len(digest(name, b""))
    masked, check = encoded[: -size - 1], encoded[-size - 1 : -1]
    if name == MD5_AND_SHA1 or not masked:
        return None, b""
    mask = b"".join(digest(name, check + counter.to_bytes(4, "big")) for counter in range(len(masked) // size + 1))
    block = bytearray(one ^ two for one, two in zip(masked, mask, strict=False))
    block[0] &= 0xFF >> (8 * len(encoded) - bits)
    _, one, salt = bytes(block).partition(b"\1")
    if not one or any(block[: block.index(1)]):
        return None, b""
    return salt, check
