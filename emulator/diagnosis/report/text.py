"""The report for people."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.names import alert_name, suite_name, version_name
from emulator.diagnosis.report.evidence import evidence, hint, public_key, what_happened
from emulator.diagnosis.report.headline import headline, reasons
from emulator.diagnosis.report.hexdump import marked
from emulator.diagnosis.report.servers import servers_do, to_try
from emulator.diagnosis.report.statistics import statistics
from emulator.diagnosis.report.words import clauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.case import Case, OtherKey
    from emulator.diagnosis.handshakes.handshake import Unjudged
    from emulator.diagnosis.judging.verdict import Asked, Judgement

_WIDTH: Final = 110
_LABEL: Final = 11
_SHOWN: Final = 10
"""Handshakes with the same defects that are shown; JSON has more."""
_CORRECT_SHOWN: Final = 3
_ASKED_SHOWN: Final = 4


def report(case: Case) -> Iterator[str]:
    """Give the report in lines, the verdict first."""
    yield headline(case)
    for judgement in _selection(case):
        yield ""
        yield from _handshake(judgement)
    yield from _left_out(case)
    yield from _clients(case)
    for other in case.other_keys:
        yield ""
        yield from _wrapped(_other_key(other))
    if defects := case.defects:
        yield from _section("What servers do with it", servers_do(sorted(defects, key=lambda one: -defects[one])))
        yield from _section("What to try", to_try(sorted(defects, key=lambda one: -defects[one])))
    yield from _unjudged(case)
    if notes := case.notes.lines():
        yield from _section("Notes on the input", notes)


def _selection(case: Case) -> list[Judgement]:
    """Choose what is shown in full: defects first, a few of each kind."""
    shown: dict[object, list[Judgement]] = {}
    for judgement in case.judgements.values():
        of_kind = shown.setdefault(judgement.defects, [])
        if len(of_kind) < (_SHOWN if judgement.defects else 1 if case.defective else _CORRECT_SHOWN):
            of_kind.append(judgement)
    chosen = [judgement for of_kind in shown.values() for judgement in of_kind]
    return sorted(chosen, key=lambda judgement: (judgement.correct, judgement.number))


def _left_out(case: Case) -> Iterator[str]:
    left = case.judged - len(_selection(case))
    if left:
        yield ""
        yield f"{left} more of the same kinds {'is' if left == 1 else 'are'} not shown."
    if case.copies:
        yield ""
        yield f"{case.copies} handshakes were there more than once and count once."


def _handshake(judgement: Judgement) -> Iterator[str]:
    when = judgement.place.time
    moment = f", {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S} UTC" if when else ""
    where = f"{judgement.file}, {judgement.place}" if judgement.file else str(judgement.place)
    yield f"Handshake {judgement.number}, {where}: {judgement.client} -> {judgement.server}{moment}"
    yield from _row("protocol", f"{version_name(judgement.version)}, {suite_name(judgement.suite)}")
    chain = ", then ".join(f'"{name}"' for name in judgement.chain)
    yield from _row("client", f"{chain}; the first has a key of {judgement.key}")
    if asked := _asked(judgement.asked):
        yield from _row("asked for", asked)
    if judgement.claimed is not None:
        yield from _row("claim", str(judgement.claimed))
    yield from _row("verdict", "correct" if judgement.correct else clauses(judgement))
    for sentence in evidence(judgement):
        yield from _row("evidence", sentence)
    if judgement.signature or judgement.encoding is not None:
        yield from _signature(judgement)
    yield from _row("server", what_happened(judgement))
    if text := hint(judgement):
        yield from _row("hint", text)
    for remark in judgement.remarks:
        yield from _row("remark", remark.text)


def _asked(asked: Asked) -> str:
    """Say what the server accepts."""
    parts = []
    if asked.algorithms:
        first = ", ".join(asked.algorithms[:_ASKED_SHOWN])
        more = len(asked.algorithms) - _ASKED_SHOWN
        parts.append(first + (f" and {more} more" if more > 0 else ""))
    if asked.authorities:
        names = ", ".join(f'"{name}"' for name in asked.authorities[:_ASKED_SHOWN])
        parts.append(f"issued by {names}{', ...' if len(asked.authorities) > _ASKED_SHOWN else ''}")
    return "; ".join(parts)


def _signature(judgement: Judgement) -> Iterator[str]:
    own = "" if judgement.server_signature is None else f"; the server's own has {judgement.server_signature}"
    yield from _row("signature", f"{len(judgement.signature)} octets{own}")
    if judgement.encoding is None:
        yield from (f"  {line}" for line in _plain(judgement.signature))
    else:
        yield from (f"  {line}" for line in marked(judgement.encoding, judgement.flip))


def _plain(octets: bytes) -> Iterator[str]:
    for start in range(0, len(octets), 16):
        yield f"{start:4}  {octets[start : start + 16].hex(' ')}"


def _clients(case: Case) -> Iterator[str]:
    for client in case.clients.values():
        if sentences := statistics(client):
            of = f'"{client.name}" ({client.key})' if client.key else client.name
            yield from _section(f"All handshakes of {of}", sentences)


def _other_key(other: OtherKey) -> str:
    numbers = ", ".join(str(number) for number in other.numbers[:_SHOWN])
    whose = f'that of the certificate "{other.name}"' if other.name else "no certificate in the input has it"
    key = f"'openssl pkey -pubout' shows it as {public_key(next(iter(other.clients)), other.key)}"
    if other.count == 1:
        return f"Handshake {numbers} was signed with another key: {whose}. {key}"
    more = " and others" if other.count > len(other.numbers[:_SHOWN]) else ""
    return f"Handshakes {numbers}{more} were signed with one and the same other key: {whose}. {key}"


def _unjudged(case: Case) -> Iterator[str]:
    if not case.reasons:
        return
    shown = [_why(file, one) for file, one in case.unjudged[:_SHOWN]]
    left = case.reasons.total() - len(shown)
    if left:
        shown.append(f"and {left} more; in all: {reasons(case)}.")
    yield from _section("Not judged", shown)


def _why(file: str, one: Unjudged) -> str:
    detail = f": {one.detail}" if one.detail else ""
    alerts = [alert for alert in one.alerts if alert.fatal]
    where = f"{file}, {one.place}" if file else str(one.place)
    text = f"{one.client} -> {one.server}, {where}: {one.reason.value}{detail}"
    if alerts:
        text += f"; the {alerts[-1].sender} sent alert {alert_name(alerts[-1].description)}"
    return f"{text}."


def _section(title: str, sentences: list[str]) -> Iterator[str]:
    yield ""
    yield f"{title}:"
    for sentence in sentences:
        yield from _wrapped(sentence, "  - ", "    ")


def _row(label: str, text: str) -> Iterator[str]:
    yield from _wrapped(text, f"  {label:{_LABEL}}", " " * (_LABEL + 2))


def _wrapped(text: str, first: str = "", further: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False, break_long_words=False
    )
