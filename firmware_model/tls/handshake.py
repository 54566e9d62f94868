"""A handshake that does not wait for ever."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from firmware_model.outside import Clock
    from firmware_model.tls.progress import Progress
    from firmware_model.tls.stream import TlsStream


async def patient_handshake(stream: TlsStream, clock: Clock, patience: float) -> AsyncGenerator[Progress, None]:
    """Perform the handshake and yield its progress; each step may take ``patience`` seconds.

    Raises CertificateError, or OSError (TlsError and TimeoutError are) for every other failure. The stream is
    left for the caller to close.
    """
    async with aclosing(stream.handshake()) as handshake:
        while True:
            try:
                # The limit is on each step: a context around the yield would time the caller as well.
                async with clock.timeout(patience):
                    progress = await anext(handshake)
            except StopAsyncIteration:
                return
            yield progress
