"""Certificates for handshakes that are to be diagnosed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.peers.keys import SeededOctets, p384_key
from tests.tls.certificates import client_rsa_key

if TYPE_CHECKING:
    from emulator.peers.authority import Identity
    from emulator.peers.pki import Pki
    from tests.diagnosis.conversation import Conversation


@pytest.fixture(scope="session")
def rsa_client(pki: Pki) -> Identity:
    """A client with an RSA key."""
    return pki.root.issue("RSA client", client=True, key=client_rsa_key())


@pytest.fixture(scope="session")
def p384_client(pki: Pki) -> Identity:
    """A client with a key on P-384."""
    return pki.root.issue("P-384 client", client=True, key=p384_key(SeededOctets("p384 client")))


@pytest.fixture(scope="session")
def correct_conversation(pki: Pki) -> Conversation:
    """A handshake with a correct signature, which the server cannot finish."""
    from tests.diagnosis.forge import forge

    return forge(pki.server, pki.root, pki.client)
