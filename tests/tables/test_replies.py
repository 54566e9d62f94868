from __future__ import annotations

import pytest

from firmware_model.tables import replies
from firmware_model.tables.replies import Line, ReplyWord
from firmware_model.tables.sources import Confidence

WORDS = {name: value for name, value in vars(replies).items() if isinstance(value, ReplyWord)}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (replies.VAR("ip_netmask=255.255.255.0"), "Var:ip_netmask=255.255.255.0"),
        (replies.ON("192.168.0.2", 0), "On:192.168.0.2:0"),
        (replies.READING(31, 31), "Reading:31:31"),
        (replies.LOADING(1, 2), "Loading:1:2"),
        (replies.DATE("17.08.31", "00"), "Date:17.08.31:00"),
        (replies.HTTP_SERVER_STATUS(200), "Http Server Status Code:200"),
        (replies.FILE("D\t12\ta.txt"), "File:D\t12\ta.txt"),
        (replies.CLEAN(), "Clean"),
        (replies.SKIP_CA(), "Skip CA"),
    ],
)
def test_a_line_has_the_word_and_fields_of_the_logs(line: Line, text: str) -> None:
    assert ":".join((line.word, *line.fields)) == text


def test_only_what_goes_before_or_after_the_answer_is_maskable() -> None:
    maskable = {name for name, word in WORDS.items() if word().maskable}
    assert maskable == {"SKIP_CA", "FREE", "READ_CAP", "READING", "PARSING_NETWORKS"}


def test_no_word_is_used_twice_or_looks_like_the_end_of_a_reply() -> None:
    words = [word.word for word in WORDS.values()]
    assert len(set(words)) == len(words)
    assert not any(word.upper().startswith(("OK", "ERROR")) for word in words)


def test_no_assumed_word_begins_with_a_letter_that_a_driver_takes_for_an_open_socket_or_an_error() -> None:
    # The mbed driver tells the replies of SOCKON apart by the letter after "AT-S." alone: O or E.
    assumed = [word.word for word in WORDS.values() if word.source.confidence is Confidence.ASSUMED]
    assert assumed
    assert not any(word.startswith(("O", "E")) for word in assumed)
