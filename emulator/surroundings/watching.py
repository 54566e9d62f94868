"""Tells when sockets are ready, for event loops that cannot: that of Windows deals in finished operations instead.

A thread waits in ``select`` for all of them; a socket pair wakes it when others are to be waited for.
"""

from __future__ import annotations

import select
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class _Watched(NamedTuple):
    descriptor: int
    to_write: bool


def can_watch(loop: asyncio.AbstractEventLoop, descriptor: int) -> bool:
    """Whether an event loop tells by itself when the socket ``descriptor``, which nobody watches yet, is ready."""
    try:
        loop.remove_reader(descriptor)
    except NotImplementedError:
        return False
    return True


class WatchingLoop:
    """The event loop ``loop``, with readers and writers."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._callbacks: dict[_Watched, Callable[[], object]] = {}
        self._bell: socket.socket | None = None
        """What wakes the thread; there is one while anything is watched."""
        self._watching: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def add_reader(self, descriptor: int, callback: Callable[..., object], *arguments: Any) -> None:
        """Call back whenever there is something to read."""
        self._change(_Watched(descriptor, to_write=False), partial(callback, *arguments))

    def add_writer(self, descriptor: int, callback: Callable[..., object], *arguments: Any) -> None:
        """Call back whenever there is room to write."""
        self._change(_Watched(descriptor, to_write=True), partial(callback, *arguments))

    def remove_reader(self, descriptor: int) -> bool:
        """Look for nothing to read any more; whether that changes anything."""
        return self._change(_Watched(descriptor, to_write=False), None)

    def remove_writer(self, descriptor: int) -> bool:
        """Look for no room any more; whether that changes anything."""
        return self._change(_Watched(descriptor, to_write=True), None)

    def _change(self, watched: _Watched, callback: Callable[[], object] | None) -> bool:
        is_known = self._callbacks.pop(watched, None) is not None
        if callback is not None:
            self._callbacks[watched] = callback
        if self._bell is not None:
            with suppress(BlockingIOError):  # so many bells have been rung already
                self._bell.send(b"!")
        elif self._callbacks:
            self._bell, ear = socket.socketpair()
            self._bell.setblocking(False)
            self._watching = self._loop.create_task(self._watch(self._bell, ear), name="sockets")
        return is_known

    async def _watch(self, bell: socket.socket, ear: socket.socket) -> None:
        threads = ThreadPoolExecutor(1, thread_name_prefix="sockets")
        try:
            with bell, ear:
                while self._callbacks:
                    for watched in await self._loop.run_in_executor(threads, _ready, ear, tuple(self._callbacks)):
                        if callback := self._callbacks.get(watched):
                            callback()
        finally:
            self._bell = None
            threads.shutdown(wait=False)


def _ready(ear: socket.socket, among: tuple[_Watched, ...]) -> list[_Watched]:
    """Wait until something is ready, or the bell rings."""
    reading = [ear.fileno(), *(watched.descriptor for watched in among if not watched.to_write)]
    writing = [watched.descriptor for watched in among if watched.to_write]
    try:
        can_read, can_write, failed = select.select(reading, writing, writing)
    except (OSError, ValueError):
        return []  # One has just been closed, and will not be among them the next time.
    if ear.fileno() in can_read:
        ear.recv(4096)
    ready = [_Watched(descriptor, to_write=False) for descriptor in can_read]
    return ready + [_Watched(descriptor, to_write=True) for descriptor in {*can_write, *failed}]
