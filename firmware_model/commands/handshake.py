"""What a command prints while TLS is set up beneath it, and when an HTTP request fails."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.progress import CaSkipped, Progress
from firmware_model.web.http_client import BodyReceived, HttpClientError, HttpFailure, StatusReceived

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from firmware_model.module import Module
    from firmware_model.web.http_request import HttpRequest


def handshake_line(step: Progress) -> replies.Line:
    """The line that one step of a TLS handshake prints."""
    return replies.SKIP_CA() if isinstance(step, CaSkipped) else replies.LOADING(step.index, step.where)


async def perform_request(
    module: Module, request: HttpRequest, *, unchunked: bool = False
) -> AsyncGenerator[replies.Line | StatusReceived | BodyReceived, None]:
    """Perform a request: what TLS and failures print comes as lines, status and body as they are.

    Raises AtError 111 after the lines of a failure, and what the HTTP client raises itself.
    """
    try:
        async with aclosing(module.http.exchange(request, unchunked=unchunked)) as progress:
            async for step in progress:
                yield step if isinstance(step, StatusReceived | BodyReceived) else handshake_line(step)
    except CertificateError as failure:
        yield replies.CERTIFICATE_ERROR(failure.number)
        yield replies.HTTP_CLIENT_ERROR(HttpFailure.TLS)
        raise AtError(Error.REQUEST_FAILED) from failure
    except HttpClientError as failure:
        yield replies.HTTP_CLIENT_ERROR(failure.failure)
        raise AtError(Error.REQUEST_FAILED) from failure
