"""A TLS connection as a stream of octets.

tlslite-ng works on memory (:class:`MemorySocket`) and is advanced in steps on a worker thread; between the steps
this side moves octets to and from the network and passes on what the steps left in the journal. A lock lets one
step run at a time; it is held for a step only, never for a wait, so reading does not keep writing back.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware_model.events import TlsFailed
from firmware_model.faults import FaultPoint
from firmware_model.tls.failures import CertificateError, TlsError, explain
from firmware_model.tls.memory_socket import MemorySocket
from firmware_model.tls.progress import Journal, Progress
from firmware_model.tls.worker import in_worker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    from firmware_model.outside import Address, Stream, Timeline
    from firmware_model.tls.faultable_connection import FaultableConnection, Question
    from firmware_model.tls.faults.fired import FaultPoints, FiredFaults

_RECORD_SIZE = 16384
"""Octets of plain text that one record carries at most."""

_READ_SIZE = _RECORD_SIZE + 2048 + 5
"""The largest record with its header (RFC 5246, 6.2.3)."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How one step ended: waiting for the network, with a failure, or (neither) done."""

    waiting: bool = False
    failure: Exception | None = None


class TlsStream:
    """A :class:`firmware_model.outside.Stream` inside another one; :meth:`handshake` comes first.

    There is no deadline in here: a caller that has waited long enough cancels, and closes.
    """

    def __init__(
        self,
        stream: Stream,
        begin: Callable[[FiredFaults], Callable[[MemorySocket, Journal], FaultableConnection]],
        timeline: Timeline,
        points: FaultPoints,
        *,
        peer: str = "server",
        announced: bool = True,
    ) -> None:
        """Use ``begin`` for the connection proper; ``peer`` is what the log calls the other side.

        It gets the faults that fire in the handshake; ``points`` knows of them.
        Without ``announced`` the handshake reports no progress.
        """
        self._stream = stream
        self._peer = peer
        self._announced = announced
        self._begin = begin
        self._timeline = timeline
        self._points = points
        self._socket = MemorySocket()
        self._journal: Journal = Journal()
        self._connection: FaultableConnection | None = None
        self._begun = False
        self._established = False
        self._closed = False
        self._cut_off = False
        self._failure: str | None = None
        self._reading: Iterator[int | bytes] | None = None
        self._received = bytearray()
        self._turn = asyncio.Lock()
        self._sending = asyncio.Lock()

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        return self._stream.remote

    @property
    def number(self) -> int:
        """What the log calls the connection."""
        return self._stream.number

    @property
    def active(self) -> bool:
        """Whether the handshake has begun and :meth:`close` has not been called."""
        return self._begun and not self._closed

    async def handshake(self) -> AsyncGenerator[Progress, None]:
        """Perform the handshake, yielding what the module reports meanwhile.

        Raises CertificateError when the server's certificates are refused, TlsError for every other failure.
        The connection stays open then, for the caller to close.
        """
        try:
            async with aclosing(self._perform()) as performance:
                async for progress in performance:
                    yield progress
        except (CertificateError, TlsError) as failure:
            self._timeline.record(TlsFailed(str(failure), self.number))
            raise

    async def read(self, limit: int) -> bytes:
        """Wait for 1..``limit`` octets; ``b""`` when the server closed, whether or not it said so before.

        Raises TlsError for an alert, a reset or a damaged record.
        """
        while not self._received:
            outcome = await self._step(self._read_on)
            self._pass_events()
            with suppress(OSError):
                await self._send()
            if outcome.failure is not None:
                raise self._broken(outcome.failure)
            if not outcome.waiting:
                break
            await self._receive()
        data = bytes(self._received[:limit])
        del self._received[: len(data)]
        return data

    async def write(self, data: bytes) -> None:
        """Send all of ``data``; raises TlsError when the connection is gone."""
        if self._cut_off:
            raise TlsError("an earlier write was cancelled half way; close the connection")
        for start in range(0, len(data), _RECORD_SIZE):
            outcome = await self._step(self._write_record, data[start : start + _RECORD_SIZE])
            self._pass_events()
            if outcome.failure is not None:
                raise self._broken(outcome.failure)
            try:
                await self._send()
            except OSError as error:
                # Reading stays possible: what the server said before it went is worth more than the reset.
                raise TlsError(explain(error)) from error

    async def close(self) -> None:
        """Say close_notify if that cannot block, and close the connection below; never raises."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._may_write():
                await self._step(self._write_close_notify)
                self._pass_events()
                with suppress(OSError):
                    await self._send()
        finally:
            await self._stream.close()

    async def _perform(self) -> AsyncGenerator[Progress, None]:
        connection = await self._prepare()
        messages = connection.handshake()
        waiting = True
        while waiting:
            outcome = await self._step(_advance, messages)
            while self._journal:
                entry = self._journal.popleft()
                if isinstance(entry, tuple):
                    self._timeline.record(entry)
                elif self._announced:
                    yield entry
            # A server that has gone may have left an alert that says why: failing to write is not yet the end.
            with suppress(OSError):
                await self._send()
            if isinstance(outcome.failure, CertificateError):
                raise outcome.failure
            if outcome.failure is not None:
                reason = explain(outcome.failure, connection.handshake_messages_sent, peer=self._peer)
                raise TlsError(reason) from outcome.failure
            waiting = outcome.waiting
            if waiting and connection.question is not None:
                connection.answer(self._fired(connection.question))
            elif waiting:
                await self._receive()
        self._established = True

    async def _prepare(self) -> FaultableConnection:
        build = self._begin(self._points.passing(FaultPoint.HANDSHAKE, self._peer_address))
        self._begun = True
        try:
            self._connection = await in_worker(build, self._socket, self._journal)
            self._connection.number = self.number
        except OSError as error:
            raise TlsError(f"the stored certificates cannot be read: {error}") from error
        return self._connection

    def _fired(self, question: Question) -> FiredFaults:
        return self._points.passing(question.point, f"{question.doing} {self._peer_address}".lstrip())

    @property
    def _peer_address(self) -> str:
        return f"{self.remote.host}:{self.remote.port}"

    async def _step(self, function: Callable[..., bool], *arguments: object) -> _Outcome:
        """Run one step of tlslite-ng's; ``function`` tells whether it waits for octets."""
        async with self._turn:
            return await in_worker(_outcome, function, *arguments)

    def _read_on(self) -> bool:
        """Go on with the read under way; one that was cancelled is taken up where it stopped."""
        if self._reading is None:
            self._reading = self._secured().readAsync()
        result = next(self._reading)
        if isinstance(result, int):
            return True
        self._reading = None
        self._received += result
        return False

    def _write_record(self, data: bytes) -> bool:
        return _advance(self._secured().writeAsync(data))

    def _write_close_notify(self) -> bool:
        return _advance(self._secured().closeAsync())

    def _secured(self) -> FaultableConnection:
        if self._connection is None or not self._established:
            raise TlsError("the handshake has not been made")
        if self._failure is not None:
            raise TlsError(self._failure)
        return self._connection

    def _may_write(self) -> bool:
        """Whether a last record can go out; behind a write that hangs, or hung, it would never leave."""
        unhindered = not (self._cut_off or self._sending.locked())
        return self._established and self._failure is None and unhindered

    def _pass_events(self) -> None:
        while self._journal:
            entry = self._journal.popleft()
            if isinstance(entry, tuple):
                self._timeline.record(entry)

    def _broken(self, error: Exception) -> TlsError:
        """Remember a failure that nothing can follow, and return it as what the caller is to see."""
        self._reading = None
        if self._failure is None:
            self._failure = explain(error, peer=self._peer)
            self._timeline.record(TlsFailed(self._failure, self.number))
        return TlsError(self._failure)

    async def _send(self) -> None:
        """Send what tlslite-ng has queued; records leave in the order in which they were made.

        With nothing queued it does not wait, so that a reader is never held up by a writer.
        """
        if not self._socket.has_outgoing:
            return
        async with self._sending:
            async with self._turn:
                data = self._socket.take()
            try:
                if data:
                    await self._stream.write(data)
            except asyncio.CancelledError:
                self._cut_off = True
                raise

    async def _receive(self) -> None:
        try:
            data = await self._stream.read(_READ_SIZE)
        except OSError:
            self._socket.end(reset=True)
            return
        if data:
            self._socket.feed(data)
        else:
            self._socket.end()


def _advance(operation: Iterator[int]) -> bool:
    """Run to the next wait; False when the operation is complete."""
    return next(operation, None) is not None


def _outcome(function: Callable[..., bool], *arguments: object) -> _Outcome:
    try:
        return _Outcome(waiting=function(*arguments))
    except Exception as error:  # whatever a hostile server provokes inside tlslite-ng becomes one TlsError
        return _Outcome(failure=error)
