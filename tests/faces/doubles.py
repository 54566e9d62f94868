"""A line that keeps what faces tell it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from emulator.faces.face import LineSettings, ModemLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.face import Face

PATIENCE = 20.0


class RecordingLine:
    """Stands where the line stands; ``news`` is set whenever it is told something."""

    def __init__(self) -> None:
        self.owner: Face | None = None
        self.owners = 0
        self.received = bytearray()
        self.settings = LineSettings()
        self.driven: dict[str, bool] = {}
        self.breaks: list[bool] = []
        self.purges = 0
        self.told: list[str] = []
        self.news = asyncio.Event()
        self.limit: int | None = None
        """After so many octets the face has to wait."""
        self._waiting: list[Callable[[], None]] = []

    def claim(self, face: Face) -> str | None:
        if self.owner not in (None, face):
            assert self.owner is not None
            return f"in use at {self.owner.name}"
        self.owner = face
        self.owners += 1
        face.follow(LineSettings(115200))
        face.show(ModemLines())
        self._tell("claim")
        return None

    def release(self, face: Face) -> None:
        if self.owner is face:
            self.owner = None
            self._tell("release")

    def belongs_to(self, face: Face) -> bool:
        return self.owner is face

    def on_release(self, wanted: Callable[[], None]) -> None:
        self._waiting.append(wanted)

    def stand_in(self, face: Face) -> None:
        self.owner = face
        self._tell("stand in")

    def receive(self, octets: bytes) -> None:
        self.received += octets
        self._tell("receive")
        if self.limit is not None and len(self.received) >= self.limit:
            assert self.owner is not None
            self.owner.pause()

    def purge(self) -> None:
        self.purges += 1
        self._tell("purge")

    def configure(self, settings: LineSettings) -> None:
        self.settings = settings
        self._tell("configure")

    def drive(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        self.driven |= {name: level for name, level in (("dtr", dtr), ("rts", rts)) if level is not None}
        self._tell("drive")

    def set_break(self, *, asserted: bool) -> None:
        self.breaks.append(asserted)
        self._tell("break")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was told made ``condition`` true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self.news.set()
