"""Python imports this at its start: makes up for what Wine does unlike Windows.

A reading from a serial port that times out counts as failed in Wine 8; in Windows it has just read nothing.
"""

import importlib
from contextlib import suppress
from typing import Any

_ERROR_TIMEOUT = 1460

with suppress(ImportError):
    win32: Any = importlib.import_module("serial.win32")
    get_result = win32.GetOverlappedResult
    win32.GetOverlappedResult = lambda *request: get_result(*request) or win32.GetLastError() == _ERROR_TIMEOUT
