"""What a command says when it cannot do what it was asked for."""

from __future__ import annotations

import sys


def complain(text: str, status: int) -> int:
    """Say in one line on standard error what is wrong and what to do; returns the exit status."""
    print(f"spwf04sx: {text}", file=sys.stderr)
    return status


def failure_of(failure: OSError, what: str) -> str:
    """What the system says, with the file that it is about or else ``what`` before it."""
    return f"{failure.filename or what}: {failure.strerror or failure}"
