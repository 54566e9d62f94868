"""The serial line as a WebSocket, to type at when nobody else is the host and to watch when somebody is.

Binary messages are octets of the serial line: those that the module sends, and those that the host types. Text
messages are JSON, see docs/control.md.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocketDisconnect

from emulator.capture.timeline import HostPresent, UartReceived, UartSent
from emulator.control.guard import refuse
from emulator.control.problem import RefusedError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from emulator.capture.timeline import Entry
    from emulator.control.desk import Desk

_HISTORY: Final = 64 * 1024
"""Octets of the past that a new terminal is shown."""
_USAGE: Final = 'send octets as a binary message, or {"type": "claim"} or {"type": "release"} as text'
_GOING_AWAY: Final = 1001
_TOO_MUCH: Final = "the module takes nothing just now, and too much waits for it already; this is lost"
_ON_SPI: Final = "the module is strapped to SPI: it has no serial line"


async def serve_terminal(socket: WebSocket, desk: Desk) -> None:
    """Serve one terminal until it or the emulator goes."""
    try:
        with desk.reading():
            await socket.accept()
            await _Terminal(socket, desk).run()
    except RefusedError as refusal:
        await refuse(socket.scope, socket.send, refusal)


class _Terminal:
    def __init__(self, socket: WebSocket, desk: Desk) -> None:
        self._socket = socket
        self._desk = desk
        self._face = desk.face

    async def run(self) -> None:
        tasks = [asyncio.create_task(work) for work in (self._obey(), self._listen(), self._watch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                with suppress(WebSocketDisconnect):
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._face.release(self)

    @property
    def _is_host(self) -> bool:
        return self._face.is_held_by(self)

    async def _obey(self) -> None:
        """Do what the browser says."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            octets, text = message.get("bytes"), message.get("text")
            if octets is not None:
                if (self._is_host or await self._claim()) and not self._face.type(self, octets):
                    await self._tell(type="refused", reason=_TOO_MUCH)
            elif text is not None:
                await self._do(text)

    async def _do(self, text: str) -> None:
        try:
            wanted = json.loads(text)
        except (ValueError, RecursionError):
            wanted = None
        match wanted:
            case {"type": "claim"}:
                await self._claim()
            case {"type": "release"}:
                self._face.release(self)
            case _:
                await self._tell(type="refused", reason=_USAGE)

    async def _claim(self) -> bool:
        """Become the host, or say why that cannot be."""
        refusal = _ON_SPI if self._desk.emulator.bus is not None else self._face.claim(self)
        if refusal is not None:
            await self._tell(type="refused", reason=refusal)
        return refusal is None

    async def _listen(self) -> None:
        """Pass on what the module says to this host."""
        while True:
            octets = await self._face.hear(self)
            await self._socket.send_bytes(octets)

    async def _watch(self) -> None:
        """Pass on what passes between the module and another host, and who that is."""
        log = self._desk.log
        place = log.end
        await self._tell_host()
        if past := self._past():
            await self._socket.send_bytes(past)
        while await log.wait(place):
            batch = log.read(place)
            place = batch.place
            if batch.lost:
                await self._tell(type="lost", entries=batch.lost)
            await self._show(batch.entries)
        await self._socket.close(_GOING_AWAY)

    async def _show(self, entries: tuple[Entry, ...]) -> None:
        sent = b""
        for entry in entries:
            match entry.event:
                case UartSent(octets) if not self._is_host:
                    sent += octets
                case UartReceived(octets) if not self._is_host:
                    await self._flush(sent)
                    sent = b""
                    await self._tell(type="typed", octets=octets.hex())
                case HostPresent():
                    await self._flush(sent)
                    sent = b""
                    await self._tell_host()
        await self._flush(sent)

    async def _flush(self, octets: bytes) -> None:
        if octets:
            await self._socket.send_bytes(octets)

    def _past(self) -> bytes:
        """What the module said last, before this terminal came."""
        log, place, past = self._desk.log, 0, b""
        while place < log.end:
            batch = log.read(place)
            place = batch.place
            said = (entry.event.octets for entry in batch.entries if isinstance(entry.event, UartSent))
            past = (past + b"".join(said))[-_HISTORY:]
        return past

    async def _tell_host(self) -> None:
        await self._tell(type="host", host=self._desk.emulator.line.host, yours=self._is_host)

    async def _tell(self, **message: Any) -> None:
        await self._socket.send_text(json.dumps(message))
