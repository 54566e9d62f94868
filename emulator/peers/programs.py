"""Runs other people's servers found on PATH: started, listened to and stopped, and never left behind."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from abc import ABC, abstractmethod
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from emulator.peers.listener import LOCALHOST
from emulator.peers.peer import PATIENCE, Journal, PeerError, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

_GRACE_SECONDS = 3.0
_ATTEMPTS = 3
"""Ports that are tried: somebody else may take one between our look and the program's."""
_CHUNK = 65536


def find(name: str) -> Path | None:
    """Return where the program ``name`` is on PATH; None when it is not."""
    found = shutil.which(name)
    return Path(found) if found else None


def program(name: str) -> Path:
    """Return where the program ``name`` is on PATH. Raises PeerError when it is not."""
    path = find(name)
    if path is None:
        raise PeerError(f"{name} is not on PATH; install it or use the embedded server")
    return path


async def first_line(*command: str | Path) -> str:
    """Run a short command and return the first line of its output. Raises PeerError when it prints none."""
    lines = await finish(*command)
    if not lines:
        raise PeerError(f"{Path(command[0]).name} printed nothing")
    return lines[0]


async def finish(*command: str | Path) -> list[str]:
    """Run a short command and return the lines of its output. Raises PeerError when it fails."""
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    lines = output.decode(errors="replace").splitlines()
    if process.returncode:
        raise PeerError(f"{Path(command[0]).name} ended with status {process.returncode}: {' | '.join(lines)}")
    return lines


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nobody listens at the moment."""
    with socket.socket() as held:
        held.bind((LOCALHOST, 0))
        return int(held.getsockname()[1])


class ServerProgram(ABC):
    """A server in a process of its own that serves a :class:`Site` while its context is open."""

    name: str

    def __init__(self, site: Site) -> None:
        self._site = site
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._log = Journal(self.name)
        self._refusals = Journal(self.name)
        self._port: int | None = None
        self._version = self.name

    @property
    def version(self) -> str:
        """Make and version; the bare name until the server runs."""
        return self._version

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1. Raises RuntimeError before the server runs."""
        if self._port is None:
            raise RuntimeError(f"{self.name} has no port before it is started; use 'async with'")
        return self._port

    @property
    def log(self) -> list[str]:
        """All that the program printed, standard error included, line by line."""
        return self._log.lines

    @property
    def refusals(self) -> list[str]:
        """The program's words for each failed handshake; a client that merely left is not among them."""
        return self._refusals.lines

    @property
    def pid(self) -> int | None:
        """The process id while the program runs."""
        return self._process.pid if self._process else None

    async def wait_for(self, text: str, within: float = PATIENCE) -> str:
        """Wait for a log line with ``text`` in it. Raises PeerError when it does not come."""
        return await self._log.containing(text, within)

    async def refusal(self, number: int = 1, within: float = PATIENCE) -> str:
        """Wait for refusal ``number``, counted from 1. Raises PeerError when it does not come."""
        return await self._refusals.number(number, within)

    async def __aenter__(self) -> Self:
        """Start the program and wait until it listens. Raises PeerError."""
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the program and wait for its end."""
        await self._stop()

    @abstractmethod
    async def _start(self) -> None:
        """Launch the program; set version and port."""

    @abstractmethod
    def _refusal_in(self, line: str) -> str | None:
        """Return the words of refusal that a log line holds, if any."""

    async def _launch(self, *command: str | Path, directory: Path | None = None, first: bytes = b"") -> None:
        """Start ``command``, send ``first`` to its standard input, keep that open, collect its output."""
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, cwd=directory)
        self._process = process
        self._listening = asyncio.create_task(self._listen(process))
        if process.stdin is not None and first:
            process.stdin.write(first)

    async def _launch_on_free_port(
        self, command: Callable[[int], Sequence[str | Path]], ready: str, *, directory: Path | None = None
    ) -> None:
        """Start a program that must be told its port, and wait for the log line ``ready``. Raises PeerError."""
        for attempt in range(_ATTEMPTS):
            port = free_port()
            await self._launch(*command(port), directory=directory)
            try:
                await self._log.containing(ready)
            except PeerError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                await self._end()
                self._log, self._refusals = Journal(self.name), Journal(self.name)
            else:
                self._port = port
                return

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        rest = b""
        while process.stdout is not None and (chunk := await process.stdout.read(_CHUNK)):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._note(line.decode(errors="replace").rstrip("\r"))
        if rest:
            self._note(rest.decode(errors="replace"))
        self._log.close()
        self._refusals.close()

    def _note(self, line: str) -> None:
        self._log.append(line)
        if words := self._refusal_in(line):
            self._refusals.append(words)

    async def _stop(self) -> None:
        """Stop the program; servers that wrote files take them away, too."""
        await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            with suppress(ProcessLookupError):
                process.terminate()
            async with asyncio.timeout(_GRACE_SECONDS):
                await process.wait()
        except TimeoutError:
            pass  # killed below, as on cancellation
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
            if self._listening is not None:
                await self._listening


class FolderProgram(ServerProgram):
    """A program that reads certificates and key from files; its folder goes away with it."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def _make_folder(self) -> Path:
        """Write ``server.pem`` (with its chain), ``server.key.pem`` and, if clients are asked, ``ca.pem``."""
        self._folder = tempfile.TemporaryDirectory(prefix="spwf04sx-")
        home = Path(self._folder.name)
        (home / "server.pem").write_text(self._site.identity.bundle_pem, encoding="ascii")
        (home / "server.key.pem").write_text(self._site.identity.key_pem, encoding="ascii")
        if self._site.client_ca is not None:
            (home / "ca.pem").write_text(self._site.client_ca.certificate_pem, encoding="ascii")
        return home

    async def _stop(self) -> None:
        try:
            await super()._stop()
        finally:
            if self._folder is not None:
                self._folder.cleanup()
