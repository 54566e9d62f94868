"""Certificates and keys from PEM files, as ``spwf04sx certificates`` and others write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ecdsa
from asn1crypto import keys, pem, x509

from emulator.peers.authority import Anchor, Identity
from emulator.peers.certificate_folder import CertificateError
from emulator.peers.keys import EcKey, PrivateKey, RsaKey

if TYPE_CHECKING:
    from pathlib import Path

_DIGESTS: Final = {"NIST256p": "sha256", "NIST384p": "sha384"}


def read_identity(folder: Path, name: str) -> Identity:
    """The chain in ``name.pem`` with the key in ``name.key.pem``. Raises CertificateError, OSError."""
    leaf, *chain = _certificates(folder / f"{name}.pem")
    return Identity(leaf, _key(folder / f"{name}.key.pem"), tuple(chain))


def read_anchor(path: Path) -> Anchor:
    """The first certificate in a file. Raises CertificateError, OSError."""
    return Anchor(_certificates(path)[0])


def _certificates(path: Path) -> list[bytes]:
    try:
        found = [der for label, _, der in pem.unarmor(path.read_bytes(), multiple=True) if label == "CERTIFICATE"]
        for der in found:
            x509.Certificate.load(der, strict=True).native  # noqa: B018 - it is parsed when it is looked at
    except (ValueError, TypeError) as failure:
        raise CertificateError(f"{path} is no certificate in PEM") from failure
    if not found:
        raise CertificateError(f"{path} holds no certificate in PEM")
    return found


def _key(path: Path) -> PrivateKey:
    try:
        blocks = {label: der for label, _, der in pem.unarmor(path.read_bytes(), multiple=True)}
        if "EC PRIVATE KEY" in blocks:
            return _ec_key(ecdsa.SigningKey.from_der(blocks["EC PRIVATE KEY"]))
        if "RSA PRIVATE KEY" in blocks:
            return _rsa_key(keys.RSAPrivateKey.load(blocks["RSA PRIVATE KEY"], strict=True))
        info = keys.PrivateKeyInfo.load(blocks["PRIVATE KEY"], strict=True)
        if info.algorithm == "rsa":
            return _rsa_key(info["private_key"].parsed)
        return _ec_key(ecdsa.SigningKey.from_der(info.dump()))
    except KeyError as failure:
        raise CertificateError(f"{path} holds no private key in PEM, or one under a pass phrase") from failure
    except (ValueError, TypeError, ecdsa.der.UnexpectedDER) as failure:
        raise CertificateError(f"{path} is no private key of a kind that can be used here: {failure}") from failure


def _ec_key(key: ecdsa.SigningKey) -> EcKey:
    if key.curve.name not in _DIGESTS:
        raise ValueError(f"its curve is {key.curve.name}")
    return EcKey(key, _DIGESTS[key.curve.name])


def _rsa_key(key: keys.RSAPrivateKey) -> RsaKey:
    return RsaKey(key["prime1"].native, key["prime2"].native)
