"""Breakdowns of the firmware: it says what happened, the watchdog restarts it."""

from __future__ import annotations

from enum import Enum

from firmware_model.tables.indications import Indication


class Breakdown(Enum):
    """How the firmware can break down; the value is its last word."""

    WATCHDOG = Indication.WATCHDOG_TERMINATING
    """It hangs, and nobody feeds the watchdog."""
    HARD_FAULT = Indication.HARD_FAULT
    STACK_OVERFLOW = Indication.STACK_OVERFLOW
    MALLOC_FAILED = Indication.MALLOC_FAILED
    """A part that cannot go on without memory gets none."""


class StartReason(Enum):
    """Why the module starts; the value is status variable ``reset_reason``.

    4 stands in the predecessor's documentation, the others are assumed.
    """

    POWER = 4
    RESET = 1
    """By command or pin, or the end of a standby."""
    WATCHDOG = 2
