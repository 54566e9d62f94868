"""The faces and the line alone, without a module: one octet there and back, and megabytes each way."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import MEDIAN, compare, in_turns
from scripts.benchmarks.content import fetch, store
from scripts.benchmarks.processes import Program, helper_command, on_one_processor
from scripts.benchmarks.serial_port import SerialPort
from scripts.benchmarks.ways import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.benchmarks.comparison import Comparison
    from scripts.benchmarks.ways import Way

_TAIL = 99
_ROUND_TRIP = {MEDIAN: 1.5, _TAIL: 2.0}
_BULK = 2.0
"""Twice the time is half the throughput."""
_BLOCK = 100
_SIZE = 8_000_000
_QUESTION = b"?"


def alone(blocks: int) -> Iterator[Comparison]:
    """Measure ``blocks`` blocks of each. Raises BenchmarkError."""
    for way in WAYS:
        with on_one_processor(), _both_ends(way) as ports:
            yield from _round_trips(way, ports, blocks)
        with _both_ends(way) as ports:
            yield from _bulk(way, ports, max(1, blocks // 6))


@contextmanager
def _both_ends(way: Way) -> Iterator[Mapping[str, SerialPort]]:
    with (
        Program(*helper_command("bare")) as bare,
        Program(*helper_command("lined")) as lined,
        SerialPort(bare.ready[way.bare]) as bare_port,
        SerialPort(lined.ready[way.name]) as port,
    ):
        yield {"ours": port, "theirs": bare_port}


def _round_trips(way: Way, ports: Mapping[str, SerialPort], blocks: int) -> Iterator[Comparison]:
    contestants = {name: partial(port.timed, _QUESTION, _BLOCK) for name, port in ports.items()}
    in_turns(contestants, rounds=1)
    samples = in_turns(contestants, blocks)
    for rank, target in _ROUND_TRIP.items():
        what, yardstick = f"{way.name} and line alone, p{rank}", f"bare {way.transport} echo"
        yield compare(what, yardstick, samples["ours"], samples["theirs"], rank=rank, target=target)


def _bulk(way: Way, ports: Mapping[str, SerialPort], blocks: int) -> Iterator[Comparison]:
    for direction, command in (("to", store(_SIZE)), ("from", fetch(_SIZE))):
        contestants = {name: partial(port.timed, command) for name, port in ports.items()}
        in_turns(contestants, rounds=1)
        samples = in_turns(contestants, blocks)
        what, yardstick = f"8 MB {direction} the line alone, {way.name}, p50", f"bare {way.transport} pipe"
        yield compare(what, yardstick, samples["ours"], samples["theirs"], target=_BULK)
