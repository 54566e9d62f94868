"""The broker itself, without I/O: who is there, who wants what, what is kept.

A connection hands its packets to a :class:`Session` and sends what that gives it to send. A session outlives its
connection when the client asked for that; what is meant for it meanwhile waits, except for quality of service 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from emulator.peers.mqtt import packets, topics
from emulator.peers.mqtt.packets import (
    LEVEL,
    REFUSED_SUBSCRIPTION,
    Acknowledgement,
    Connect,
    Kind,
    Message,
    Packet,
    Plain,
    ProtocolError,
    Publish,
    Subscribe,
    Unsubscribe,
)
from emulator.peers.news import nobody, quoted

if TYPE_CHECKING:
    from emulator.peers.news import Tell

Send = Callable[[bytes], None]
_ACCEPTED: Final = 0
_WRONG_VERSION: Final = 1
_WRONG_IDENTIFIER: Final = 2
_WRONG_LOGIN: Final = 4
_MOST_WAITING: Final = 10_000
"""Messages that wait for one client; later ones are dropped, and the log says so."""


class Refused(Exception):  # noqa: N818 - the client is told, it is no error of ours
    """A login is refused; the answer is on its way."""


class Broker:
    """Sessions, and the messages that topics keep."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        """Let everybody in, or with ``login`` only those who know that user name and password."""
        self._login = login
        self._sessions: dict[str, Session] = {}
        self._count = 0
        self.retained: dict[str, Message] = {}
        """What each topic keeps."""

    def enter(self, login: Connect, send: Send, leave: Callable[[], None], tell: Tell = nobody) -> Session:
        """Let a client in; ``send`` takes octets for it, ``leave`` closes its connection. Raises Refused."""
        code = self._refusal(login)
        if code != _ACCEPTED:
            send(packets.connack(code))
            raise Refused(_REASONS[code])
        client_id = login.client_id or self._new_name()
        before = self._sessions.get(client_id)
        if before is not None:
            before.be_replaced()
        present = before is not None and not login.clean_session and before.persistent
        session = before if present and before is not None else Session(self, client_id)
        self._sessions[client_id] = session
        send(packets.connack(_ACCEPTED, session_present=present))
        session.attach(login, send, leave, tell)
        return session

    def publish(self, message: Message) -> int:
        """Hand a message to all who want it; how many they are."""
        if message.retain:
            self._keep(message)
        told = 0
        for session in tuple(self._sessions.values()):
            qos = session.wants(message.topic)
            if qos is not None:
                session.deliver(message._replace(qos=min(qos, message.qos), retain=False))
                told += 1
        return told

    def forget(self, session: Session) -> None:
        """Let a session end with its connection."""
        if self._sessions.get(session.client_id) is session:
            del self._sessions[session.client_id]

    def _keep(self, message: Message) -> None:
        if message.payload:
            self.retained[message.topic] = message
        else:
            self.retained.pop(message.topic, None)

    def _refusal(self, login: Connect) -> int:
        if login.level != LEVEL:
            return _WRONG_VERSION
        if not login.client_id and not login.clean_session:
            return _WRONG_IDENTIFIER
        if self._login is not None:
            username, password = self._login
            if (login.username, login.password) != (username, password.encode()):
                return _WRONG_LOGIN
        return _ACCEPTED

    def _new_name(self) -> str:
        self._count += 1
        return f"unnamed-{self._count}"


_REASONS: Final = {
    _WRONG_VERSION: "it does not speak MQTT 3.1.1",
    _WRONG_IDENTIFIER: "it wants a lasting session, but has no client identifier",
    _WRONG_LOGIN: "wrong user name or password",
}


class Session:
    """What the broker knows of one client."""

    def __init__(self, broker: Broker, client_id: str) -> None:
        self.client_id = client_id
        self.persistent = False
        """Whether it outlives its connection."""
        self._broker = broker
        self._subscriptions: dict[str, int] = {}
        self._will: Message | None = None
        self._send: Send | None = None
        self._leave: Callable[[], None] | None = None
        self._tell: Tell = nobody
        self._waiting: dict[int, Publish] = {}
        """Messages to the client that it has not acknowledged, by packet identifier, the oldest first."""
        self._released: dict[int, None] = {}
        """Packet identifiers of messages that the client has, and for whose PUBCOMP we wait, the oldest first."""
        self._received: set[int] = set()
        """Packet identifiers of the client's messages of quality 2 that it has not released."""
        self._last_identifier = 0

    def attach(self, login: Connect, send: Send, leave: Callable[[], None], tell: Tell) -> None:
        """Belong to a connection from now on, and send it what waits."""
        self.persistent = not login.clean_session
        self._will, self._send, self._leave, self._tell = login.will, send, leave, tell
        for packet in self._waiting.values():
            send(packets.publish(packet._replace(duplicate=True)))
        for identifier in self._released:
            send(packets.acknowledgement(Kind.PUBREL, identifier))

    def be_replaced(self) -> None:
        """Lose the connection to another one of the same client."""
        leave = self._leave
        if leave is not None:
            self._tell("left", f"'{self.client_id}' connected once more; this connection ends")
            self._lose()
            leave()

    def take(self, packet: Packet) -> bool:
        """Do what the client asks for; whether it stays. Raises ProtocolError."""
        match packet:
            case Publish():
                self._take_message(packet)
            case Acknowledgement(kind, identifier):
                self._take_acknowledgement(kind, identifier)
            case Subscribe(identifier, filters):
                self._subscribe(identifier, filters)
            case Unsubscribe(identifier, filters):
                self._unsubscribe(identifier, filters)
            case Plain(Kind.PINGREQ):
                self._answer(packets.pingresp())
            case Plain(Kind.DISCONNECT):
                self._will = None
                self._tell("left", f"'{self.client_id}' disconnected")
                self._lose()
                return False
            case _:
                raise ProtocolError("a second CONNECT")
        return True

    def lose(self, send: Send) -> None:
        """Note that the connection that ``send`` belongs to has ended without a farewell; its will is published."""
        if self._send == send:
            self._tell("left", f"'{self.client_id}' is gone without DISCONNECT")
            self._lose()

    def wants(self, topic: str) -> int | None:
        """The best quality of service with which it subscribed to a topic; None when it did not."""
        return max(
            (qos for filter_, qos in self._subscriptions.items() if topics.matches(filter_, topic)), default=None
        )

    def deliver(self, message: Message) -> None:
        """Send a message, or keep it until the client is there again."""
        if message.qos == 0:
            self._answer(packets.publish(Publish(message, 0, duplicate=False)))
            return
        if len(self._waiting) >= _MOST_WAITING:
            self._tell("dropped", f"'{self.client_id}' does not acknowledge: a message to {message.topic} is dropped")
            return
        packet = Publish(message, self._new_identifier(), duplicate=False)
        self._waiting[packet.identifier] = packet
        self._answer(packets.publish(packet))

    def _lose(self) -> None:
        self._send = self._leave = None
        if not self.persistent:
            self._broker.forget(self)
        will, self._will = self._will, None
        if will is not None and topics.is_name(will.topic):
            told = self._broker.publish(will)
            self._tell("will", f"the will of '{self.client_id}' to {_described(will)}, for {told}")

    def _take_message(self, packet: Publish) -> None:
        message, identifier, _ = packet
        if not topics.is_name(message.topic):
            raise ProtocolError(f"nobody can publish to '{message.topic}'")
        if message.qos < 2 or identifier not in self._received:
            told = self._broker.publish(message)
            self._tell("published", f"'{self.client_id}' to {_described(message)}, for {told}")
        if message.qos == 1:
            self._answer(packets.acknowledgement(Kind.PUBACK, identifier))
        elif message.qos == 2:
            self._received.add(identifier)
            self._answer(packets.acknowledgement(Kind.PUBREC, identifier))

    def _take_acknowledgement(self, kind: Kind, identifier: int) -> None:
        match kind:
            case Kind.PUBACK:
                self._waiting.pop(identifier, None)
            case Kind.PUBREC:
                self._waiting.pop(identifier, None)
                self._released[identifier] = None
                self._answer(packets.acknowledgement(Kind.PUBREL, identifier))
            case Kind.PUBREL:
                self._received.discard(identifier)
                self._answer(packets.acknowledgement(Kind.PUBCOMP, identifier))
            case Kind.PUBCOMP:
                self._released.pop(identifier, None)

    def _subscribe(self, identifier: int, filters: tuple[tuple[str, int], ...]) -> None:
        codes = []
        for filter_, qos in filters:
            good = topics.is_filter(filter_)
            codes.append(qos if good else REFUSED_SUBSCRIPTION)
            if good:
                self._subscriptions[filter_] = qos
            self._tell(
                "subscribed", f"'{self.client_id}' to {filter_} (QoS {qos}){'' if good else ': refused, no filter'}"
            )
        self._answer(packets.suback(identifier, codes))
        for (filter_, qos), code in zip(filters, codes, strict=True):
            if code != REFUSED_SUBSCRIPTION:
                for message in tuple(self._broker.retained.values()):
                    if topics.matches(filter_, message.topic):
                        self.deliver(message._replace(qos=min(qos, message.qos)))

    def _unsubscribe(self, identifier: int, filters: tuple[str, ...]) -> None:
        for filter_ in filters:
            self._subscriptions.pop(filter_, None)
            self._tell("unsubscribed", f"'{self.client_id}' from {filter_}")
        self._answer(packets.acknowledgement(Kind.UNSUBACK, identifier))

    def _answer(self, octets: bytes) -> None:
        if self._send is not None:
            self._send(octets)

    def _new_identifier(self) -> int:
        taken = self._waiting.keys() | self._released.keys()
        while True:
            self._last_identifier = self._last_identifier % 0xFFFF + 1
            if self._last_identifier not in taken:
                return self._last_identifier


def _described(message: Message) -> str:
    kept = ", retained" if message.retain else ""
    return f"{message.topic} (QoS {message.qos}{kept}): {quoted(message.payload)}"
