"""MicroPython as a program: a stand-in written in Python for every machine, the real one where it is on PATH.

What holds for the sandbox as well is shown on that too, where the optional extra is installed.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.surroundings.micropython.program import MicroPythonProgram, SerialLines
from emulator.surroundings.micropython.sandbox import MicroPythonSandbox, is_installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firmware_model.outside import MicroPython, PythonSession

FAKE = """
import os, signal, sys
def say(text): os.write(1, text.encode())
if sys.argv[-1] != "-i":
    exec(open(sys.argv[-1]).read())
    sys.exit()
def interrupted(number, frame):
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, signal.SIG_DFL)
say(f"Fake {sys.argv[1:]}\\n>>> ")
line = ""
while True:
    key = os.read(0, 1).decode()
    if key in ("", "\\x04"):
        say("\\n")
        break
    if key == "\\x03":
        say("KeyboardInterrupt\\r\\n>>> ")
        line = ""
    elif key == "\\r":
        say("\\r\\n")
        signal.signal(signal.SIGINT, interrupted)
        try:
            exec(line)
        except KeyboardInterrupt:
            say("stopped\\n")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        line = ""
        say(">>> ")
    else:
        line += key
        say(key)
"""


def install_fake(folder: Path) -> Path:
    """Write the stand-in as an executable called micropython."""
    program = folder / "micropython"
    program.write_text(f"#!{sys.executable} -u\n{FAKE}")
    program.chmod(0o755)
    return program


def the_sandbox() -> MicroPythonSandbox:
    """MicroPython in WebAssembly."""
    if not is_installed():
        pytest.skip("the extra 'python' is not installed")
    return MicroPythonSandbox()


def the_real_one() -> MicroPythonProgram:
    """MicroPython itself; many distributions have no package of it, so it is never demanded."""
    if shutil.which("micropython") is None:
        pytest.skip("micropython is not on PATH")
    return MicroPythonProgram()


@pytest.fixture(params=["fake", "real"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> MicroPythonProgram:
    if request.param == "fake":
        return MicroPythonProgram(str(install_fake(tmp_path)))
    return the_real_one()


@pytest.fixture(params=["fake", "real", "sandbox"])
def python(request: pytest.FixtureRequest, tmp_path: Path) -> MicroPython:
    if request.param == "fake":
        return MicroPythonProgram(str(install_fake(tmp_path)))
    return the_real_one() if request.param == "real" else the_sandbox()


async def until(session: PythonSession, text: bytes) -> bytes:
    """Read until the output has this in it."""
    output = b""
    async with asyncio.timeout(20):
        while text not in output:
            chunk = await session.read()
            assert chunk, output
            output += chunk
    return output


async def rest(session: PythonSession) -> bytes:
    """Read to the end, and close."""
    output = b""
    async with asyncio.timeout(20):
        while chunk := await session.read():
            output += chunk
    await session.close()
    return output


async def test_the_prompt_echoes_evaluates_and_ends_with_ctrl_d(program: MicroPythonProgram) -> None:
    session = await program.start(32768, None)
    assert b"\r\n" in await until(session, b">>> ")
    await session.type(b"print(6*7)\rprint('type', 'ahead')\r")
    output = await until(session, b"ahead\r\n>>> ")
    assert b"print(6*7)\r\n42\r\n>>> print(" in output
    assert b"\r\r" not in output
    await session.type(b"\x04")
    await rest(session)
    await session.type(b"nobody listens")
    await session.close()


async def test_ctrl_c_stops_a_program_and_leaves_the_prompt_alive(python: MicroPython) -> None:
    session = await python.start(32768, None)
    await until(session, b">>> ")
    await session.type(b"nonsense\x03")
    await until(session, b"\r\n>>> ")
    await session.type(b"exec('while True: print(1)')\r")
    await until(session, b"1\r\n1\r\n")
    await session.type(b"\x03")
    await until(session, b"\r\n>>> ")
    await session.type(b"print('alive')\r")
    await until(session, b"alive\r\n>>> ")
    await session.close()


async def test_a_script_runs_and_its_output_has_carriage_returns(python: MicroPython) -> None:
    session = await python.start(32768, b"for n in range(3):\n    print(n)\n")
    assert await rest(session) == b"0\r\n1\r\n2\r\n"


async def test_closing_ends_a_script_that_would_run_for_ever(python: MicroPython) -> None:
    session = await python.start(32768, b"print('go')\nwhile True:\n    print('x' * 99)\n")
    await session.read()
    async with asyncio.timeout(20):
        await session.close()


@pytest.mark.parametrize("real", [the_real_one, the_sandbox])
async def test_the_heap_is_limited(real: Callable[[], MicroPython]) -> None:
    session = await real().start(8 * 1024, b"b = bytearray(20000)\n")
    assert b"MemoryError" in await rest(session)


async def test_the_heap_is_given_in_words_and_the_folder_goes_away(tmp_path: Path) -> None:
    program = MicroPythonProgram(str(install_fake(tmp_path)))
    session = await program.start(1024, None)
    assert b"['-X', 'heapsize=1024w', '-i']" in await until(session, b">>> ")
    await session.close()
    session = await program.start(1024, b"print(os.getcwd())")
    folder = (await rest(session)).decode().strip()
    assert "spwf04sx-python-" in folder
    with pytest.raises(FileNotFoundError):
        os.listdir(folder)  # noqa: PTH208 - whatever looks at the folder will do


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no 'micropython-of-nobody' on PATH; install it"):
        await MicroPythonProgram("micropython-of-nobody").start(1024, None)


async def test_a_program_that_cannot_be_started_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    broken = tmp_path / "micropython"
    broken.write_bytes(b"#!/there/is/no/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(OSError, match="micropython"):
        await MicroPythonProgram(str(broken)).start(1024, None)
    assert list((tmp_path / "temporary").iterdir()) == []


@given(text=st.text("ab\r\n").map(str.encode), cut=st.integers(1, 4))
def test_line_ends_are_the_same_wherever_the_text_is_cut(text: bytes, cut: int) -> None:
    whole, pieces = SerialLines().convert(text), SerialLines()
    assert b"".join(pieces.convert(text[start : start + cut]) for start in range(0, len(text), cut)) == whole
    assert whole == re.sub(rb"\r?\n", b"\r\n", text)
