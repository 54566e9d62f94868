"""The flags of the control API, as a user types them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import complaint, ready, running
from tests.control.running import PATIENCE, Client

if TYPE_CHECKING:
    from pathlib import Path


def test_the_ready_line_says_where_to_look() -> None:
    with running("--control", "0") as process:
        words = dict(word.split("=", 1) for word in ready(process).split()[1:])
        assert Client(words["control"]).ask("GET", "/health").status == 200
        assert process.stdout is not None
        assert f"  look at it:  {words['control']}\n" in iter(process.stdout.readline, "")


def test_the_link_for_people_brings_the_token_that_was_made_up() -> None:
    with running("--control", "*:0") as process:
        ready(process)
        assert process.stdout is not None
        link = next(line for line in iter(process.stdout.readline, "") if "look at it" in line).split()[-1]
        url, _, token = link.partition("#token=")
        assert Client(url).ask("GET", "/api/v1/state").status == 401
        assert Client(url).ask("GET", "/api/v1/state", Authorization=f"Bearer {token}").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_even_while_somebody_reads(number: signal.Signals) -> None:
    with running("--control", "0", "--json", "--power-on", "start") as process:
        client = Client(json.loads(ready(process))["control"])
        events = client.events()
        assert next(events)["entry"] >= 1
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert list(events) is not None
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_without_the_flag_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys, emulator.running; "
        "print([name for name in sys.modules if name.startswith(('emulator.control.', 'starlette', 'uvicorn'))])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == (
        "['emulator.control.wanted']\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--control", "nowhere"), 2, "'nowhere' is no address"),
        (("--control", "/tmp/x"), 2, "'/tmp/x' is no port"),
        (("--control", "192.0.2.1:8080"), 1, "cannot offer the control API at 192.0.2.1:8080"),
        (("--control-token-file", "token"), 2, "offer it with --control PORT"),
        (("--control", "0", "--control-token-file", "{missing}"), 2, "No such file or directory; name a file"),
        (("--control", "0", "--control-token-file", "{short}"), 2, "at least 16 characters of ASCII"),
        (("--control", "0", "--control-token-file", "{binary}"), 2, "this is no text"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: tuple[str, ...], status: int, told: str) -> None:
    files = {name: tmp_path / name for name in ("missing", "short", "binary")}
    files["short"].write_text("secret")
    files["binary"].write_bytes(b"\xff" * 32)
    result, text = complaint("run", *(argument.format(**files) for argument in arguments))
    assert result == status
    assert told in text
    assert text.count("\n") == 1


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, text = complaint("run", "--control", str(port))
    assert status == 1
    assert text == (
        f"spwf04sx: cannot offer the control API at 127.0.0.1:{port}: Address already in use; choose another port\n"
    )
