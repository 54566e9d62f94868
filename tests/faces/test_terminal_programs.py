"""Programs that people sit at: picocom and minicom on the pty, as they are."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import struct
import subprocess
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

from emulator.configuration import Settings
from emulator.emulator import Emulator
from tests.faces.test_pty import desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 30.0
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>78])")


class Terminal:
    """A terminal with a program in it."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._shown = b""

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def shows(self, words: bytes) -> bytes:
        """Wait until the program has shown ``words``; everything since the last call."""
        while words not in self._shown:
            self._shown += _ESCAPES.sub(b"", os.read(self._master, 65536))
        shown, _, self._shown = self._shown.partition(words)
        return shown + words


@contextmanager
def terminal(*command: str) -> Iterator[Terminal]:
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "vt100", "LC_ALL": "C"}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    try:
        yield Terminal(master)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(master)


async def test_picocom_talks_to_the_module(need_program: Callable[[str], None]) -> None:
    need_program("picocom")
    async with asyncio.timeout(PATIENCE), Emulator(Settings(time="10")) as emulator:

        def session() -> None:
            with terminal("picocom", "--baud", "115200", emulator.port) as screen:
                screen.shows(b"Terminal ready")
                screen.shows(b"+WIND:32:WiFi Hardware Started\r\n")
                screen.type(b"AT+S.SCFG=user_desc,mine\r")
                assert screen.shows(b"AT-S.OK\r\n").endswith(b"AT+S.SCFG=user_desc,mine\r\nAT-S.OK\r\n")
                screen.type(b"AT+S.GCFG=user_desc\r")
                screen.shows(b"AT-S.Var:user_desc=mine\r\n")

        await asyncio.to_thread(session)


async def test_picocom_at_another_speed_shows_garbage_until_its_speed_is_raised(
    need_program: Callable[[str], None],
) -> None:
    need_program("picocom")
    async with asyncio.timeout(PATIENCE), Emulator(Settings(time="10")) as emulator:

        def session() -> None:
            with terminal("picocom", "--baud", "57600", emulator.port) as screen:
                screen.shows(b"Terminal ready")
                screen.type(b"\x01\x15")  # C-a C-u: the next higher speed
                screen.shows(b"*** baud: 115200")
                screen.type(b"AT\r")
                screen.shows(b"AT\r\nAT-S.OK\r\n")

        await asyncio.to_thread(session)


async def test_minicom_clears_what_tells_of_changes_and_is_followed_all_the_same(
    need_program: Callable[[str], None],
) -> None:
    need_program("minicom")
    need_program("stty")
    async with desk() as bench:

        def session() -> None:
            with terminal("minicom", "--noinit", "--baudrate", "19200", "--device", bench.face.port) as screen:
                screen.shows(b"for help on special keys")
                runs_at(19200)
                subprocess.run(["stty", "-F", bench.face.port, "57600"], check=True)
                runs_at(57600)

        def runs_at(speed: int) -> None:
            asyncio.run_coroutine_threadsafe(bench.runs_at(speed), loop).result(PATIENCE)

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(session)
