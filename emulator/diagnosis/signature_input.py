"""Finds signatures in what somebody pasted: hexadecimal in any dress, base64, PEM; one or many."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.diagnosis.handshakes.cursor import Malformed
from emulator.diagnosis.handshakes.messages import HEADER, Kind, certificate_verify
from emulator.diagnosis.judging.algorithms import Algorithm, algorithm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST: Final = 10_000
"""Signatures that are taken at a time."""
_LARGEST: Final = 4096
"""Octets of one signature."""
_SHORTEST_BASE64: Final = 12
"""Letters; what is shorter is more likely a word."""
_TEXT_SHOWN: Final = 40
_PEM = re.compile(r"-----BEGIN [^-]+-----(.*?)-----END [^-]+-----", re.DOTALL)
_DRESS = re.compile(r"0x|\\x|[\s:,;{}\[\]()\"'.-]|^hex", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}\Z")
_RAW_LENGTHS: Final = (64, 96, 132)


class Pasted(NamedTuple):
    """One signature; ``claimed`` is what the CertificateVerify message that held it says, if it was in one."""

    octets: bytes
    claimed: Algorithm | None = None


class NoSignature(ValueError):  # noqa: N818  an answer to the user
    """The text is none; the message is one sentence."""


def from_arguments(arguments: Sequence[str]) -> list[Pasted]:
    """Read signatures from arguments, one each; octets that a shell took apart are put together. Raises NoSignature."""
    if len(arguments) > 1 and all(len(_DRESS.sub("", argument)) <= 8 for argument in arguments):
        arguments = [" ".join(arguments)]
    return [one for argument in arguments for one in from_text(argument)]


def from_text(text: str) -> list[Pasted]:
    """Read signatures from text: PEM blocks, one a line, or over several lines. Raises NoSignature."""
    found = [_unwrapped(_octets(block)) for block in _PEM.findall(text)]
    found += [_unwrapped(octets) for octets in _in_lines(_PEM.sub("\n\n", text).splitlines())]
    if not found:
        raise NoSignature("there is no signature in it; give its octets in hex, such as 3045022100...")
    if len(found) > MOST:
        raise NoSignature(f"these are {len(found)} signatures; at most {MOST} are taken at a time")
    return found


def _in_lines(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines until they make up what the octets themselves say, or a blank line comes."""
    gathered = ""
    for line in [*lines, ""]:
        text = line.partition("#")[0].strip()
        if gathered and (not text or _complete(text)):
            yield _octets(gathered)
            gathered = ""
        gathered += text
        if gathered and _complete(gathered):
            yield _octets(gathered)
            gathered = ""


def _complete(text: str) -> bool:
    try:
        octets = _unwrapped(_octets(text)).octets
    except NoSignature:
        return False
    return len(octets) in _RAW_LENGTHS or (len(octets) > 2 and octets[0] == 0x30 and octets[1] == len(octets) - 2)


def _octets(text: str) -> bytes:
    bare = _DRESS.sub("", text)
    octets = bytes.fromhex(bare) if _HEX.match(bare) else _from_base64(text)
    if len(octets) > _LARGEST:
        raise NoSignature(f"it has {len(octets)} octets, which no signature has")
    return octets


def _from_base64(text: str) -> bytes:
    bare = "".join(text.split())
    if (
        len(bare) >= _SHORTEST_BASE64
        and "-----" not in bare
        and _BASE64.match(bare)
        and not set(bare.lower()) <= set("0123456789abcdef")
    ):
        try:
            padded = bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)
            return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            pass
    if "-----" in text:
        raise NoSignature("a PEM block needs its BEGIN and its END line, and base64 between them")
    odd = re.fullmatch(r"[0-9a-fA-F]+", _DRESS.sub("", text))
    shown = "".join(character if character.isprintable() else "?" for character in text.strip())
    shown = shown if len(shown) <= _TEXT_SHOWN else f"{shown[:_TEXT_SHOWN]}..."
    raise NoSignature(f"'{shown}' is no signature: {'an odd number of digits' if odd else 'neither hex nor base64'}")


def _unwrapped(octets: bytes) -> Pasted:
    """Take a signature out of a CertificateVerify message, where somebody copied all of that."""
    if len(octets) > HEADER and octets[0] == Kind.CERTIFICATE_VERIFY:
        body = octets[HEADER:]
        if len(body) == int.from_bytes(octets[1:HEADER], "big"):
            return _from_body(body) or Pasted(octets)
    return _from_body(octets) or Pasted(octets)


def _from_body(body: bytes) -> Pasted | None:
    for with_algorithm in (True, False):
        try:
            verify = certificate_verify(body, with_algorithm=with_algorithm)
        except Malformed:
            continue
        claimed = None if verify.algorithm is None else algorithm(verify.algorithm)
        known = claimed is None or claimed.hash_name or claimed.scheme == "eddsa"
        if verify.signature and not verify.trailing and known:
            return Pasted(verify.signature, claimed)
    return None
