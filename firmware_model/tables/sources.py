"""Where a fact comes from and how far it can be trusted.

The tags (``M3p7``, ``F-AP``, ``XC-ERR`` ...) are explained in ``docs/sources.md``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Confidence(StrEnum):
    """How a fact is known; everything ``INFERRED`` or ``ASSUMED`` is open until somebody asks a real module.

    Faults are no facts about the module: they have a precedent elsewhere or are invented.
    """

    MANUAL = "manual"
    LOG = "log"
    DRIVER = "driver"
    PREDECESSOR = "predecessor"
    INFERRED = "inferred"
    ASSUMED = "assumed"
    PRECEDENT = "precedent"
    """Of a fault: met elsewhere, never in a real module as far as is known."""
    INVENTED = "invented"
    """Of a fault: our own, to see what others make of it."""


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


def precedent(where: str) -> Source:
    """A fault that was met in another implementation, or that a standard or a test suite warns of."""
    return Source(where, Confidence.PRECEDENT)


def invented(why: str) -> Source:
    """A fault of our own."""
    return Source(why, Confidence.INVENTED)
