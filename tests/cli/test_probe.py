"""``spwf04sx probe``: whether an emulator in another process is ready."""

from __future__ import annotations

import json
import socket
import subprocess

import pytest

from tests.cli.test_run import COMMAND, complaint, ready, running


def test_a_running_emulator_is_ready() -> None:
    with running("--json", "--control", "0", "--power-on", "start") as process:
        line = json.loads(ready(process))
        port = line["control"].rsplit(":", 1)[1].strip("/")
        done = subprocess.run([*COMMAND, "probe", port, "--wait", "20"], capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_nobody_there_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        status, text = complaint("probe", port)
    assert status == 1
    assert text.startswith(f"spwf04sx: not ready: nobody answers at 127.0.0.1:{port} (")
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"), [([], "where is the control API?"), (["here"], "'here' is no address")]
)
def test_what_is_wrong_is_one_line(arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPWF04SX_CONTROL", raising=False)
    status, text = complaint("probe", *arguments)
    assert status == 2
    assert words in text
