"""The null command over each face against a bare echo over the same transport."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import MEDIAN, compare, in_turns
from scripts.benchmarks.processes import on_one_processor
from scripts.benchmarks.ways import PTY, WAYS, both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.benchmarks.comparison import Comparison
    from scripts.benchmarks.serial_port import SerialPort

_TAIL = 99
_TARGETS = {MEDIAN: 1.5, _TAIL: 2.0}
_BLOCK = 100
"""Round trips before the next one has its turn."""
NULL_COMMAND = b"AT\r"


def round_trips(blocks: int) -> Iterator[Comparison]:
    """Measure ``blocks`` blocks of each. Raises BenchmarkError."""
    for way in WAYS:
        with on_one_processor(), both_ends(way) as ports:
            yield from _measure(f"null command, {way.name}", f"bare {way.transport} echo", ports, blocks, _TARGETS)
            if way is PTY:
                ports["ours"].command("AT+S.SCFG=console_echo,1")
                yield from _measure("null command, pty, console_echo 1", "bare pty echo", ports, blocks, {})


def _measure(
    what: str, yardstick: str, ports: Mapping[str, SerialPort], blocks: int, targets: Mapping[int, float]
) -> Iterator[Comparison]:
    contestants = {name: partial(port.timed, NULL_COMMAND, _BLOCK) for name, port in ports.items()}
    in_turns(contestants, rounds=1)
    samples = in_turns(contestants, blocks)
    for rank in (MEDIAN, _TAIL):
        yield compare(
            f"{what}, p{rank}", yardstick, samples["ours"], samples["theirs"], rank=rank, target=targets.get(rank)
        )
