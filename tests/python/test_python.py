from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.flash import MemoryFlash
from emulator.surroundings.micropython.program import MicroPythonProgram
from firmware_model.events import Note
from tests.module_host import ModuleHost, running_module
from tests.python.test_program import install_fake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from firmware_model.outside import Flash, MicroPython

_OK = b"AT-S.OK\r\n"
_FAILED = b"AT-S.ERROR:111:Request failed\r\n"


class EchoSession:
    """A Python that prints what it was given, then every key; Ctrl-D ends it, a script without keys ends by itself."""

    def __init__(self, heap: int, script: bytes | None) -> None:
        self._output: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = False
        self._output.put_nowait(b"<%d>" % heap if script is None else script)
        if script is not None and b"input" not in script:
            self._output.put_nowait(b"")

    async def read(self) -> bytes:
        return await self._output.get()

    async def type(self, keys: bytes) -> None:
        before, end, _ = keys.partition(b"\x04")
        if before:
            self._output.put_nowait(before)
        if end:
            self._output.put_nowait(b"")

    async def close(self) -> None:
        self.closed = True


class EchoPython:
    """Implements MicroPython."""

    def __init__(self) -> None:
        self.sessions: list[EchoSession] = []

    async def start(self, heap: int, script: bytes | None) -> EchoSession:
        self.sessions.append(EchoSession(heap, script))
        return self.sessions[-1]


class MissingPython:
    async def start(self, _heap: int, _script: bytes | None) -> EchoSession:
        raise FileNotFoundError("no 'micropython' on PATH; install it")


@asynccontextmanager
async def module_with(python: MicroPython | None, flash: Flash | None = None) -> AsyncIterator[ModuleHost]:
    """Run a module with this Python, from a reset on."""
    async with running_module(flash=flash) as host:
        await host.boot()
        host.module.outside = host.module.outside._replace(micropython=python)
        await restart(host)
        yield host


async def restart(host: ModuleHost) -> bytes:
    host.module.configuration.set("console_echo", "0")
    host.module.configuration.save()
    host.module.reset()
    return await host.boot()


async def test_the_prompt_takes_the_hosts_keys_until_ctrl_d() -> None:
    python = EchoPython()
    async with module_with(python) as host:
        host.face.write(b"AT+S.PYTHON\r1+1\r")
        assert await host.until(b"\r") == b"<32768>1+1\r"
        host.face.write(b"AT+S.STS\r")
        assert await host.until(b"\r") == b"AT+S.STS\r"
        host.face.write(b"\x04")
        assert await host.until(b"\r\n") == _OK
        assert python.sessions[0].closed
        assert await host.command("AT") == _OK


async def test_a_program_on_path_talks_to_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(install_fake(tmp_path).parent))
    async with module_with(MicroPythonProgram()) as host:
        host.face.write(b"AT+S.PYTHON\r")
        assert b"heapsize=32768w" in await host.until(b">>> ")
        host.face.write(b"print(6*7)\r")
        assert await host.until(b">>> ") == b"print(6*7)\r\n42\r\n>>> "
        host.face.write(b"\x04")
        assert await host.until(_OK) == b"\r\n" + _OK
        await host.command("AT+S.FSC=/six.py,10", b"print(2*3)")
        assert await host.command("AT+S.PYTHON=/six.py") == b"6\r\n" + _OK


async def test_a_file_of_the_file_system_is_the_script() -> None:
    async with module_with(EchoPython()) as host:
        await host.command("AT+S.FSC=/hello.py,14", b"print('hello')")
        assert await host.command("AT+S.PYTHON=/hello.py") == b"print('hello')" + _OK
        assert (await host.command("AT+S.PYTHON=/none.py")).startswith(b"AT-S.ERROR:51:")
        assert (await host.command("AT+S.PYTHON=0:/none.py")).startswith(b"AT-S.ERROR:29:")


async def test_a_reset_ends_python() -> None:
    python = EchoPython()
    async with module_with(python) as host:
        host.face.write(b"AT+S.PYTHON\r")
        await host.until(b"<32768>")
        host.module.reset()
        await host.boot()
        assert python.sessions[0].closed
        assert await host.command("AT") == _OK


async def test_a_memory_of_nothing_is_refused() -> None:
    async with module_with(EchoPython()) as host:
        await host.command("AT+S.SCFG=python_memsize,0")
        assert await host.command("AT+S.PYTHON") == _FAILED
        assert "python_memsize is 0" in str(host.events(Note)[-1])


@pytest.mark.parametrize(
    ("python", "reason"),
    [(None, "set up without MicroPython"), (MissingPython(), "no 'micropython' on PATH; install it")],
)
async def test_without_micropython_the_log_says_what_is_missing(python: MissingPython | None, reason: str) -> None:
    async with module_with(python) as host:
        assert await host.command("AT+S.PYTHON") == _FAILED
        assert reason in str(host.events(Note)[-1])


async def test_the_script_of_the_start_runs_beside_the_console() -> None:
    python = EchoPython()
    async with module_with(python) as host:
        await host.command("AT+S.FSC=1:/start.py,5", b"input")
        await host.command("AT+S.SCFG=python_script,1:/start.py")
        await host.command("AT+S.SCFG=console_enabled,2")
        host.module.configuration.save()
        host.module.reset()
        await host.until(b"input")
        assert b"Task:Python:B\r\n" in await host.command("AT+S.RTOSSTS")
        host.module.reset()
        while len(python.sessions) < 2:
            await host.module.outside.clock.sleep(0.001)
        assert [session.closed for session in python.sessions] == [True, False]
        assert (await host.command("AT")).endswith(_OK)


async def test_python_alone_has_script_and_prompt_but_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_model.python._PAUSE", 0)
    async with module_with(EchoPython()) as host:
        await host.command("AT+S.FSC=1:/start.py,5", b"start")
        await host.command("AT+S.SCFG=python_script,1:/start.py")
        await host.command("AT+S.SCFG=console_enabled,3")
        host.module.configuration.save()
        host.module.reset()
        await host.until(b"start")
        await host.until(b"<32768>")
        host.face.write(b"AT+S.STS\r\x04")
        await host.until(b"AT+S.STS\r")
        await host.until(b"<32768>")


async def test_a_start_without_script_or_python_leaves_the_console() -> None:
    async with module_with(MissingPython(), MemoryFlash()) as host:
        for mode in ("2", "3"):
            host.module.configuration.set("console_enabled", mode)
            await restart(host)
            assert (await host.command("AT")).endswith(_OK)
        assert "3:/uPython_test.py cannot be run at the start: Unable to open file" in str(host.events(Note))
        assert "the prompt cannot be run at the start: Request failed" in str(host.events(Note))
