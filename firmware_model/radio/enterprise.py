"""WPA enterprise: what the module presents of itself, and which servers it trusts.

The certificates are those of WPAECERT. They are judged like those of TLS, but for the name, which nobody knows here;
``wifi_eap_skip_datechecks`` leaves the dates out, since a module that has no network yet has no time either. Without a
stored CA any server is trusted (assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.air import EapLogin, EapMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firmware_model.storage.configuration import Configuration
    from firmware_model.tls.credentials import CredentialStore

_METHODS: Final = tuple(EapMethod)
_PEAP_VERSIONS: Final = (None, 0, 1)
"""By ``wifi_eap_peap_options`` (assumed)."""


class EnterpriseAccess:
    """The module's side of WPA enterprise; ``store`` is opened when it is needed, ``now`` in seconds since 1970."""

    def __init__(self, store: Callable[[], CredentialStore], now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def login(self, configuration: Configuration) -> EapLogin:
        """How the configuration wants the module to log in. With EAP-TLS there is no tunnel, and one identity."""
        text, number = configuration.get, configuration.integer
        method, identity = _METHODS[number("wifi_eap_type")], text("wifi_eap_identity")
        is_tls = method is EapMethod.TLS
        return EapLogin(
            method=method,
            outer_identity=identity if is_tls else text("wifi_eap_anon_identity") or identity,
            peap_version=_PEAP_VERSIONS[number("wifi_eap_peap_options")],
            certificate=self._own_certificate() if is_tls else b"",
        )

    def objection(self, chain: Sequence[bytes], *, dates: bool) -> str:
        """Why the module does not trust a server with these certificates, for the log; empty when it does."""
        # Imported here because few networks are of this kind, and start-up time counts.
        from firmware_model.tls.failures import CertificateError
        from firmware_model.tls.validation import Expectation, validate

        ca = self._store().ca()
        if ca is None:
            return ""
        try:
            for _ in validate(chain, Expectation(ca, self._now(), "", dates=dates)):
                pass
        except CertificateError as failure:
            return str(failure)
        return ""

    def _own_certificate(self) -> bytes:
        from firmware_model.tls.certificate import parse_certificate
        from firmware_model.tls.private_key import belongs_to

        own = self._store().client()
        if own is None or not belongs_to(own.key, parse_certificate(own.chain[0])):
            return b""
        return own.chain[0]
