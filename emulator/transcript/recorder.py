"""Writes what passes on a port into a transcript file, line by line as it comes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Self

from emulator.transcript.form import TranscriptError
from emulator.transcript.writing import DialogueWriter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

_OWNER_ONLY = 0o600
"""What a host sends holds pass phrases and private keys."""


class Recorder:
    """One file from its begin to its end; a context manager."""

    def __init__(self, path: Path, port: str, baud_rate: int, *, force: bool = False) -> None:
        """Write to ``path`` what passes on ``port``; with ``force`` over what is there."""
        self._path = path
        self._head = f"# spwf04sx record of {port} at {baud_rate}, began {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        self._force = force
        self._dialogue = DialogueWriter()
        self._file: IO[str] | None = None
        self.lines = 0
        """How many were written so far."""

    def __enter__(self) -> Self:
        """Begin the file. Raises TranscriptError when there is one already, OSError."""
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if self._force else os.O_EXCL)
        try:
            descriptor = os.open(self._path, flags, _OWNER_ONLY)
        except FileExistsError:
            raise TranscriptError(f"{self._path} exists; choose another name, or --force to replace it") from None
        self._file = os.fdopen(descriptor, "w", encoding="ascii")
        self._file.write(self._head)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file. Raises OSError."""
        self._write(self._dialogue.end())
        if self._file is not None:
            self._file.close()

    def said(self, octets: bytes) -> None:
        """Take octets of the host. Raises OSError."""
        self._write(self._dialogue.host(octets))

    def heard(self, octets: bytes) -> None:
        """Take octets of the module. Raises OSError."""
        self._write(self._dialogue.module(octets))

    def _write(self, lines: Iterable[str]) -> None:
        if self._file is None:
            return
        for line in lines:
            self._file.write(f"{line}\n")
            self.lines += 1
        self._file.flush()
