"""How an access point judges what the module presents: WEP keys, WPA keys, enterprise passwords."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from firmware_model.air import EapMethod, JoinAnswer, JoinOutcome, Security

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint, Credentials

ACCEPTED: Final = JoinAnswer(JoinOutcome.ACCEPTED)
STATUS_CHALLENGE_FAILURE: Final = 15
"""802.11 status: shared key authentication failed."""
STATUS_RATES: Final = 18
"""802.11 status: the station does not support all basic rates."""
REASON_HANDSHAKE_TIMEOUT: Final = 15
"""802.11 reason: the 4-way handshake timed out, what a wrong pass phrase looks like."""
REASON_8021X_FAILED: Final = 23
"""802.11 reason: the enterprise authentication failed."""
_PEAP: Final = (EapMethod.PEAP_MD5, EapMethod.PEAP_MSCHAP)
_WPA_KEY_OCTETS: Final = 32
_KEY_DIGITS: Final = re.compile(r"[0-9A-Fa-f]{64}")
_ROUNDS: Final = 4096


def judge(access_point: AccessPoint, credentials: Credentials) -> JoinAnswer:
    """The answer of an access point that wants nothing but the right credentials.

    A wrong WEP key goes unnoticed with open system authentication: see :func:`hears`.
    """
    if access_point.basic_rates & ~credentials.rates:
        return JoinAnswer(JoinOutcome.ASSOCIATION_REFUSED, STATUS_RATES)
    match access_point.security:
        case Security.ANY | Security.OPEN:
            return ACCEPTED
        case Security.WEP:
            if credentials.shared_key and not hears(access_point, credentials):
                return JoinAnswer(JoinOutcome.AUTHENTICATION_REFUSED, STATUS_CHALLENGE_FAILURE)
        case Security.ENTERPRISE:
            if not _may_log_in(access_point, credentials):
                return JoinAnswer(JoinOutcome.KEY_REFUSED, REASON_8021X_FAILED)
        case _:
            if not _knows_wpa_key(access_point, credentials):
                return JoinAnswer(JoinOutcome.KEY_REFUSED, REASON_HANDSHAKE_TIMEOUT)
    return ACCEPTED


def hears(access_point: AccessPoint, credentials: Credentials) -> bool:
    """Whether the access point can read the module's frames; with a wrong WEP key it drops them all."""
    if access_point.security is not Security.WEP or access_point.passphrase is None:
        return True
    return credentials.wep_key.hex() == access_point.passphrase.lower()


def _may_log_in(access_point: AccessPoint, credentials: Credentials) -> bool:
    """Whether the authentication server takes method and identity, and the password or the certificate."""
    server, login = access_point.enterprise, credentials.eap
    if access_point.identity not in (None, credentials.identity):
        return False
    if login is None:
        return access_point.passphrase in (None, credentials.password)
    if server.methods and login.method not in server.methods:
        return False
    if login.method is EapMethod.TLS:
        return not server.client_authority or _is_issued_by(server.client_authority, login.certificate)
    versions = {login.peap_version, server.peap_version} - {None}
    if login.method in _PEAP and len(versions) > 1:
        return False
    return access_point.passphrase in (None, credentials.password)


def _is_issued_by(authority: bytes, certificate: bytes) -> bool:
    # Imported here because few networks are of this kind, and start-up time counts.
    from firmware_model.tls.certificate import is_signed_by, parse_certificate

    return is_signed_by(parse_certificate(certificate), parse_certificate(authority).public_key)


def _knows_wpa_key(access_point: AccessPoint, credentials: Credentials) -> bool:
    if access_point.passphrase in (None, credentials.passphrase):
        return True
    return bool(credentials.key) and credentials.key == wpa_key(access_point.passphrase or "", access_point.ssid)


@cache
def wpa_key(passphrase: str, ssid: str) -> bytes:
    """The WPA key of a network: PBKDF2-SHA1 of its pass phrase, or the key itself when given as 64 hex digits."""
    if _KEY_DIGITS.fullmatch(passphrase):
        return bytes.fromhex(passphrase)
    return hashlib.pbkdf2_hmac("sha1", passphrase.encode(), ssid.encode("latin-1"), _ROUNDS, _WPA_KEY_OCTETS)
