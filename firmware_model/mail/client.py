"""The mail client: connects, secures, logs in, delivers one mail."""

from __future__ import annotations

from contextlib import aclosing, suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.connecting import connect, name_error
from firmware_model.events import SocketClosed
from firmware_model.mail.smtp import MailError, SmtpSession
from firmware_model.outside import NameNotFoundError
from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.handshake import patient_handshake

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from firmware_model.board import Board
    from firmware_model.mail.message import Mail
    from firmware_model.outside import Stream
    from firmware_model.radio.radio import Radio
    from firmware_model.system_time import SystemTime
    from firmware_model.tls.client import TlsStream
    from firmware_model.tls.progress import Progress

_CONNECT_TIMEOUT: Final = 20.0
"""Seconds (assumed)."""
_PATIENCE: Final = 30.0
"""Seconds that the server may take for each reply and each step of a handshake (assumed)."""
_HEAP_PLAIN: Final = 4_000
_HEAP_TLS: Final = 19_000
"""Octets of heap that a delivery holds (assumed)."""
_BOUNDARY_SIZE: Final = 16


class Security(IntEnum):
    """The TLS parameter; 0 and 2 are as for HTTP (S0), 1 is assumed."""

    NONE = 0
    STARTTLS = 1
    TLS = 2


class MailServer(NamedTuple):
    """Whom to give the mail to, and how to introduce oneself; an empty ``username`` means no login."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    helo: str
    """The name to say; empty for the module's address in brackets."""


class MailClient:
    """Delivers mail for one module."""

    def __init__(
        self, board: Board, radio: Radio, time: SystemTime, secure: Callable[[Stream, str], TlsStream]
    ) -> None:
        self._board = board
        self._radio = radio
        self._time = time
        self._secure = secure
        self.patience = _PATIENCE
        """Seconds that the server may take for each reply and each step of a handshake."""

    async def send(self, server: MailServer, mail: Mail) -> AsyncGenerator[Progress, None]:
        """Deliver the mail and yield what a TLS handshake reports meanwhile.

        Raises CertificateError, or AtError 44 while the radio is not up, 63..65 for an unknown name, 91, and
        111 for every other failure; the log says what the server's objection was.
        """
        address = self._radio.require_address()
        server = server._replace(helo=server.helo or f"[{address.interface.ip}]")
        random = self._board.outside.entropy.stream("mail boundary")
        message = mail.message(self._time.now(), random.octets(_BOUNDARY_SIZE).hex())
        with self._board.heap.allocated(len(message) + (_HEAP_TLS if server.security else _HEAP_PLAIN)):
            stream = await self._connect(server, uplink=address.uplink)
            try:
                async with aclosing(self._converse(stream, server, mail, message)) as conversation:
                    async for progress in conversation:
                        yield progress
            except (MailError, OSError) as failure:  # TlsError and TimeoutError included
                self._board.note(f"the mail is not delivered: {str(failure) or 'the server does not answer'}")
                raise AtError(Error.REQUEST_FAILED) from failure
            finally:
                self._board.outside.timeline.record(SocketClosed(server.host, server.port))

    async def _connect(self, server: MailServer, *, uplink: bool) -> Stream:
        try:
            return await connect(self._board, server.host, server.port, uplink=uplink, patience=_CONNECT_TIMEOUT)
        except NameNotFoundError as failure:
            raise AtError(name_error(failure)) from failure
        except OSError as failure:
            raise AtError(Error.REQUEST_FAILED) from failure

    async def _converse(
        self, stream: Stream, server: MailServer, mail: Mail, message: bytes
    ) -> AsyncGenerator[Progress, None]:
        try:
            if server.security is Security.TLS:
                stream = secured = self._secure(stream, server.host)
                async with aclosing(self._handshake(secured)) as handshake:
                    async for progress in handshake:
                        yield progress
            session = self._session(stream)
            await session.greeting()
            await session.hello(server.helo)
            if server.security is Security.STARTTLS:
                await session.start_tls()
                stream = secured = self._secure(stream, server.host)
                async with aclosing(self._handshake(secured)) as handshake:
                    async for progress in handshake:
                        yield progress
                session = self._session(stream)
                await session.hello(server.helo)
            if server.username:
                await session.log_in(server.username, server.password)
            await session.deliver(mail.sender, mail.recipients, message)
            # The mail is the server's by now: whatever happens to the farewell is no failure.
            with suppress(MailError, OSError):
                await session.quit()
        finally:
            await stream.close()

    def _session(self, stream: Stream) -> SmtpSession:
        return SmtpSession(stream, self._board.outside.clock, self.patience)

    def _handshake(self, stream: TlsStream) -> AsyncGenerator[Progress, None]:
        return patient_handshake(stream, self._board.outside.clock, self.patience)
