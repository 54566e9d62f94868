"""The connection to a remote port, from the moment that it stands until it ends."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, cast

from emulator.faces.face import LineSettings
from emulator.faces.failure import reason
from emulator.faces.liveness import Pulse, keep_alive
from emulator.faces.rfc2217.client import Acknowledged, Agreed, Client, Received, Suspended
from emulator.faces.rfc2217.messages import Purge

if TYPE_CHECKING:
    from emulator.faces.rfc2217.client import Event

_HANDSHAKE: Final = 10.0
"""Seconds in which an RFC 2217 server has to agree and to acknowledge the first settings."""
_FAREWELL: Final = 5.0
"""Seconds that the other end has to take what was sent before the end, and to hang up itself."""
_LONGEST_WORDS: Final = 1000
"""Octets of what a server says instead of leading to a port."""

_MOST_ANSWERS: Final = 1048576
"""Octets that wait for a server before it is taken to read nothing; the host's own stop long before."""


class NoSerialServerError(Exception):
    """Whoever listens there does not speak RFC 2217; the text says so and what to do."""


class Wishes:
    """What the cable is to be like at the host's end, whenever it is plugged in."""

    def __init__(self, dtr: bool | None = None, rts: bool | None = None) -> None:
        self.settings = LineSettings()
        self.dtr = dtr
        self.rts = rts


class User(Protocol):
    """Who uses a cable."""

    def plugged(self, cable: Cable) -> None:
        """Octets go both ways on ``cable`` from now on."""
        ...

    def heard(self, octets: bytes) -> None:
        """Octets came from the remote port."""
        ...

    def stopped(self, *, stopped: bool) -> None:
        """The other end takes no octets for now, or does again."""
        ...


class Cable(asyncio.Protocol):
    """A raw TCP connection: it carries octets and nothing else."""

    def __init__(self, user: User, wishes: Wishes) -> None:
        """Lead octets to ``user``."""
        self._user = user
        self._wishes = wishes
        self._loop = asyncio.get_running_loop()
        self._is_full = False
        self.is_plugged = False
        self._is_leaving = False
        """Whether all has been sent that will be, and what comes is for nobody."""
        self.ended: asyncio.Future[str] = self._loop.create_future()
        """Why the connection ended, once it has; raises NoSerialServerError where another attempt is of no use."""

    # What the network says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to use the connection."""
        self._transport = cast("asyncio.Transport", transport)
        with suppress(OSError):
            keep_alive(self._socket)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pulse = Pulse(self._socket, self._lose)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Hand octets to the user."""
        if self.is_plugged:
            self._user.heard(data)

    def pause_writing(self) -> None:
        """Ask the user to send nothing for now."""
        self._is_full = True
        self._tell_stopped()

    def resume_writing(self) -> None:
        """Let the user send again."""
        self._is_full = False
        self._tell_stopped()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell why nothing goes on."""
        self._pulse.stop()
        self.is_plugged = False
        self._end("the other end hung up" if exc is None else reason(exc))

    # What the user says

    def send(self, octets: bytes) -> None:
        """Send octets to the remote port."""
        self._transport.write(octets)

    def configure(self) -> None:
        """Set the remote port up as is wished; a raw connection has no way."""

    def set_break(self, *, asserted: bool) -> None:
        """Begin or end a break; a raw connection has none."""

    def purge(self) -> None:
        """Let the remote port forget what it has not sent; a raw connection has no way."""

    def pause(self) -> None:
        """Take no octets from the remote port for now."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Take octets again."""
        self._transport.resume_reading()

    def unplug(self) -> None:
        """Hang up; the connection ends when the other end has taken all that was sent, or after a while.

        It is read until then: octets that nobody reads would make the system reset it, and lose what is on its way.
        """
        self.is_plugged = False
        self._is_leaving = True
        with suppress(OSError):
            self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(_FAREWELL, self._let_go)

    def cut(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    # The rest

    @property
    def _socket(self) -> socket.socket:
        return cast("socket.socket", self._transport.get_extra_info("socket"))

    def _begin(self) -> None:
        self._plug()

    def _let_go(self) -> None:
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def _plug(self) -> None:
        self.is_plugged = True
        self._user.plugged(self)

    def _tell_stopped(self) -> None:
        self._user.stopped(stopped=self._is_full)

    def _end(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_result(why)

    def _lose(self) -> None:
        self._end("nobody acknowledges what is sent any more")
        self._transport.abort()


class SerialCable(Cable):
    """A connection by RFC 2217: settings, DTR, RTS, breaks and purges reach the remote port.

    What comes before the remote end has acknowledged the first settings is no octet of its port: it is what a server
    says that has none to give, such as who is using it.
    """

    def __init__(self, user: User, wishes: Wishes) -> None:
        """Lead octets to ``user``, and the remote port to what is wished."""
        super().__init__(user, wishes)
        self._client = Client()
        self._words = bytearray()
        self._is_suspended = False
        self._deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take the commands out, and hand octets to the user."""
        if self._is_leaving:
            return
        for event in self._client.receive(data):
            self._heed(event)
        self._answer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell why nothing goes on, in the server's own words if it had any."""
        if self._deadline is not None:
            self._deadline.cancel()
        words = " ".join(self._words.decode("utf-8", "replace").split())
        if words and not self.is_plugged:
            self._end(words)
        super().connection_lost(exc)

    def send(self, octets: bytes) -> None:
        """Send octets to the remote port."""
        super().send(self._client.encode(octets))

    def configure(self) -> None:
        """Set the remote port up as is wished."""
        self._client.configure(self._wishes.settings)
        self._answer()

    def set_break(self, *, asserted: bool) -> None:
        """Begin or end a break."""
        self._client.set_break(asserted=asserted)
        self._answer()

    def purge(self) -> None:
        """Let the remote port forget what it has not sent."""
        self._client.purge(Purge.TRANSMITTER)
        self._answer()

    def _begin(self) -> None:
        self._deadline = self._loop.call_later(_HANDSHAKE, self._give_up)
        self._answer()

    def _give_up(self) -> None:
        # A raw port may echo what it gets, and so seem to agree; it acknowledges nothing, though.
        self._refuse("it does not answer as an RFC 2217 server does")

    def _refuse(self, why: str) -> None:
        if not self.ended.done():
            self.ended.set_exception(NoSerialServerError(f"{why}; if it is a raw port, say tcp:// instead"))
        self._transport.abort()

    def _answer(self) -> None:
        if (answer := self._client.take()) and not self._is_leaving:
            self._transport.write(answer)
            if self._transport.get_write_buffer_size() > _MOST_ANSWERS:
                self._end("it asks and reads no answer")
                self._transport.abort()

    def _heed(self, event: Event) -> None:
        if isinstance(event, Received):
            if self.is_plugged:
                self._user.heard(event.octets)
            else:
                self._words += event.octets[: _LONGEST_WORDS - len(self._words)]
        elif isinstance(event, Agreed):
            if not event.agreed:
                self._refuse("it refuses to be told how the port is to be set up")
            else:
                self._client.watch(modem_state=0, line_state=0)
                self.configure()
                self._client.drive(dtr=self._wishes.dtr, rts=self._wishes.rts)
        elif isinstance(event, Acknowledged) and not self.is_plugged and self._deadline is not None:
            self._deadline.cancel()
            self._plug()
        elif isinstance(event, Suspended):
            self._is_suspended = event.suspended
            self._tell_stopped()

    def _tell_stopped(self) -> None:
        self._user.stopped(stopped=self._is_full or self._is_suspended)
