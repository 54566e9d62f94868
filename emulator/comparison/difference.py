"""Holds what two modules said against each other, turn by turn, and their indications over the whole run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from emulator.comparison.variation import Normal, normal, normal_reply
from emulator.transcript.script import INDICATION
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from emulator.transcript.player import Heard

NO_END: Final = "(the reply does not come to its end)"
_BY_THE_WAY: Final = frozenset(
    {
        Indication.WIFI_BSS_REGAINED.number,
        Indication.WIFI_SIGNAL_LOW.number,
        Indication.WIFI_SCANNING.number,
        Indication.WIFI_SCAN_COMPLETE.number,
    }
)
"""What a module says by itself again and again, as long as it runs and where it is."""
_OPEN: Final = re.compile(r"\\\{[A-Za-z][\w\\.]*\\\}")
"""``{name}``, what a transcript leaves open, in an escaped pattern."""


@dataclass(frozen=True)
class Difference:
    """A line that the two say otherwise; None where one says nothing."""

    where: str
    """File and line of the transcript."""
    command: str
    """What the host had sent; empty for what comes by itself."""
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Variation:
    """What differs as it may: the kind, where, and both lines."""

    kind: str
    where: str
    left: str
    right: str


@dataclass
class Comparison:
    """The outcome of a run."""

    turns: int = 0
    same: int = 0
    """Turns whose replies are the same, what may vary aside."""
    differences: list[Difference] = field(default_factory=list)
    variations: list[Variation] = field(default_factory=list)


def compare(left: Sequence[Heard], right: Sequence[Heard]) -> Comparison:
    """Compare what was heard in the same turns."""
    result = Comparison()
    for one, other in zip(left, right, strict=True):
        before = len(result.differences)
        _compare_replies(one, other, result)
        result.turns += 1
        result.same += len(result.differences) == before
    _compare_echo(left, right, result)
    _compare_indications(left, right, result)
    return result


def _compare_replies(left: Heard, right: Heard, result: Comparison) -> None:
    turn = left.turn
    if left.complete and right.complete and _is_left_open(left.lines, right.lines):
        return
    ours, theirs = _finished(left), _finished(right)
    normal_ours, normal_theirs = normal_reply(ours), normal_reply(theirs)
    matcher = SequenceMatcher(None, [n.text for n in normal_ours], [n.text for n in normal_theirs], autojunk=False)
    if len(normal_ours) != len(ours) or len(normal_theirs) != len(theirs):
        ours, theirs = (tuple(n.text for n in normals) for normals in (normal_ours, normal_theirs))
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        for i, j in zip_longest(range(i1, i2), range(j1, j2)):
            line, other = (None if i is None else ours[i]), (None if j is None else theirs[j])
            if tag != "equal":
                result.differences.append(Difference(turn.where, turn.command, line, other))
            elif line is not None and other is not None and line != other:
                result.variations.append(_variation(normal_ours[i], turn.where, line, other))


def _finished(heard: Heard) -> tuple[str, ...]:
    return heard.lines if heard.complete else (*heard.lines, NO_END)


def _is_left_open(lines: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether the other lines are what these leave open with ``{name}``."""
    pattern = _OPEN.sub(".*", re.escape("\n".join(lines)))
    return "{" in "".join(lines) and re.fullmatch(pattern, "\n".join(others), re.DOTALL) is not None


def _variation(what: Normal, where: str, left: str, right: str) -> Variation:
    return Variation(", ".join(sorted(what.kinds)) or "text", where, left, right)


def _compare_echo(left: Sequence[Heard], right: Sequence[Heard], result: Comparison) -> None:
    for one, other in zip(left, right, strict=True):
        if one.turn.command and one.echoed != other.echoed:
            words = {True: "echoes", False: "does not echo"}
            result.variations.append(
                Variation("console_echo", one.turn.where, f"({words[one.echoed]})", f"({words[other.echoed]})")
            )
            return


def _compare_indications(left: Sequence[Heard], right: Sequence[Heard], result: Comparison) -> None:
    ours, theirs = dict(_by_number(left)), dict(_by_number(right))
    for number in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(number, []), theirs.get(number, [])
        if (not one or not other) and number in _BY_THE_WAY:
            where = (one or other)[0][0]
            result.variations.append(Variation("moment of indications", where, _moments(one), _moments(other)))
            continue
        if not one or not other:
            for where, line in _once(one or other):
                pair = (line, None) if one else (None, line)
                result.differences.append(Difference(where, "", *pair))
            continue
        _compare_texts(one, other, result)
        if [where for where, _ in one] != [where for where, _ in other]:
            result.variations.append(Variation("moment of indications", one[0][0], _moments(one), _moments(other)))


def _compare_texts(left: list[tuple[str, str]], right: list[tuple[str, str]], result: Comparison) -> None:
    """Compare indications of one number: each text that only one side has stands against one of the other side's."""
    ours, theirs = dict(_by_text(left)), dict(_by_text(right))
    for text in (text for text in ours if text in theirs):
        (where, line), (_, other) = ours[text], theirs[text]
        if line != other:
            result.variations.append(_variation(normal(line), where, line, other))
    alone = [said for text, said in ours.items() if text not in theirs]
    others = [said for text, said in theirs.items() if text not in ours]
    for said in tuple(alone):
        fitting = next((other for other in others if _is_left_open((said[1],), (other[1],))), None)
        if fitting is not None:
            alone.remove(said)
            others.remove(fitting)
    for one, two in zip_longest(alone, others):
        where = one[0] if one is not None else two[0]
        result.differences.append(Difference(where, "", one and one[1], two and two[1]))


def _by_number(run: Sequence[Heard]) -> Iterable[tuple[int, list[tuple[str, str]]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for heard in run:
        for line in heard.indications:
            match = INDICATION.match(line)
            if match is not None:
                found.setdefault(int(match[1]), []).append((heard.turn.where, line))
    return found.items()


def _by_text(said: list[tuple[str, str]]) -> Iterator[tuple[str, tuple[str, str]]]:
    """The first of each text without what varies."""
    for where, line in reversed(said):
        yield normal(line).text, (where, line)


def _once(said: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return dict(_by_text(said)).values()


def _moments(said: list[tuple[str, str]]) -> str:
    """An indication and the turns in which it came."""
    if not said:
        return "(not while this was played)"
    places = list(dict.fromkeys(where.rpartition(":")[2] for where, _ in said))
    return f"{said[0][1]} ({len(said)}x, line {', '.join(places)})"
