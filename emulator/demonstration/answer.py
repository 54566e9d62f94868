"""The answer to "is it the problem?": what the measurements say, and what they leave open."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.demonstration import theory
from emulator.demonstration.count import Outcome, Row
from emulator.demonstration.modes import Mode
from emulator.diagnosis.binomial import interval
from emulator.diagnosis.report.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from emulator.demonstration.comparison import CurlRow
    from emulator.demonstration.rivals import Rival

LONGEST_UNPADDED: Final = 70
"""Octets: two numbers of 32 and the frame around them."""
CAPTURES: Final = 10


class Finding(NamedTuple):
    """One row of the answer; ``right`` tells whether what was measured bears it out."""

    claim: str
    theory: str
    measured: str
    verdict: str
    right: bool


def answer(rows: Sequence[Row], comparisons: Sequence[CurlRow], rivals: Sequence[Rival]) -> list[Finding]:
    """Draw the conclusions, one a row."""
    correct = [row for row in rows if row.mode is Mode.NONE]
    forgotten = [row for row in rows if row.mode is Mode.NATURAL]
    return [
        _seventy_octets(correct),
        _fits(forgotten),
        _refused(forgotten),
        _certificates(correct, comparisons),
        _other_causes(rivals),
        _captures(correct, forgotten),
    ]


def _seventy_octets(correct: Sequence[Row]) -> Finding:
    chance = theory.strict_length(LONGEST_UNPADDED)
    total, seen = _signatures(correct), sum(row.lengths[LONGEST_UNPADDED] for row in correct)
    return Finding(
        "A signature of 70 octets proves a defect",
        f"{percent(chance)} of correct signatures have 70",
        f"{seen} of {total} correct ones had 70; {_accepted(correct)} of {total} were accepted",
        "no: 70 is a normal length",
        seen in interval(total, float(chance)) and _accepted(correct) == total,
    )


def _fits(forgotten: Sequence[Row]) -> Finding:
    chance = theory.unpadded_full_length()
    total, seen = _signatures(forgotten), sum(row.lengths[LONGEST_UNPADDED] for row in forgotten)
    longest = max(_lengths(forgotten), default=0)
    return Finding(
        "A forgotten sign octet would show as 70 octets",
        f"{percent(chance)} have 70, none has more",
        f"{seen} of {total} had 70, the longest {longest}",
        "yes: what was seen fits",
        seen in interval(total, float(chance)) and longest <= LONGEST_UNPADDED,
    )


def _refused(forgotten: Sequence[Row]) -> Finding:
    chance = theory.accepted(Mode.NATURAL)
    total, seen = sum(len(row.handshakes) for row in forgotten), _accepted(forgotten)
    longest = max((_longest_run(_refusals(row)) for row in forgotten), default=0)
    return Finding(
        "A forgotten sign octet explains a refusal every time",
        f"{percent(chance)} are valid by luck; {CAPTURES} refusals running: {percent((1 - chance) ** CAPTURES)}",
        f"{seen} of {total} accepted, at most {longest} refusals running",
        "unlikely: three in four are refused",
        seen in interval(total, float(chance)),
    )


def _certificates(correct: Sequence[Row], comparisons: Sequence[CurlRow]) -> Finding:
    total, seen = sum(len(row.handshakes) for row in correct), _accepted(correct)
    measured = f"module without fault: {seen} of {total}"
    right = seen == total
    if comparisons:
        tried, fetched = sum(row.trials for row in comparisons), sum(row.accepted for row in comparisons)
        octets = sorted(length for row in comparisons for length in row.lengths)
        measured += f"; curl: {fetched} of {tried}"
        measured += f" with {octets[0]} to {octets[-1]} octets" if octets else ""
        right = right and fetched == tried
    return Finding(
        "Certificates and server are sound, a correct client gets in",
        percent(theory.accepted(Mode.NONE)),
        measured,
        "yes: for this bundle and these servers",
        right,
    )


def _other_causes(rivals: Sequence[Rival]) -> Finding:
    same = [rival for rival in rivals if rival.trouble is None]
    mistakes = " and ".join(rival.mistake for rival in same) or "no other mistake"
    return Finding(
        "'bad signature' points to the encoding",
        "a wrong bundle order, a foreign key and a wrong transcript end in the same words",
        f"strict DER, yet the same words: {mistakes}",
        "no: NOT established",
        bool(rivals) and len(same) == len(rivals),
    )


def _captures(correct: Sequence[Row], forgotten: Sequence[Row]) -> Finding:
    chance = float(theory.strict_length_at_most(LONGEST_UNPADDED) ** CAPTURES)
    short = [len(made.encoded) <= LONGEST_UNPADDED for row in correct for made in row.signatures]
    above = sum(length > LONGEST_UNPADDED for length in _lengths(forgotten))
    run = _longest_run(short)
    return Finding(
        f"{CAPTURES} captured signatures settle whether the sign octet is missing",
        f"a correct client stays at 70 or less {CAPTURES} times running with p = {chance:.1e}",
        f"correct: at most {run} running; sign octet forgotten: {above} of {_signatures(forgotten)} above 70",
        "yes: one of 71 or 72 acquits it",
        run < CAPTURES and above == 0,
    )


def _accepted(rows: Iterable[Row]) -> int:
    return sum(row.accepted for row in rows)


def _signatures(rows: Iterable[Row]) -> int:
    return sum(len(row.signatures) for row in rows)


def _lengths(rows: Iterable[Row]) -> list[int]:
    return [length for row in rows for length in row.lengths.elements()]


def _refusals(row: Row) -> list[bool]:
    return [made.outcome is Outcome.REFUSED for made in row.handshakes]


def _longest_run(marks: Sequence[bool]) -> int:
    return max((len(list(run)) for mark, run in groupby(marks) if mark), default=0)
