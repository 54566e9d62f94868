"""What a client may have hashed instead of what it should have: the transcript with one mistake in it.

CertificateVerify signs all handshake messages from ClientHello up to itself, exclusive, without record headers
(RFC 5246, 7.4.8).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.diagnosis.handshakes.messages import Kind, certificate_message
from emulator.diagnosis.judging.algorithms import HASHES, digest, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.handshakes.handshake import Handshake
    from emulator.diagnosis.handshakes.messages import Message

RIGHT: Final = "right"
_HANDSHAKE_RECORD: Final = 22


class Transcript(NamedTuple):
    """Octets that somebody may have hashed; ``mistake`` is a clause that says how they differ from the right ones."""

    kind: str
    """``right``, ``message-missing``, ``record-headers`` and so on: the same word for the same kind of mistake."""
    mistake: str
    octets: bytes


class Digest(NamedTuple):
    """A digest that somebody may have signed, and how it came about.

    ``turned`` is a clause on what was done to it afterwards, mostly empty.
    """

    hash_name: str
    transcript: Transcript
    value: bytes
    turned: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (spoken(self.hash_name), self.transcript.mistake, self.turned) if part)


def right_transcript(handshake: Handshake) -> Transcript:
    """Return what a correct client signs."""
    return Transcript(RIGHT, "", _joined(handshake.transcript))


def transcripts(handshake: Handshake) -> Iterator[Transcript]:
    """Give every transcript that is tried, likeliest first."""
    yield right_transcript(handshake)
    yield from _mistaken(handshake)


def right_digest(handshake: Handshake, hash_name: str) -> Digest:
    """Return the digest that a correct client signs with that hash."""
    transcript = right_transcript(handshake)
    return Digest(hash_name, transcript, digest(hash_name, transcript.octets))


def digests(handshake: Handshake) -> Iterator[Digest]:
    """Give every digest that is tried, likeliest first."""
    right = right_transcript(handshake)
    for hash_name in HASHES:
        yield Digest(hash_name, right, digest(hash_name, right.octets))
    for hash_name in HASHES:
        value = digest(hash_name, right.octets)
        yield Digest(hash_name, right, value[::-1], "with its octets in reverse order")
        yield Digest(hash_name, right, digest(hash_name, value), "hashed once more")
    for transcript in _mistaken(handshake):
        for hash_name in HASHES:
            yield Digest(hash_name, transcript, digest(hash_name, transcript.octets))


def _mistaken(handshake: Handshake) -> Iterator[Transcript]:
    messages = handshake.transcript
    whose = [_whose(index, messages) for index in range(len(messages))]
    for index, name in enumerate(whose):
        yield Transcript("message-missing", f"without the {name}", _joined(_without(messages, index)))
    yield Transcript("record-headers", "with the record headers", b"".join(map(_in_records, messages)))
    yield from _other_chains(handshake)
    yield Transcript("bodies-only", "without the messages' headers", b"".join(message.body for message in messages))
    for index, name in enumerate(whose):
        twice = (*messages[: index + 1], *messages[index:])
        yield Transcript("message-twice", f"with the {name} twice", _joined(twice))
    for count in range(1, len(messages) - 1):
        yield Transcript("ends-early", f"only up to the {whose[count - 1]}", _joined(messages[:count]))
    for first in range(2, len(messages)):
        yield Transcript("begins-late", f"only from the {whose[first]} on", _joined(messages[first:]))
    for one, two in combinations(range(len(messages)), 2):
        text = f"without the {whose[one]} and the {whose[two]}"
        yield Transcript("message-missing", text, _joined(_without(messages, one, two)))
    yield Transcript("empty", "over nothing at all", b"")


def _other_chains(handshake: Handshake) -> Iterator[Transcript]:
    """Give transcripts in which the client's Certificate message holds other certificates than were sent."""
    if len(handshake.chain) < 2:
        return
    changed = {
        "with the first certificate alone in the client's Certificate": handshake.chain[:1],
        "with an empty Certificate of the client": (),
        "with the client's certificates in reverse order": handshake.chain[::-1],
    }
    for mistake, chain in changed.items():
        octets = b"".join(
            certificate_message(chain) if _is_clients(index, handshake.transcript, Kind.CERTIFICATE) else message.octets
            for index, message in enumerate(handshake.transcript)
        )
        yield Transcript("other-certificates", mistake, octets)


def _is_clients(index: int, messages: tuple[Message, ...], kind: Kind) -> bool:
    return messages[index].kind == kind and any(m.kind == Kind.SERVER_HELLO_DONE for m in messages[:index])


def _whose(index: int, messages: tuple[Message, ...]) -> str:
    """Name a message; both sides send a Certificate."""
    message = messages[index]
    if message.kind != Kind.CERTIFICATE:
        return message.name
    return f"{'client' if _is_clients(index, messages, Kind.CERTIFICATE) else 'server'}'s {message.name}"


def _without(messages: tuple[Message, ...], *indices: int) -> tuple[Message, ...]:
    return tuple(message for index, message in enumerate(messages) if index not in indices)


def _joined(messages: tuple[Message, ...]) -> bytes:
    return b"".join(message.octets for message in messages)


def _in_records(message: Message) -> bytes:
    """Put the record headers back that the message came with, or one where the input does not show them."""
    if not message.headers:
        return bytes((_HANDSHAKE_RECORD, 3, 3)) + len(message.octets).to_bytes(2, "big") + message.octets
    octets, done = b"", 0
    for at, header in message.headers:
        octets += message.octets[done:at] + header
        done = at
    return octets + message.octets[done:]
