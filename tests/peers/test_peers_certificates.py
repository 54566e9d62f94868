"""``spwf04sx certificates``: what it makes is taken by OpenSSL, by Python's ssl and by the module itself."""

from __future__ import annotations

import json
import ssl
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.certificates import make_folder
from emulator.peers.certificate_folder import CertificateError, Wish, make_certificates, write_certificates
from tests.module_host import ModuleHost, running_module
from tests.peers.test_peers_pki import RECEIVED_LIMIT, STORE_LIMIT, certificate, openssl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMAND = (sys.executable, "-m", "emulator.cli", "certificates")
SEEDED = Wish(seed="test", expired=True, wrong_name=True, wrong_order=True)
OK = b"AT-S.OK\r\n"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_folder(SEEDED, folder)
    return folder


async def load(host: ModuleHost, folder: Path, bundle: str = "client.der") -> dict[str, bytes]:
    """Load the module's store; returns what it answered."""
    slots = {"ca": "ca.der", "cert": bundle, "key": "client.key.der"}
    contents = {slot: (folder / name).read_bytes() for slot, name in slots.items()}
    return {
        slot: await host.command(f"AT+S.TLSCERT={slot},{len(content)}", content) for slot, content in contents.items()
    }


def test_private_keys_are_for_their_owner_only(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    keys = {name for name in modes if ".key." in name}
    assert keys == {
        f"{name}.key.{form}"
        for name in ("server", "direct", "client", "expired", "wrong-name")
        for form in ("pem", "der")
    }
    assert {modes[name] for name in keys} == {0o600}


def test_python_loads_every_identity(folder: Path) -> None:
    for name in ("server", "direct", "client", "expired", "wrong-name"):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key.pem")


def test_a_bundle_in_the_wrong_order_does_not_begin_with_the_certificate_of_the_key(folder: Path) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)key values mismatch"):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
            folder / "client-wrong-order.pem", folder / "client.key.pem"
        )
    right, wrong = ((folder / name).read_bytes() for name in ("client.der", "client-wrong-order.der"))
    assert right != wrong
    assert sorted(right) == sorted(wrong)


@pytest.mark.parametrize(
    ("name", "purpose", "verdict"),
    [
        ("server", "sslserver", "OK"),
        ("direct", "sslserver", "OK"),
        ("client", "sslclient", "OK"),
        ("expired", "sslserver", "certificate has expired"),
    ],
)
async def test_openssl_says_of_each_what_it_is_meant_to_be(
    need_program: Callable[[str], None], folder: Path, name: str, purpose: str, verdict: str
) -> None:
    need_program("openssl")
    file, ca = folder / f"{name}.pem", folder / "ca.pem"
    assert verdict in await openssl("verify", "-purpose", purpose, "-CAfile", ca, "-untrusted", file, file)


@pytest.mark.parametrize(("name", "fits"), [("direct", True), ("wrong-name", False)])
async def test_openssl_says_for_whom_a_certificate_is(
    need_program: Callable[[str], None], folder: Path, name: str, fits: bool
) -> None:
    need_program("openssl")
    words = await openssl(
        "verify", "-verify_hostname", "localhost", "-CAfile", folder / "ca.pem", folder / f"{name}.pem"
    )
    assert ("hostname mismatch" not in words) == fits


async def test_the_module_takes_everything(folder: Path) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        answers = await load(host, folder)
        loading = (folder / "load.txt").read_text()
    identifier = next(line for line in loading.splitlines() if "SubjectKeyId" in line).removeprefix("< ")
    assert answers["ca"] == identifier.encode() + b"\r\n" + OK
    assert answers["cert"] == answers["key"] == OK


async def test_the_module_notices_nothing_of_a_wrong_order(folder: Path) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        answers = await load(host, folder, "client-wrong-order.der")
    assert answers["cert"] == answers["key"] == OK


def test_rsa_fits_the_module_without_an_intermediate() -> None:
    made = make_certificates(Wish(rsa=True, seed="rsa"))
    assert made.pki.client.chain_der == ()
    assert made.size("client.der") <= STORE_LIMIT
    assert made.size("client.key.der") <= STORE_LIMIT
    assert max(map(len, made.pki.server.chain_der)) <= RECEIVED_LIMIT
    assert certificate(made.pki.client.certificate_der).public_key.algorithm == "rsa"
    assert certificate(made.pki.root.certificate_der).signature_algo == "rsassa_pkcs1v15"


def test_names_and_addresses_are_those_that_were_asked_for() -> None:
    made = make_certificates(Wish(names=("broker.example", "*.lab.example"), addresses=("10.0.0.7", "fe80::1")))
    server = certificate(made.pki.server.certificate_der)
    assert server.subject.native == {"common_name": "broker.example"}
    assert [name.native for name in server.subject_alt_name_value] == [
        "broker.example",
        "*.lab.example",
        "10.0.0.7",
        "fe80::1",
    ]


def test_keys_are_drawn_anew_unless_a_seed_is_given() -> None:
    drawn = [make_certificates(Wish()).pki.client.key_der for _ in range(2)]
    seeded = [make_certificates(Wish(seed="7")).pki.client.key_der for _ in range(2)]
    other = make_certificates(Wish(seed="8")).pki.client.key_der
    assert len({*drawn, *seeded, other}) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"names": ("192.168 0.2",)}, "is no DNS name; give IP addresses with --address"),
        ({"names": ("-x",)}, "is no DNS name"),
        ({"addresses": ("server.example",)}, "is no IP address; give names with --name"),
        ({"client_name": ""}, "is no common name; use 1..64 printable"),
        ({"client_name": "x" * 65}, "is no common name"),
        ({"client_name": "Müller"}, "is no common name"),
        ({"rsa": True, "wrong_order": True}, "leave --rsa or --wrong-order out"),
    ],
)
def test_a_wish_that_cannot_be_granted(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CertificateError, match=words):
        replace(Wish(), **changes)  # type: ignore[arg-type]


def test_more_names_than_the_module_can_take() -> None:
    with pytest.raises(CertificateError, match=r"the module takes 2560; give fewer names"):
        make_certificates(Wish(names=[f"server-{number:03}.{'x' * 30}.example" for number in range(60)]))


def test_nothing_is_lost_when_writing_fails(tmp_path: Path) -> None:
    first, second = make_certificates(Wish()), make_certificates(Wish())
    write_certificates(first, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    broken = second._replace(files=(*second.files, second.files[0]._replace(name="no/such/folder/ca.pem")))
    with pytest.raises(OSError, match="No such file"):
        write_certificates(broken, tmp_path, force=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_command_does_not_overwrite_keys_unless_it_is_forced_to(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "certificates"
    first = run(folder, "--name", "broker.example")
    assert first.returncode == 0, first.stderr
    assert f"AT+S.TLSCERT=cert,{(folder / 'client.der').stat().st_size} " in first.stdout
    assert "with the common name, broker.example (inferred)" in first.stdout
    key = (folder / "client.key.pem").read_bytes()
    again = run(folder)
    assert (again.returncode, again.stdout) == (1, "")
    assert "already holds ca.pem, ca.der, server.pem and" in again.stderr
    assert again.stderr.endswith("choose another folder, or --force to replace them for good\n")
    assert (folder / "client.key.pem").read_bytes() == key
    assert run(folder, "--force").returncode == 0
    assert (folder / "client.key.pem").read_bytes() != key


def test_a_seed_is_warned_of(tmp_path: Path) -> None:
    result = run(tmp_path, "--seed", "7", "--json")
    assert "WARNING: these private keys are no secret" in result.stderr
    assert "WARNING" in (tmp_path / "README.txt").read_text()
    told = json.loads(result.stdout)
    assert told["secret"] is False
    assert {file["path"]: file["octets"] for file in told["files"]} == {
        str(path): path.stat().st_size for path in tmp_path.iterdir() if path.suffix != ".txt"
    }
    assert told["loading"][0]["command"] == "AT+S.TLSCERT=content,2"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--name", "a b"], 2, "'a b' is no DNS name"),
        (["--address", "300.1.1.1"], 2, "'300.1.1.1' is no IP address"),
        ([], 1, "is no folder; choose another name"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    target = tmp_path / "file"
    target.write_text("precious")
    result = run(target, *arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert target.read_text() == "precious"
