"""Content with a checksum, so that damage in an area of the flash is noticed.

The form is ours: one header line with title and CRC-32, then the body.
"""

from __future__ import annotations

from binascii import crc32


def seal(title: str, body: bytes) -> bytes:
    """Prefix ``body`` with a header; the title says what it is and in which version."""
    return f"{title} {crc32(body):08X}\n".encode("ascii") + body


def unseal(title: str, content: bytes) -> bytes:
    """Return the body. Raises ValueError when title or checksum does not fit."""
    _, _, body = content.partition(b"\n")
    if seal(title, body) != content:
        raise ValueError("damaged, or not of this kind and version")
    return body
