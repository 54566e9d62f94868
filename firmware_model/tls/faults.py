"""The TLS defects that can be switched on, as descriptions of an encoding, never as a claim about a module.

Whether any real firmware encodes like this is not known. Encoders that do exist elsewhere (CyaSSL up to 2.8.0
left the sign octet out) made these modes worth having: a server's reaction to each can be seen beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SignatureFault(Enum):
    """How the r and s of an ECDSA signature are encoded.

    ``nonpadded`` stands for INTEGERs without the sign octet that DER demands when the top bit is set.
    """

    NONE = "none"
    """Strict DER."""

    NATURAL = "nonpadded:natural"
    """Minimal length, sign octet forgotten; about one signature in four is valid by luck."""

    ALWAYS_BAD = "nonpadded:always-bad"
    """As NATURAL, drawn again until a strict decoder refuses the encoding."""

    ALWAYS_LUCKY = "nonpadded:always-lucky"
    """As NATURAL, drawn again until both integers have full length and need no sign octet."""

    FIXED32 = "nonpadded:fixed32"
    """Both integers always as long as the curve's order: 32 octets for P-256."""


@dataclass(slots=True)
class TlsFaults:
    """The switches; a change takes effect with the next signature."""

    signature: SignatureFault = SignatureFault.NONE
