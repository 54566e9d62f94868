"""What to tell people of an error of the system."""

from __future__ import annotations

import os
import socket


def reason(failure: BaseException) -> str:
    """The system's own words, without what Python's and pyserial's wrap around them."""
    number = getattr(failure, "errno", None)
    if isinstance(number, int) and not isinstance(failure, socket.gaierror):
        return os.strerror(number)
    if isinstance(failure, TimeoutError):
        return "no answer"
    return str(getattr(failure, "strerror", None) or failure) or type(failure).__name__
