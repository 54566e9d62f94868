"""What ``compare`` and ``record`` do alike: read what is to be played, and bring the module to where it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.surroundings.clock import RealClock, wall_clock
from emulator.transcript.form import TranscriptError
from emulator.transcript.player import Patience, Player
from emulator.transcript.script import Turn, read_script

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from emulator.transcript.player import Heard
    from emulator.transcript.port import Port

_LONGEST: Final = 86_400.0
_FACTORY: Final = Turn("before the transcript", (b"AT+S.FCFG\r",))
_RESET: Final = Turn("before the transcript", (b"AT+S.RESET\r",), (b"+WIND:0:\r\n+WIND:32:\r\n",))


class Wanted(NamedTuple):
    """How something is to be played."""

    patience: Patience
    reset: bool
    factory: bool


def wanted(options: argparse.Namespace) -> Wanted:
    """Read the options on playing. Raises TranscriptError."""
    for name in ("timeout", "wait", "settle"):
        if not 0 < getattr(options, name) <= _LONGEST:
            raise TranscriptError(f"--{name} {getattr(options, name):g} is no time to wait; take seconds above 0")
    if options.baud <= 0:
        raise TranscriptError(f"--baud {options.baud} is no speed; the module's is 115200 from the factory")
    patience = Patience(options.timeout, options.wait, options.settle)
    return Wanted(patience, options.reset or options.factory, options.factory)


def read_turns(path: Path, options: argparse.Namespace) -> tuple[Turn, ...]:
    """Read what is to be played, with everything filled in. Raises TranscriptError, OSError."""
    contents = {name: Path(value) for name, value in _pairs("--content", "NAME=FILE", options.content).items()}
    for name, file in contents.items():
        if not file.is_file():
            raise TranscriptError(f"--content {name}={file}: there is no such file")
    texts = {"now": str(int(wall_clock(RealClock()))), **_pairs("--text", "NAME=VALUE", options.text)}
    turns = read_script(path, texts, contents)
    if not any(turn.sent for turn in turns):
        raise TranscriptError(f"{path} has no line of the host's; they begin with '> '")
    return turns


def play(
    port: Port, turns: Sequence[Turn], how: Wanted, *, starts: bool = False, from_start: bool = False
) -> list[Heard]:
    """Play turns to a module, brought to where they begin. Raises PortError.

    ``starts`` says that the module starts when the port is opened. A wait at the beginning is for what a start says:
    it is heard after a reset or, with ``from_start``, at that start, and otherwise left out.
    """
    player = Player(port, how.patience)
    first, rest = (turns[0], turns[1:]) if not turns[0].sent else (None, turns)
    heard = []
    if how.reset:
        player.settle(booting=starts)
        player.synchronise()
        if how.factory:
            player.take(_FACTORY)
        heard.append(player.take(_RESET if first is None else replace(_RESET, expected=first.expected)))
    elif first is not None and from_start:
        heard.append(player.take(first))
    else:
        player.settle(booting=starts)
        player.synchronise()
    return heard + [player.take(turn) for turn in rest]


def _pairs(option: str, form: str, given: Sequence[str]) -> Mapping[str, str]:
    pairs = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise TranscriptError(f"{option} {text}: write it as {form}")
        pairs[name] = value
    return pairs
