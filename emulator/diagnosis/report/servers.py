"""What servers do with each defect, as far as it was tried, and what to try about it.

The facts are those of docs/interop-matrix.md, and of own experiments (X in docs/sources.md) where that page lacks a
server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis import theory
from emulator.diagnosis.judging.verdict import Defect
from emulator.diagnosis.report.numbers import percent
from emulator.diagnosis.report.words import NAMES
from emulator.diagnosis.theory import Encoder

if TYPE_CHECKING:
    from collections.abc import Iterable

_REFUSE: Final = (
    'OpenSSL, and so Node.js, nginx and mosquitto, says "bad signature" (tls_process_cert_verify) and sends alert '
    "decrypt_error (51)"
)
_ALL_REFUSE: Final = (
    f"Every server that was tried refuses it, and hardly one says more than it says of any other mistake. {_REFUSE}, "
    "as do GnuTLS and NSS; JSSE (Java) sends 40, mbed TLS closes without an alert. When a server closes at once, the "
    "client may see a reset instead of the alert."
)
LENIENT: Final = {
    Defect.SIGN_OCTET_MISSING: ("GnuTLS", "NSS", "JSSE"),
    Defect.NEEDLESS_ZERO: ("GnuTLS",),
    Defect.LONG_LENGTH: ("GnuTLS",),
    Defect.INDEFINITE_LENGTH: ("GnuTLS",),
}
"""Which servers of docs/interop-matrix.md take which encoding."""
_MORE: Final = {
    Defect.SIGN_OCTET_MISSING: "; mbed TLS, and OpenSSL before 1.0.1k (January 2015), took it too. gRPC's BoringSSL "
    "logs NEGATIVE_NUMBER",
    Defect.NEEDLESS_ZERO: ". JSSE says 'redundant leading 0s', gRPC's BoringSSL BAD_ENCODING",
    Defect.LONG_LENGTH: ". JSSE says 'Should use short form for length'",
    Defect.INDEFINITE_LENGTH: ". JSSE says 'Indefinite length encoding not supported with DER'",
}
_SPECIAL: Final = {
    Defect.NONCE_REUSED: "Every server accepts it: a single signature does not show it.",
    Defect.RSA_FORM: "What servers make of it was not tried.",
    Defect.NOT_OFFERED: "Strict servers refuse it with alert illegal_parameter (47) or handshake_failure (40) whatever "
    "the signature is worth.",
    Defect.VERIFY_MISSING: "Servers refuse what comes in its place with alert unexpected_message (10).",
    Defect.BUNDLE_ORDER: "Servers refuse the first certificate if its key usage does not let it sign (alert 43, 46 or "
    f"80); else they check the signature with its key. {_REFUSE}.",
}
_FIRMWARE: Final = "It is a defect of the client's software: its maker must mend it; show them this report."
_AROUND: Final = (
    "A way round until then: an RSA key and certificate for the client, or TLS without a client certificate"
)
_COMPARE: Final = (
    "Compare 'openssl pkey -in key.pem -pubout' with 'openssl x509 -in certificate.pem -noout -pubkey': they must be "
    "equal. Load the key that belongs to the first certificate."
)
_TRY: Final = {
    Defect.SIGN_OCTET_MISSING: (
        "Before each of r and s whose first octet is 80 or more, the client must put 00 and count it in both lengths.",
        f"{_AROUND}, or one of the lenient servers in front.",
    ),
    Defect.BUNDLE_ORDER: (
        "Load the bundle with the client's own certificate first and each issuer after it: "
        "'cat own.pem issuer.pem > bundle.pem'. If it was loaded so, the client turned it round.",
    ),
    Defect.CHAIN_KEY: (_COMPARE,),
    Defect.FOREIGN_KEY: (_COMPARE,),
    Defect.WRONG_HASH: (
        "Let the server offer that hash alone, so that claim and hash agree: "
        "'openssl s_server -client_sigalgs ECDSA+SHA1', for one.",
        _FIRMWARE,
    ),
    Defect.WRONG_CLAIM: (
        "Let the server offer the hash that is really used, and no other: "
        "'openssl s_server -client_sigalgs ECDSA+SHA256', for one.",
        _FIRMWARE,
    ),
    Defect.TRANSCRIPT: (
        "Try a bundle of one certificate, a shorter server chain, fewer authorities in CertificateRequest: what the "
        "client forgets may depend on the size of these messages.",
        _FIRMWARE,
    ),
    Defect.NONCE_REUSED: (
        "Anybody who sees both signatures can compute the private key: replace key and certificate, and do not use "
        "the client's random numbers for anything else.",
        _FIRMWARE,
    ),
    Defect.UNEXPLAINED: (
        "Capture two or more handshakes and give them all to 'spwf04sx diagnose': if another key signed, it shows, as "
        "the same key fits all of them.",
        _COMPARE,
        "Let curl or 'openssl s_client' use the same certificate and key at the same server.",
    ),
    Defect.BIT_FLIP: (
        "Capture on both ends of the link: if the bit is right at the client, the way spoils it; if not, look at the "
        "memory and the power supply of the client.",
    ),
    Defect.NOT_OFFERED: ("Let the server offer that algorithm ('openssl s_server -client_sigalgs ...').", _FIRMWARE),
    Defect.NOT_A_SIGNATURE: (_FIRMWARE,),
}
ALERTS: Final = {
    20: "the signature is right, but the server could not decrypt or check what came next, Finished",
    40: "nothing that client and server can both do, or no certificate where one is required",
    42: "the server could not read or use the client's certificate",
    43: "the server does not take this kind of certificate: look at its key usage",
    44: "the certificate was revoked",
    45: "the certificate has expired, or one of the two clocks is wrong",
    46: "the certificate is not accepted for a reason of the server's own: see its log",
    48: "the server could not build a chain to an authority it trusts: load the issuing certificates into the "
    "client's bundle, or give the server the right CA",
    51: "the signature is right, so Finished is the other thing that this alert is sent for: then the log says "
    "'digest check failed'",
    116: "the server demands a client certificate",
}
"""What an alert says about a handshake whose signature is correct."""


def servers_do(defects: Iterable[Defect]) -> list[str]:
    """Say what servers do with these defects, each thing once."""
    return list(dict.fromkeys(_lenient(one) or _SPECIAL.get(one) or _ALL_REFUSE for one in defects))


def to_try(defects: Iterable[Defect]) -> list[str]:
    """Say what to try about these defects, each thing once."""
    return list(dict.fromkeys(text for defect in defects for text in _TRY.get(defect, (_FIRMWARE,))))


def next_try(order: int, *, fixed: bool) -> str:
    """Say how likely the next signature of an encoder without sign octets is right."""
    encoder = Encoder.FIXED if fixed else Encoder.FORGOTTEN
    return f"the next try passes with a probability of {percent(theory.accepted(encoder, order))}"


def _lenient(defect: Defect) -> str:
    if defect not in LENIENT:
        return ""
    return (
        f"{NAMES[defect].capitalize()}: strict servers refuse it. {_REFUSE}. Lenient ones take it: "
        f"{', '.join(LENIENT[defect])}{_MORE[defect]}."
    )
