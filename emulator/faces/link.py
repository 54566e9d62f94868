"""A stable name for a port whose own name changes at every start.

The name is a symbolic link. It is replaced when it is a link to a terminal device, never when it is anything else,
and a lock keeps two running emulators from taking the same name.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from emulator.faces.face import FaceError

_TERMINALS: Final = re.compile(r"/dev/(pts/\d+|tty\w+)")


class LinkError(FaceError):
    """The name cannot be used; the text says why and what to do."""


class PortLink:
    """Owns one link name while it exists."""

    def __init__(self, path: Path) -> None:
        """Reserve the name. Raises LinkError."""
        self.path = path.absolute()
        self._target = ""
        self._lock_path = _lock_path(self.path)
        self._lock = self._acquire()
        try:
            self._check()
        except LinkError:
            self.close()
            raise

    def point_to(self, device: str) -> None:
        """Make the name lead to ``device``, in one step. Raises LinkError."""
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            temporary.symlink_to(device)
            temporary.replace(self.path)
        except OSError as failure:
            temporary.unlink(missing_ok=True)
            raise LinkError(f"cannot make the link {self.path}: {failure.strerror}") from failure
        self._target = device

    def close(self) -> None:
        """Remove the link if it still leads where this emulator made it lead, and give the name back."""
        with suppress(OSError):
            if self._target and self.path.readlink() == Path(self._target):
                self.path.unlink()
        with suppress(OSError):
            self._lock_path.unlink()
        os.close(self._lock)

    def _check(self) -> None:
        if not self.path.parent.is_dir():
            raise LinkError(f"cannot make the link {self.path}: there is no directory {self.path.parent}")
        if self.path.is_symlink():
            if not _TERMINALS.fullmatch(str(self.path.readlink())):
                raise LinkError(f"{self.path} is a link to something that is no port; choose another --link")
        elif self.path.exists():
            raise LinkError(f"{self.path} exists and is no link; choose another --link or remove it")

    def _acquire(self) -> int:
        while True:
            try:
                lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except OSError as failure:
                raise LinkError(f"cannot lock the name {self.path}: {failure.strerror}") from failure
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as failure:
                os.close(lock)
                complaint = f"{self.path} is in use by another running emulator; choose another --link"
                raise LinkError(complaint) from failure
            if self._is_the_lock(lock):
                return lock
            # Its last owner removed the file between our opening and our locking it.
            os.close(lock)

    def _is_the_lock(self, lock: int) -> bool:
        """Whether the file that is locked is the one that the next emulator will try to lock."""
        try:
            return os.path.samestat(os.fstat(lock), self._lock_path.stat(follow_symlinks=False))
        except FileNotFoundError:
            return False


def _lock_path(path: Path) -> Path:
    import hashlib
    import tempfile

    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"spwf04sx-{os.getuid()}-{digest}.lock"
