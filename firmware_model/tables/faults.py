"""The faults that can be armed, by the point where they act.

The source says where a fault was met elsewhere, or that it is our own. None of them is known of a real module.
"""

from __future__ import annotations

from typing import Final

from firmware_model.faults import Fault, FaultPoint
from firmware_model.tables.sources import Source, invented, precedent

_BAD_VALUE: Final = "refuse: decrypt_error (51), as for any signature that does not verify"
_BAD_DER: Final = "refuse: decrypt_error (51) or decode_error (50); DER has one encoding only"


def _signature(what: str, effect: str, peer: str, source: Source, value: str = "", default: int | None = None) -> Fault:
    return Fault(f"signature={what}", FaultPoint.SIGNATURE, effect, peer, source, value, default)


def _certificate(
    what: str, effect: str, peer: str, where: str, source: Source, value: str = "", default: int | None = None
) -> Fault:
    return Fault(f"certificate={what}", FaultPoint.CERTIFICATE, effect, peer, source, value, default, where)


def _handshake(what: str, effect: str, peer: str, source: Source, value: str = "", default: int | None = None) -> Fault:
    return Fault(f"handshake={what}", FaultPoint.HANDSHAKE, effect, peer, source, value, default)


SIGNATURE: Final = (
    _signature(
        "nonpadded",
        "the sign octets of r and s are forgotten; about one signature in four is right by luck",
        f"{_BAD_DER}, unless no sign octet was due",
        precedent("CyaSSL up to 2.8.0 (C4); FIDO conformance tool 406 (ISS); MissingZero (WYC)"),
    ),
    _signature(
        "nonpadded:always-bad",
        "the sign octets are forgotten, and nonces are drawn until one is due",
        _BAD_DER,
        invented("to meet the defect every time"),
    ),
    _signature(
        "nonpadded:always-lucky",
        "the sign octets are forgotten, and nonces are drawn until r and s have full length and need none",
        "accept: nothing is wrong with it",
        invented("to meet the luck every time"),
    ),
    _signature(
        "nonpadded:fixed32",
        "r and s always have as many octets as the curve's order, 32 for P-256",
        f"{_BAD_DER}, unless both happen to need exactly that many",
        precedent("MiniDNS 151, OpenSSL 17580 (ISS)"),
    ),
    _signature(
        "overpadded",
        "needless zero octets stand before r and s",
        _BAD_DER,
        precedent("optiga-trust-m 106 (ISS); BerEncodedSignature (WYC)"),
        "zero octets before each number, 1000 at most",
        1,
    ),
    _signature(
        "long-lengths",
        "every length is written in the long form though the short one would do",
        _BAD_DER,
        precedent("BerEncodedSignature (WYC)"),
    ),
    _signature(
        "indefinite-length",
        "the SEQUENCE has an indefinite length and is ended by two zero octets",
        _BAD_DER,
        precedent("BerEncodedSignature (WYC)"),
    ),
    _signature(
        "trailing",
        "zero octets follow the SEQUENCE",
        _BAD_DER,
        precedent("InvalidEncoding (WYC)"),
        "octets, 1000 at most",
        1,
    ),
    _signature(
        "trailing-inside",
        "a NULL follows s inside the SEQUENCE",
        _BAD_DER,
        precedent("InvalidEncoding (WYC)"),
    ),
    _signature(
        "raw",
        "r and s stand one after the other without DER, as JOSE and IEEE P1363 have it",
        _BAD_DER,
        precedent("RFC 7518, 3.4; STM32 crypto library (CMOX)"),
    ),
    _signature("swapped", "r and s change places", _BAD_VALUE, invented("a slip of the pen")),
    _signature(
        "byte-swapped", "r and s are written least significant octet first", _BAD_VALUE, invented("a slip of the pen")
    ),
    _signature("zero", "r and s are 0", _BAD_VALUE, precedent("CVE-2022-21449")),
    _signature("zero-r", "r is 0", _BAD_VALUE, precedent("CVE-2022-21449")),
    _signature("zero-s", "s is 0", _BAD_VALUE, precedent("CVE-2022-21449")),
    _signature("r-plus-order", "the curve's order is added to r", f"{_BAD_VALUE}; r is out of range", precedent("WYC")),
    _signature("s-plus-order", "the curve's order is added to s", f"{_BAD_VALUE}; s is out of range", precedent("WYC")),
    _signature(
        "high-s",
        "of s and its negative the larger one is taken",
        "accept: only protocols that forbid malleable signatures refuse it",
        precedent("BIP 62"),
    ),
    _signature(
        "bit-flip",
        "one bit of the finished signature is flipped, drawn anew each time",
        _BAD_VALUE,
        precedent("test-certificate-verify-malformed-sig (TLSF)"),
    ),
    _signature(
        "truncated",
        "the last octets are missing",
        _BAD_DER,
        precedent("test-certificate-verify-malformed-sig (TLSF)"),
        "octets missing",
        1,
    ),
    _signature(
        "empty",
        "the signature has no octets",
        "refuse: decrypt_error (51) or decode_error (50)",
        precedent("test-certificate-verify-malformed-sig (TLSF)"),
    ),
    _signature(
        "nonce-reused",
        "every signature of a run is made with the same nonce: two of them give the private key away",
        "accept: a peer cannot see it in one signature",
        precedent("Sony's PlayStation 3, 2010"),
    ),
    _signature(
        "wrong-key",
        "another key of the same kind signs, a new one each time",
        _BAD_VALUE,
        invented("a key that was lost or never loaded"),
    ),
    _signature(
        "wrong-hash",
        "the digest is SHA-1 (SHA-256 where SHA-1 is right), whatever hash is announced",
        _BAD_VALUE,
        precedent("CyaSSL 2.4.6 (C4); pion/dtls 418 (ISS)"),
    ),
    _signature(
        "wrong-claim",
        "the digest is right, but another hash that the server offered is announced",
        _BAD_VALUE,
        precedent("wolfSSL PR 9395 (ISS)"),
    ),
    _signature(
        "transcript-without-certificate",
        "our Certificate is left out of what is signed",
        _BAD_VALUE,
        precedent("s2n 1455, picotls 342 (ISS)"),
    ),
    _signature(
        "transcript-without-key-exchange",
        "our ClientKeyExchange is left out of what is signed",
        _BAD_VALUE,
        precedent("s2n 1455, picotls 342 (ISS)"),
    ),
    _signature(
        "transcript-with-record-headers",
        "each message that is signed has its record header before it",
        _BAD_VALUE,
        invented("RFC 5246, 7.4.8 leaves the headers out"),
    ),
)

CERTIFICATE: Final = (
    _certificate(
        "wrong-order",
        "the certificates are presented last one first",
        "refuse: the first one must be ours; its key does not fit, or it may not sign",
        "present",
        precedent("a rival of the padding theory (S0, X)"),
    ),
    _certificate(
        "leaf-only",
        "only the first certificate is presented, the issuers are missing",
        "refuse with unknown_ca (48), unless it knows the issuer otherwise",
        "present",
        precedent("T2: a server's 'unable to verify the first certificate'"),
    ),
    _certificate(
        "empty",
        "an empty list is presented, as if none were stored, and nothing is signed",
        "refuse with handshake_failure (40) where a certificate is required",
        "present",
        precedent("RFC 5246, 7.4.6"),
    ),
    _certificate(
        "foreign-key",
        "a key that does not belong to the certificate signs, the same one in the whole run",
        _BAD_VALUE,
        "present",
        precedent("hosts that load key and certificate of two devices (X)"),
    ),
    _certificate(
        "expired-clock",
        "certificates are judged as if years had passed: the module's date is moved into the future",
        "see certificate_unknown (46); a host should set the time before it connects",
        "judge",
        invented("the module trusts whatever AT+S.TIME says"),
        "years",
        100,
    ),
    _certificate(
        "unset-clock",
        "certificates are judged as if it were 1 January 1970, the date of a clock that nobody set",
        "see certificate_unknown (46); a host should set the time before it connects",
        "judge",
        invented("the module has no clock that runs while it is off"),
    ),
)

HANDSHAKE: Final = (
    _handshake(
        "no-certificate",
        "no Certificate message is sent though the server asks, and nothing is signed",
        "refuse with unexpected_message (10): even without a certificate the message is due",
        precedent("test-certificate-request (TLSF); RFC 5246, 7.4.6"),
    ),
    _handshake(
        "no-certificate-verify",
        "the certificate is presented, but no CertificateVerify follows",
        "refuse with unexpected_message (10)",
        precedent("CVE-2015-0205; test-message-skipping (TLSF)"),
    ),
    _handshake(
        "wrong-finished",
        "one bit of Finished is flipped",
        "refuse with decrypt_error (51)",
        precedent("test-fuzzed-finished (TLSF); Mbed-TLS 6566 (ISS)"),
    ),
    _handshake(
        "stall",
        "from one of our handshake messages on nothing is sent, and the connection stays open",
        "give up after a while and close",
        precedent("test-connection-abort (TLSF)"),
        "message, counted from 1",
        2,
    ),
    _handshake(
        "close",
        "the connection is closed instead of sending one of our handshake messages, without an alert",
        "take the handshake as failed",
        precedent("test-connection-abort (TLSF)"),
        "message, counted from 1",
        2,
    ),
    _handshake(
        "alert",
        "instead of one of our handshake messages goes the alert internal_error (80), and the connection is closed",
        "take the handshake as failed, without an alert of its own",
        precedent("RFC 5246, 7.2.2"),
        "message, counted from 1",
        2,
    ),
    _handshake(
        "fragmented",
        "handshake messages are split over records of a few octets",
        "accept: records may be of any size (RFC 5246, 6.2.1)",
        precedent("test-record-layer-fragmentation (TLSF)"),
        "octets of a record",
        20,
    ),
)


def _network(what: str, effect: str, peer: str, where: str, value: str = "", default: int | None = None) -> Fault:
    source = invented("networks do this")
    return Fault(f"network={what}", FaultPoint.NETWORK, effect, peer, source, value, default, where)


NETWORK: Final = (
    _network(
        "refuse",
        "a connection that the module opens is refused",
        "tell that from a silent server: Http Client Error:1, or error 74 for a socket",
        "connect",
    ),
    _network(
        "reset",
        "a connection of the module is reset at both ends after so many octets, both directions added up",
        "take what came before as incomplete and connect anew",
        "connection",
        "octets that pass before",
        0,
    ),
    _network(
        "stall",
        "after so many octets of a connection, both directions added up, nothing passes any more, nor does it end",
        "have a time limit of its own",
        "connection",
        "octets that pass before",
        0,
    ),
    _network(
        "slow",
        "a connection carries so many octets a second in each direction",
        "wait longer, and take WIND 55 in many small pieces",
        "connection",
        "octets a second",
        1000,
    ),
    _network("dns", "a name does not resolve", "expect error 65, or Http Client Error:1 from HTTP", "resolve"),
    _network("lost-datagram", "a datagram is lost on the way, in either direction", "ask again", "datagram"),
)


def _serial(what: str, effect: str, peer: str, where: str, value: str = "", default: int | None = None) -> Fault:
    source = invented("serial lines do this")
    return Fault(f"serial={what}", FaultPoint.SERIAL, effect, peer, source, value, default, where)


SERIAL: Final = (
    _serial("drop", "an octet is lost", "have a time limit for each reply, and ask again", "octet"),
    _serial("duplicate", "an octet comes twice", "refuse the line that it spoils", "octet"),
    _serial("corrupt", "one bit of an octet is turned over", "refuse the line that it spoils", "octet"),
    _serial(
        "split",
        "a line or piece of content comes in two parts with a pause between them",
        "go by the line end, never by what one read brings",
        "line",
        "milliseconds",
        50,
    ),
    _serial(
        "delay",
        "a line or piece of content comes late, and all that follows behind it",
        "wait as long as the command may take",
        "line",
        "milliseconds",
        100,
    ),
    _serial(
        "junk-at-boot",
        "octets without meaning come before the first line of a boot, as while a line settles",
        "look for the first line that begins as it should",
        "boot",
        "octets",
        8,
    ),
    _serial(
        "lost-indication",
        "an indication does not reach the host",
        "not depend on it: SOCKQ is the truth, not WIND 55",
        "indication",
    ),
    _serial(
        "late-indication",
        "an indication reaches the host late, behind what the module said since",
        "take its numbers as old: WIND 55 may name octets that were read meanwhile",
        "indication",
        "milliseconds",
        500,
    ),
)


def _module(
    what: str, effect: str, peer: str, source: Source, where: str, value: str = "", default: int | None = None
) -> Fault:
    return Fault(f"module={what}", FaultPoint.MODULE, effect, peer, source, value, default, where)


MODULE: Final = (
    _module(
        "watchdog-reset",
        "the firmware hangs amid a command, after so many of its reply lines; 20 s later WIND 6 and a restart",
        "have a time limit for each command, and set the module up anew after WIND 0",
        precedent("F-FS: a file that two want at once ends in a watchdog restart"),
        "command",
        "reply lines before",
        0,
    ),
    _module(
        "heap",
        "while a command runs, so many octets of heap are left; WIND 4, and error 91 from what needs more",
        "close what it does not need and try again",
        invented("memory runs out"),
        "command",
        "octets left",
        0,
    ),
    _module(
        "flash-cut",
        "power fails amid a write to flash: the area keeps so many octets of what was written, and the module starts "
        "as from power-on",
        "be ready for WIND 65 and the factory configuration",
        precedent("F-FR: the configuration is lost at power loss in firmware 1.0.0"),
        "flash",
        "octets written",
        0,
    ),
    _module(
        "no-wind-55",
        "octets arrive in a socket, and WIND 55 does not tell of them",
        "ask with SOCKQ from time to time",
        precedent("MBED: WIND 55 can be missing altogether"),
        "arrival",
    ),
    _module(
        "late-wind-55",
        "WIND 55 tells of octets when they may have been read already, with the numbers of their arrival",
        "take SOCKQ as the truth",
        precedent("MBED: WIND 55 can be late, or give a length that no longer holds"),
        "arrival",
        "milliseconds",
        500,
    ),
    _module(
        "socket-stays-open",
        "SOCKC and SOCKDC answer error 77 though nothing waits to be read, and the socket stays open",
        "try again a few times, and do not count on the id",
        precedent("MBED, XC-README: SOCKC can fail and leave the socket open"),
        "close",
    ),
)


CATALOGUE: Final = (*SIGNATURE, *CERTIFICATE, *HANDSHAKE, *NETWORK, *SERIAL, *MODULE)
"""All of them, in the order in which they are listed."""

BY_NAME: Final = {fault.name: fault for fault in CATALOGUE}
ALIASES: Final = {"signature=nonpadded:natural": "signature=nonpadded"}
"""Other spellings of a name."""


def find_fault(name: str) -> Fault | None:
    """The fault of that name or spelling, None when there is none."""
    return BY_NAME.get(ALIASES.get(name, name))
