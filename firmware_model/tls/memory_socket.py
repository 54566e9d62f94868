"""A socket that is only memory: what tlslite-ng sends waits here, what it reads was put here."""

from __future__ import annotations

import errno


class MemorySocket:
    """As much of a non-blocking socket as tlslite-ng uses.

    One side calls ``recv``, ``send`` and ``sendall`` from a worker thread, the other feeds and takes on the
    event loop; both sides only append to, or cut from, the front of a buffer of their own direction.
    """

    def __init__(self) -> None:
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._ended = False
        self._reset = False

    def feed(self, data: bytes) -> None:
        """Put octets that came from the network."""
        self._incoming += data

    def end(self, *, reset: bool = False) -> None:
        """Say that nothing comes any more, because the connection was closed or reset."""
        self._ended = True
        self._reset = reset

    @property
    def has_outgoing(self) -> bool:
        """Whether something is to go out."""
        return bool(self._outgoing)

    def take(self) -> bytes:
        """Return what is to go out, and forget it. Not while a worker is sending."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def recv(self, size: int) -> bytes:
        """Return up to ``size`` octets, ``b""`` at the end; BlockingIOError while there are none."""
        if not self._incoming and not self._ended:
            raise BlockingIOError(errno.EWOULDBLOCK, "nothing received yet")
        if not self._incoming and self._reset:
            raise ConnectionResetError(errno.ECONNRESET, "connection reset")
        data = bytes(self._incoming[:size])
        del self._incoming[: len(data)]
        return data

    def send(self, data: bytes) -> int:
        """Queue all of ``data``."""
        self._outgoing += data
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Queue all of ``data``."""
        self._outgoing += data

    def close(self) -> None:
        """Leave the real connection alone: whoever owns it closes it."""
