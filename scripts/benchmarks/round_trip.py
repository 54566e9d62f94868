"""The null command over the pty against a bare echo over a pty."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import MEDIAN, compare, in_turns
from scripts.benchmarks.processes import Program, emulator_command, helper_command
from scripts.benchmarks.serial_port import SerialPort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.benchmarks.comparison import Comparison

_TARGET = 2.0
_TAIL = 99
_BLOCK = 100
"""Round trips before the next one has its turn."""
NULL_COMMAND = b"AT\r"
_READY = b"+WIND:32:"


def round_trips(blocks: int) -> Iterator[Comparison]:
    """Measure ``blocks`` blocks of each. Raises BenchmarkError."""
    with Program(*helper_command("echo")) as echo, SerialPort(echo.ready["port"]) as echo_port:
        for echoing in (False, True):
            # Powered on when the port is opened: no indication of the boot gets lost before.
            with Program(*emulator_command()) as emulator, SerialPort(emulator.ready["port"]) as port:
                quieten(port, echoing=echoing)
                yield from _measure(port, echo_port, blocks, echoing=echoing)


def quieten(port: SerialPort, *, echoing: bool) -> None:
    """Switch off what could answer beside the command: the radio and, unless wanted, the echo."""
    port.wait_for(_READY)
    port.command("AT+S.WIFI=0")
    port.command(f"AT+S.SCFG=console_echo,{int(echoing)}")


def _measure(port: SerialPort, echo_port: SerialPort, blocks: int, *, echoing: bool) -> Iterator[Comparison]:
    contestants = {name: partial(each.timed, NULL_COMMAND, _BLOCK) for name, each in _named(port, echo_port)}
    in_turns(contestants, rounds=1)
    samples = in_turns(contestants, blocks)
    what = "null command, console_echo 1" if echoing else "null command, console_echo 0"
    for rank, target in ((MEDIAN, None if echoing else _TARGET), (_TAIL, None)):
        yield compare(f"{what}, p{rank}", "bare pty echo", samples["ours"], samples["theirs"], rank=rank, target=target)


def _named(port: SerialPort, echo_port: SerialPort) -> tuple[tuple[str, SerialPort], ...]:
    return (("ours", port), ("theirs", echo_port))
