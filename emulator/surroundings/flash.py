"""Flash memory: in memory for a module that forgets at exit, in a directory for one that remembers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


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
