from __future__ import annotations

import pytest

from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import Confidence


def test_every_code_occurs_once_and_in_order() -> None:
    codes = [error.code for error in Error]
    assert codes == sorted(set(codes))


def test_the_set_is_the_one_of_st_and_what_drivers_met() -> None:
    known = {1, 2, 4, 5, 6, 7, *range(17, 30), 32, 33, *range(39, 45), 47, *range(50, 67), *range(72, 83), 91}
    assert {error.code for error in Error} == known | {99, 100, 101, 110, 111}


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Error.COMMAND_NOT_FOUND, 1, "Command not found"),
        (Error.RADIO_NOT_RUNNING, 18, "Radio not running"),
        (Error.ARGUMENT_TOO_LARGE, 32, "Argument exceeds allowed size"),
        (Error.WAIT_FOR_CONNECTION_UP, 44, "Wait for Connection Up"),
        (Error.ILLEGAL_SOCKET_ID, 76, "Illegal Socket ID"),
        (Error.PENDING_DATA, 77, "Pending data"),
        (Error.SOCKET_NOT_CONNECTED, 78, "Socket not connected"),
        (Error.REQUEST_FAILED, 111, "Request failed"),
    ],
)
def test_texts_that_hosts_compare_letter_for_letter(error: Error, code: int, text: str) -> None:
    assert (error.code, error.text) == (code, text)


def test_the_text_of_error_17_is_marked_as_assumed() -> None:
    assert Error.RADIO_ALREADY_RUNNING.source.confidence is Confidence.ASSUMED


def test_an_at_error_carries_its_row_and_reads_like_the_reply() -> None:
    failure = AtError(Error.REQUEST_FAILED)
    assert failure.error is Error.REQUEST_FAILED
    assert str(failure) == "111 Request failed"
