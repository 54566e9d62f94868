"""The module's end of the SPI bus: which octets of the master count, what it gets back, and the interrupt line.

Who is heard, and who speaks, is decided anew at the first octet of every frame or packet (XC-SPI, GHI)::

    at rest      a packet waits   -> its octets go back
                 the master's 02  -> a command begins, also together with a packet: ST's driver writes without looking
                 anything else    -> skipped, as is what comes amid a packet
    in a command every octet belongs to it, and no further packet begins; at its end the module is busy
    busy         octets are lost, but packets still go back; the command may ask for data
    in data      the next so many octets are data, without a frame

What a master clocks out to read a packet is a sync octet and zeros (XC-SPI), or zeros (GHI): neither is a command.

The interrupt line is low (active) while a packet waits or data is asked for. Between two packets it rises for an
instant, so that a host that waits for falling edges sees one for each packet; that, and the moment at which it rises,
are assumed. The master hears zeros when there is nothing to hear (assumed).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from firmware_model.console.spi_frames import SYNC, Frame, FrameParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.outside import SpiBus

DUMMY: Final = b"\0"
_PADDING: Final = b"\0\xff\x02"
"""What hosts clock out while they only want to hear something: zeros, ones, a sync octet (GHI, XC-SPI)."""
_ENOUGH: Final = 16384
"""Octets that wait for the master before the module waits too."""
_LIMIT: Final = 65536
"""Octets that wait for the master at most; what comes after them is lost."""


class SpiSlave:
    """Answers one bus; the console asks it for frames and data and gives it packets."""

    def __init__(self, bus: SpiBus, note: Callable[[str], None]) -> None:
        """Answer ``bus`` from now on."""
        self._bus = bus
        self._note = note
        self._parser = FrameParser()
        self._packets: deque[bytes] = deque()
        self._sent = 0
        self._backlog = 0
        self._frame: Frame | None = None
        self._busy = True
        self._awaited = 0
        self._data = bytearray()
        self._lost = 0
        self._full = False
        self._met_packet = False
        """Whether a command began together with a packet."""
        self._arrival = asyncio.Event()
        self._departure = asyncio.Event()
        bus.connect(self)

    def reset(self) -> None:
        """Forget everything, as the module does that starts; it listens when it is told to."""
        self._parser.reset()
        self._packets.clear()
        self._frame, self._busy = None, True
        self._sent = self._backlog = self._awaited = self._lost = 0
        self._data.clear()
        self._full = self._met_packet = False
        self._departure.set()
        self._drive_interrupt()

    # The bus

    def exchange(self, octets: bytes) -> bytes:
        """Take what the master clocked out; what it clocked in."""
        answer = bytearray()
        while len(answer) < len(octets):
            rest = octets[len(answer) :]
            answer += self._take_awaited(rest) or self._give_packet(rest) or self._hear(rest)
        return bytes(answer)

    def _take_awaited(self, octets: bytes) -> bytes:
        if not self._awaited or self._sent:
            return b""
        octets = octets[: self._awaited]
        self._data += octets
        self._awaited -= len(octets)
        self._drive_interrupt()
        self._arrival.set()
        return DUMMY * len(octets)

    def _give_packet(self, octets: bytes) -> bytes:
        if not self._packets or (self._parser.has_begun and not self._sent):
            return b""
        answer = self._packets[0][self._sent : self._sent + len(octets)]
        self._met_packet |= not self._busy and not self._sent and octets[0] == SYNC
        if self._met_packet:
            self._listen_to(octets[: len(answer)])
        self._sent += len(answer)
        self._backlog -= len(answer)
        if self._sent == len(self._packets[0]):
            self._packets.popleft()
            self._sent = 0
            self._full = False
            self._departure.set()
            self._bus.set_interrupt(low=False)
            self._drive_interrupt()
        return answer

    def _hear(self, octets: bytes) -> bytes:
        if self._busy:
            self._lose(octets)
            return DUMMY * len(octets)
        return DUMMY * self._listen_to(octets)

    def _listen_to(self, octets: bytes) -> int:
        """Take octets up to the end of a command; how many."""
        taken, frame = self._parser.feed(octets)
        if frame is not None:
            self._accept(frame)
        return taken

    def _accept(self, frame: Frame) -> None:
        if not frame.is_read_header:
            self._frame, self._busy = frame, True
            if self._met_packet:
                self._note(
                    "a command came while a packet waited, and that packet went back meanwhile; look at what comes "
                    "back for the sync octet: 02 is the begin of a packet, to be read before the command is sent"
                )
        self._met_packet = False
        self._arrival.set()

    def _lose(self, octets: bytes) -> None:
        lost = len(octets.translate(None, _PADDING))
        if lost and not self._lost:
            self._note(
                "octets that the host clocks out are lost: the module is busy and has not asked for data; wait until "
                "the interrupt line is low before the data, and for the reply before the next command"
            )
        self._lost += lost

    def _drive_interrupt(self) -> None:
        self._bus.set_interrupt(low=bool(self._packets or self._awaited))

    # The console

    @property
    def command_begun(self) -> bool:
        """Whether the first octet of a command has arrived, and the console has not taken it yet."""
        return self._parser.has_begun or self._frame is not None

    def listen(self) -> None:
        """Be ready for the next command: the last one is answered."""
        if self._frame is None:
            self._busy = False
        self._lost = 0

    async def wait(self) -> None:
        """Wait until something has arrived: a frame, data, or what turned out to be no command."""
        await self._arrival.wait()
        self._arrival.clear()

    async def overhear(self) -> None:
        """Wait until something has arrived, and forget it: the module is asleep."""
        await self.wait()
        self._frame = None
        self.listen()

    def take_frame(self) -> Frame | None:
        """Cut the frame that has arrived; the module is busy with it until it listens again."""
        frame, self._frame = self._frame, None
        return frame

    def ask_for_data(self, length: int) -> None:
        """Let the next ``length`` octets be data; with 0 there is no more data phase."""
        self._awaited = length
        if not length:
            self._data.clear()
        self._drive_interrupt()

    def take_data(self, limit: int) -> bytes:
        """Cut up to ``limit`` octets of data."""
        octets = bytes(self._data[:limit])
        del self._data[:limit]
        return octets

    def send(self, packet: bytes) -> None:
        """Queue a packet; lost while a master that fetches nothing has left no room."""
        if self._backlog + len(packet) > _LIMIT:
            if not self._full:
                self._note("packets are lost: the host does not fetch those that wait, see the interrupt line")
            self._full = True
            return
        self._packets.append(packet)
        self._backlog += len(packet)
        self._drive_interrupt()

    async def drain(self) -> None:
        """Wait until the master has fetched enough of what waits."""
        await self._wait_for_backlog(_ENOUGH)

    async def flushed(self) -> None:
        """Wait until the master has fetched everything."""
        await self._wait_for_backlog(0)

    async def _wait_for_backlog(self, limit: int) -> None:
        while self._backlog > limit:
            self._departure.clear()
            await self._departure.wait()
