"""The stores of TLSCERT and WPAECERT: a slot each for CA, own certificate, its key, and the CA's identifier.

Content lies in flash, apart from the configuration: it outlives reset and factory restore (F-FR). What TLS does not
find there it looks for among the files: ``<subject key identifier>.ca`` and ``tls.cert`` (T2, T7), and ``tls.key``
(assumed).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from firmware_model.events import Note
from firmware_model.tls.certificate import Certificate, parse_certificate
from firmware_model.tls.pem import certificates_in, is_pem
from firmware_model.tls.private_key import PrivateKey, belongs_to, parse_private_key
from firmware_model.tls.slots import FILES, KEY_ID_SIZE, LIMITS, STORE, Slot, area
from firmware_model.tls.validation import StoredCa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_model.outside import Flash, Timeline
    from firmware_model.storage.files import FileSystem

_CA_SUFFIX: Final = ".ca"


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What the module shows of itself: its certificates as stored, in that order, and its key.

    Nothing guarantees that they belong together.
    """

    chain: tuple[bytes, ...]
    key: PrivateKey


_Parsed = Certificate | tuple[bytes, ...] | PrivateKey | bytes


class CredentialStore:
    """The four slots of one ``folder`` in flash, and the ``files`` that stand in for empty ones.

    Files are as large as the slots at most; their key identifiers are hex digits, without colons as FAT forbids
    them. ``key_id_from_pem`` lets a CA in PEM give its identifier by itself; firmware 1.1.0 does so for DER only
    (T1).
    """

    def __init__(
        self,
        flash: Flash,
        timeline: Timeline,
        *,
        folder: str = STORE,
        files: FileSystem | None = None,
        key_id_from_pem: bool = False,
    ) -> None:
        self._flash = flash
        self._folder = folder
        self._files = files
        self._timeline = timeline
        self._key_id_from_pem = key_id_from_pem
        self._parsed: dict[Slot, tuple[bytes, _Parsed]] = {}

    def store(self, slot: Slot, data: bytes) -> str | None:
        """Replace the content of ``slot``.

        Returns the identifier of a CA's key, ``AA:BB:...``, when the module found it by itself; it is then
        stored as ``auth`` too. Raises ValueError with one line that says what is wrong with ``data``, or
        OSError from the flash; the slot is unchanged then.
        """
        if len(data) > LIMITS[slot]:
            raise ValueError(f"{len(data)} octets are too many for {slot}; it takes {LIMITS[slot]}")
        parsed = _PARSERS[slot](data)
        self._flash.store(self._area(slot), data)
        self._parsed[slot] = (data, parsed)
        if slot in (Slot.CERT, Slot.KEY):
            self._note_a_mismatch()
        if isinstance(parsed, Certificate):
            return self._store_key_id(parsed.key_id, from_pem=is_pem(data))
        return None

    def clean(self) -> None:
        """Erase all slots; raises OSError from the flash."""
        for slot in Slot:
            self._flash.erase(self._area(slot))
        self._parsed.clear()

    def contents(self) -> list[tuple[Slot, int]]:
        """Return the slots in use with the octets in each."""
        stored = ((slot, self._flash.load(self._area(slot))) for slot in Slot)
        return [(slot, len(data)) for slot, data in stored if data is not None]

    def content(self, slot: Slot) -> bytes | None:
        """Return what is stored in a slot; None for an empty one. Raises OSError from the flash."""
        return self._flash.load(self._area(slot))

    def ca(self) -> StoredCa | None:
        """Return the stored CA with the identifier it is looked up by; None when there is none."""
        certificate = self._load(Slot.CA)
        key_id = self._load(Slot.AUTH)
        if not isinstance(certificate, Certificate):
            return None
        return StoredCa(certificate, key_id if isinstance(key_id, bytes) else None)

    @property
    def has_ca(self) -> bool:
        """Whether there is any CA, in flash or in a file."""
        names = [entry.name.lower() for entry in self._files.list()] if self._files else []
        return self.ca() is not None or any(name.endswith(_CA_SUFFIX) for name in names)

    def ca_from_file(self, key_id: bytes) -> StoredCa | None:
        """Return the CA whose file is named after ``key_id``; None also while the slot is in use."""
        if self._flash.load(self._area(Slot.CA)) is not None:
            return None
        data = self._file(Slot.CA, key_id.hex() + _CA_SUFFIX)
        try:
            return None if data is None else StoredCa(_parse_ca(data), key_id)
        except ValueError:
            return None

    def client(self) -> ClientCredentials | None:
        """Return the module's own certificates and key; None unless both are there."""
        chain = self._load(Slot.CERT)
        key = self._load(Slot.KEY)
        if not isinstance(chain, tuple) or key is None or isinstance(key, (Certificate, tuple, bytes)):
            return None
        return ClientCredentials(chain, key)

    def _load(self, slot: Slot) -> _Parsed | None:
        """Return the parsed content of the slot or else of its file; what is damaged counts as empty.

        Parsing takes milliseconds, so the result is kept for as long as the octets stay the same. A handshake
        calls this on a worker thread, beside which the event loop may store.
        """
        data = self._flash.load(self._area(slot))
        if data is None and slot in FILES:
            data = self._file(slot, FILES[slot])
        if data is None:
            return None
        if (known := self._parsed.get(slot)) is not None and known[0] == data:
            return known[1]
        try:
            parsed = _PARSERS[slot](data)
        except ValueError:
            return None
        self._parsed[slot] = (data, parsed)
        return parsed

    def _store_key_id(self, key_id: bytes | None, *, from_pem: bool) -> str | None:
        if key_id is None or len(key_id) != KEY_ID_SIZE or (from_pem and not self._key_id_from_pem):
            return None
        self._flash.store(self._area(Slot.AUTH), key_id)
        return key_id.hex(":").upper()

    def _file(self, slot: Slot, name: str) -> bytes | None:
        data = self._files.find(name) if self._files else None
        return data if data is None or len(data) <= LIMITS[slot] else None

    def _area(self, slot: Slot) -> str:
        return area(self._folder, slot)

    def _note_a_mismatch(self) -> None:
        own = self.client()
        if own is not None and not belongs_to(own.key, parse_certificate(own.chain[0])):
            self._timeline.record(
                Note(
                    "the stored key does not belong to the first stored certificate: a server that asks for "
                    "a client certificate will refuse our CertificateVerify (the module does not notice)"
                )
            )


def _parse_ca(data: bytes) -> Certificate:
    """Read the first certificate; further ones are not looked at (assumed)."""
    return parse_certificate(certificates_in(data)[0])


def _parse_chain(data: bytes) -> tuple[bytes, ...]:
    chain = certificates_in(data)
    for der in chain:
        parse_certificate(der)
    return chain


def _parse_key_id(data: bytes) -> bytes:
    if len(data) != KEY_ID_SIZE:
        raise ValueError(f"a key identifier has {KEY_ID_SIZE} octets, not {len(data)}")
    return data


_PARSERS: Final[Mapping[Slot, Callable[[bytes], _Parsed]]] = MappingProxyType(
    {
        Slot.CA: _parse_ca,
        Slot.CERT: _parse_chain,
        Slot.KEY: parse_private_key,
        Slot.AUTH: _parse_key_id,
    }
)
