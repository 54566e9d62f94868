"""Finds head, body and end of an HTTP response while leaving its octets alone."""

from __future__ import annotations

import re
from typing import Final

import h11

_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")


class UnintelligibleResponseError(Exception):
    """What the server sent is no HTTP response, or not a whole one."""


class ResponseReader:
    """Reads one response; ``status`` and ``complete`` follow what has been received.

    The body is returned as it came, or ``unchunked``: as its sender meant it.
    """

    def __init__(self, method: str, *, unchunked: bool = False) -> None:
        self.status: int | None = None
        self.complete = False
        self.anything_received = False
        self._raw = bytearray()
        self._content = bytearray() if unchunked else None
        self._connection = h11.Connection(h11.CLIENT)
        # h11 judges a response by its request's method; the request itself is sent as the module writes it.
        self._connection.send(h11.Request(method=method, target="/", headers=[("Host", "module")]))
        self._connection.send(h11.EndOfMessage())

    def receive(self, octets: bytes) -> bytes:
        """Take octets from the connection (``b""``: it ended) and return those that belong to the body.

        Raises UnintelligibleResponseError.
        """
        self.anything_received |= bool(octets)
        self._raw += octets
        try:
            self._connection.receive_data(octets)
            self._follow()
        except h11.RemoteProtocolError as failure:
            raise UnintelligibleResponseError(str(failure)) from failure
        if not octets and not self.complete:
            raise UnintelligibleResponseError("the connection ended before the response did")
        if self.status is None:
            return b""
        returned = self._raw if self._content is None else self._content
        body = bytes(returned)
        self._raw.clear()
        returned.clear()
        return body

    def _follow(self) -> None:
        while not self.complete:
            event = self._connection.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.InformationalResponse | h11.Response):
                self._cut_head()
            if isinstance(event, h11.Response):
                self.status = event.status_code
            elif isinstance(event, h11.Data) and self._content is not None:
                self._content += event.data
            elif isinstance(event, h11.EndOfMessage):
                self.complete = True
                surplus = len(self._connection.trailing_data[0])
                del self._raw[len(self._raw) - surplus :]

    def _cut_head(self) -> None:
        end = _END_OF_HEAD.search(self._raw)
        if end is not None:
            del self._raw[: end.end()]
