"""How the control API says no: always as problem details (RFC 9457), with one line that says what would be right."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_TYPE: Final = "application/problem+json"


class Problem(NamedTuple):
    """Why a request was refused."""

    title: str
    """What HTTP calls it."""
    status: int
    detail: str
    """What is wrong, and what would be right."""


class RefusedError(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, detail: str) -> None:
        """Answer with ``status`` and say ``detail``."""
        super().__init__(detail)
        self.problem = Problem(HTTPStatus(status).phrase, status, detail)


@contextmanager
def refusing(status: int, *kinds: type[Exception]) -> Iterator[None]:
    """Answer with ``status`` and the error's own words when one of these comes out of the emulator."""
    try:
        yield
    except kinds as failure:
        raise RefusedError(status, _words_of(failure)) from failure


def _words_of(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror
    return str(failure)
