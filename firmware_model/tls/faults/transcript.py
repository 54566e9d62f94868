"""First stage of a signature: the handshake messages that it covers (RFC 5246, 7.4.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper

_CERTIFICATE: Final = 11
_CLIENT_KEY_EXCHANGE: Final = 16
_RECORD_HEADER: Final = bytes.fromhex("160303")
"""Content type and version of a handshake record of TLS 1.2; two octets of length follow."""

Transcript = tuple[bytes, ...]
"""The messages, each with its own header of four octets, without record headers."""


def split(messages: bytes) -> Transcript:
    """Cut messages that stand one after the other."""
    transcript = []
    while messages:
        end = 4 + int.from_bytes(messages[1:4], "big")
        transcript.append(messages[:end])
        messages = messages[end:]
    return tuple(transcript)


def _without_certificate(transcript: Transcript, _: Circumstances) -> Transcript:
    return _without_last(_CERTIFICATE, transcript)


def _without_key_exchange(transcript: Transcript, _: Circumstances) -> Transcript:
    return _without_last(_CLIENT_KEY_EXCHANGE, transcript)


def _without_last(kind: int, transcript: Transcript) -> Transcript:
    """Leave out the last message of that kind: the server has sent a Certificate, too."""
    positions = [position for position, message in enumerate(transcript) if message[0] == kind]
    return transcript[: positions[-1]] + transcript[positions[-1] + 1 :] if positions else transcript


def _with_record_headers(transcript: Transcript, _: Circumstances) -> Transcript:
    return tuple(_RECORD_HEADER + len(message).to_bytes(2, "big") + message for message in transcript)


TRANSCRIPT: Final[Mapping[str, Wrapper[Transcript]]] = {
    "signature=transcript-without-certificate": _without_certificate,
    "signature=transcript-without-key-exchange": _without_key_exchange,
}
HEADERS: Final[Mapping[str, Wrapper[Transcript]]] = {
    "signature=transcript-with-record-headers": _with_record_headers,
}
"""Behind the others, which tell messages by their first octet."""
