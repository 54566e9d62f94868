"""``spwf04sx run``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.command_line.given import add_options

if TYPE_CHECKING:
    import argparse

    from emulator.command_line.commands import Commands


def add(commands: Commands) -> argparse.ArgumentParser:
    """Add the command; the result is its parser."""
    run = commands.add_parser(
        "run",
        help="start a module and keep it running",
        description="Start a module behind a virtual serial port. One line on standard output says when it is "
        "ready and how to reach it; the log goes to standard error. Stop it with Ctrl-C or SIGTERM.",
        allow_abbrev=False,
    )
    run.add_argument("--json", action="store_true", help="print the ready line as JSON")
    run.add_argument("--verbose", "-v", action="store_true", help="log every event, serial octets included")
    add_options(run)
    _add_face_options(run.add_argument_group("the ways in"))
    _add_line_options(run.add_argument_group("the serial line"))
    _add_module_options(run.add_argument_group("the module"))
    _add_chance_options(run.add_argument_group("faults and chance"))
    _add_surroundings_options(run.add_argument_group("the surroundings"))
    _add_recording_options(run.add_argument_group("recordings"))
    _add_control_options(run.add_argument_group("control"))
    run.set_defaults(run=_run)
    return run


def _add_line_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--line",
        choices=("paced", "fast"),
        default="paced",
        help="let octets take their time at the speed that is set, and overrun who does not read, or pass at once and "
        "wait (default: %(default)s)",
    )
    group.add_argument(
        "--reset",
        choices=("none", "dtr", "rts"),
        default="none",
        help="what the module's reset pin is wired to: the host's DTR or RTS holds it in reset while asserted "
        "(default: %(default)s; a pty has neither)",
    )


def _add_face_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--link", type=Path, metavar="PATH", help="give the virtual port this stable name (a symbolic link)")
    add(
        "--rfc2217",
        action="append",
        default=[],
        metavar="[HOST:]PORT",
        help="await hosts that speak RFC 2217, such as pyserial with rfc2217://127.0.0.1:PORT; a port alone is for "
        "this machine alone, 0 for any that is free; may be repeated",
    )
    add(
        "--tcp",
        action="append",
        default=[],
        metavar="[HOST:]PORT",
        help="await hosts that use a plain TCP connection, without settings and modem lines; may be repeated",
    )
    add(
        "--port",
        action="append",
        default=[],
        metavar="NAME",
        help="lead to the host by a serial port of this machine, such as COM7 (one half of a com0com pair) or "
        "/dev/ttyUSB0; may be repeated",
    )
    add(
        "--spi",
        metavar="ADDRESS",
        help="strap the module to SPI, and serve the bus at HOST:PORT (port 0: any free one) or at the path of a Unix "
        "socket instead of a serial port (see docs/faces-spi.md)",
    )
    add("--no-pty", action="store_true", help="no virtual port; the rule on systems without pseudo terminals")


def _add_module_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--firmware",
        default="1.1.0",
        metavar="VERSION",
        help="firmware version: 1.0.0, 1.1.0, 1.2.0 or 170726 (a beta of 1.1.0) (default: %(default)s)",
    )
    add("--model", default="SPWF04SA", metavar="NAME", help="SPWF04SA or SPWF04SC (default: %(default)s)")
    add("--mac", metavar="MAC", help="the module's MAC address")
    add("--serial", metavar="TEXT", help="the module's serial number")
    add("--flash", type=Path, metavar="DIR", help="keep the module's flash in this directory (default: forget it)")
    add(
        "--power-on",
        choices=("open", "start"),
        default="open",
        help="boot when a host first opens the port, or at once (default: %(default)s)",
    )
    add(
        "--time",
        default="real",
        metavar="MODE",
        help="how the module's time passes: real, instant (nothing that it does takes time), or a factor such as 10 "
        "(default: %(default)s)",
    )
    add(
        "--mqtt",
        choices=("websocket", "tcp"),
        default="websocket",
        help="what MQTT goes over: the module knows only web sockets, tcp is for brokers without them "
        "(default: %(default)s)",
    )
    add(
        "--python",
        default="auto",
        metavar="WHAT",
        help="what runs AT+S.PYTHON: auto (the program micropython on PATH, else wasm), wasm (a sandbox, the extra "
        "'python'), off, or a program (default: %(default)s; see docs/python.md)",
    )


def _add_chance_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:NUMBER][@WHEN]",
        help="arm a fault, such as signature=nonpadded or handshake=stall:3@nth=2; 'spwf04sx faults' lists them; may "
        "be repeated",
    )
    group.add_argument(
        "--fault-plan",
        type=Path,
        metavar="FILE",
        help="arm the faults of this TOML file (see docs/faults.md); SIGHUP reads it anew",
    )
    group.add_argument("--seed", type=int, metavar="N", help="make everything that is left to chance repeatable")


def _add_surroundings_options(group: argparse._ArgumentGroup) -> None:
    repeated = {
        "--map": (
            "A=B",
            "let address A of the module's network (host, host:port, or a name as the host types it) be B on this "
            "machine, such as 192.168.0.2=127.0.0.1",
        ),
        "--station": ("MAC[=ADDRESS]", "a device that joins the module's miniAP as soon as it is up"),
        "--access-point": (
            "SSID[,PASSPHRASE]",
            "an access point in the air that the module can join; SSID * answers to any name",
        ),
    }
    for flag, (metavar, text) in repeated.items():
        group.add_argument(flag, action="append", default=[], metavar=metavar, help=f"{text}; may be repeated")
    group.add_argument(
        "--surroundings",
        type=Path,
        metavar="FILE",
        help="read access points, stations and DNS names from this TOML file (see docs/surroundings.md)",
    )


def _add_recording_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="write every event into this file: as JSON lines when it is called *.jsonl, else as text "
        "(see docs/timeline.md)",
    )
    group.add_argument(
        "--transcript", type=Path, metavar="FILE", help="write the dialogue on the serial port, to be played again"
    )
    group.add_argument(
        "--capture",
        type=Path,
        metavar="FILE",
        help="write serial link and network into this pcapng file, for Wireshark (see docs/capture.md)",
    )
    group.add_argument(
        "--capture-secrets",
        action="store_true",
        help="put the keys of TLS connections into the capture: whoever has it can read what they carried",
    )
    group.add_argument(
        "--keylog", type=Path, metavar="FILE", help="add the keys of TLS connections to this file (SSLKEYLOGFILE)"
    )


def _add_control_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--control",
        metavar="[HOST:]PORT",
        help="offer the control API and the web console there, to this machine alone unless HOST says otherwise; port "
        "0 for any that is free (see docs/control.md)",
    )
    group.add_argument(
        "--control-token-file",
        type=Path,
        metavar="FILE",
        help="demand the token in this file; without one it is made up where other machines can reach the control API",
    )
    group.add_argument(
        "--control-token",
        metavar="TEXT",
        help="demand this token; everybody on this machine can see it on the command line, so rather put it into the "
        "environment as SPWF04SX_CONTROL_TOKEN",
    )


def _run(options: argparse.Namespace) -> int:
    from emulator.running import run

    return run(options)
