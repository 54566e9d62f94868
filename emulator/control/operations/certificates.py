"""The certificate stores: what is in them, and what is put there; private keys go in and never come out."""

from __future__ import annotations

from emulator.certificate_slots import SlotFacts, StoreName
from emulator.control.declaration import operation
from emulator.control.desk import Desk
from emulator.control.problem import refusing
from firmware_model.tls.slots import Slot


@operation("GET", "/certificates", tag="certificates")
def list_certificates(desk: Desk) -> list[SlotFacts]:
    """List the slots of both stores; of a private key only its kind, and whether it fits, is told."""
    with refusing(409, OSError):
        return list(desk.emulator.certificates.slots())


@operation("PUT", "/certificates/{store}/{slot}", tag="certificates")
def put_certificate(desk: Desk, store: StoreName, slot: Slot, body: bytes) -> list[SlotFacts]:
    """Fill a slot with PEM or DER, as TLSCERT and WPAECERT do."""
    with refusing(400, ValueError), refusing(409, OSError):
        desk.emulator.certificates.put(store, slot, body)
    return list_certificates(desk)


@operation("DELETE", "/certificates/{store}", tag="certificates")
def clean_certificates(desk: Desk, store: StoreName) -> list[SlotFacts]:
    """Empty all slots of a store."""
    with refusing(409, OSError):
        desk.emulator.certificates.clean(store)
    return list_certificates(desk)
