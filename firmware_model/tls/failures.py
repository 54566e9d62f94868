"""The two exceptions of a TLS connection, and their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firmware_model.tables.certificate_errors import CertificateErrorCode

_ABOUT_CERTIFICATES = frozenset(range(41, 50))
"""Alerts 41..49 are about the certificate, or its absence."""

_DECRYPT_ERROR = 51


class CertificateError(Exception):
    """The server's certificates were refused; ``reason`` is one line for people."""

    def __init__(self, code: CertificateErrorCode, reason: str) -> None:
        super().__init__(f"certificate error {code.number}: {reason}")
        self.code = code
        self.reason = reason

    @property
    def number(self) -> int:
        """What stands in ``AT-S.Certificate Error:<number>``."""
        return self.code.number


class TlsError(OSError):
    """The handshake or the protected connection failed; ``reason`` is one line for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def explain(error: BaseException, sent: Sequence[str] = (), *, peer: str = "server") -> str:
    """Say in one line what went wrong; ``sent`` are the handshake messages that went out until then."""
    if isinstance(error, TlsError):
        return error.reason
    if isinstance(error, ConnectionError):
        return "connection reset"

    from tlslite.errors import TLSAbruptCloseError, TLSClosedConnectionError, TLSLocalAlert, TLSRemoteAlert

    if isinstance(error, TLSRemoteAlert):
        occasion = _complained_about(error.description, sent)
        return f"the {peer} sent alert {_alert(error.description)}" + (f" after our {occasion}" if occasion else "")
    if isinstance(error, TLSLocalAlert):
        lines = str(error.message or "").strip().splitlines()
        reason = f": {lines[-1].strip()}" if lines else ""
        return f"we refused what the {peer} sent with alert {_alert(error.description)}{reason}"
    if isinstance(error, TLSAbruptCloseError):
        return f"the {peer} closed the connection without an alert"
    if isinstance(error, TLSClosedConnectionError):
        return "the connection is closed"
    if isinstance(error, OSError):
        return f"the connection failed ({type(error).__name__})"
    return f"the {peer}'s message could not be handled ({type(error).__name__})"


def _alert(description: int) -> str:
    from tlslite.constants import AlertDescription

    return f"{AlertDescription.toRepr(description) or 'unknown'} ({description})"


def _complained_about(description: int, sent: Sequence[str]) -> str | None:
    """Name the message an alert is about: our whole flight goes out at once, so the last one is seldom it."""
    if description in _ABOUT_CERTIFICATES and "Certificate" in sent:
        return "Certificate"
    if description == _DECRYPT_ERROR and "CertificateVerify" in sent:
        return "CertificateVerify"
    return sent[-1] if sent else None
