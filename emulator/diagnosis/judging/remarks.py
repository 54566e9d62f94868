"""What else there is to know about a handshake: nothing of it makes a signature wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from emulator.diagnosis.judging.certificates import readable
from emulator.diagnosis.judging.verdict import EcdsaFit, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.judging.certificates import Certificate
    from emulator.diagnosis.judging.verdict import Judgement


def remarks_on(handshake: Handshake, leaf: Certificate, judgement: Judgement) -> tuple[Remark, ...]:
    """Return the remarks in a fixed order."""
    return (*_on_s(judgement), *_on_dates(handshake, leaf), *_on_chain(handshake, judgement))


def _on_s(judgement: Judgement) -> Iterator[Remark]:
    if isinstance(judgement.fit, EcdsaFit) and judgement.order and judgement.fit.numbers.s > judgement.order // 2:
        yield Remark("high-s", "s lies in the upper half of its range, which TLS allows")


def _on_dates(handshake: Handshake, leaf: Certificate) -> Iterator[Remark]:
    time = handshake.place.time
    if time is None:
        return
    if time > leaf.not_after:
        yield Remark("expired", f"the client's certificate expired on {_day(leaf.not_after)}, before this was captured")
    if time < leaf.not_before:
        yield Remark(
            "not-yet-valid", f"the client's certificate is valid from {_day(leaf.not_before)}, after this was captured"
        )


def _on_chain(handshake: Handshake, judgement: Judgement) -> Iterator[Remark]:
    """Look whether each certificate is followed by its issuer, and whether the server knows where the chain ends."""
    chain = [certificate for _, certificate in readable(handshake.chain)]
    for certificate, following in pairwise(chain):
        if not certificate.issued_by(following):
            yield Remark(
                "chain-order",
                f'after "{certificate.name}" its issuer "{certificate.issuer_name}" should follow, '
                f'but "{following.name}" does',
            )
    known = set(handshake.request.authorities)
    refused = judgement.correct and handshake.outcome.accepted is False
    if refused and not known and chain and not chain[-1].issued_by(chain[-1]):
        yield Remark(
            "chain-end",
            f'the chain ends at "{chain[-1].name}", so the server must know its issuer '
            f'"{chain[-1].issuer_name}" itself',
        )
    if known and chain and not known & {name for one in chain for name in (one.issuer, one.subject)}:
        yield Remark(
            "issuer-not-named",
            f'the chain ends at "{chain[-1].name}", issued by "{chain[-1].issuer_name}", which is not among the '
            f"authorities that the server says it trusts ({len(known)} of them)",
        )


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%d %B %Y")
