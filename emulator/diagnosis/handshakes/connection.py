"""Listens to one conversation and tells, as soon as it shows, what handshake there was in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.diagnosis.handshakes import messages
from emulator.diagnosis.handshakes.cursor import Malformed
from emulator.diagnosis.handshakes.handshake import Alert, Handshake, Outcome, Reason, Unjudged
from emulator.diagnosis.handshakes.messages import SSL_3_0, TLS_1_3, Kind
from emulator.diagnosis.handshakes.records import NotTls, RecordReader
from emulator.diagnosis.handshakes.side import SideLog
from emulator.diagnosis.reading.conversation import End, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.handshakes.messages import Message, ServerHello
    from emulator.diagnosis.handshakes.records import ContentType
    from emulator.diagnosis.reading.conversation import Side

_STATIC_DH = frozenset({*range(0x000B, 0x0011), *range(0xC001, 0xC006), *range(0xC00B, 0xC010)})
"""Suites of old with a fixed Diffie-Hellman key in a certificate, whose clients send no CertificateVerify."""


class Connection:
    """A :class:`~emulator.diagnosis.reading.conversation.Listener` that calls ``tell`` once, or never without TLS."""

    def __init__(self, ends: tuple[str, str], tell: Callable[[Finding], None]) -> None:
        self.finished = False
        self._ends = ends
        self._tell = tell
        self._readers = (RecordReader(), RecordReader())
        self._sides = (SideLog(), SideLog())
        self._end: End | None = None
        self._leaver: Side | None = None

    @property
    def held(self) -> int:
        """Octets in memory."""
        return sum(reader.held for reader in self._readers) + sum(side.held for side in self._sides)

    def octets(self, side: Side, octets: bytes, place: Place) -> None:
        """Take octets of one side's stream."""
        log = self._sides[side]
        if log.done:
            return
        try:
            for record in self._readers[side].feed(octets):
                log.record(record, place)
                if log.done:
                    break
        except NotTls as reason:
            log.trouble = str(reason) or "no TLS"
            if not str(reason) and not self._sides[1 - side].messages:
                self.finished = True
                return
        self._look(place)

    def message(self, side: Side, message: Message, place: Place) -> None:
        """Take one whole handshake message."""
        if not self._sides[side].done:
            self._sides[side].message(message, place)
            self._look(place)

    def other(self, side: Side, kind: ContentType, content: bytes, place: Place) -> None:
        """Take what is no handshake message."""
        if not self._sides[side].done:
            self._sides[side].other(kind, content)
            self._look(place)

    def hole(self, side: Side, place: Place) -> None:
        """Octets of one side's stream are not there; before TLS has begun that does not matter."""
        if self._readers[side].found:
            self.lose(side, place)
        else:
            self._readers[side].skip()

    def lose(self, side: Side, place: Place) -> None:
        """The rest of what one side says cannot be followed."""
        self._sides[side].lost = True
        self._look(place)

    def closes(self, side: Side) -> None:
        """One side says no more; it gave up by itself when the other one has not refused it before."""
        if self._leaver is None and not self._sides[1 - side].refused:
            self._leaver = side

    def end(self, how: End, place: Place) -> None:
        """Nothing more comes."""
        self._end = how
        self._conclude(place)

    @property
    def _client(self) -> Side | None:
        if self._sides[0].first(Kind.CLIENT_HELLO):
            return 0
        return 1 if self._sides[1].first(Kind.CLIENT_HELLO) else None

    def _look(self, place: Place) -> None:
        """Conclude as soon as nothing more can be learned."""
        if all(side.done for side in self._sides) or self._nothing_to_expect():
            self._conclude(place)

    def _nothing_to_expect(self) -> bool:
        client = self._client
        if client is None:
            return False
        server = self._sides[1 - client]
        if server.first(Kind.SERVER_HELLO_DONE):
            return not server.first(Kind.CERTIFICATE_REQUEST)
        if hello := server.first(Kind.SERVER_HELLO):
            return server.done or _version(hello) >= TLS_1_3
        return server.done

    def _conclude(self, place: Place) -> None:
        if self.finished:
            return
        self.finished = True
        client = self._client
        try:
            finding = self._without_hello(place) if client is None else self._finding(client, place)
        except Malformed as reason:
            finding = self._unjudged(Reason.MALFORMED, client or 0, place, str(reason))
        if finding is not None:
            self._tell(finding)
        # What was found holds what it needs; the rest can go.
        self._readers = (RecordReader(), RecordReader())
        self._sides = (SideLog(), SideLog())

    def _without_hello(self, place: Place) -> Finding | None:
        said = [side for side in self._sides if side.messages]
        server = 1 if self._sides[1].first(Kind.SERVER_HELLO) else 0
        troubles = [side.trouble for side in self._sides if side.trouble and side.trouble != "no TLS"]
        if said:
            return self._unjudged(Reason.START_MISSING, 1 - server, place)
        if any(side.changed_cipher or side.encrypted for side in self._sides):
            return self._unjudged(Reason.UNDER_WAY, 0, place)
        if any(reader.found for reader in self._readers) or troubles:
            return self._unjudged(Reason.MALFORMED, 0, place, troubles[0] if troubles else "")
        return None

    def _finding(self, client_side: int, place: Place) -> Finding:
        client, server = self._sides[client_side], self._sides[1 - client_side]
        answer = server.first(Kind.SERVER_HELLO)
        if answer is None:
            return self._unjudged(self._why_unfinished(client, server), client_side, place, _trouble(client, server))
        hello = messages.server_hello(answer.body)
        if (reason := _cannot_be_judged(hello, client, server)) is not None:
            return self._unjudged(reason, client_side, place)
        if server.first(Kind.SERVER_HELLO_DONE) is None:
            return self._unjudged(self._why_unfinished(client, server), client_side, place, _trouble(client, server))
        return self._client_certificate(client_side, hello, place)

    def _client_certificate(self, client_side: int, hello: ServerHello, place: Place) -> Finding:
        client, server = self._sides[client_side], self._sides[1 - client_side]
        sent, verify = client.first(Kind.CERTIFICATE), client.first(Kind.CERTIFICATE_VERIFY)
        chain = messages.certificates(sent.body) if sent else ()
        if client.first(Kind.CLIENT_KEY_EXCHANGE) and not chain:
            detail = "" if sent else "not even an empty Certificate message"
            return self._unjudged(Reason.NO_CERTIFICATE, client_side, place, detail)
        if not chain or (verify is None and (not client.changed_cipher or hello.suite in _STATIC_DH)):
            return self._unjudged(self._why_unfinished(client, server), client_side, place, _trouble(client, server))
        return self._handshake(client_side, chain, hello, place)

    def _handshake(self, client_side: int, chain: tuple[bytes, ...], answer: ServerHello, place: Place) -> Handshake:
        client, server = self._sides[client_side], self._sides[1 - client_side]
        first, request = client.messages[0], server.first(Kind.CERTIFICATE_REQUEST)
        if first.kind != Kind.CLIENT_HELLO or request is None:
            raise Malformed("the client says something before its ClientHello")
        certificate = server.first(Kind.CERTIFICATE)
        return Handshake(
            client=self._ends[client_side],
            server=self._ends[1 - client_side],
            place=client.verified_at or client.last or place,
            hello=messages.client_hello(first.body),
            answer=answer,
            request=messages.certificate_request(request.body, answer.version),
            chain=chain,
            server_chain=messages.certificates(certificate.body) if certificate else (),
            server_key_exchange=server.first(Kind.SERVER_KEY_EXCHANGE),
            transcript=_transcript(client, server),
            verify=client.first(Kind.CERTIFICATE_VERIFY),
            outcome=self._outcome(client_side),
        )

    def _outcome(self, client_side: int) -> Outcome:
        server = self._sides[1 - client_side]
        by = "" if self._leaver is None else "client" if self._leaver == client_side else "server"
        accepted = True if server.changed_cipher else None
        left = not server.done and self._end in (End.CLOSED, End.RESET)
        if by != "client" and (server.refused or left):
            accepted = False
        return Outcome(accepted, self._alerts(client_side), self._end, by)

    def _why_unfinished(self, client: SideLog, server: SideLog) -> Reason:
        if client.lost or server.lost:
            return Reason.HOLE
        if _trouble(client, server):
            return Reason.MALFORMED
        if self._leaver is not None:
            return Reason.CLIENT_REFUSED if self._sides[self._leaver] is client else Reason.SERVER_REFUSED
        if client.refused or server.refused:
            return Reason.CLIENT_REFUSED if client.refused else Reason.SERVER_REFUSED
        return Reason.FORGOTTEN if self._end is End.FORGOTTEN else Reason.UNFINISHED

    def _alerts(self, client_side: int) -> tuple[Alert, ...]:
        return tuple(
            Alert("client" if side == client_side else "server", fatal, description)
            for side in (client_side, 1 - client_side)
            for fatal, description in self._sides[side].alerts
        )

    def _unjudged(self, reason: Reason, client: int, place: Place, detail: str = "") -> Unjudged:
        return Unjudged(self._ends[client], self._ends[1 - client], place, reason, detail, self._alerts(client))


def _trouble(client: SideLog, server: SideLog) -> str:
    return next((side.trouble for side in (client, server) if side.trouble and side.trouble != "no TLS"), "")


def _version(hello: Message) -> int:
    try:
        return messages.server_hello(hello.body).version
    except Malformed:
        return 0


def _cannot_be_judged(hello: ServerHello, client: SideLog, server: SideLog) -> Reason | None:
    if hello.version >= TLS_1_3:
        return Reason.TLS_1_3
    if hello.version <= SSL_3_0:
        return Reason.SSL_3_0
    if server.changed_cipher and not server.first(Kind.SERVER_HELLO_DONE):
        return Reason.RESUMED
    if server.first(Kind.SERVER_HELLO_DONE) and not server.first(Kind.CERTIFICATE_REQUEST):
        return Reason.CLIENT_REFUSED if client.refused else Reason.NOT_ASKED
    return None


def _transcript(client: SideLog, server: SideLog) -> tuple[Message, ...]:
    """Put both sides' messages in order, up to what CertificateVerify signs (RFC 5246, 7.4.8).

    The order is that of the flights, whatever the order in which the capture has the two directions.
    """
    hello, *rest = client.messages
    transcript = [hello]
    for message in server.messages:
        if message.kind != Kind.HELLO_REQUEST:
            transcript.append(message)
        if message.kind == Kind.SERVER_HELLO_DONE:
            break
    for message in rest:
        if message.kind == Kind.CERTIFICATE_VERIFY:
            break
        transcript.append(message)
    return tuple(transcript)
