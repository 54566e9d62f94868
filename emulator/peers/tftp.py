"""A TFTP server for one folder, by tftpy, which wants a thread of its own."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from emulator.peers.extra import need
from emulator.peers.listener import LOCALHOST
from emulator.peers.news import nobody
from emulator.peers.peer import PATIENCE, Journal

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.peers.news import Tell

_NONSENSE: Final = b"\0\0"
"""A datagram that is no TFTP; it makes the server look whether it is to stop."""


class TftpServer:
    """Gives out and takes files of ``folder`` on a UDP port of 127.0.0.1 while its context is open."""

    def __init__(self, folder: Path, *, port: int = 0, tell: Tell = nobody) -> None:
        """Take the set-up. Raises PeerError when tftpy is not installed."""
        self._tftpy = need("tftpy", "the TFTP server")
        # What it would print where nobody has set up logging, we tell ourselves.
        logging.getLogger("tftpy").addHandler(logging.NullHandler())
        self.folder = folder
        self._wanted_port = port
        self._tell = tell
        self._transfers = Journal("the TFTP server")
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._failure: OSError | None = None

    @property
    def port(self) -> int:
        """The UDP port. Raises RuntimeError while the server is closed."""
        if self._thread is None:
            raise RuntimeError("the server has no port before it is started; use 'async with'")
        return int(self._server.listenport)

    @property
    def transfers(self) -> list[str]:
        """What was done, ``"get config.txt: 12 octets"``."""
        return self._transfers.lines

    async def transfer(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for transfer ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._transfers.number(number, within)

    async def __aenter__(self) -> Self:
        """Open the port. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()

        def note(kind: str, text: str) -> None:
            loop.call_soon_threadsafe(self._note, kind, text)

        # It looks into its folder by itself, without telling; so it gets an empty one, and has to ask us.
        empty = tempfile.TemporaryDirectory(prefix="spwf04sx-tftp-")
        files = _Files(self.folder, note)
        self._server = self._tftpy.TftpServer(empty.name, dyn_file_func=files.read, upload_open=files.write)
        self._thread = threading.Thread(target=self._serve, args=(empty, note), name="tftp", daemon=True)
        self._thread.start()
        await asyncio.to_thread(self._server.is_running.wait)
        if self._failure is not None:
            self._thread = None
            raise self._failure
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port; transfers under way are broken off."""
        thread = self._thread
        if thread is None:
            return
        self._stopping = True
        self._server.stop(now=True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(_NONSENSE, (LOCALHOST, self.port))
        await asyncio.to_thread(thread.join)
        self._thread = None

    def _note(self, kind: str, text: str) -> None:
        self._tell(kind, text)
        if kind in ("get", "put"):
            self._transfers.append(text)

    def _serve(self, empty: tempfile.TemporaryDirectory[str], note: Tell) -> None:
        """Run in the thread; an error of tftpy's ends what is under way, not the server."""
        port = self._wanted_port
        with empty:
            while not self._stopping:
                try:
                    self._server.listen(LOCALHOST, port)
                except OSError as failure:
                    if not self._server.is_running.is_set():
                        self._failure = failure
                        self._server.is_running.set()
                        return
                    self._recover(note, failure)
                except Exception as failure:  # whatever a client made it stumble over
                    self._recover(note, failure)
                port = self._server.listenport

    def _recover(self, note: Tell, failure: Exception) -> None:
        note("failed", f"the server stumbled: {failure}; it goes on")
        self._server.sock.close()
        sessions, self._server.sessions = self._server.sessions, {}
        for session in sessions.values():
            with suppress(Exception):  # what made one of them stumble may do so again
                session.end()


class _Files:
    """The folder as tftpy asks for it; both methods run in its thread."""

    def __init__(self, folder: Path, note: Tell) -> None:
        self._folder = folder
        self._note = note

    def read(self, name: str, **_: object) -> BinaryIO | None:
        """A file to give out; None when there is none."""
        path = self._inside(name)
        try:
            file = path.open("rb") if path is not None else None
        except OSError:
            file = None
        if file is None:
            self._note("refused", f"get {name}: there is no such file")
            return None
        self._note("get", f"get {name}: {os.fstat(file.fileno()).st_size} octets")
        return file

    def write(self, _path: str, context: Any) -> io.BufferedIOBase | None:
        """A file to take; None when it may not be written. The path that tftpy made of its name leads elsewhere."""
        name = context.file_to_transfer
        inside = self._inside(name)
        if inside is None:
            self._note("refused", f"put {name}: that is not inside the folder")
            return None
        try:
            return _Arriving(inside, context, self._note)
        except OSError as failure:
            self._note("refused", f"put {name}: {failure.strerror}")
            return None

    def _inside(self, name: str) -> Path | None:
        """Where a file is, however its name is written; None outside of the folder."""
        parts = PurePosixPath(name.replace("\\", "/").lstrip("/")).parts
        if not parts or ".." in parts or any(":" in part for part in parts):
            return None
        return self._folder.joinpath(*parts)


class _Arriving(io.BufferedIOBase):
    """A file on its way in: it takes its place when it is complete, so that a broken transfer leaves what was there."""

    def __init__(self, path: Path, context: Any, note: Tell) -> None:
        """Make room for what tftpy's ``context`` brings. Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(prefix=".arriving-", dir=path.parent)
        self._file = os.fdopen(descriptor, "wb")
        self._aside, self._path = Path(aside), path
        self.name = aside
        """What tftpy calls it when it gives its lock back."""
        self._context, self._note = context, note
        self._size = 0

    def fileno(self) -> int:
        """The descriptor that tftpy's lock is on."""
        return self._file.fileno()

    def write(self, octets: Any) -> int:
        """Take octets. Raises OSError."""
        self._size += len(octets)
        return self._file.write(octets)

    def close(self) -> None:
        """Take the place, or leave no trace when the transfer was broken off."""
        if self.closed:
            return
        super().close()
        self._file.close()
        name = self._context.file_to_transfer
        if self._context.state is None:  # tftpy's way to say that it is complete
            self._aside.replace(self._path)
            self._note("put", f"put {name}: {self._size} octets")
        else:
            self._aside.unlink()
            self._note("failed", f"put {name}: broken off after {self._size} octets")
