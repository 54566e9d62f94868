"""The numbers of ``AT-S.Certificate Error:<n>``.

ST's own list was not obtainable. Four numbers were seen in logs, one of them with its meaning; the numbers of the
refusals that no log shows are chosen here, below those that were seen.
"""

from __future__ import annotations

from enum import Enum

from firmware_model.tables.sources import Source, assumed, inferred, log


class CertificateErrorCode(Enum):
    """Why a server's certificate was refused; one row a number."""

    NOT_READABLE = (1, "a certificate of the server cannot be read", assumed())
    TOO_LARGE = (
        2,
        "a certificate of the server is larger than 2560 octets",
        assumed("the limit: T2; the number: no log"),
    )
    BAD_SIGNATURE = (3, "a certificate is not signed by its issuer", assumed())
    ISSUER_IS_NO_CA = (4, "an issuer's certificate is not one of a CA", assumed())
    NAME_MISMATCH = (5, "the certificate is not issued for the host", inferred("T4"))
    OUTSIDE_VALIDITY = (
        19,
        "the module's time is outside the validity period",
        assumed("the number: T5, unexplained"),
    )
    NOT_USABLE = (22, "a key or signature of the chain is not usable", inferred("T3"))
    CA_NOT_FOUND = (23, "no certificate of the chain was issued by the stored CA", log("T1"))

    def __init__(self, number: int, meaning: str, source: Source) -> None:
        self.number = number
        self.meaning = meaning
        self.source = source
