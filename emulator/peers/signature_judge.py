"""Judges the signature of a client's certificate from the octets of its connection, whatever the server makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from firmware_model.tls.worker import in_worker

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.connection import Connection
    from emulator.diagnosis.handshakes.handshake import Finding


class SignatureJudge:
    """Listens to one connection; see :mod:`emulator.diagnosis`."""

    def __init__(self) -> None:
        # Imported here because only peers that are asked to judge need it.
        from emulator.diagnosis.handshakes.connection import Connection
        from emulator.diagnosis.reading.conversation import Place

        self._findings: list[Finding] = []
        self._place = Place("frame", 0)
        self._connection: Connection = Connection(("the client", "this server"), self._findings.append)

    def take(self, side: Literal[0, 1], octets: bytes) -> None:
        """Take octets of the client (side 0) or the server (side 1)."""
        if not self._connection.finished:
            self._connection.octets(side, octets, self._place)

    async def verdict(self) -> str | None:
        """How long the signature is and what is wrong with it; None when the client did not sign.

        An unexplained one takes seconds, which pass on a worker thread.
        """
        from emulator.diagnosis.reading.conversation import End

        self._connection.end(End.INPUT_ENDS, self._place)
        return await in_worker(_judged, self._findings)


def _judged(findings: list[Finding]) -> str | None:
    from emulator.diagnosis.case import Case
    from emulator.diagnosis.report.headline import headline

    case = Case()
    for finding in findings:
        case.tell(finding)
    case.close()
    if not case.judgements:
        return None
    (judgement,) = case.judgements.values()
    return f"signature of {len(judgement.signature)} octets: {headline(case)}"
