"""Flash memory: in memory for a module that forgets at exit, in a directory for one that remembers; one that fails."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.outside import Flash

_GARBAGE: Final = b"\xff\xff\xff\xff"
"""What a damaged area holds."""


class MemoryFlash:
    """Areas in a dictionary, ``areas``."""

    def __init__(self, areas: Mapping[str, bytes] | None = None) -> None:
        self.areas = dict(areas or {})

    def load(self, area: str) -> bytes | None:
        """The area's content; None when there is none."""
        return self.areas.get(area)

    def store(self, area: str, content: bytes) -> None:
        """Replace the area's content."""
        self.areas[area] = content

    def erase(self, area: str) -> None:
        """Forget the area."""
        self.areas.pop(area, None)


class DirectoryFlash:
    """One file per area; a file is replaced as a whole, so neither a crash nor a full disk leaves half an area."""

    def __init__(self, directory: Path) -> None:
        """Use ``directory``; it is made when missing. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    def load(self, area: str) -> bytes | None:
        """The area's content; None when there is none. Raises OSError."""
        try:
            return self._path(area).read_bytes()
        except FileNotFoundError:
            return None

    def store(self, area: str, content: bytes) -> None:
        """Replace the area's content. Raises OSError, and then the old content is intact."""
        import tempfile

        handle, name = tempfile.mkstemp(prefix=".", dir=self._directory)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path(area))
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def erase(self, area: str) -> None:
        """Forget the area. Raises OSError."""
        self._path(area).unlink(missing_ok=True)

    def _path(self, area: str) -> Path:
        return self._directory / quote(area, safe="")


class FailingFlash:
    """A flash whose areas fail when told to; an area is ``user-flash`` or ``external-memory``, for example."""

    def __init__(self, flash: Flash) -> None:
        """Stand in front of ``flash``."""
        self._flash = flash
        self._unreadable: set[str] = set()
        self._unwritable: set[str] = set()

    def load(self, area: str) -> bytes | None:
        """The area's content. Raises OSError."""
        if area in self._unreadable:
            raise OSError(f"flash area {area} cannot be read")
        return self._flash.load(area)

    def store(self, area: str, content: bytes) -> None:
        """Replace the area's content. Raises OSError."""
        self._require_writable(area)
        self._flash.store(area, content)

    def erase(self, area: str) -> None:
        """Forget the area. Raises OSError."""
        self._require_writable(area)
        self._flash.erase(area)

    def fail_reading(self, area: str) -> None:
        """Let every attempt to read an area fail."""
        self._unreadable.add(area)

    def fail_writing(self, area: str) -> None:
        """Let every attempt to write or erase an area fail."""
        self._unwritable.add(area)

    def damage(self, area: str) -> None:
        """Spoil what an area holds; only erasing it helps. Raises OSError."""
        self._flash.store(area, _GARBAGE)

    def repair(self) -> None:
        """Let every area be read and written again."""
        self._unreadable.clear()
        self._unwritable.clear()

    def _require_writable(self, area: str) -> None:
        if area in self._unwritable:
            raise OSError(f"flash area {area} cannot be written")
