"""A file that the timeline is written to, from one moment to another.

Every entry is written at once and as a whole, so the file can be read while it grows, and after the emulator was
killed. When it cannot be written any more (a full disk above all), it is cut after the last whole entry and left;
the module goes on.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from firmware_model.events import Note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from emulator.capture.timeline import Entry, Timeline
    from emulator.capture.writer import Writer

_OWNER_ONLY: Final = 0o600
"""A recording holds what the host sent: passwords and private keys among it."""
_AS_IT_IS: Final = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Octets stay what they are, and no child gets the file; each system has its own words for that."""


class Recording:
    """Writes one form of the timeline to one file; also a context manager that starts and stops it."""

    def __init__(
        self, timeline: Timeline, path: Path, make_writer: Callable[[], Writer], begin: bytes, *, append: bool = False
    ) -> None:
        """Write to ``path`` what ``make_writer`` makes of ``timeline``.

        ``begin`` is how a file of this form begins: any other that is there stays as it is. With ``append`` what is
        there is kept.
        """
        self.path = path
        self.failure: str | None = None
        """Why it ended before it was stopped."""
        self._timeline = timeline
        self._make_writer = make_writer
        self._begin = begin
        self._append = append
        self._writer: Writer | None = None
        self._descriptor = -1
        self._size: int | None = None

    @property
    def running(self) -> bool:
        """Whether it is being written."""
        return self._writer is not None

    def start(self) -> None:
        """Begin a new file; nothing happens while it runs. Raises OSError, whose ``filename`` is the path's."""
        if self.running:
            return
        self.failure = None
        self._open()
        writer = self._make_writer()
        try:
            self._write(writer.begin())
        except OSError as failure:
            self._close()
            raise OSError(failure.errno, failure.strerror, str(self.path)) from failure
        self._writer = writer
        self._timeline.subscribe(self._take, *writer.kinds, secrets=writer.secrets)

    def stop(self) -> None:
        """Write what is left and close the file; nothing happens when it does not run."""
        writer = self._writer
        if writer is None:
            return
        self._leave()
        try:
            self._write(writer.end())
        except OSError as failure:
            self._fail(failure)
        self._close()

    def __enter__(self) -> Self:
        """Start. Raises OSError."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _take(self, entry: Entry) -> None:
        if self._writer is None:
            return
        try:
            self._write(self._writer.take(entry))
        except OSError as failure:
            self._leave()
            self._fail(failure)
            self._close()

    def _leave(self) -> None:
        self._timeline.unsubscribe(self._take)
        self._writer = None

    def _fail(self, failure: OSError) -> None:
        if self._size is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
        self.failure = failure.strerror or str(failure)
        self._timeline.record(Note(f"{self.path}: {self.failure}; the recording ends here, the module goes on"))

    def _open(self) -> None:
        """Open the file. Raises OSError."""
        self._require_own_kind()
        how = os.O_APPEND if self._append else os.O_TRUNC
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | _AS_IT_IS | how, _OWNER_ONLY)
        status = os.fstat(self._descriptor)
        self._size = None
        if stat.S_ISREG(status.st_mode):
            self._size = status.st_size
            self.path.chmod(_OWNER_ONLY)

    def _require_own_kind(self) -> None:
        """Keep what is something else. Raises OSError."""
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                return
            with self.path.open("rb") as file:
                beginning = file.read(len(self._begin))
        except FileNotFoundError:
            return
        if beginning not in (b"", self._begin):
            raise FileExistsError(
                errno.EEXIST, "holds something else; choose another name or remove it", str(self.path)
            )

    def _write(self, octets: bytes) -> None:
        """Write all of it. Raises OSError."""
        left = octets
        while left:
            left = left[os.write(self._descriptor, left) :]
        if self._size is not None:
            self._size += len(octets)

    def _close(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1
