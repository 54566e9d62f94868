"""The benchmarks' arithmetic, and that a short run prints every ratio. How fast anything is, no test may say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benchmarks.comparison import Comparison, Skipped, compare, in_turns, percentile
from scripts.benchmarks.report import as_json, as_table, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
SECONDS = st.lists(st.floats(1e-6, 100), min_size=1, max_size=50)
RANKS = st.integers(1, 99)

OVER_SOCKETS = ("rfc2217", "tcp")
DIRECTIONS = ("host to module", "module to host")
ROWS_WITHOUT_OPENSSL = {
    *((f"null command, pty, p{rank}", "bare pty echo") for rank in (50, 99)),
    *((f"null command, pty, console_echo 1, p{rank}", "bare pty echo") for rank in (50, 99)),
    *((f"null command, {face}, p{rank}", "bare socket echo") for face in OVER_SOCKETS for rank in (50, 99)),
    *((f"60 kB {direction}, pty, p50", "bare pty pipe") for direction in DIRECTIONS),
    *((f"60 kB {direction}, {face}, p50", "bare socket pipe") for face in OVER_SOCKETS for direction in DIRECTIONS),
    *((f"pty and line alone, p{rank}", "bare pty echo") for rank in (50, 99)),
    *((f"{face} and line alone, p{rank}", "bare socket echo") for face in OVER_SOCKETS for rank in (50, 99)),
    *((f"8 MB {way} the line alone, pty, p50", "bare pty pipe") for way in ("to", "from")),
    *(
        (f"8 MB {way} the line alone, {face}, p50", "bare socket pipe")
        for face in OVER_SOCKETS
        for way in ("to", "from")
    ),
    ("null command with --capture, p50", "the same without"),
    ("8 kB to the host with --capture, p50", "the same without"),
    ("mutual TLS handshake, new certificates", "Python ssl"),
    ("mutual TLS handshake, known certificates", "Python ssl"),
    ("HTTPGET over mutual TLS, known certificates", "Python http.client"),
    ("start to ready line", "python -c pass"),
}
OPENSSL_ROW = ("mutual TLS handshake, new certificates", "openssl s_client process")


def test_the_order_of_turns_is_reversed_in_every_other_round() -> None:
    turns: list[str] = []

    def turn(name: str) -> Sequence[float]:
        turns.append(name)
        return [float(len(turns))]

    samples = in_turns({name: partial(turn, name) for name in "abc"}, 3)
    assert "".join(turns) == "abccbaabc"
    assert samples == {"a": [1, 6, 7], "b": [2, 5, 8], "c": [3, 4, 9]}


@given(st.integers(1, 20))
def test_a_steady_drift_hits_all_contestants_alike(pairs_of_rounds: int) -> None:
    drift = count()

    def turn() -> Sequence[float]:
        return [float(next(drift))]

    samples = in_turns(dict.fromkeys(("ours", "theirs"), turn), 2 * pairs_of_rounds)
    assert fmean(samples["ours"]) == fmean(samples["theirs"])


@pytest.mark.parametrize(
    ("samples", "rank", "value"),
    [
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.5),
        ([float(n) for n in range(101)], 1, 1.0),
        ([float(n) for n in range(101)], 99, 99.0),
    ],
)
def test_percentile(samples: Sequence[float], rank: int, value: float) -> None:
    assert percentile(samples, rank) == pytest.approx(value)


@given(SECONDS)
def test_percentiles_grow_with_their_rank_and_stay_among_the_samples(samples: list[float]) -> None:
    values = [percentile(samples, rank) for rank in (1, 25, 50, 75, 99)]
    bounds = [min(samples) * (1 - 1e-9), *values, max(samples) * (1 + 1e-9)]
    assert all(low <= high or low == pytest.approx(high) for low, high in pairwise(bounds))


@given(SECONDS, RANKS)
def test_against_itself_anything_has_the_ratio_one(samples: list[float], rank: int) -> None:
    assert compare("it", "itself", samples, list(reversed(samples)), rank=rank).ratio == 1


@pytest.mark.parametrize("rank", [0, 100])
def test_a_percentile_out_of_range_is_refused(rank: int) -> None:
    with pytest.raises(ValueError, match=r"choose 1\.\.99"):
        percentile([1.0], rank)


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)


@pytest.mark.parametrize(("ours", "met"), [(1.9, True), (2.0, True), (2.1, False)])
def test_a_target_is_met_up_to_the_ratio_itself(ours: float, met: bool) -> None:
    assert Comparison("a", "b", ours, 1.0, target=2.0).met is met
    assert Comparison("a", "b", ours, 1.0).met is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.5, "1.50 s"), (0.25, "250.00 ms"), (0.001, "1.00 ms"), (42.5e-6, "42.50 us")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_table_says_what_was_met_and_what_was_skipped() -> None:
    table = as_table(
        [
            Comparison("fast", "echo", 0.003, 0.002, target=2.0),
            Comparison("slow", "echo", 0.005, 0.002, target=2.0),
            Comparison("free", "echo", 0.002, 0.002),
            Skipped("shy", "openssl", "openssl is not on PATH"),
        ]
    )
    words = [line.split() for line in table.splitlines()]
    assert ["fast", "echo", "2.00", "ms", "3.00", "ms", "1.50x", "2x", "yes"] in words
    assert ["slow", "echo", "2.00", "ms", "5.00", "ms", "2.50x", "2x", "no"] in words
    assert ["free", "echo", "2.00", "ms", "2.00", "ms", "1.00x"] in words
    assert "skipped: shy against openssl: openssl is not on PATH" in table.splitlines()


def test_json_holds_times_in_seconds() -> None:
    result = json.loads(as_json([Comparison("fast", "echo", 0.003, 0.002, target=2.0)]))
    (row,) = result["comparisons"]
    assert (row["ours"], row["theirs"], row["target"], row["met"]) == (0.003, 0.002, 2.0, True)
    assert row["ratio"] == pytest.approx(1.5)


def test_a_quick_run_prints_every_ratio_as_json() -> None:
    result = json.loads(_bench("--quick", "--json", path=os.environ["PATH"]))
    skipped = set(_named(result["skipped"]))
    assert set(_named(result["comparisons"])) | skipped == {*ROWS_WITHOUT_OPENSSL, OPENSSL_ROW}
    assert skipped <= {OPENSSL_ROW}
    for row in result["comparisons"]:
        assert row["ratio"] == pytest.approx(row["ours"] / row["theirs"])


def test_a_quick_run_without_openssl_prints_a_table_and_says_what_was_skipped(tmp_path: Path) -> None:
    table = _bench("--quick", path=str(tmp_path))
    for what, yardstick in ROWS_WITHOUT_OPENSSL:
        (line,) = [line for line in table.splitlines() if line.startswith(what) and yardstick in line]
        assert re.search(r" \d+\.\d\dx\b", line)
    assert f"skipped: {' against '.join(OPENSSL_ROW)}: openssl is not on PATH" in table.splitlines()


def _bench(*flags: str, path: str) -> str:
    outcome = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks", *flags],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    return outcome.stdout


def _named(rows: Sequence[dict[str, str]]) -> Iterator[tuple[str, str]]:
    return ((row["what"], row["yardstick"]) for row in rows)
