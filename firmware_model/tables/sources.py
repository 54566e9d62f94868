"""Where a fact comes from and how far it can be trusted.

The tags (``M3p7``, ``F-AP``, ``XC-ERR`` ...) are explained in ``docs/sources.md``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Confidence(StrEnum):
    """How a fact is known; everything ``INFERRED`` or ``ASSUMED`` is open until somebody asks a real module."""

    MANUAL = "manual"
    LOG = "log"
    DRIVER = "driver"
    PREDECESSOR = "predecessor"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class Source(NamedTuple):
    """The origin of one fact."""

    where: str
    confidence: Confidence

    def __str__(self) -> str:
        return f"{self.where} ({self.confidence})" if self.where else str(self.confidence)


def manual(where: str) -> Source:
    """Read in ST's documentation or change log."""
    return Source(where, Confidence.MANUAL)


def log(where: str) -> Source:
    """Seen in the output of a real module."""
    return Source(where, Confidence.LOG)


def driver(where: str) -> Source:
    """A host driver that works with real modules sends or parses exactly this."""
    return Source(where, Confidence.DRIVER)


def predecessor(where: str = "SPWF01") -> Source:
    """Documented for the SPWF01 only: likely, not proven."""
    return Source(where, Confidence.PREDECESSOR)


def inferred(where: str) -> Source:
    """Concluded from other facts."""
    return Source(where, Confidence.INFERRED)


def assumed(why: str = "") -> Source:
    """Chosen by us, as what a host would survive best."""
    return Source(why, Confidence.ASSUMED)
