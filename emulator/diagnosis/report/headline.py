"""The verdict in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.handshakes.handshake import Reason
from emulator.diagnosis.judging.verdict import Defect
from emulator.diagnosis.names import alert_name
from emulator.diagnosis.report.servers import next_try
from emulator.diagnosis.report.words import NAMES, clauses

if TYPE_CHECKING:
    from emulator.diagnosis.case import Case
    from emulator.diagnosis.handshakes.handshake import Outcome
    from emulator.diagnosis.judging.verdict import Judgement

CORRECT: Final = "correct"
DEFECT: Final = "defect"
NOTHING: Final = "nothing-to-judge"
STATUS: Final = {CORRECT: 0, DEFECT: 1, NOTHING: 2}
"""The exit status of each verdict."""

_PLAIN: Final = {
    Reason.TLS_1_3: "TLS 1.3",
    Reason.SSL_3_0: "SSL 3.0",
    Reason.RESUMED: "resumed",
    Reason.NOT_ASKED: "not asked for a client certificate",
    Reason.NO_CERTIFICATE: "asked for a client certificate and sent none",
    Reason.SERVER_REFUSED: "refused by the server early",
    Reason.CLIENT_REFUSED: "given up by the client early",
    Reason.START_MISSING: "without their beginning",
    Reason.HOLE: "with octets missing",
    Reason.UNFINISHED: "unfinished",
    Reason.UNDER_WAY: "under way when the input begins",
    Reason.MALFORMED: "malformed",
    Reason.KEY_KIND: "with a key of a kind that is not judged",
    Reason.FORGOTTEN: "given up for too many connections at once",
}


def verdict(case: Case) -> str:
    """Return the word for the whole: correct, defect or nothing-to-judge."""
    if case.defective:
        return DEFECT
    return CORRECT if case.judged else NOTHING


def headline(case: Case) -> str:
    """Return the verdict in one line."""
    match verdict(case):
        case "nothing-to-judge":
            return f"NOTHING TO JUDGE: {_nothing(case)}."
        case "correct":
            return f"CORRECT: {_all_correct(case)}."
        case _:
            return f"DEFECT{_defective(case)}."


def reasons(case: Case) -> str:
    """Count the connections that could not be judged, by reason."""
    return ", ".join(f"{count} {_PLAIN[reason]}" for reason, count in case.reasons.most_common())


def _nothing(case: Case) -> str:
    if not case.reasons:
        return "there is no TLS handshake in it"
    if len(case.reasons) == 1:
        ((reason, count),) = case.reasons.items()
        detail = case.unjudged[0][1].detail
        if count == 1:
            return f"{reason.value}: {detail}" if detail else reason.value
        return f"in all {count} TLS connections {reason.value}"
    return f"of {case.reasons.total()} TLS connections {reasons(case)}"


def _all_correct(case: Case) -> str:
    if case.judged > 1:
        refused = sum(judgement.outcome.accepted is False for judgement in case.judgements.values())
        more = f"; the server refused {refused} of them for another reason" if refused else ""
        return f"all {case.judged} client signatures are right{more}"
    (judgement,) = case.judgements.values()
    text = f'the signature of "{judgement.chain[0]}" is right'
    if judgement.outcome.accepted is False:
        return f"{text}; {_refused_otherwise(judgement.outcome)}"
    return text


def _refused_otherwise(outcome: Outcome) -> str:
    alerts = [alert for alert in outcome.alerts if alert.sender == "server" and alert.fatal]
    if alerts:
        return f"the server refused for another reason, {alert_name(alerts[-1].description)}"
    return "yet the server ended the connection before it accepted"


def _defective(case: Case) -> str:
    if case.judged == 1:
        (judgement,) = case.judgements.values()
        return _single(judgement)
    kinds = case.defects
    if case.defective == kinds.total() and len(kinds) == 1:
        (defect,) = kinds
        text = f": {case.defective} of {case.judged} client signatures have the same defect: {NAMES[defect]}"
        return text + _chance(case) if defect is Defect.SIGN_OCTET_MISSING else text
    counted = ", ".join(f"{NAMES[defect]} {count}" for defect, count in kinds.most_common())
    return f": {case.defective} of {case.judged} client signatures are defective: {counted}"


def _chance(case: Case) -> str:
    """Say how likely the next try passes, when it is one client that never writes sign octets."""
    if len(case.clients) != 1:
        return ""
    (client,) = case.clients.values()
    if client.order is None or client.sign_octets:
        return ""
    return f"; {next_try(client.order, fixed=bool(client.with_zero))}"


def _single(judgement: Judgement) -> str:
    if judgement.defects == (Defect.VERIFY_MISSING,):
        return f": {clauses(judgement)}"
    text = f' in the signature of "{judgement.chain[0]}": {clauses(judgement)}'
    if judgement.defects == (Defect.SIGN_OCTET_MISSING,) and judgement.order is not None:
        return f"{text}; {next_try(judgement.order, fixed=False)}"
    return text
