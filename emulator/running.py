"""``spwf04sx run``: an emulator in the foreground, with a ready line for scripts and hints for people."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.capture.log import NOTABLE, LogWriter
from emulator.capture.recordings import Wanted
from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import parse_endpoint
from emulator.faces.link import LinkError

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Run until a signal comes; the result is the exit status."""
    try:
        settings = Settings(
            link=options.link,
            spi=None if options.spi is None else parse_endpoint(options.spi),
            firmware=options.firmware,
            model=options.model,
            seed=options.seed,
            faults=options.fault,
            fault_plan=options.fault_plan,
            maps=options.map,
            stations=options.station,
            access_points=options.access_point,
            surroundings=options.surroundings,
            flash=options.flash,
            power_on=options.power_on,
            mac=options.mac,
            serial=options.serial,
            time=options.time,
            mqtt=options.mqtt,
            python=options.python,
            recordings=Wanted(timeline=options.timeline, transcript=options.transcript),
            line=options.line,
            reset=options.reset,
        )
    except ValueError as failure:
        return _complain(str(failure), 2)
    try:
        asyncio.run(_serve(settings, as_json=options.json, verbose=options.verbose))
    except LinkError as failure:
        return _complain(str(failure), 1)
    except OSError as failure:
        return _complain(f"{failure.filename or 'the port'}: {failure.strerror or failure}", 1)
    return 0


def _complain(text: str, status: int) -> int:
    print(f"spwf04sx: {text}", file=sys.stderr)
    return status


async def _serve(settings: Settings, *, as_json: bool, verbose: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    emulator = Emulator(settings)
    emulator.timeline.subscribe(LogWriter(sys.stderr, everything=verbose), *(() if verbose else NOTABLE))
    if settings.fault_plan is not None:
        loop.add_signal_handler(signal.SIGHUP, _read_plan_anew, emulator)
    async with emulator:
        # Whoever started us may have stopped listening to our words, but not to the port.
        with suppress(BrokenPipeError):
            print(_ready_json(emulator) if as_json else _ready_text(emulator), flush=True)
        running = asyncio.create_task(emulator.wait())
        stopped = asyncio.create_task(stop.wait())
        done, pending = await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if running in done:
            running.result()


def _read_plan_anew(emulator: Emulator) -> None:
    """Arm what the plan file says now; one that is wrong changes nothing."""
    try:
        orders = replace(emulator.settings).armed
    except ValueError as failure:
        _complain(f"{failure}; what is armed stays as it was", 0)
    else:
        emulator.faults.replace(orders)
        _complain(f"armed now: {emulator.faults}", 0)


def _ways_in(emulator: Emulator) -> dict[str, object]:
    settings = emulator.settings
    on_spi = settings.spi is not None
    return {
        "port": None if on_spi else emulator.port,
        "pty": emulator.device,
        "spi": emulator.port if on_spi else None,
        "model": settings.model,
        "firmware": _firmware(emulator),
        "time": settings.time,
        "seed": settings.chosen_seed,
        "faults": [str(order) for order in emulator.faults.armed],
    }


def _firmware(emulator: Emulator) -> str:
    """The firmware that runs: the one that was asked for, or the update that the flash holds."""
    settings = emulator.settings
    if settings.flash is None:
        return settings.firmware
    running = emulator.module.profile
    return settings.firmware if running.build == settings.profile.build else running.version


def _ready_json(emulator: Emulator) -> str:
    return json.dumps({"event": "ready", **_ways_in(emulator)})


def _ready_text(emulator: Emulator) -> str:
    ways = _ways_in(emulator)
    port = emulator.port
    if ways["spi"]:
        way_in, hint = f"spi={port}", "  talk to it:  see docs/faces-spi.md"
    else:
        way_in = f"port={port} pty={ways['pty']}"
        hint = (
            f"  talk to it:  picocom -b 115200 {port}\n"
            f"          or:  python -m serial.tools.miniterm --eol CR {port} 115200"
        )
    return (
        f"ready {way_in} model={ways['model']} firmware={ways['firmware']} "
        f"seed={ways['seed']} faults={len(emulator.faults.armed) or 'none'}\n"
        f"{_again(emulator)}{hint}"
    )


def _again(emulator: Emulator) -> str:
    """How to have the same faults once more; nothing without any."""
    flags = "".join(f" --fault {shlex.quote(str(order))}" for order in emulator.faults.armed)
    return f"  the same again:  --seed {emulator.settings.chosen_seed}{flags}\n" if flags else ""
