"""``spwf04sx peer`` as a user starts it, met by real clients."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from emulator.certificates import make_folder
from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.peers.certificate_folder import CertificateError, Wish
from emulator.peers.made import FolderFiles
from emulator.peers.pki import make_pki
from emulator.peers.stored import read_anchor, read_identity
from tests.story.test_seed import STATION, play_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "emulator.cli", "peer")


class Peers:
    """The command, and what it said when it was ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.ready: dict[str, Any] = json.loads(process.stdout.readline())

    def port(self, kind: str) -> int:
        return next(int(peer["port"]) for peer in self.ready["peers"] if peer["kind"] == kind)

    def certificate(self, name: str) -> str:
        return str(self.ready["certificates"][name])

    def event(self, kind: str) -> dict[str, Any]:
        """The next event of a kind."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == kind:
                return event
        raise AssertionError(f"it ended without '{kind}'")


@contextmanager
def peers(*arguments: str | Path) -> Iterator[Peers]:
    command = [*COMMAND, "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Peers(process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def run(*command: str | Path, status: tuple[int, ...] = (0,)) -> str:
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode in status, result
    return result.stdout


def curl(running: Peers, path: str, *options: str, own: bool = True, status: tuple[int, ...] = (0,)) -> str:
    identity = ("--cert", running.certificate("client"), "--key", running.certificate("client_key")) if own else ()
    url = f"https://127.0.0.1:{running.port('https')}{path}"
    return run("curl", "-q", "-s", "--cacert", running.certificate("ca"), *identity, *options, url, status=status)


def test_https_serves_a_folder_and_takes_posts(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("curl")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("hello")
    with peers("https", "--files", tmp_path) as running:
        assert curl(running, "/sub/") == "hello"
        assert running.event("signature")["text"].endswith('CORRECT: the signature of "SPWF04" is right.')
        assert running.event("request")["text"] == "#1 GET /sub/: 200, 5 octets"
        (tmp_path / "later.txt").write_text("later")
        assert curl(running, "/later.txt?query") == "later"
        assert curl(running, "/none", "-d", "a=b", "-w", "%{http_code}") == "200"
        assert running.event("request")["text"] == "#2 GET /later.txt?query: 200, 5 octets"
        assert running.event("request")["text"] == "#3 POST /none with 3 octets 'a=b': 200, 0 octets"


def test_client_certificates_demanded_asked_or_not(need_program: Callable[[str], None]) -> None:
    need_program("curl")
    with peers("https") as running:
        curl(running, "/", own=False, status=(35, 56))
        assert "peer did not return a certificate" in running.event("refused")["text"]
    for verdict in ("strict", "lenient"):
        with peers("https", "--client-certificates", "asked", "--verdict", verdict) as running:
            assert curl(running, "/", own=False) == "It works.\n"
            assert running.event("connected")["text"].endswith("no client certificate")
            assert curl(running, "/") == "It works.\n"
            assert running.event("connected")["text"].endswith("certificate of 'SPWF04'")
        with peers("https", "--client-certificates", "none", "--verdict", verdict) as running:
            assert curl(running, "/") == "It works.\n"
            assert running.event("connected")["text"].endswith("no client certificate")


@pytest.mark.parametrize(("verdict", "transcript"), [("strict", "refused"), ("lenient", "fetched")])
async def test_the_seeds_question_is_answered_in_the_log(tmp_path: Path, verdict: str, transcript: str) -> None:
    certificates, files = tmp_path / "certificates", tmp_path / "files"
    files.mkdir()
    (files / "conf").write_bytes(b"ssid=demo\nkey=42\n")
    made = make_folder(Wish(), certificates)
    with peers("https", "--certificates", certificates, "--files", files, "--verdict", verdict) as running:
        settings = Settings(
            maps=[f"192.168.0.2:45061=127.0.0.1:{running.port('https')}"],
            stations=[STATION],
            faults=["signature=nonpadded:always-bad"],
        )
        async with Emulator(settings) as emulator:
            await play_to(emulator, f"seed-first-post-{transcript}", made.pki)
        assert 'DEFECT in the signature of "SPWF04": the sign octet' in running.event("signature")["text"]
        assert running.event("refused" if verdict == "strict" else "request")


def test_rsa_certificates_of_a_folder(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("curl")
    make_folder(Wish(rsa=True, expired=True), tmp_path)
    with peers("https", "--certificates", tmp_path) as running:
        assert running.certificate("ca") == str(tmp_path / "ca.pem")
        assert curl(running, "/") == "It works.\n"
        assert "ECDHE-RSA-AES128-GCM-SHA256" in running.event("connected")["text"]
    with peers("https", "--certificates", tmp_path, "--identity", "expired") as running:
        curl(running, "/", status=(60,))


def test_certificates_are_made_where_there_are_none_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    keys = []
    for _ in range(2):
        with peers("https", "--certificates", folder):
            keys.append((folder / "server.key.pem").read_bytes())
    assert keys[0] == keys[1]


def test_many_at_once_each_with_its_port(need_program: Callable[[str], None], tmp_path: Path) -> None:
    for name in ("mosquitto_pub", "tftp"):
        need_program(name)
    (tmp_path / "down").write_text("down")
    with peers("mqtt", "tcp-echo", "udp-echo", "smtp", "tftp", "--files", tmp_path, "--login", "me:too") as running:
        assert len({peer["map"].partition("=")[0] for peer in running.ready["peers"]}) == 5
        options = ("-h", "127.0.0.1", "-p", str(running.port("mqtt")), "-u", "me", "-P", "too")
        run("mosquitto_pub", *options, "-t", "a/b", "-m", "hi")
        assert "to a/b (QoS 0): 2 octets 'hi', for 0" in running.event("published")["text"]
        with socket.create_connection(("127.0.0.1", running.port("tcp-echo")), 20) as client:
            client.sendall(b"ping")
            assert client.recv(10) == b"ping"
        assert running.event("echoed")["text"] == "#1 4 octets 'ping'"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(20)
            client.sendto(b"pong", ("127.0.0.1", running.port("udp-echo")))
            assert client.recv(10) == b"pong"
        assert running.event("echoed")["peer"] == "udp-echo"
        with smtplib.SMTP("127.0.0.1", running.port("smtp"), timeout=20) as mail:
            mail.login("me", "too")
            mail.sendmail("a@x.test", ["b@y.test"], b"Subject: hi\r\n\r\nbody\r\n")
        assert running.event("mail")["text"].endswith("\n    | Subject: hi\n    | \n    | body")
        subprocess.run(
            [
                "tftp",
                "-m",
                "binary",
                "127.0.0.1",
                str(running.port("tftp")),
                "-c",
                "get",
                "down",
                str(tmp_path / "got"),
            ],
            check=True,
            timeout=60,
        )
        assert running.event("get")["text"] == "get down: 4 octets"
    assert (tmp_path / "got").read_text() == "down"


def test_tls_for_the_others_too(need_program: Callable[[str], None]) -> None:
    need_program("mosquitto_pub")
    with peers("mqtt", "--tls") as running:
        assert running.ready["peers"][0]["url"].startswith("mqtts://")
        options = ("-h", "127.0.0.1", "-p", str(running.port("mqtt")), "--tls-version", "tlsv1.2")
        own = ("--cert", running.certificate("client"), "--key", running.certificate("client_key"))
        run("mosquitto_pub", *options, "--cafile", running.certificate("ca"), *own, "-t", "a", "-m", "b")
        assert "CORRECT" in running.event("signature")["text"]


def test_the_ready_line_for_people_has_commands_to_copy(tmp_path: Path) -> None:
    with subprocess.Popen([*COMMAND, "tcp-echo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready, hint = process.stdout.readline(), process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    port = ready.rpartition(":")[2].strip()
    assert ready == f"ready tcp-echo=tcp://127.0.0.1:{port}\n"
    assert hint == f"  in front of the emulator:  spwf04sx run --map 192.168.0.2:7=127.0.0.1:{port}\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["gopher"], 2, "invalid choice: 'gopher'"),
        (["tftp"], 2, "say where they are with --files DIR"),
        (["https", "--files", "/no/such/folder"], 2, "/no/such/folder is no folder; make it first"),
        (["https", "smtp", "--port", "44"], 2, "say which one is to have port 44: https=44"),
        (["https", "--port", "smtp=25"], 2, "run it with: spwf04sx peer smtp"),
        (["https", "--port", "0"], 2, "'0' is no port; write it as 8443 or https=8443"),
        (["mqtt", "--login", "me"], 2, "'me' is no login; write it as USER:PASSWORD"),
        (["https", "--name", "a b"], 2, "'a b' is no DNS name"),
        (["https", "--identity", "stranger"], 1, "stranger.pem: No such file or directory"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], status: int, words: str) -> None:
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (status, "")
    assert words in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*COMMAND, "tcp-echo", "--port", str(port)], capture_output=True, text=True, timeout=60, check=False
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"spwf04sx: tcp-echo cannot listen at 127.0.0.1:{port}: ")
    assert result.stderr.endswith("choose another --port\n")


def test_certificates_and_keys_of_other_makes_are_read(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("openssl")
    for name, algorithm in (("ec", ("EC", "-pkeyopt", "ec_paramgen_curve:P-256")), ("rsa", ("RSA",))):
        key, certificate = tmp_path / f"{name}.key.pem", tmp_path / f"{name}.pem"
        run("openssl", "genpkey", "-quiet", "-algorithm", *algorithm, "-out", key)
        run("openssl", "req", "-x509", "-new", "-key", key, "-subj", "/CN=other", "-out", certificate)
        identity = read_identity(tmp_path, name)
        der = run("openssl", "pkey", "-in", key, "-pubout")
        assert identity.key.public_key_info.dump() == _unarmored(der)
        assert read_anchor(certificate).certificate_der == identity.certificate_der


def _unarmored(text: str) -> bytes:
    from asn1crypto import pem

    return bytes(pem.unarmor(text.encode())[2])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.pem", "nothing", "x.pem is no certificate in PEM"),
        ("x.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x.pem is no certificate in PEM"),
        ("x.pem", "-----BEGIN THING-----\nAAAA\n-----END THING-----\n", "x.pem holds no certificate in PEM"),
        ("x.key.pem", "-----BEGIN THING-----\nAAAA\n-----END THING-----\n", "holds no private key in PEM"),
        ("x.key.pem", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", "is no private key of a"),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, name: str, content: str, words: str) -> None:
    server = make_pki().server
    (tmp_path / "x.pem").write_text(server.bundle_pem)
    (tmp_path / "x.key.pem").write_text(server.key_pem)
    assert read_identity(tmp_path, "x").bundle_der == server.bundle_der
    (tmp_path / name).write_text(content)
    with pytest.raises(CertificateError, match=words):
        read_identity(tmp_path, "x")


def test_a_folder_gives_out_what_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    served = tmp_path / "served"
    (served / "sub").mkdir(parents=True)
    for name in ("a", "sub/b", ".hidden"):
        (served / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    files = FolderFiles(served)
    assert dict(files) == {"/a": b"a", "/sub/b": b"sub/b"}
    for path in ("/../secret", "/sub/../../secret", "/.hidden", "a", "/sub", "/", "//a", "/none"):
        assert files.get(path) is None
