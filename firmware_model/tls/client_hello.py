"""What the module offers in its ClientHello.

The real one was never captured. This is a neutral choice: the algorithms of ST's data brief (D1), no session
identifier, no ticket, no renegotiation marker. Order and selection are assumed; that ECDHE-ECDSA with AES-128-GCM
works is known (S0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlslite.api import HandshakeSettings
from tlslite.constants import CipherSuite, ECPointFormat, ExtensionType

if TYPE_CHECKING:
    from tlslite.messages import ClientHello

    from firmware_model.tls.capabilities import TlsCapabilities

_SUITES = (
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA,
)

_EXTENSIONS = (
    ExtensionType.server_name,
    ExtensionType.supported_groups,
    ExtensionType.ec_point_formats,
    ExtensionType.signature_algorithms,
)

_HASHES = ("sha256", "sha384", "sha1")


def handshake_settings(capabilities: TlsCapabilities) -> HandshakeSettings:
    """Translate capabilities into what tlslite-ng wants to know."""
    settings = HandshakeSettings()
    settings.minVersion = capabilities.min_version
    settings.maxVersion = capabilities.max_version
    settings.versions = [(3, 3), (3, 2), (3, 1)]
    settings.cipherNames = ["aes128gcm", "aes256gcm", "aes128", "aes256"]
    settings.macNames = ["sha", "sha256", "sha384", "aead"]
    settings.keyExchangeNames = ["ecdhe_ecdsa", "ecdhe_rsa", "rsa"] if capabilities.ecc else ["rsa"]
    settings.eccCurves = ["secp256r1", "secp384r1"]
    settings.ec_point_formats = [ECPointFormat.uncompressed]
    settings.rsaSigHashes = list(_HASHES)
    settings.rsaSchemes = ["pkcs1"]
    settings.ecdsaSigHashes = list(_HASHES) if capabilities.ecc else []
    settings.dsaSigHashes = []
    settings.more_sig_schemes = []
    # Both default to groups that the curves above exclude, and validate() would refuse that.
    settings.keyShares = []
    settings.dhGroups = []
    settings.useEncryptThenMAC = False
    settings.useExtendedMasterSecret = False
    settings.usePaddingExtension = False
    settings.use_heartbeat_extension = False
    settings.record_size_limit = None
    settings.certificate_compression_send = []
    settings.certificate_compression_receive = []
    return settings


def shape(hello: ClientHello, random: bytes) -> None:
    """Bring suites and extensions into the module's order and drop what tlslite-ng adds of itself."""
    hello.random = bytearray(random)
    hello.cipher_suites = [suite for suite in _SUITES if suite in hello.cipher_suites]
    offered = {extension.extType: extension for extension in hello.extensions}
    hello.extensions = [offered[kind] for kind in _EXTENSIONS if kind in offered]
