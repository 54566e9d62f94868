"""Second stage of a signature: the hash that is used, and the one that is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firmware_model.tls.faults.fired import Circumstances, Wrapper


class Hashing(NamedTuple):
    """Names of hashes as :mod:`hashlib` has them; ``"md5+sha1"`` is what RSA signs before TLS 1.2."""

    used: str
    announced: str | None
    """None before TLS 1.2, where nothing is announced."""
    offered: tuple[str, ...] = ()
    """What the server takes with our kind of key, in its order."""


def _wrong_hash(hashing: Hashing, _: Circumstances) -> Hashing:
    return hashing._replace(used="sha256" if hashing.used == "sha1" else "sha1")


def _wrong_claim(hashing: Hashing, _: Circumstances) -> Hashing:
    others = [name for name in (*hashing.offered, "sha1", "sha256") if name != hashing.announced]
    return hashing if hashing.announced is None else hashing._replace(announced=others[0])


HASHING: Final[Mapping[str, Wrapper[Hashing]]] = {
    "signature=wrong-hash": _wrong_hash,
    "signature=wrong-claim": _wrong_claim,
}
