"""From process start to the ready line against the bare interpreter."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import compare, in_turns
from scripts.benchmarks.processes import ROOT, Program, emulator_command, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.benchmarks.comparison import Comparison

_TARGET = 10.0


def startups(pairs: int) -> Iterator[Comparison]:
    """Start both ``pairs`` times. Raises BenchmarkError."""
    contestants = {"ours": _until_ready, "theirs": _interpreter}
    in_turns(contestants, rounds=1)  # writes the byte code and warms the file cache
    samples = in_turns(contestants, pairs)
    yield compare("start to ready line", "python -c pass", samples["ours"], samples["theirs"], target=_TARGET)


def _until_ready() -> list[float]:
    program = Program(*emulator_command())
    start = perf_counter()
    with program:
        return [perf_counter() - start]


def _interpreter() -> list[float]:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], cwd=ROOT, env=environment(), check=True)
    return [perf_counter() - start]
