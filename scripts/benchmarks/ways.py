"""The ways to the module, each with the bare program at the end of the same transport."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from scripts.benchmarks.processes import Program, emulator_command, helper_command
from scripts.benchmarks.serial_port import SerialPort

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READY = b"+WIND:32:"


class Way(NamedTuple):
    """One face, and the transport below it."""

    name: str
    flags: tuple[str, ...]
    transport: str
    bare: str
    """Which port of the bare program's ready line goes the same way."""


PTY = Way("pty", (), "pty", "port")
WAYS = (
    PTY,
    Way("rfc2217", ("--no-pty", "--rfc2217", "127.0.0.1:0"), "socket", "socket"),
    Way("tcp", ("--no-pty", "--tcp", "127.0.0.1:0"), "socket", "socket"),
)


@contextmanager
def both_ends(way: Way, *flags: str) -> Iterator[Mapping[str, SerialPort]]:
    """Start the emulator and the bare program; ``ours`` and ``theirs`` are their ports. Raises BenchmarkError."""
    with (
        Program(*helper_command("bare")) as bare,
        Program(*emulator_command(*way.flags, *flags)) as emulator,
        SerialPort(bare.ready[way.bare]) as bare_port,
        # Powered on when the port is opened: no indication of the boot gets lost before.
        SerialPort(emulator.ready["port"]) as port,
    ):
        quieten(port)
        yield {"ours": port, "theirs": bare_port}


def quieten(port: SerialPort) -> None:
    """Switch off what could answer beside the command: the radio and the echo."""
    port.wait_for(_READY)
    port.command("AT+S.WIFI=0")
    port.command("AT+S.SCFG=console_echo,0")
