"""The raw TCP port: the host's octets as they are, for hosts that know nothing but a socket.

It carries neither settings nor modem lines nor breaks. A telnet client that negotiates is not its case: what it says
would reach the module as octets; RFC 2217 is the face for those.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final, cast

from emulator.faces.endpoint import Endpoint
from emulator.faces.liveness import Pulse, is_lost, keep_alive

if TYPE_CHECKING:
    from emulator.faces.face import HostEnd, LineErrors, LineSettings, ModemLines

_HIGH_WATER: Final = 4096
"""Octets queued for a host that does not read before the module has to wait."""
_SYSTEM_BUFFER: Final = 65536
"""Octets that the system may hold for such a host beside these. It would take megabytes if it were let."""
_HELD_BACK: Final = 65536
"""Octets taken from a host that the line does not want yet, so that its farewell is seen behind them."""
_PORTION: Final = 65536
"""Octets handed over before anybody is asked again whether there may be more, in either direction."""
_FAREWELL: Final = 5.0
"""Seconds in which a host that was refused, or has left, may read what was said to it."""


class TcpFace(asyncio.Protocol):
    """One host at a TCP port, from its coming to its going."""

    SCHEME = "socket"

    def __init__(self, line: HostEnd, url: str, company: set[TcpFace]) -> None:
        """Be ready for a host at ``url``; ``company`` holds the face of every host while it is there."""
        self._line = line
        self._company = company
        self.name = url
        self._refused = False
        self._queue = bytearray()
        self._drained = asyncio.Event()
        self._drained.set()
        self._held: deque[memoryview] = deque()
        self._held_octets = 0
        self._most_held: float = _HELD_BACK
        self._paused = False
        """Whether the line wants no octets."""
        self._choked = False
        """Whether the host is heard no more because of what it leaves unread."""
        self._handing_over = False
        self._full = False
        """Whether the system takes no octets."""
        self._suspended = False
        """Whether the host wants no octets."""
        self.gone = asyncio.Event()
        """Set when the connection has ended."""

    # What the network says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Claim the line for the host that has come."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        with suppress(OSError):
            keep_alive(self._connection)
            # asyncio sees to this itself only where it has opened the listening socket.
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SYSTEM_BUFFER)
        self.name += f" from {Endpoint(*transport.get_extra_info('peername')[:2])}"
        self._company.add(self)
        refusal = self._line.claim(self)
        if refusal is not None and self._bury_the_dead():
            refusal = self._line.claim(self)
        self._pulse = Pulse(self._connection, self._bury, self._read_to_the_end)
        self._greet()
        if refusal is not None:
            self._refuse(refusal)

    def data_received(self, data: bytes) -> None:
        """Hand octets to the line, or hold them back while it wants none."""
        if self._refused:
            return
        if not self._held and len(data) <= _PORTION and self._may_receive:
            self._receive(data)
            return
        self._held.append(memoryview(data))
        self._held_octets += len(data)
        self._hand_over()
        self._settle_reading()

    def pause_writing(self) -> None:
        """Keep what follows until the system has taken what it was given."""
        self._full = True

    def resume_writing(self) -> None:
        """Give the system the next octets."""
        self._full = self._choked = False
        self._flush()
        self._hand_over()
        self._settle_reading()

    def eof_received(self) -> None:
        """Give the line back, because the host has closed its half; it may still read what was on its way."""
        if self._refused:
            return
        rest = bytes(self._queue)
        self._leave()
        if rest:
            self._transport.write(self._encode(rest))
        if self._transport.get_write_buffer_size():
            self._company.add(self)
            asyncio.get_running_loop().call_later(_FAREWELL, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the line does not care why
        """Give the line back. What the host sent before it went still counts."""
        self._company.discard(self)
        if not self.gone.is_set():
            self._leave()

    # What the line says

    @property
    def backlog(self) -> int:
        """Octets that the system has not taken yet."""
        return len(self._queue) + self._transport.get_write_buffer_size()

    async def opened(self) -> None:
        """Return at once."""

    def send(self, octets: bytes) -> None:
        """Queue octets towards the host."""
        if self.gone.is_set():
            return
        if not self._queue and len(octets) <= _PORTION and self._may_send:
            self._transport.write(self._encode(octets))
            return
        self._queue += octets
        self._drained.clear()
        self._flush()

    async def drain(self) -> None:
        """Wait until the queue is short again, or the host is gone."""
        if not self._drained.is_set():
            await self._drained.wait()

    def discard(self) -> None:
        """Forget what the system has not been given."""
        self._queue.clear()
        self._drained.set()

    def pause(self) -> None:
        """Hand nothing more to the line."""
        self._paused = True

    def resume(self) -> None:
        """Hand over what was held back, and go on."""
        self._paused = False
        self._hand_over()
        self._settle_reading()

    def follow(self, settings: LineSettings) -> None:
        """Do nothing: the port has no settings."""

    def show(self, lines: ModemLines) -> None:
        """Do nothing: the port has no modem lines."""

    def report(self, errors: LineErrors) -> None:
        """Do nothing: the port has no place for errors."""

    # What ends it

    def close(self) -> None:
        """Hang up."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def bury_if_lost(self) -> bool:
        """Give the line back if the host vanished without a farewell; whether it did."""
        if self._refused or self.gone.is_set() or not is_lost(self._connection):
            return False
        self._bury()
        return True

    # What other kinds of port do otherwise

    def _greet(self) -> None:
        """Say what is to be said before anything else."""

    def _receive(self, data: bytes) -> None:
        """Take octets from the network while the line wants them."""
        self._line.receive(data)

    def _encode(self, octets: bytes) -> bytes:
        """How octets from the line travel."""
        return octets

    # The rest

    @property
    def _may_send(self) -> bool:
        """Whether the system can be given octets."""
        return not (self._full or self._suspended)

    @property
    def _may_receive(self) -> bool:
        """Whether octets from the network can be dealt with just now."""
        return not (self._paused or self._choked)

    @property
    def _connection(self) -> socket.socket:
        return cast("socket.socket", self._transport.get_extra_info("socket"))

    def _flush(self) -> None:
        while self._queue and self._may_send:
            portion = bytes(self._queue[:_PORTION])
            del self._queue[:_PORTION]
            self._transport.write(self._encode(portion))
        if len(self._queue) <= _HIGH_WATER:
            self._drained.set()

    def _hand_over(self, *, anyway: bool = False) -> None:
        """Give the line what was held back, until it wants no more; it may change its mind meanwhile."""
        if self._handing_over:
            return
        self._handing_over = True
        while self._held and (anyway or self._may_receive):
            self._receive(self._next_portion())
        self._handing_over = False

    def _next_portion(self) -> bytes:
        data = self._held.popleft()
        if len(data) > _PORTION:
            self._held.appendleft(data[_PORTION:])
        self._held_octets -= min(len(data), _PORTION)
        return bytes(data[:_PORTION])

    def _settle_reading(self) -> None:
        if self._transport.is_closing():
            return
        if self._held_octets < self._most_held:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _read_to_the_end(self) -> None:
        """Take all that a host has sent which has hung up, so that it is seen to be gone."""
        self._most_held = inf
        self._settle_reading()

    def _leave(self) -> None:
        """Be gone, as far as the line is concerned."""
        self._pulse.stop()
        self.gone.set()
        self._hand_over(anyway=True)
        self.discard()
        self._company.discard(self)
        self._line.release(self)

    def _bury(self) -> None:
        self._leave()
        self._transport.abort()

    def _bury_the_dead(self) -> bool:
        """Look whether a host that seems to be there has vanished; whether one had."""
        return any(face.bury_if_lost() for face in tuple(self._company) if face is not self)

    def _refuse(self, refusal: str) -> None:
        """Tell the host why nobody will answer it, and hang up once it has read that, or had the time to."""
        self._refused = True
        self._transport.write(self._encode(f"{refusal}\r\n".encode()))
        # Closed at once, the connection would be reset by whatever the host has sent meanwhile, and the words lost.
        # One that has gone already cannot be told that this is all.
        with suppress(OSError):
            self._transport.write_eof()
        asyncio.get_running_loop().call_later(_FAREWELL, self._transport.abort)
