"""Certificates as files: what TLS looks for when the slots in flash are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.surroundings.flash import MemoryFlash
from firmware_model.storage.configuration import Configuration
from firmware_model.storage.files import FileSystem
from firmware_model.tls.certificate import parse_certificate
from firmware_model.tls.credentials import CredentialStore
from firmware_model.tls.failures import CertificateError
from firmware_model.tls.progress import CaSkipped, Loaded, LoadedItem
from firmware_model.tls.slots import Slot
from firmware_model.tls.validation import Expectation, validate
from tests.doubles import RecordingTimeline
from tests.tls.certificates import HOST, NOW, root

if TYPE_CHECKING:
    from emulator.peers.authority import Authority, Identity


class Bench:
    """A store over files and flash."""

    def __init__(self) -> None:
        flash, timeline = MemoryFlash(), RecordingTimeline()
        self.files = FileSystem(flash, timeline, Configuration(flash, timeline), {})
        self.store = CredentialStore(flash, timeline, files=self.files)

    def judge(self, server: Identity) -> list[object]:
        expected = Expectation(self.store.ca(), NOW, HOST, ca_file=self.store.ca_from_file)
        return list(validate((server.certificate_der, *server.chain_der), expected))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def key_id(authority: Authority) -> bytes:
    found = parse_certificate(authority.certificate_der).key_id
    assert found is not None
    return found


@pytest.mark.parametrize("volume", ["1:/", "2:/"])
@pytest.mark.parametrize("form", ["der", "pem"])
def test_a_ca_is_found_by_its_key_identifier(bench: Bench, volume: str, form: str) -> None:
    ca = root()
    content = ca.certificate_der if form == "der" else ca.certificate_pem.encode()
    assert not bench.store.has_ca
    bench.files.write(f"{volume}{key_id(ca).hex().upper()}.ca", content)
    assert bench.store.has_ca
    assert bench.judge(ca.issue(HOST)) == [Loaded(LoadedItem.CA)]


def test_the_file_of_the_right_ca_is_taken(bench: Bench) -> None:
    for name in ("Root", "Other"):
        bench.files.write(f"1:/{key_id(root(name)).hex()}.ca", root(name).certificate_der)
    assert bench.judge(root("Other").issue(HOST)) == [Loaded(LoadedItem.CA)]
    with pytest.raises(CertificateError):
        bench.judge(root("Third").issue(HOST))


def test_intermediates_are_skipped_on_the_way_to_the_file(bench: Bench) -> None:
    bench.files.write(f"{key_id(root()).hex()}.ca", root().certificate_der)
    server = root().intermediate("Intermediate").issue(HOST)
    assert bench.judge(server) == [CaSkipped(), Loaded(LoadedItem.CA)]


def test_a_ca_in_flash_hides_the_files(bench: Bench) -> None:
    bench.files.write(f"1:/{key_id(root()).hex()}.ca", root().certificate_der)
    bench.store.store(Slot.CA, root("Other").certificate_der)
    assert bench.store.ca_from_file(key_id(root())) is None
    with pytest.raises(CertificateError):
        bench.judge(root().issue(HOST))
    bench.store.clean()
    assert bench.judge(root().issue(HOST)) == [Loaded(LoadedItem.CA)]


def test_a_file_that_is_no_certificate_counts_as_none(bench: Bench) -> None:
    bench.files.write(f"1:/{key_id(root()).hex()}.ca", b"no certificate")
    assert bench.store.ca_from_file(key_id(root())) is None


def test_certificate_and_key_come_from_files_one_by_one(bench: Bench) -> None:
    own, other = root().issue("Client", client=True), root().issue("Other", client=True)
    bench.files.write("1:/TLS.CERT", own.bundle_der)
    assert bench.store.client() is None
    bench.files.write("tls.key", own.key_der)
    client = bench.store.client()
    assert client is not None
    assert client.chain == (own.certificate_der, *own.chain_der)
    assert bench.store.contents() == []
    bench.store.store(Slot.CERT, other.bundle_der)
    replaced = bench.store.client()
    assert replaced is not None
    assert (replaced.chain[0], replaced.key) == (other.certificate_der, client.key)


def test_a_file_may_be_as_large_as_its_slot(bench: Bench) -> None:
    own = root().issue("Client", client=True)
    bench.files.write("tls.key", own.key_der)
    text = own.certificate_pem.encode()
    bench.files.write("tls.cert", text.rjust(1475))
    assert bench.store.client() is not None
    bench.files.write("tls.cert", text.rjust(1476), append=False)
    assert bench.store.client() is None
