"""``spwf04sx probe``: whether an emulator in another process is ready, by its control API."""

from __future__ import annotations

import http
import http.client
import os
import sys
import time
from typing import Final

from emulator.faces.endpoint import parse_endpoint

_VARIABLE: Final = "SPWF04SX_CONTROL"
_PATIENCE: Final = 2.0
"""Seconds for one answer."""
_PAUSE: Final = 0.1
"""Seconds between two questions."""


def probe(address: str | None, wait: float) -> int:
    """Ask, for ``wait`` seconds again and again; the result is the exit status."""
    where = address or os.environ.get(_VARIABLE)
    if where is None:
        return _complain(f"where is the control API? name it, as in 'spwf04sx probe 8004', or set {_VARIABLE}", 2)
    try:
        endpoint = parse_endpoint(where)
    except ValueError as failure:
        return _complain(str(failure), 2)
    host, port, _ = endpoint.reachable_at
    deadline = time.monotonic() + wait
    while trouble := _ask(host, port):
        if time.monotonic() >= deadline:
            return _complain(f"not ready: {trouble}", 1)
        time.sleep(_PAUSE)
    return 0


def _ask(host: str, port: int) -> str:
    """Why it is not ready; empty when it is."""
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/ready", headers={"Host": f"127.0.0.1:{port}"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as failure:
        return f"nobody answers at {host}:{port} ({failure})"
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"{host}:{port} answers with status {answer.status}"


def _complain(text: str, status: int) -> int:
    print(f"spwf04sx: {text}", file=sys.stderr)
    return status
