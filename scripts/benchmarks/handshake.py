"""The module's mutual TLS handshake against Python's ``ssl`` and ``openssl s_client``, and a whole HTTPGET."""

from __future__ import annotations

import http.client
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from emulator.peers.listener import LOCALHOST
from emulator.peers.pki import SERVER_ADDRESS, write_pki
from emulator.peers.programs import find
from scripts.benchmarks.comparison import Comparison, Skipped, compare, in_turns
from scripts.benchmarks.https_site import PATH, benchmark_pki
from scripts.benchmarks.processes import Program, emulator_command, helper_command
from scripts.benchmarks.serial_port import SerialPort
from scripts.benchmarks.tls_clients import MODULE_TIME, ModuleClient, OpenSslClient, SslClient, client_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from ssl import SSLContext

    from emulator.peers.pki import Pki, PkiFiles

_TARGET = 6.0
_NEW = "mutual TLS handshake, new certificates"
_KNOWN = "mutual TLS handshake, known certificates"
_PYTHON = "Python ssl"
_OPENSSL = "openssl s_client process"
_MINI_AP = 3


def handshakes(rounds: int) -> Iterator[Comparison | Skipped]:
    """Let every client shake hands and fetch ``rounds`` times. Raises BenchmarkError."""
    pki = benchmark_pki()
    with tempfile.TemporaryDirectory() as directory, Program(*helper_command("https_site")) as server:
        files, port = write_pki(pki, Path(directory)), int(server.ready["port"])
        with ModuleClient(pki, port) as module:
            yield from _compare_handshakes(module, files, port, rounds)
        yield _compare_fetches(pki, files, port, rounds)


def _compare_handshakes(
    module: ModuleClient, files: PkiFiles, port: int, rounds: int
) -> Iterator[Comparison | Skipped]:
    clients: dict[str, Callable[[], list[float]]] = {
        _NEW: module.with_a_stranger,
        _KNOWN: module,
        _PYTHON: SslClient(files, port),
    }
    openssl = find("openssl")
    if openssl is not None:
        clients[_OPENSSL] = OpenSslClient(openssl, files, port)
    in_turns(clients, rounds=1)  # the first handshake imports the TLS library
    samples = in_turns(clients, rounds)
    # Only with new certificates do both sides check the same signatures, so that is where the target belongs.
    yield compare(_NEW, _PYTHON, samples[_NEW], samples[_PYTHON], target=_TARGET)
    yield compare(_KNOWN, _PYTHON, samples[_KNOWN], samples[_PYTHON])
    if openssl is None:
        yield Skipped(_NEW, _OPENSSL, "openssl is not on PATH")
    else:
        yield compare(_NEW, _OPENSSL, samples[_NEW], samples[_OPENSSL])


def _compare_fetches(pki: Pki, files: PkiFiles, port: int, rounds: int) -> Comparison:
    with (
        Program(*emulator_command("--map", f"{SERVER_ADDRESS}={LOCALHOST}")) as emulator,
        SerialPort(emulator.ready["port"]) as serial,
    ):
        _set_up(serial, pki)
        clients = {
            "ours": partial(_fetch_by_module, serial, port),
            "theirs": partial(_fetch_by_python, client_context(files), port),
        }
        in_turns(clients, rounds=1)
        samples = in_turns(clients, rounds)
    return compare(
        "HTTPGET over mutual TLS, known certificates", "Python http.client", samples["ours"], samples["theirs"]
    )


def _set_up(serial: SerialPort, pki: Pki) -> None:
    """Make the module an open access point that holds the credentials."""
    serial.wait_for(b"+WIND:32:")
    for command in ("WIFI=0", f"SCFG=wifi_mode,{_MINI_AP}", "SCFG=wifi_priv_mode,0", "SSIDTXT=benchmark"):
        serial.command(f"AT+S.{command}")
    serial.command(f"AT+S.TIME={MODULE_TIME:.0f}")
    for slot, der in (
        ("ca", pki.root.certificate_der),
        ("cert", pki.client.bundle_der),
        ("key", pki.client.key_der),
    ):
        serial.command(f"AT+S.TLSCERT={slot},{len(der)}", der)
    serial.command("AT+S.WIFI=1", ending=b"+WIND:24:")


def _fetch_by_module(serial: SerialPort, port: int) -> list[float]:
    start = perf_counter()
    serial.command(f"AT+S.HTTPGET={SERVER_ADDRESS},{PATH},{port},2")
    return [perf_counter() - start]


def _fetch_by_python(context: SSLContext, port: int) -> list[float]:
    start = perf_counter()
    connection = http.client.HTTPSConnection(LOCALHOST, port, context=context)
    connection.request("GET", PATH)
    connection.getresponse().read()
    connection.close()
    return [perf_counter() - start]
