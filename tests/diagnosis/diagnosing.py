"""Lets the code under test judge conversations without a file around them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from emulator.diagnosis.case import Case
from emulator.diagnosis.handshakes.connection import Connection
from emulator.diagnosis.reading.conversation import End, Place, Side
from emulator.diagnosis.reading.source import read_stream

if TYPE_CHECKING:
    from emulator.diagnosis.judging.verdict import Judgement
    from tests.diagnosis.conversation import Conversation

ENDS = ("192.168.0.1:49152", "192.168.0.2:45061")


def case_of(*conversations: Conversation, end: End = End.CLOSED) -> Case:
    """Everything that these conversations tell together."""
    case = Case()
    for conversation in conversations:
        connection = Connection(ENDS, case.tell)
        place = Place("frame", 0)
        for number, piece in enumerate(conversation, 1):
            place = Place("frame", number)
            side: Side = 0 if piece.side == 0 else 1
            connection.octets(side, piece.octets, place)
        connection.end(end, place)
    case.close()
    return case


def judgement_of(conversation: Conversation) -> Judgement:
    """The one handshake in a conversation."""
    case = case_of(conversation)
    assert not case.reasons, case.unjudged
    (judgement,) = case.judgements.values()
    return judgement


def defects_of(conversation: Conversation) -> list[str]:
    """The defects of the one handshake in a conversation."""
    return [defect.value for defect in judgement_of(conversation).defects]


def case_of_octets(octets: bytes) -> Case:
    """Everything that a file with these octets tells."""
    case = Case()
    read_stream(io.BytesIO(octets), case.tell, case.notes)
    case.close()
    return case
