"""The sandbox: what gets out of it, and the terminal that its prompt has at this end."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.surroundings.micropython import guest as guest_module
from emulator.surroundings.micropython.terminal import Control, Echo, Line, LineEditor
from tests.python.test_program import rest, the_sandbox, until

if TYPE_CHECKING:
    from pathlib import Path

HEAP = 32768
GUEST = guest_module.__file__


def typed(keys: bytes) -> list[Echo | Line | Control]:
    return list(LineEditor().type(keys))


def lines(keys: bytes) -> list[bytes]:
    return [action.octets for action in typed(keys) if isinstance(action, Line)]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (b"ab\r", [b"ab\n"]),
        (b"a\r\nb\n\r", [b"a\n", b"b\n", b"\n"]),
        (b"ac\x7fb\x08\x08\x08\x08c\r", [b"c\n"]),
        (b"if 1:\r\tx\r", [b"if 1:\n", b"\tx\n"]),
        (b"caf\xc3\xa9\r", [b"caf\xc3\xa9\n"]),
        (b"a\x01\x1b\x00b\r", [b"ab\n"]),
        (b"gone\x03kept\r", [b"kept\n"]),
    ],
)
def test_keys_become_lines(keys: bytes, expected: list[bytes]) -> None:
    assert lines(keys) == expected


def test_ctrl_c_and_ctrl_d_are_told_where_they_mean_something() -> None:
    controls = [action for action in typed(b"x\x04\x03\x04") if isinstance(action, Control)]
    assert controls == [Control.INTERRUPT, Control.END]


@given(keys=st.text("ab \t\r\n\x7f").map(str.encode), cut=st.integers(1, 4))
def test_where_the_keys_are_cut_makes_no_difference(keys: bytes, cut: int) -> None:
    editor = LineEditor()
    pieces = [action for at in range(0, len(keys), cut) for action in editor.type(keys[at : at + cut])]
    assert pieces == typed(keys)
    echo = b"".join(action.octets for action in pieces if isinstance(action, Echo))
    assert echo.count(b"\r\n") == len(lines(keys))


async def test_the_prompt_echoes_evaluates_keeps_and_ends() -> None:
    session = await the_sandbox().start(HEAP, None)
    await until(session, b">>> ")
    await session.type(b"x = 6\r")
    assert await until(session, b">>> ") == b"x = 6\r\n>>> "
    await session.type(b"x*8\x7f7\r")
    assert await until(session, b">>> ") == b"x*8\b \b7\r\n42\r\n>>> "
    await session.type(b"for n in range(2):\r  print('n', n)\r\r")
    assert b"n 0\r\nn 1\r\n>>> " in await until(session, b"n 1\r\n>>> ")
    await session.type(b"\x04")
    assert await rest(session) == b"\r\n"
    await session.type(b"nobody listens\r")
    await session.close()


async def test_after_an_interruption_the_variables_are_gone_and_the_host_is_told() -> None:
    session = await the_sandbox().start(HEAP, None)
    await until(session, b">>> ")
    await session.type(b"x = 1\rwhile True: pass\r\r")
    await until(session, b"... ")
    await session.type(b"\x03")
    assert b"KeyboardInterrupt: the sandbox begins anew" in await until(session, b">>> ")
    await session.type(b"x\r")
    assert b"NameError" in await until(session, b"defined")
    await session.close()


@pytest.mark.parametrize(
    ("attempt", "failure"),
    [
        ("open('/etc/passwd')", b"OSError"),
        ("open('here', 'w')", b"OSError"),
        ("open('../script.py')", b"OSError"),
        ("__import__('socket')", b"ImportError"),
        ("__import__('os').system('ls')", b"AttributeError"),
        ("__import__('os').getenv('HOME') or nothing", b"NameError"),
    ],
)
async def test_nothing_of_this_machine_is_in_reach(attempt: str, failure: bytes) -> None:
    session = await the_sandbox().start(HEAP, f"print('tries')\n{attempt}\nprint('reached')\n".encode())
    output = await rest(session)
    assert output.startswith(b"tries\r\n")
    assert failure in output
    assert b"reached" not in output


async def test_a_script_has_a_keyboard_and_ctrl_c_ends_it() -> None:
    session = await the_sandbox().start(HEAP, b"print(input('who? '))\nwhile True: pass\n")
    await until(session, b"who? ")
    await session.type(b"bob\r")
    assert await until(session, b"bob\r\n") == b"bob\r\n"
    await session.type(b"\x03")
    assert await rest(session) == b""


async def test_endless_recursion_ends_the_script_alone() -> None:
    session = await the_sandbox().start(HEAP, b"def f(): return f()\ntry: f()\nexcept RuntimeError: print('deep')\n")
    assert await rest(session) == b"deep\r\n"


def test_a_guest_in_an_endless_loop_ends_with_its_parent(tmp_path: Path) -> None:
    the_sandbox()
    (tmp_path / "script.py").write_text("print('runs')\nwhile True: pass\n")
    guest = [sys.executable, "-P", GUEST, "-X", "heapsize=32768w", "script.py"]
    parent = f"import subprocess, sys; subprocess.Popen({guest!r}).wait()"
    with subprocess.Popen([sys.executable, "-c", parent], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"runs\n"
        process.kill()
        # The guest holds the other end of the pipe as long as it lives.
        assert process.stdout.read() == b""
