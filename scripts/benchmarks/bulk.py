"""Much at once through each face, in either direction, against a bare pipe over the same transport."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import compare, in_turns
from scripts.benchmarks.content import fetch, store
from scripts.benchmarks.ways import WAYS, both_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmarks.comparison import Comparison
    from scripts.benchmarks.serial_port import SerialPort

_TARGET = 2.0
"""Twice the time is half the throughput."""
_SIZE = 61440
"""Octets; the module's user flash holds one file of that size, and what a command costs beside it counts for little."""
_MOUNT = b"AT+S.FSM=1\r"
_DELETE = b"AT+S.FSD=1:/bulk\r"
_BLOCK = 5
"""Transfers before the next one has its turn."""


def bulk(blocks: int) -> Iterator[Comparison]:
    """Measure ``blocks`` blocks of each. Raises BenchmarkError."""
    for way in WAYS:
        # What the module itself would take for a file is not the emulator's speed.
        with both_ends(way, "--time", "instant") as ports:
            for port in ports.values():
                port.ask(_MOUNT)
                port.ask(store(_SIZE))
            for direction, transfer in (("host to module", _store), ("module to host", _fetch)):
                contestants = {name: partial(transfer, port) for name, port in ports.items()}
                in_turns(contestants, rounds=1)
                samples = in_turns(contestants, blocks)
                yield compare(
                    f"60 kB {direction}, {way.name}, p50",
                    f"bare {way.transport} pipe",
                    samples["ours"],
                    samples["theirs"],
                    target=_TARGET,
                )


def _store(port: SerialPort) -> Sequence[float]:
    """Send a file, and time only that; the one of the same name makes room before."""
    samples: list[float] = []
    for _ in range(_BLOCK):
        port.ask(_DELETE)
        samples += port.timed(store(_SIZE))
    return samples


def _fetch(port: SerialPort) -> Sequence[float]:
    return port.timed(fetch(_SIZE), _BLOCK)
