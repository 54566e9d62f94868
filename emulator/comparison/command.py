"""``spwf04sx compare``: plays, compares, reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from emulator.blocking import BlockingEmulator
from emulator.command_line.complaint import complain, failure_of
from emulator.comparison.difference import compare
from emulator.comparison.evidence import Reference
from emulator.comparison.report import Report
from emulator.configuration import Settings
from emulator.faces.face import FaceError
from emulator.transcript.form import TranscriptError
from emulator.transcript.player import heard_of
from emulator.transcript.playing import play, read_turns, wanted
from emulator.transcript.port import Port, PortError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from emulator.transcript.player import Heard
    from emulator.transcript.playing import Wanted
    from emulator.transcript.script import Turn

_CANNOT: Final = 2
_SPEED: Final = 115200
"""Of the emulator's port, where it means nothing."""


def compare_modules(options: argparse.Namespace) -> int:
    """Compare; the result is the exit status: 0 the same, 1 different, 2 it cannot be compared."""
    try:
        how = wanted(options)
        turns = read_turns(options.transcript, options)
        settings = _settings(options)
        left, right = _both(options, turns, how, settings)
    except (TranscriptError, PortError, ValueError, FaceError) as failure:
        return complain(str(failure), _CANNOT)
    except OSError as failure:
        return complain(failure_of(failure, str(options.transcript)), _CANNOT)
    left_name = "the transcript" if options.port is None else f"the module at {options.port}"
    report = Report(compare(left, right), Reference(), left_name, f"the emulator (firmware {settings.firmware})")
    print(report.json() if options.json else report.text(all_variations=options.all))
    return report.status


def _settings(options: argparse.Namespace) -> Settings:
    """The emulator's set-up; a TCP port leads to it, which every system has. Raises ValueError."""
    return Settings(
        pty=False,
        tcp=["0"],
        firmware=options.firmware,
        model=options.model,
        mac=options.mac,
        seed=options.seed,
        time=options.time,
        maps=options.map,
        stations=options.station,
        access_points=options.access_point,
        surroundings=options.surroundings,
    )


def _both(
    options: argparse.Namespace, turns: Sequence[Turn], how: Wanted, settings: Settings
) -> tuple[Sequence[Heard], Sequence[Heard]]:
    """What both said in the same turns. Raises PortError, FaceError, OSError."""
    if options.port is None:
        emulated = _emulated(settings, turns, how, from_start=not how.reset)
        return _written(emulated), emulated
    with Port(options.port, options.baud) as port:
        real = play(port, turns, how)
    return real, _emulated(settings, turns, how, from_start=False)


def _emulated(settings: Settings, turns: Sequence[Turn], how: Wanted, *, from_start: bool) -> list[Heard]:
    with BlockingEmulator(settings) as emulator, Port(emulator.port, _SPEED) as port:
        return play(port, turns, how, starts=True, from_start=from_start)


def _written(emulated: Sequence[Heard]) -> list[Heard]:
    """What the transcript says in the turns that were played; where it was cut off it says nothing of an end."""
    return [
        replace(heard_of(heard.turn, b"".join(heard.turn.expected)), echoed=heard.echoed, complete=True)
        for heard in emulated
    ]
