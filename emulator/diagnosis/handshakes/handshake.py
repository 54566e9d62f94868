"""What a conversation turned out to be: a handshake that can be judged, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.messages import CertificateRequest, ClientHello, Message, ServerHello
    from emulator.diagnosis.reading.conversation import End, Place


class Reason(Enum):
    """Why nothing can be said about a client's signature."""

    TLS_1_3 = "TLS 1.3 encrypts the certificates and their CertificateVerify"
    SSL_3_0 = "SSL 3.0 signs with the master secret, which the capture does not show"
    RESUMED = "the session was resumed, so no certificate and no signature was sent"
    NOT_ASKED = "the server did not ask for a client certificate"
    NO_CERTIFICATE = "the server asked for a client certificate and the client sent none"
    SERVER_REFUSED = "the server ended the handshake before the client could sign"
    CLIENT_REFUSED = "the client ended the handshake before it signed"
    START_MISSING = "the beginning of the handshake is not in the input"
    HOLE = "octets of the handshake are not in the input"
    UNFINISHED = "the handshake ends before the client signed"
    UNDER_WAY = "TLS was under way already when the input begins"
    MALFORMED = "the handshake messages do not have the form that TLS prescribes"
    KEY_KIND = "the client's key is of a kind that is not judged here"
    FORGOTTEN = "there were too many connections at once to follow this one"


class Alert(NamedTuple):
    """An alert that was sent in the clear."""

    sender: str
    """``client`` or ``server``."""
    fatal: bool
    description: int


class Outcome(NamedTuple):
    """How a handshake went on after the client had signed; ``accepted`` is None when that cannot be seen.

    ``end`` is how the connection ended, None when it went on, and ``by`` who left it first, without having been
    refused before: ``client`` or ``server``, empty when that is not known.
    """

    accepted: bool | None
    alerts: tuple[Alert, ...]
    end: End | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A full handshake in which the client sent a certificate.

    ``transcript`` is all that a CertificateVerify signs. ``verify`` is None when the client went on without one.
    The chains are DER, as sent.
    """

    client: str
    server: str
    place: Place
    hello: ClientHello
    answer: ServerHello
    request: CertificateRequest
    chain: tuple[bytes, ...]
    server_chain: tuple[bytes, ...]
    server_key_exchange: Message | None
    transcript: tuple[Message, ...]
    verify: Message | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A TLS conversation without a client's signature to judge; ``detail`` is a clause or empty."""

    client: str
    server: str
    place: Place
    reason: Reason
    detail: str = ""
    alerts: tuple[Alert, ...] = ()


Finding = Handshake | Unjudged
