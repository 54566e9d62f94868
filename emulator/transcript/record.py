"""``spwf04sx record``: a transcript of a real module."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.command_line.complaint import complain, failure_of
from emulator.faces.face import FaceError
from emulator.signals import on_signal
from emulator.transcript.form import TranscriptError
from emulator.transcript.playing import play, read_turns, wanted
from emulator.transcript.port import Port, PortError
from emulator.transcript.recorder import Recorder

if TYPE_CHECKING:
    import argparse

_CANNOT: Final = 2


def record(options: argparse.Namespace) -> int:
    """Record; the result is the exit status: 0 when all was played, 1 when a reply did not come, 2 when it failed."""
    try:
        how = wanted(options)
        turns = () if options.commands is None else read_turns(options.commands, options)
        recorder = Recorder(options.output, options.port, options.baud, force=options.force)
        with Port(options.port, options.baud, said=recorder.said, heard=recorder.heard) as port, recorder:
            if options.link is not None:
                asyncio.run(_link(options, port))
                heard = []
            else:
                heard = play(port, turns, how)
    except (TranscriptError, PortError, FaceError) as failure:
        return complain(str(failure), _CANNOT)
    except OSError as failure:
        return complain(failure_of(failure, str(options.output)), _CANNOT)
    print(f"{options.output}: {recorder.lines} lines")
    for one in heard:
        if not one.complete:
            complain(f"{one.turn.where}: no end of the reply to {one.turn.command} within {options.timeout:g} s", 1)
    return int(not all(one.complete for one in heard))


async def _link(options: argparse.Namespace, port: Port) -> None:
    # Imported here because not every system has what a pty is made of.
    from emulator.transcript.link import LinkedPort

    stop = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        on_signal(name, stop.set)

    def ready(name: str) -> None:
        with suppress(BrokenPipeError):
            print(f"ready port={name} real={options.port}", flush=True)

    await LinkedPort(port).run(options.link, ready, stop)
