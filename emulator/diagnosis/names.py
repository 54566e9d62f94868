"""The names of cipher suites, versions and alerts (IANA's TLS registries)."""

from __future__ import annotations

from typing import Final

_VERSIONS: Final = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_ALERTS: Final = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
_EXCHANGES: Final = {
    "RSA": {0x2F: "AES_128_CBC_SHA", 0x35: "AES_256_CBC_SHA", 0x3C: "AES_128_CBC_SHA256", 0x3D: "AES_256_CBC_SHA256"}
    | {0x9C: "AES_128_GCM_SHA256", 0x9D: "AES_256_GCM_SHA384", 0x0A: "3DES_EDE_CBC_SHA", 0x04: "RC4_128_MD5"}
    | {0x05: "RC4_128_SHA", 0x02: "NULL_SHA", 0x3B: "NULL_SHA256", 0xC09C: "AES_128_CCM", 0xC09D: "AES_256_CCM"}
    | {0x41: "CAMELLIA_128_CBC_SHA", 0x84: "CAMELLIA_256_CBC_SHA", 0xC0A0: "AES_128_CCM_8", 0xC0A1: "AES_256_CCM_8"},
    "DHE_RSA": {0x33: "AES_128_CBC_SHA", 0x39: "AES_256_CBC_SHA", 0x67: "AES_128_CBC_SHA256"}
    | {0x6B: "AES_256_CBC_SHA256", 0x9E: "AES_128_GCM_SHA256", 0x9F: "AES_256_GCM_SHA384", 0x16: "3DES_EDE_CBC_SHA"}
    | {0xCCAA: "CHACHA20_POLY1305_SHA256", 0xC09E: "AES_128_CCM", 0xC09F: "AES_256_CCM"},
    "ECDHE_ECDSA": {0xC009: "AES_128_CBC_SHA", 0xC00A: "AES_256_CBC_SHA", 0xC023: "AES_128_CBC_SHA256"}
    | {0xC024: "AES_256_CBC_SHA384", 0xC02B: "AES_128_GCM_SHA256", 0xC02C: "AES_256_GCM_SHA384"}
    | {0xCCA9: "CHACHA20_POLY1305_SHA256", 0xC0AC: "AES_128_CCM", 0xC0AD: "AES_256_CCM", 0xC0AE: "AES_128_CCM_8"}
    | {0xC0AF: "AES_256_CCM_8", 0xC008: "3DES_EDE_CBC_SHA", 0xC007: "RC4_128_SHA", 0xC006: "NULL_SHA"},
    "ECDHE_RSA": {0xC013: "AES_128_CBC_SHA", 0xC014: "AES_256_CBC_SHA", 0xC027: "AES_128_CBC_SHA256"}
    | {0xC028: "AES_256_CBC_SHA384", 0xC02F: "AES_128_GCM_SHA256", 0xC030: "AES_256_GCM_SHA384"}
    | {0xCCA8: "CHACHA20_POLY1305_SHA256", 0xC012: "3DES_EDE_CBC_SHA", 0xC011: "RC4_128_SHA", 0xC010: "NULL_SHA"},
    "ECDH_ECDSA": {0xC004: "AES_128_CBC_SHA", 0xC005: "AES_256_CBC_SHA", 0xC02D: "AES_128_GCM_SHA256"}
    | {0xC02E: "AES_256_GCM_SHA384"},
    "ECDH_RSA": {0xC00E: "AES_128_CBC_SHA", 0xC00F: "AES_256_CBC_SHA", 0xC031: "AES_128_GCM_SHA256"},
}
_SUITES: Final = {
    code: f"TLS_{exchange}_WITH_{cipher}"
    for exchange, ciphers in _EXCHANGES.items()
    for code, cipher in ciphers.items()
}


def version_name(version: int) -> str:
    """Name a protocol version."""
    return _VERSIONS.get(version, f"version 0x{version:04X}")


def suite_name(suite: int) -> str:
    """Name a cipher suite; of one that is not in the table, write its number."""
    return _SUITES.get(suite, f"cipher suite 0x{suite:04X}")


def alert_name(description: int) -> str:
    """Name an alert, with its number."""
    return f"{_ALERTS.get(description, 'alert')} ({description})"


def signs_by_ecdsa(suite: int) -> bool:
    """Whether the server signs its ServerKeyExchange by ECDSA over a curve of its choice."""
    return suite in _EXCHANGES["ECDHE_ECDSA"]
