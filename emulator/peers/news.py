"""What a peer tells whoever runs it: one word for the kind of event, and a text for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Tell = Callable[[str, str], None]
_SHOWN: Final = 60
"""Octets of a content that a line of the log quotes."""


def nobody(kind: str, text: str) -> None:
    """Let the news go by."""


def quoted(content: bytes) -> str:
    """How many octets, and the first of them, control characters escaped."""
    text = ascii(content[:_SHOWN].decode("latin-1"))
    dots = "..." if len(content) > _SHOWN else ""
    return f"{len(content)} octets {text}{dots}" if content else "0 octets"
