"""``spwf04sx run``: an emulator in the foreground, with a ready line for scripts and hints for people."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from emulator.capture.log import NOTABLE, LogWriter
from emulator.capture.recordings import Wanted
from emulator.configuration import Settings
from emulator.control.wanted import wanted_control
from emulator.emulator import Emulator
from emulator.faces.endpoint import parse_endpoint
from emulator.faces.face import FACTORY_SPEED, FaceError
from emulator.signals import on_signal

if TYPE_CHECKING:
    import argparse

    from emulator.control.server import ControlServer
    from emulator.control.wanted import WantedControl


def run(options: argparse.Namespace) -> int:
    """Run until a signal comes; the result is the exit status."""
    try:
        settings = Settings(
            link=options.link,
            pty=False if options.no_pty else None,
            rfc2217=options.rfc2217,
            tcp=options.tcp,
            ports=options.port,
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
            recordings=_recordings(options),
            line=options.line,
            reset=options.reset,
        )
        control = wanted_control(options.control, options.control_token, options.control_token_file)
    except ValueError as failure:
        return _complain(str(failure), 2)
    try:
        asyncio.run(_serve(settings, control, as_json=options.json, verbose=options.verbose))
    except FaceError as failure:
        return _complain(str(failure), 1)
    except OSError as failure:
        return _complain(f"{failure.filename or 'the port'}: {failure.strerror or failure}", 1)
    return 0


def _recordings(options: argparse.Namespace) -> Wanted:
    return Wanted(options.timeline, options.transcript, options.capture, options.capture_secrets, options.keylog)


def _complain(text: str, status: int) -> int:
    print(f"spwf04sx: {text}", file=sys.stderr)
    return status


async def _serve(settings: Settings, control: WantedControl | None, *, as_json: bool, verbose: bool) -> None:
    stop = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        on_signal(name, stop.set)
    emulator = Emulator(settings)
    emulator.timeline.subscribe(LogWriter(sys.stderr, everything=verbose), *(() if verbose else NOTABLE))
    if settings.fault_plan is not None:
        on_signal("SIGHUP", partial(_read_plan_anew, emulator))
    server = None if control is None else control.offer(emulator)
    async with emulator, server or nullcontext():
        _warn_of_keys(settings.recordings)
        # Whoever started us may have stopped listening to our words, but not to the port.
        with suppress(BrokenPipeError):
            print(_ready_json(emulator, server) if as_json else _ready_text(emulator, server), flush=True)
        running = asyncio.create_task(emulator.wait())
        stopped = asyncio.create_task(stop.wait())
        done, pending = await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if running in done:
            running.result()


def _warn_of_keys(recordings: Wanted) -> None:
    for path in (recordings.capture if recordings.capture_secrets else None, recordings.keylog):
        if path is not None:
            _complain(f"WARNING: {path} holds the keys of all TLS connections: who has it can read them", 0)


def _read_plan_anew(emulator: Emulator) -> None:
    """Arm what the plan file says now; one that is wrong changes nothing."""
    try:
        orders = replace(emulator.settings).armed
    except ValueError as failure:
        _complain(f"{failure}; what is armed stays as it was", 0)
    else:
        emulator.faults.replace(orders)
        _complain(f"armed now: {emulator.faults}", 0)


def _facts(emulator: Emulator, server: ControlServer | None) -> dict[str, object]:
    settings = emulator.settings
    on_spi = settings.spi is not None
    return {
        "port": None if on_spi else emulator.port,
        "pty": emulator.device,
        "faces": [{"kind": way.kind, "url": way.url} for way in emulator.ways],
        "spi": emulator.port if on_spi else None,
        "model": settings.model,
        "firmware": _firmware(emulator),
        "time": settings.time,
        "seed": settings.chosen_seed,
        "faults": [str(order) for order in emulator.faults.armed],
        "control": None if server is None else server.url,
        "control_token": server.token.text if server and server.token and server.is_token_new else None,
    }


def _firmware(emulator: Emulator) -> str:
    """The firmware that runs: the one that was asked for, or the update that the flash holds."""
    settings = emulator.settings
    if settings.flash is None:
        return settings.firmware
    running = emulator.module.profile
    return settings.firmware if running.build == settings.profile.build else running.version


def _speed(emulator: Emulator) -> int:
    """The speed at which the module boots: the factory's, or the one that its flash holds."""
    if emulator.settings.flash is None:
        return FACTORY_SPEED
    return emulator.module.configuration.integer("console_speed")


def _ready_json(emulator: Emulator, server: ControlServer | None) -> str:
    return json.dumps({"event": "ready", **_facts(emulator, server)})


def _ready_text(emulator: Emulator, server: ControlServer | None) -> str:
    facts = _facts(emulator, server)
    words = {
        "port": facts["port"],
        "pty": facts["pty"],
        "url": ",".join(way.url for way in emulator.ways if way.kind in ("rfc2217", "tcp")),
        "spi": facts["spi"],
        "model": facts["model"],
        "firmware": facts["firmware"],
        "seed": facts["seed"],
        "faults": len(emulator.faults.armed) or "none",
        "control": facts["control"],
    }
    line = " ".join(f"{word}={value}" for word, value in words.items() if value not in (None, ""))
    console = "" if server is None else f"\n  look at it:  {server.link}"
    return f"ready {line}\n{_again(emulator)}{_hints(emulator)}{console}"


def _hints(emulator: Emulator) -> str:
    """Commands to copy, the shortest first."""
    if emulator.settings.spi is not None:
        return "  talk to it:  see docs/faces-spi.md"
    if not emulator.urls:
        return f"  talk to it:  at the other end of {emulator.port}"
    speed = _speed(emulator)
    hints = [f"python -m serial.tools.miniterm --eol CR {emulator.port} {speed}"]
    if emulator.device is not None:
        hints.insert(0, f"picocom -b {speed} {emulator.port}")
    return "\n".join(f"{'or' if number else 'talk to it':>12}:  {hint}" for number, hint in enumerate(hints))


def _again(emulator: Emulator) -> str:
    """How to have the same faults once more; nothing without any."""
    flags = "".join(f" --fault {shlex.quote(str(order))}" for order in emulator.faults.armed)
    return f"  the same again:  --seed {emulator.settings.chosen_seed}{flags}\n" if flags else ""
