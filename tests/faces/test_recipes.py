"""The recipes of docs/faces.md, with the programs that they name."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tty
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import serial

from emulator.capture.timeline import UartReceived
from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import parse_endpoint
from emulator.faces.events import HostSetUp
from tests.attachment.test_attachment import local
from tests.faces.test_terminal_programs import PATIENCE, terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from emulator.capture.timeline import Entry

BOOTED = b"+WIND:32:WiFi Hardware Started"
RECIPES = (Path(__file__).parents[2] / "docs" / "faces.md").read_text()


@asynccontextmanager
async def emulator(face: str, **settings: str) -> AsyncIterator[tuple[Emulator, str, int]]:
    """A module behind one face; the host and the port of its URL."""
    given = {"pty": face == "pty"} if face == "pty" else {"pty": False, face: ["0"]}
    async with asyncio.timeout(PATIENCE), Emulator(Settings(time="10", **given, **settings)) as running:  # type: ignore[arg-type]
        endpoint = parse_endpoint(running.port.partition("://")[2]) if face != "pty" else parse_endpoint("0")
        yield running, endpoint.host, endpoint.port


def session(*command: str, ready: bytes | None = None) -> None:
    """Somebody at a terminal who looks at the boot and asks for AT."""
    with terminal(*command) as screen:
        if ready is not None:
            screen.shows(ready)
        screen.shows(BOOTED)
        screen.type(b"AT\r")
        screen.shows(b"AT-S.OK")


@contextmanager
def process(
    *command: str, stdin: int | None = None, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def shows(program: subprocess.Popen[bytes], words: bytes) -> None:
    """Wait until the program has written ``words``."""
    assert program.stdout is not None
    written = b""
    while words not in written:
        octets = os.read(program.stdout.fileno(), 4096)
        assert octets, written
        written += octets


async def test_netcat_on_the_raw_port(need_program: Callable[[str], None]) -> None:
    need_program("nc")
    async with emulator("tcp") as (_, host, port):
        await asyncio.to_thread(session, "nc", "-C", host, str(port))


async def test_telnet_on_the_rfc2217_port(need_program: Callable[[str], None]) -> None:
    need_program("telnet")
    async with emulator("rfc2217") as (_, host, port):
        await asyncio.to_thread(session, "telnet", host, str(port), ready=b"Escape character is")


def piped(*command: str) -> None:
    """A program that passes its standard input on: at a terminal plink ends lines as Unix does, unlike PuTTY."""
    with process(*command, stdin=subprocess.PIPE) as program:
        assert program.stdin is not None
        program.stdin.write(b"AT\r")
        program.stdin.flush()
        shows(program, b"AT-S.OK\r\n")


async def test_putty_on_the_raw_port(need_program: Callable[[str], None]) -> None:
    need_program("plink")
    async with emulator("tcp") as (_, host, port):
        await asyncio.to_thread(piped, "plink", "-raw", "-P", str(port), host)


async def test_putty_on_the_pty(need_program: Callable[[str], None]) -> None:
    need_program("plink")
    async with emulator("pty") as (running, _, _):
        await asyncio.to_thread(piped, "plink", "-serial", running.port, "-sercfg", "115200,8,n,1,N")


@contextmanager
def virtual_screen() -> Iterator[dict[str, str]]:
    """A screen that nobody sees; the environment of the programs that show their windows on it."""
    ours, theirs = os.pipe()
    command = ("Xvfb", "-displayfd", str(theirs), "-nolisten", "tcp", "-screen", "0", "800x600x24")
    with subprocess.Popen(command, pass_fds=(theirs,), stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            with os.fdopen(ours) as display:
                yield {**os.environ, "DISPLAY": f":{display.readline().strip()}"}
        finally:
            server.terminate()


def at_the_window(tmp_path: Path, *session_options: str) -> None:
    """Somebody who looks at the boot in PuTTY's window, types AT and presses Return."""
    with virtual_screen() as environment:
        environment["HOME"] = str(tmp_path)

        def xdotool(*arguments: str) -> str:
            command = ("xdotool", *arguments)
            return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

        log = ("-sessionlog", "/dev/stdout", "-logappend")
        with process("putty", *log, *session_options, environment=environment) as putty:
            window = xdotool("search", "--sync", "--onlyvisible", "--pid", str(putty.pid)).split()[0]
            shows(putty, BOOTED)
            xdotool("windowfocus", "--sync", window, "type", "AT")
            xdotool("key", "Return")
            shows(putty, b"AT-S.OK\r\n")


def watched(running: Emulator) -> list[bytes]:
    """What comes from the host from now on; a list that grows."""
    octets: list[bytes] = []

    def note(entry: Entry) -> None:
        if isinstance(entry.event, UartReceived):
            octets.append(entry.event.octets)

    running.timeline.subscribe(note, UartReceived)
    return octets


async def test_the_window_of_putty_on_the_pty(need_program: Callable[[str], None], tmp_path: Path) -> None:
    for program in ("putty", "Xvfb", "xdotool"):
        need_program(program)
    async with emulator("pty") as (running, _, _):
        options = ("-serial", running.port, "-sercfg", "115200,8,n,1,N")
        octets = watched(running)
        await asyncio.to_thread(at_the_window, tmp_path, *options)
        assert b"".join(octets) == b"AT\r"


async def test_the_window_of_putty_on_the_raw_port(need_program: Callable[[str], None], tmp_path: Path) -> None:
    """There PuTTY edits the line itself, and ends it as Telnet does."""
    for program in ("putty", "Xvfb", "xdotool"):
        need_program(program)
    async with emulator("tcp") as (running, host, port):
        octets = watched(running)
        await asyncio.to_thread(at_the_window, tmp_path, "-raw", "-P", str(port), host)
        assert b"".join(octets) == b"AT\r\n"


async def test_tio_on_the_pty(need_program: Callable[[str], None]) -> None:
    need_program("tio")
    async with emulator("pty") as (running, _, _):
        await asyncio.to_thread(session, "tio", "--baudrate", "115200", running.port, ready=b"Connected")


async def test_socat_makes_a_port_of_the_raw_port(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("socat")
    link = tmp_path / "ttyWIFI"

    def talk(host: str, port: int) -> None:
        with process("socat", "-d", "-d", f"PTY,link={link},raw,echo=0", f"TCP:{host}:{port},nodelay") as socat:
            shows(socat, b"starting data transfer loop")
            with serial.Serial(str(link), 115200, timeout=PATIENCE) as wifi:
                wifi.write(b"AT\r")
                assert wifi.read_until(b"AT-S.OK\r\n").endswith(b"AT-S.OK\r\n")

    async with emulator("tcp") as (_, host, port):
        await asyncio.to_thread(talk, host, port)


def boot_sector(divisor: int) -> bytes:
    """A machine that sets up its first serial port, sends AT, and shows what comes at QEMU's debug port."""
    message = b"AT\r\0"
    set_up = bytes.fromhex("31C0 8ED8 BAFB03 B083 EE BAF803 B0") + bytes((divisor,)) + bytes.fromhex("EE 42 30C0 EE")
    set_up += bytes.fromhex("BAFB03 B003 EE")
    send = bytes.fromhex("AC 08C0 7412 88C4 BAFD03 EC A820 74FB 88E0 BAF803 EE EBE9")
    show = bytes.fromhex("BAFD03 EC A801 74FB BAF803 EC E6E9 EBF0")
    text = 0x7C00 + len(set_up) + 3 + len(send) + len(show)
    code = set_up + b"\xbe" + text.to_bytes(2, "little") + send + show + message
    return code.ljust(510, b"\0") + b"\x55\xaa"


def run_machine(tmp_path: Path, *serial_options: str, divisor: int = 1) -> None:
    """Let QEMU run it until the module's answer is on the debug port."""
    image = tmp_path / "boot.img"
    image.write_bytes(boot_sector(divisor))
    command = ("qemu-system-i386", "-nodefaults", "-display", "none", "-debugcon", "stdio")
    with process(*command, "-drive", f"file={image},format=raw,if=floppy", *serial_options) as machine:
        shows(machine, b"AT-S.OK\r\n")


async def test_qemu_on_the_raw_port(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("qemu-system-i386")
    async with emulator("tcp") as (_, host, port):
        await asyncio.to_thread(run_machine, tmp_path, "-serial", f"tcp:{host}:{port}")


async def test_qemu_on_the_pty_takes_the_guests_speed_along(
    need_program: Callable[[str], None], tmp_path: Path
) -> None:
    need_program("qemu-system-i386")
    async with emulator("pty") as (running, _, _):
        speeds: list[int | None] = []

        def note(entry: Entry) -> None:
            if isinstance(entry.event, HostSetUp):
                speeds.append(entry.event.settings.baud_rate)

        running.timeline.subscribe(note, HostSetUp)
        options = ("-chardev", f"serial,id=wifi,path={running.port}", "-serial", "chardev:wifi")
        await asyncio.to_thread(partial(run_machine, tmp_path, *options))
        assert speeds[-1] == 115200


def ask_until_answered(connection: socket.socket) -> None:
    """pyserial forgets what has arrived when it is through with opening a socket, so once may not be enough."""
    connection.settimeout(0.2)
    said = b""
    while b"AT-S.OK\r\n" not in said:
        connection.sendall(b"AT\r")
        with suppress(TimeoutError):
            octets = connection.recv(4096)
            assert octets, said
            said += octets


async def test_a_simulator_that_serves_its_uart_as_a_socket() -> None:
    """As Renode's CreateServerSocketTerminal does: it listens, and the emulator comes to it, again and again."""
    with socket.create_server(("127.0.0.1", 0)) as simulated:
        port = simulated.getsockname()[1]

        def talk() -> None:
            for _ in range(2):
                connection, _ = simulated.accept()
                with connection:
                    ask_until_answered(connection)

        settings = Settings(time="10", pty=False, ports=[f"socket://127.0.0.1:{port}"])
        async with asyncio.timeout(PATIENCE), Emulator(settings):
            await asyncio.to_thread(talk)


async def test_attach_at_ser2net(need_program: Callable[[str], None], tmp_path: Path) -> None:
    """Another RFC 2217 server than our own, with a pty for its device."""
    need_program("ser2net")
    device, slave = os.openpty()
    tty.setraw(slave)
    configuration = tmp_path / "ser2net.yaml"
    configuration.write_text(
        f"connection: &wifi\n  accepter: telnet(rfc2217),tcp,127.0.0.1,0\n  connector: serialdev,{os.ttyname(slave)},"
        "115200n81,local\n"
    )
    with process("ser2net", "-d", "-n", "-u", "-c", str(configuration)) as server:
        url = await asyncio.to_thread(listening, server.pid)
        async with local(url) as here:

            def talk() -> None:
                with serial.Serial(here.face.port, 9600, timeout=PATIENCE) as host:
                    host.write(b"to the device")
                    assert os.read(device, 100) == b"to the device"
                    os.write(device, b"to the host\xff")
                    assert host.read(12) == b"to the host\xff"

            await asyncio.to_thread(talk)
    os.close(device)
    os.close(slave)


def listening(pid: int) -> str:
    """Where a process listens, once it does."""
    while True:
        sockets = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
        for line in sockets.splitlines():
            if f"pid={pid}," in line:
                return f"rfc2217://{line.split()[3]}"


def test_every_recipe_says_how_far_it_was_tried() -> None:
    for heading in RECIPES.split("\n### ")[1:]:
        assert "*Tried" in heading or "*Not tried" in heading, heading.splitlines()[0]
