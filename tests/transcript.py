"""Plays transcripts (see tests/transcripts/README.md) of the UART to a serial port, strictly: octet for octet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import serial

from emulator.transcript import form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.transcript.form import Step

FOLDER = Path(__file__).parent / "transcripts"
_PATIENCE = 20.0


class MismatchError(AssertionError):
    """The module did not say what the transcript says."""


def read_transcript(name: str | Path) -> Iterator[Step]:
    """The steps of a transcript, one of ours by its name or any by its path."""
    return form.read_transcript(name if isinstance(name, Path) else FOLDER / f"{name}.txt")


def play(port: str, name: str | Path, texts: Mapping[str, str], contents: Mapping[str, bytes]) -> None:
    """Play a transcript to the module behind ``port``. Raises MismatchError."""
    with serial.Serial(port, 115200, timeout=_PATIENCE, exclusive=True) as host:
        for step in read_transcript(name):
            if step.kind in (">=", ">|"):
                host.write(contents[step.text] if step.kind == ">=" else form.unescaped(step.text))
                continue
            if step.kind == "<=":
                expected = contents[step.text]
            elif step.kind == "<|":
                expected = form.unescaped(step.text)
            else:
                text = step.text
                for key, value in texts.items():
                    text = text.replace(f"{{{key}}}", value)
                expected = text.encode("latin-1") + b"\r\n"
            if step.kind == ">":
                host.write(expected[:-1])
            _expect(host, expected, step)


def _expect(host: serial.Serial, expected: bytes, step: Step) -> None:
    received = host.read(len(expected))
    if received != expected:
        host.timeout = 0.2
        received += host.read(1000)
        raise MismatchError(f"{step.where}: expected {expected!r}, received {received!r}")
