"""Eclipse Mosquitto with one listener for each way that MQTT can come."""

from __future__ import annotations

import asyncio
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from emulator.peers.programs import program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from emulator.peers.pki import PkiFiles

USERNAME, PASSWORD = "device", "s3cret"
_ATTEMPTS = 3


class Ports(NamedTuple):
    """Where the broker listens on 127.0.0.1."""

    web: int
    """MQTT over web sockets, for everybody."""
    plain: int
    """MQTT over TCP, for everybody."""
    web_tls: int
    """Over web sockets and TLS; a client certificate is demanded."""
    plain_login: int
    """Over TCP; user name and password are demanded."""
    web_login: int
    """Over web sockets; user name and password are demanded."""


class Mosquitto:
    """One broker process."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Ports) -> None:
        self.ports = ports
        self.log: list[str] = []
        self._process = process

    async def wait_for(self, text: str) -> str:
        """Read the log on, to the next line with ``text`` in it. Raises AssertionError when the broker has ended."""
        assert self._process.stdout is not None
        async with asyncio.timeout(10):
            async for line in self._process.stdout:
                self.log.append(line.decode(errors="replace").rstrip())
                if text in self.log[-1]:
                    return self.log[-1]
        raise AssertionError(f"mosquitto ended: {self.log}")

    async def die(self) -> None:
        """End the broker as a crash would."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.communicate()


@asynccontextmanager
async def mosquitto(directory: Path, files: PkiFiles) -> AsyncIterator[Mosquitto]:
    """Run a broker until the context ends."""
    passwords = directory / "passwords"
    await _run("mosquitto_passwd", "-b", "-c", str(passwords), USERNAME, PASSWORD)
    broker = await _start(directory, files, passwords)
    try:
        yield broker
    finally:
        await broker.die()


async def _start(directory: Path, files: PkiFiles, passwords: Path) -> Mosquitto:
    """Start on free ports; somebody else may take one before the broker does, then others are tried."""
    failure: AssertionError | None = None
    for _ in range(_ATTEMPTS):
        ports = _free_ports()
        configuration = directory / "mosquitto.conf"
        configuration.write_text(_configuration(ports, files, passwords))
        process = await asyncio.create_subprocess_exec(
            program("mosquitto"), "-c", str(configuration), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        broker = Mosquitto(process, ports)
        try:
            await broker.wait_for(" running")
        except AssertionError as error:
            await broker.die()
            failure = error
        else:
            return broker
    raise AssertionError("mosquitto does not start") from failure


def _free_ports() -> Ports:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in Ports._fields]
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return Ports(*(opened.getsockname()[1] for opened in sockets))


def _configuration(ports: Ports, files: PkiFiles, passwords: Path) -> str:
    tls = (
        f"cafile {files.ca}\ncertfile {files.server_chain}\nkeyfile {files.server_key}\n"
        "require_certificate true\ntls_version tlsv1.2\n"
    )
    everybody, login = "allow_anonymous true\n", f"allow_anonymous false\npassword_file {passwords}\n"
    listeners = (
        (ports.web, "websockets", everybody),
        (ports.plain, "mqtt", everybody),
        (ports.web_tls, "websockets", everybody + tls),
        (ports.plain_login, "mqtt", login),
        (ports.web_login, "websockets", login),
    )
    return "user root\nper_listener_settings true\nlog_dest stderr\nlog_type all\n" + "".join(
        f"listener {port} 127.0.0.1\nprotocol {protocol}\n{rest}" for port, protocol, rest in listeners
    )


async def _run(name: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(program(name), *arguments, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    assert process.returncode == 0, output
