"""A pair of serial ports joined by a cable, as com0com and tty0tty make them; of ptys, so without modem lines."""

from __future__ import annotations

import os
import threading
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_READ_SIZE = 4096


class Pair:
    """What is written to ``near`` can be read from ``far``, and the other way round; a context manager."""

    def __init__(self) -> None:
        self._masters: list[int] = []
        self._slaves: list[int] = []
        for _ in range(2):
            master, slave = os.openpty()
            tty.setraw(slave)
            self._masters.append(master)
            # Kept open: a pty whose last user has gone hangs up.
            self._slaves.append(slave)
        self.near, self.far = map(os.ttyname, self._slaves)
        self._threads = [
            threading.Thread(target=_relay, args=ends, daemon=True) for ends in (self._masters, reversed(self._masters))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slave in self._slaves:
            os.close(slave)
        for thread in self._threads:
            thread.join()
        for master in self._masters:
            os.close(master)


def _relay(source: int, target: int) -> None:
    with suppress(OSError):
        while True:
            octets = memoryview(os.read(source, _READ_SIZE))
            while octets:
                octets = octets[os.write(target, octets) :]
