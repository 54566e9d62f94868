"""The ways of signing that the demonstration compares."""

from __future__ import annotations

from enum import Enum


class Mode(Enum):
    """The value is the fault's name behind ``signature=``."""

    NONE = "none"
    """Strict DER: nothing is armed."""
    NATURAL = "nonpadded"
    ALWAYS_BAD = "nonpadded:always-bad"
    ALWAYS_LUCKY = "nonpadded:always-lucky"
    FIXED32 = "nonpadded:fixed32"
