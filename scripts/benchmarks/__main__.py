"""``scripts/bench``: measure, then print the ratios; a target that is missed is a result, not a failure."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NamedTuple

from emulator.peers.peer import PeerError
from scripts.benchmarks.alone import alone
from scripts.benchmarks.bulk import bulk
from scripts.benchmarks.handshake import handshakes
from scripts.benchmarks.processes import BenchmarkError
from scripts.benchmarks.recording import recordings
from scripts.benchmarks.report import as_json, as_table
from scripts.benchmarks.round_trip import round_trips
from scripts.benchmarks.startup import startups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.benchmarks.report import Row


class _Repetitions(NamedTuple):
    """How often each thing is measured."""

    blocks: int
    handshakes: int
    startups: int


_THOROUGH = _Repetitions(blocks=60, handshakes=40, startups=25)
_QUICK = _Repetitions(blocks=3, handshakes=3, startups=3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all benchmarks; the result is the exit status, 0 whether or not the targets are met."""
    options = _parser().parse_args(arguments)
    try:
        rows = list(_measure(_QUICK if options.quick else _THOROUGH))
    except (BenchmarkError, PeerError, OSError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    print(as_json(rows) if options.json else as_table(rows))
    return 0


def _measure(repetitions: _Repetitions) -> Iterator[Row]:
    yield from round_trips(repetitions.blocks)
    yield from bulk(repetitions.blocks)
    yield from alone(repetitions.blocks)
    yield from recordings(repetitions.blocks)
    yield from handshakes(repetitions.handshakes)
    yield from startups(repetitions.startups)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench",
        description="Measure speed as ratios, each against a yardstick of the same run. See docs/benchmarks.md.",
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="few repetitions: shows that it works, not how fast")
    parser.add_argument("--json", action="store_true", help="print JSON, with times in seconds")
    return parser


if __name__ == "__main__":
    sys.exit(main())
