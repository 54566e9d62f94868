"""A TLS client that bends its CertificateVerify, in front of Python's own ``ssl`` as server, all in memory.

It knows nothing of the code under test. It cannot finish a handshake (it derives no keys, and its Finished is random
octets), but up to CertificateVerify, and for how the server takes that, nothing more is needed.
"""

from __future__ import annotations

import hashlib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import ecdsa

from emulator.peers.keys import EcKey, RsaKey, SeededOctets
from tests.diagnosis.conversation import CLIENT, SERVER, Conversation, Piece, handshake_messages, message, records
from tests.tls.servers import LEGACY_CIPHERS, server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.peers.authority import Authority, Identity

TLS_1_0, TLS_1_1, TLS_1_2 = 0x0301, 0x0302, 0x0303
VERSIONS: Final = {
    TLS_1_0: ssl.TLSVersion.TLSv1,
    TLS_1_1: ssl.TLSVersion.TLSv1_1,
    TLS_1_2: ssl.TLSVersion.TLSv1_2,
}
ECDSA_SHA256: Final = 0x0403
_SUITES: Final = bytes.fromhex("c02bc009c02fc013002f")
_EXTENSIONS: Final = (
    bytes.fromhex("000a00040002")
    + b"\x00\x17"
    + bytes.fromhex("000b00020100")
    + bytes.fromhex("000d000a0008040304010203" + "0201")
)


class Signed:
    """What a signer gets to see: the messages up to CertificateVerify, the client's key."""

    def __init__(self, messages: Sequence[bytes], identity: Identity, version: int) -> None:
        self.messages = tuple(messages)
        self.identity = identity
        self.version = version

    @property
    def transcript(self) -> bytes:
        """All messages, end to end."""
        return b"".join(self.messages)

    @property
    def client_certificate(self) -> int:
        """Which message the client's Certificate is."""
        return max(index for index, octets in enumerate(self.messages) if octets[0] == 11)


def numbers(key: Any, digest: bytes, nonce: int | None = None) -> tuple[int, int]:
    """Sign a digest with an ECDSA key."""
    signing = key.signing_key if isinstance(key, EcKey) else key
    return signing.sign_digest(digest, sigencode=lambda r, s, _: (int(r), int(s)), k=nonce, allow_truncate=True)  # type: ignore[no-any-return]


def der_integer(number: int, *, sign_octet: bool = True, zeros: int = 0, long_form: bool = False) -> bytes:
    octets = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    if sign_octet and octets[0] & 0x80:
        octets = b"\0" + octets
    octets = bytes(zeros) + octets
    return b"\x02" + (b"\x81" if long_form else b"") + bytes((len(octets),)) + octets


def der(r: int, s: int, **how: Any) -> bytes:
    content = der_integer(r, **how) + der_integer(s, **how)
    return b"\x30" + bytes((len(content),)) + content


def correct(signed: Signed) -> bytes:
    """What a correct client signs."""
    name = "sha256" if signed.version == TLS_1_2 else "sha1"
    return der(*numbers(signed.identity.key, hashlib.new(name, signed.transcript).digest()))


@dataclass(frozen=True)
class Bend:
    """How a handshake differs from a correct one."""

    sign: Callable[[Signed], bytes] = correct
    version: int = TLS_1_2
    algorithm: int | None = ECDSA_SHA256
    chain: tuple[bytes, ...] | None = None
    verify: Callable[[bytes], bytes] | None = None
    """Turns the body of CertificateVerify into another one; an empty result leaves the message out."""
    record_size: int = 1 << 14
    coalesced: bool = False
    """All messages of the client's flight in one record."""


def forge(
    server: Identity, client_ca: Authority, client: Identity, bend: Bend | None = None, *, seed: str = "forge"
) -> Conversation:
    """Have such a handshake with a server that demands a certificate; returns what was said."""
    bend = bend or Bend()
    random = SeededOctets(seed)
    context = server_context(server, client_ca=client_ca, ciphers=LEGACY_CIPHERS, version=VERSIONS[bend.version])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = context.wrap_bio(incoming, outgoing, server_side=True)
    conversation: Conversation = []

    def say(octets: bytes) -> bytes:
        conversation.append(Piece(CLIENT, octets))
        incoming.write(octets)
        with suppress(ssl.SSLError):
            peer.do_handshake()
        answer = outgoing.read()
        if answer:
            conversation.append(Piece(SERVER, answer))
        return answer

    hello = _client_hello(bend.version, random(32))
    flight = handshake_messages(say(records(22, hello, version=0x0301, size=bend.record_size)))
    say(_client_flight(bend, client, [hello, *flight], random))
    return conversation


def _client_hello(version: int, random: bytes) -> bytes:
    body = version.to_bytes(2, "big") + random + b"\0" + len(_SUITES).to_bytes(2, "big") + _SUITES + b"\1\0"
    extensions = _EXTENSIONS
    return message(1, body + len(extensions).to_bytes(2, "big") + extensions)


def _client_flight(bend: Bend, client: Identity, before: list[bytes], random: SeededOctets) -> bytes:
    chain = (client.certificate_der, *client.chain_der) if bend.chain is None else bend.chain
    entries = b"".join(len(entry).to_bytes(3, "big") + entry for entry in chain)
    messages = [message(11, len(entries).to_bytes(3, "big") + entries), message(16, _key_exchange(before, random))]
    signature = bend.sign(Signed([*before, *messages], client, bend.version))
    claim = b"" if bend.algorithm is None else bend.algorithm.to_bytes(2, "big")
    body = claim + len(signature).to_bytes(2, "big") + signature
    body = body if bend.verify is None else bend.verify(body)
    messages += [message(15, body)] if body else []
    size = bend.record_size
    if bend.coalesced:
        sent = records(22, b"".join(messages), version=bend.version, size=size)
    else:
        sent = b"".join(records(22, octets, version=bend.version, size=size) for octets in messages)
    # ChangeCipherSpec, and a Finished that nobody can read.
    return sent + records(20, b"\1", version=bend.version) + records(22, random(40), version=bend.version)


def _key_exchange(before: list[bytes], random: SeededOctets) -> bytes:
    """A ClientKeyExchange that the server can compute with: a point, or octets encrypted to nobody."""
    if any(octets[0] == 12 for octets in before):
        key = ecdsa.SigningKey.generate(ecdsa.NIST256p, entropy=random).get_verifying_key()
        point: bytes = key.to_string("uncompressed")
        return bytes((len(point),)) + point
    return b"\1\0" + random(256)


def rsa_signature(key: RsaKey, content: bytes) -> bytes:
    """Pad by PKCS #1 v1.5 and sign."""
    size = (key.modulus.bit_length() + 7) // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(content)) + b"\0" + content
    return pow(int.from_bytes(padded, "big"), key.private_exponent, key.modulus).to_bytes(size, "big")
