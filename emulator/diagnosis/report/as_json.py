"""The report for programs; docs/diagnosis.md describes the form, which only grows within one ``version``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from emulator.diagnosis.judging.verdict import EcdsaFit, RsaFit
from emulator.diagnosis.names import alert_name, suite_name, version_name
from emulator.diagnosis.report.headline import STATUS, headline, verdict
from emulator.diagnosis.report.servers import servers_do, to_try
from emulator.diagnosis.report.statistics import statistics
from emulator.diagnosis.report.words import clauses, transcript_of

if TYPE_CHECKING:
    from enum import Enum

    from emulator.diagnosis.case import Case, OtherKey
    from emulator.diagnosis.clients import Client
    from emulator.diagnosis.handshakes.handshake import Alert, Unjudged
    from emulator.diagnosis.judging.encoding import Encoding
    from emulator.diagnosis.judging.verdict import Judgement
    from emulator.diagnosis.reading.conversation import Place

VERSION: Final = 1


def as_json(case: Case) -> dict[str, Any]:
    """Return the whole report as values that :mod:`json` can write."""
    word = verdict(case)
    defects = sorted(case.defects, key=lambda one: -case.defects[one])
    return {
        "format": "spwf04sx diagnosis",
        "version": VERSION,
        "verdict": word,
        "status": STATUS[word],
        "headline": headline(case),
        "judged": case.judged,
        "correct": case.correct,
        "defective": case.defective,
        "copies": case.copies,
        "defects": {defect.value: case.defects[defect] for defect in defects},
        "handshakes": [_handshake(judgement) for judgement in case.judgements.values()],
        "clients": [_client(client) for client in case.clients.values()],
        "other_keys": [_other_key(other) for other in case.other_keys],
        "not_judged": {
            "reasons": {slug(reason): count for reason, count in case.reasons.most_common()},
            "connections": [_unjudged(file, one) for file, one in case.unjudged],
        },
        "servers": servers_do(defects),
        "advice": to_try(defects),
        "notes": case.notes.lines(),
    }


def slug(member: Enum) -> str:
    """Write a member of an enumeration as one word."""
    return member.name.lower().replace("_", "-")


def marks(encoding: Encoding) -> list[dict[str, Any]]:
    """Return what each octet of a signature is."""
    return [
        {
            "start": mark.start,
            "size": mark.size,
            "field": mark.field,
            "part": mark.part,
            "flaw": None if mark.flaw is None else slug(mark.flaw),
        }
        for mark in encoding.marks
    ]


def _handshake(judgement: Judgement) -> dict[str, Any]:
    claimed, outcome = judgement.claimed, judgement.outcome
    return {
        "number": judgement.number,
        **_where(judgement.file, judgement.place),
        "client": judgement.client,
        "server": judgement.server,
        "protocol": version_name(judgement.version),
        "suite": suite_name(judgement.suite),
        "chain": list(judgement.chain),
        "key": judgement.key,
        "asked": {"algorithms": list(judgement.asked.algorithms), "authorities": list(judgement.asked.authorities)},
        "claim": None if claimed is None else {"scheme": claimed.scheme, "hash": claimed.hash_name or None},
        "verdict": "correct" if judgement.correct else "defect",
        "defects": [defect.value for defect in judgement.defects],
        "text": clauses(judgement),
        "explanation": _explanation(judgement),
        "flipped_bit": None if judgement.flip is None else judgement.flip._asdict(),
        "signature": _signature(judgement),
        "accepted": outcome.accepted,
        "alerts": [_alert(alert) for alert in outcome.alerts],
        "remarks": [remark._asdict() for remark in judgement.remarks],
        "candidate_keys": [{"hash": one.hash_name, "key": one.key.hex()} for one in judgement.candidates],
    }


def _where(file: str, place: Place) -> dict[str, Any]:
    return {"file": file or None, place.unit: place.number, "time": place.time}


def _explanation(judgement: Judgement) -> dict[str, Any] | None:
    fit, transcript = judgement.fit, transcript_of(judgement)
    if fit is None:
        return None
    digest = None if not isinstance(fit, EcdsaFit | RsaFit) else fit.digest
    return {
        "signer": fit.signer._asdict(),
        "hash": fit.hash_name or None if isinstance(fit, RsaFit) else digest.hash_name if digest else None,
        "transcript": None if transcript is None else {"kind": transcript.kind, "mistake": transcript.mistake},
        "digest": digest.turned if digest else "",
        "numbers": fit.numbers.mistake if isinstance(fit, EcdsaFit) else "",
        "padding": fit.form if isinstance(fit, RsaFit) else "",
    }


def _signature(judgement: Judgement) -> dict[str, Any]:
    encoding = judgement.encoding
    return {
        "octets": judgement.signature.hex(),
        "length": len(judgement.signature),
        "strict_der": None if encoding is None else encoding.strict,
        "r": None if encoding is None or encoding.r is None else f"{encoding.r:x}",
        "s": None if encoding is None or encoding.s is None else f"{encoding.s:x}",
        "marks": [] if encoding is None else marks(encoding),
        "length_of_the_servers": judgement.server_signature,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "sender": alert.sender,
        "fatal": alert.fatal,
        "description": alert.description,
        "name": alert_name(alert.description).partition(" ")[0],
    }


def _client(client: Client) -> dict[str, Any]:
    return {
        "name": client.name,
        "key": client.key,
        "handshakes": client.handshakes,
        "defective": client.defective,
        "defects": {defect.value: count for defect, count in client.defects.most_common()},
        "lengths": {str(length): count for length, count in sorted(client.lengths.items())},
        "sign_octets": client.sign_octets,
        "sign_octets_missing": client.missing,
        "chance_of_lengths": client.chance_of_short,
        "statistics": statistics(client),
    }


def _other_key(other: OtherKey) -> dict[str, Any]:
    return {
        "key": other.key.hex(),
        "hash": other.hash_name,
        "certificate": other.name or None,
        "signatures": other.count,
        "handshakes": other.numbers,
    }


def _unjudged(file: str, one: Unjudged) -> dict[str, Any]:
    return {
        **_where(file, one.place),
        "client": one.client,
        "server": one.server,
        "reason": slug(one.reason),
        "text": one.reason.value,
        "detail": one.detail,
        "alerts": [_alert(alert) for alert in one.alerts],
    }
