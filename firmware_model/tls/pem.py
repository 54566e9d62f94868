"""PEM text and rows of DER elements, as far as stored certificates and keys need them."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


def is_pem(data: bytes) -> bool:
    """Whether ``data`` is PEM text rather than DER."""
    return b"-----BEGIN " in data


def pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield label and content of each block; raises ValueError when one is not base64."""
    for match in _BLOCK.finditer(data):
        label = match.group(1).decode("ascii")
        try:
            content = binascii.a2b_base64(b"".join(match.group(2).split()), strict_mode=True)
        except binascii.Error:
            raise ValueError(f"the PEM block {label} is not base64") from None
        yield label, content


def certificates_in(data: bytes) -> tuple[bytes, ...]:
    """Return the DER certificates of PEM text or of DER elements one straight after the other, order kept.

    Raises ValueError when there is none, or when something else stands between or behind them.
    """
    if is_pem(data):
        found = tuple(content for label, content in pem_blocks(data) if label == "CERTIFICATE")
    else:
        found = tuple(_elements(data))
    if not found:
        raise ValueError("no certificate in the data")
    return found


def _elements(data: bytes) -> Iterator[bytes]:
    from asn1crypto import parser

    while data:
        try:
            length = parser.peek(data)
        except ValueError:
            raise ValueError("not a certificate in PEM or DER") from None
        yield data[:length]
        data = data[length:]
