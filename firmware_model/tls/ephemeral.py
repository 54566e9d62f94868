"""The ephemeral halves of a key exchange, drawn from the module's own chance.

tlslite-ng draws them from the system, so that no two runs would be alike. It makes one key exchange object for each
handshake and hands it to one method of the connection, which wraps it into one of these; nothing global is touched.

Importing this module brings tlslite-ng along; only a worker thread does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecdsa import SigningKey
from tlslite.constants import ECCurveType, ExtensionType, GroupName
from tlslite.errors import TLSDecodeError, TLSIllegalParameterException, TLSInsufficientSecurity
from tlslite.keyexchange import ECDHKeyExchange
from tlslite.messages import ServerKeyExchange
from tlslite.utils.cryptomath import numBytes
from tlslite.utils.ecc import getCurveByName

if TYPE_CHECKING:
    from tlslite.keyexchange import KeyExchange
    from tlslite.utils.rsakey import RSAKey

    from firmware_model.outside import RandomSource

_PREMASTER_SIZE = 48
_ENCRYPTION = b"\0\2"
"""How a block of PKCS #1 encryption begins (RFC 8017, 7.2.1); at least 8 octets other than 0 and a 0 follow."""


class ClientExchange:
    """What tlslite-ng's client asks of a key exchange, ECDHE or RSA."""

    def __init__(self, exchange: KeyExchange, random: RandomSource) -> None:
        self._exchange = exchange
        self._random = random

    def processServerKeyExchange(  # noqa: N802  tlslite-ng's name
        self, server_key: RSAKey, message: ServerKeyExchange | None
    ) -> bytearray:
        """Return the premaster secret; raises errors of tlslite-ng's for a message that cannot be used."""
        if message is None:
            return self._sealed_for(server_key)
        exchange = self._exchange
        if message.curve_type != ECCurveType.named_curve or message.named_curve not in exchange.acceptedCurves:
            raise TLSIllegalParameterException("Server picked curve we didn't advertise")
        if not message.ecdh_Ys:
            raise TLSDecodeError("Empty server key share")
        curve = ECDHKeyExchange(message.named_curve, exchange.serverHello.server_version)
        private = _private_key(message.named_curve, self._random)
        exchange.ecdhYc = curve.calc_public_value(private, "uncompressed")
        return bytearray(curve.calc_shared_key(private, message.ecdh_Ys, {"uncompressed"}))

    def makeClientKeyExchange(self) -> Any:  # noqa: N802  tlslite-ng's name
        """Return the message with our half."""
        return self._exchange.makeClientKeyExchange()

    def _sealed_for(self, server_key: RSAKey) -> bytearray:
        """Draw the premaster secret and encrypt it for the server (RFC 5246, 7.4.7.1)."""
        version = bytes(self._exchange.clientHello.client_version)
        premaster = version + self._random.octets(_PREMASTER_SIZE - len(version))
        padding_size = numBytes(server_key.n) - len(_ENCRYPTION) - 1 - len(premaster)
        padding = bytes(1 + self._random.below(255) for _ in range(padding_size))
        block = bytearray(_ENCRYPTION + padding + b"\0" + premaster)
        self._exchange.encPremasterSecret = server_key._raw_public_key_op_bytes(block)  # noqa: SLF001  it pads by itself
        return bytearray(premaster)


class ServerExchange:
    """What tlslite-ng's server asks of a key exchange by ECDHE; RSA leaves nothing to chance there."""

    def __init__(self, exchange: KeyExchange, random: RandomSource) -> None:
        self._exchange = exchange
        self._random = random

    def makeServerKeyExchange(self, signature_scheme: str) -> ServerKeyExchange:  # noqa: N802  tlslite-ng's name
        """Return the signed message with our half; raises TLSInsufficientSecurity without a common curve."""
        exchange = self._exchange
        offer = exchange.clientHello.getExtension(ExtensionType.supported_groups)
        groups = [exchange.defaultCurve] if offer is None else offer.groups
        exchange.group_id = next((group for group in groups if group in exchange.acceptedCurves), None)
        if exchange.group_id is None:
            raise TLSInsufficientSecurity("No mutual groups")
        version = exchange.serverHello.server_version
        exchange.ecdhXs = _private_key(exchange.group_id, self._random)
        public = ECDHKeyExchange(exchange.group_id, version).calc_public_value(exchange.ecdhXs, "uncompressed")
        message = ServerKeyExchange(exchange.cipherSuite, version)
        message.createECDH(ECCurveType.named_curve, named_curve=exchange.group_id, point=public)
        exchange.signServerKeyExchange(message, signature_scheme)
        return message

    def processClientKeyExchange(self, message: Any) -> bytearray:  # noqa: N802  tlslite-ng's name
        """Return the premaster secret; raises errors of tlslite-ng's for a message that cannot be used."""
        return bytearray(self._exchange.processClientKeyExchange(message))


def _private_key(group: int, random: RandomSource) -> SigningKey:
    return SigningKey.generate(getCurveByName(GroupName.toStr(group)), entropy=random.octets)
