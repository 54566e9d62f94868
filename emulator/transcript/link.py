"""A pty between a host program and a real module, so that they talk as always while somebody listens."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.faces.link import PortLink
from emulator.faces.pty import PtyFace
from emulator.transcript.port import Port, PortError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.faces.face import Face, LineSettings


class LinkedPort:
    """Implements :class:`emulator.faces.face.HostEnd`: the cable leads to a real port instead of an emulated UART."""

    def __init__(self, port: Port) -> None:
        """Lead to an open port. Made inside a running event loop."""
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._owner: Face | None = None
        self._face: PtyFace | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read_forever, name="real port", daemon=True)

    async def run(self, link: Path, ready: Callable[[str], None], stop: asyncio.Event) -> None:
        """Carry octets both ways until ``stop`` is set. Raises PortError, FaceError, OSError.

        ``ready`` is called with the name of the host's port.
        """
        name = PortLink(link)
        try:
            self._face = PtyFace(self, name)
            self._thread.start()
            ready(self._face.port)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((stopping, self._ended), return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if self._ended.done():
                self._ended.result()
        finally:
            self._closing.set()
            self._port.interrupt()
            if self._thread.is_alive():
                await asyncio.to_thread(self._thread.join)
            if self._face is not None:
                self._face.close()
            name.close()

    # What the pty says

    def claim(self, face: Face) -> str | None:
        """Give the line to the only face there is."""
        self._owner = face
        return None

    def release(self, face: Face) -> None:
        """Note that the host is gone."""
        if self._owner is face:
            self._owner = None

    def belongs_to(self, face: Face) -> bool:
        """Whether the host is there."""
        return self._owner is face

    def on_release(self, wanted: Callable[[], None]) -> None:
        """Do nothing: nobody else waits."""

    def stand_in(self, face: Face) -> None:
        """Give the line to a face that cannot tell whether a host is there."""
        self._owner = face

    def receive(self, octets: bytes) -> None:
        """Send the host's octets on."""
        self._do(lambda: self._port.send(octets))

    def purge(self) -> None:
        """Do nothing: what was received has been sent on."""

    def configure(self, settings: LineSettings) -> None:
        """Set the real port to the host's speed."""
        if settings.baud_rate is not None and settings.baud_rate != self._port.baud_rate:
            self._do(lambda: self._port.set_baud_rate(settings.baud_rate or 0))

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Do nothing: a pty has no modem lines."""

    def set_break(self, *, asserted: bool) -> None:
        """Do nothing: a pty has no breaks."""

    # The rest

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        except (PortError, OSError) as failure:
            self._end(failure)

    def _end(self, failure: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(failure)

    def _read_forever(self) -> None:
        """Run in the thread."""
        with suppress(RuntimeError):  # the loop may have ended
            while not self._closing.is_set():
                try:
                    octets = self._port.read()
                except PortError as failure:
                    self._loop.call_soon_threadsafe(self._end, failure)
                    return
                if octets:
                    self._loop.call_soon_threadsafe(self._pass_on, octets)

    def _pass_on(self, octets: bytes) -> None:
        self._do(lambda: self._port.note(octets))
        if self._face is not None:
            self._face.send(octets)
