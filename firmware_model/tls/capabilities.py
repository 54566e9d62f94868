"""What the TLS client of one firmware version can do."""

from __future__ import annotations

from typing import NamedTuple

ProtocolVersion = tuple[int, int]
"""As on the wire: (3, 1) is TLS 1.0, (3, 3) is TLS 1.2."""


class TlsCapabilities(NamedTuple):
    """The defaults are firmware 1.1.0; 1.0.0 had ``ecc=False`` and sent alert 42 (P1, T6).

    ``ecc`` stands for ECDH key exchange and ECDSA signatures alike. ``alert_on_bad_certificate`` is the alert
    description that goes out when the server's certificate is refused: 46, certificate_unknown, in a capture
    of 2019 (T8).
    """

    ecc: bool = True
    min_version: ProtocolVersion = (3, 1)
    max_version: ProtocolVersion = (3, 3)
    alert_on_bad_certificate: int = 46
    clients: int = 2
    """Client connections at a time (P1); all services share them (assumed)."""
    servers: int = 2
    """Ports with TLS at a time (RN100); that of the web server counts too (assumed)."""
