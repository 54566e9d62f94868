"""What one side of a TLS conversation said in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis.handshakes.messages import HEADER, Kind, Message
from emulator.diagnosis.handshakes.records import ContentType

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.records import Record
    from emulator.diagnosis.reading.conversation import Place

MOST_HANDSHAKE: Final = 1 << 18
"""Octets of handshake messages from one side; OpenSSL takes a tenth of it from a client."""
_FATAL: Final = 2
_COST: Final = 200
"""What a message takes besides its octets."""


class SideLog:
    """Puts handshake messages together from records, until the side is ``done`` with speaking in the clear.

    ``trouble`` is a clause that says what made the rest unreadable; ``lost`` tells that octets are missing.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.alerts: list[tuple[bool, int]] = []
        self.changed_cipher = False
        self.encrypted = False
        self.refused = False
        self.lost = False
        self.trouble = ""
        self._kept = 0
        self.last: Place | None = None
        self.verified_at: Place | None = None
        self._buffer = bytearray()
        self._headers: list[tuple[int, bytes]] = []

    @property
    def held(self) -> int:
        """Octets in memory."""
        return self._kept + len(self._buffer)

    @property
    def done(self) -> bool:
        """Whether nothing more can come of this side."""
        return self.changed_cipher or self.encrypted or self.refused or self.lost or bool(self.trouble)

    def first(self, kind: Kind) -> Message | None:
        """Return the first message of a kind."""
        return next((message for message in self.messages if message.kind == kind), None)

    def record(self, record: Record, place: Place) -> None:
        """Take one record."""
        if record.kind is ContentType.HANDSHAKE:
            self._headers.append((len(self._buffer), record.header))
            self._buffer += record.fragment
            self._cut_messages(place)
        else:
            self.other(record.kind, record.fragment)

    def message(self, message: Message, place: Place) -> None:
        """Take one handshake message that is whole already."""
        self.last = place
        if message.kind == Kind.CERTIFICATE_VERIFY:
            self.verified_at = place
        self._kept += len(message.octets) + _COST
        if self._kept > MOST_HANDSHAKE:
            self.trouble = f"its handshake messages have more than {MOST_HANDSHAKE} octets"
            self.messages.clear()
            return
        self.messages.append(message)

    def other(self, kind: ContentType, content: bytes) -> None:
        """Take what is no handshake message."""
        if kind is ContentType.CHANGE_CIPHER_SPEC:
            self.changed_cipher = True
        elif kind is ContentType.APPLICATION_DATA:
            self.encrypted = True
        elif len(content) == 2:
            self.alerts.append((content[0] == _FATAL, content[1]))
            self.refused = content[0] == _FATAL
        else:
            self.trouble = f"an alert has {len(content)} octets instead of 2"

    def _cut_messages(self, place: Place) -> None:
        while len(self._buffer) >= HEADER and not self.done:
            size = HEADER + int.from_bytes(self._buffer[1:HEADER], "big")
            if size > MOST_HANDSHAKE:
                self.trouble = f"a handshake message claims to have {size} octets"
                return
            if len(self._buffer) < size:
                return
            octets = bytes(self._buffer[:size])
            del self._buffer[:size]
            headers = tuple((at, header) for at, header in self._headers if at < size)
            self._headers = [(at - size, header) for at, header in self._headers if at >= size]
            self.message(Message(octets[0], octets, headers), place)
