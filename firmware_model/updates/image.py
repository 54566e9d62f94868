"""The container of firmware and file system images.

ST's own form was not looked into, and its images cannot be used here: they hold code for a processor that is not
emulated. An image of this form names what it stands for::

    SPWF04Sx image 1
    kind=firmware
    version=1.2.0
    build=181101-0000000-SPWF04S
    length=65536
    sha256=<hex digest of the payload>
    cipher=none
    <empty line>
    <payload>

A firmware's payload is filler, a file system's payload is a volume as it lies in flash. With ``cipher=aes-128-cbc``
16 octets of initialization vector and then the encrypted payload follow the head; length and digest are those of
the plain one, so a wrong ``aes128_key`` is noticed.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final, NamedTuple

from firmware_model.tls.aes import BLOCK, decrypt, encrypt

_MAGIC: Final = b"SPWF04Sx image 1\n"
_PLAIN: Final = "none"
_ENCRYPTED: Final = "aes-128-cbc"
_LONGEST_HEAD: Final = 1024


class Kind(StrEnum):
    """What an image replaces."""

    FIRMWARE = "firmware"
    USER = "user"
    """The user flash, volume 1."""
    APPLICATION = "application"
    """The application flash, volume 3."""
    EXTERNAL = "external"
    """The external memory, volume 0."""


class ImageError(ValueError):
    """The octets are no image, or a damaged one, or one for another key; the text says what."""


class Image(NamedTuple):
    """One image; ``version`` and ``build`` are empty unless it is a firmware."""

    kind: Kind
    payload: bytes
    version: str = ""
    build: str = ""

    def octets(self, key: bytes | None = None, initialization_vector: bytes = bytes(BLOCK)) -> bytes:
        """The image as it goes over the network; encrypted under ``key``, 16 octets, if there is one."""
        head = {
            "kind": self.kind.value,
            "version": self.version,
            "build": self.build,
            "length": len(self.payload),
            "sha256": hashlib.sha256(self.payload).hexdigest(),
            "cipher": _ENCRYPTED if key else _PLAIN,
        }
        lines = "".join(f"{name}={value}\n" for name, value in head.items())
        body = initialization_vector + encrypt(key, initialization_vector, self.payload) if key else self.payload
        return _MAGIC + lines.encode("ascii") + b"\n" + body


def parse_image(octets: bytes, key: bytes) -> Image:
    """Read and check an image; ``key`` opens an encrypted one. Raises ImageError."""
    head, separator, body = octets[:_LONGEST_HEAD].partition(b"\n\n")
    if not octets.startswith(_MAGIC) or not separator:
        raise ImageError("this is no image; make one with 'spwf04sx image'")
    body = octets[len(head) + 2 :]
    fields = dict(line.partition("=")[::2] for line in head.decode("latin-1").splitlines()[1:])
    if fields.get("cipher") == _ENCRYPTED:
        body = decrypt(key, body[:BLOCK], body[BLOCK:])
    payload = body[: _length(fields)]
    if hashlib.sha256(payload).hexdigest() != fields.get("sha256"):
        raise ImageError("the image is damaged, or encrypted with another key than aes128_key")
    try:
        kind = Kind(fields.get("kind", ""))
    except ValueError:
        raise ImageError(f"an image of the kind '{fields.get('kind')}' is not known") from None
    return Image(kind, payload, fields.get("version", ""), fields.get("build", ""))


def _length(fields: dict[str, str]) -> int:
    text = fields.get("length", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ImageError("the image's head names no length")
    return int(text)
