"""The GitHub actions and the GitLab job do what they say: their scripts are run as the services would."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest
import serial

ROOT = Path(__file__).parents[2]
START = ROOT / "docker" / "github" / "start" / "action.yml"
FINISH = ROOT / "docker" / "github" / "finish" / "action.yml"
GITLAB = ROOT / "docker" / "gitlab-ci.yml"
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PIP_CONFIG_FILE") if name in os.environ}


def script_of(file: Path, begin: str) -> str:
    """The block of text behind ``begin``."""
    _, _, rest = file.read_text("utf-8").partition(begin + " |\n")
    block = re.match(r"(?:(?: {6,}[^\n]*)?\n)+", rest)
    assert block is not None
    return textwrap.dedent(block[0])


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(scope="module")
def installed() -> Path:
    """Where ``spwf04sx`` is installed already, so that a job need not install it anew."""
    return ROOT / ".venv" if (ROOT / ".venv" / "bin" / "spwf04sx").exists() else Path(os.environ["VIRTUAL_ENV"])


def answers(port: str) -> bool:
    with serial.Serial(port, 115200, timeout=20) as host:
        host.write(b"AT\r")
        return host.read_until(b"AT-S.OK\r\n").endswith(b"AT-S.OK\r\n")


def test_the_github_actions_start_tell_and_finish(tmp_path: Path, installed: Path) -> None:
    folder = tmp_path / "spwf04sx"
    folder.mkdir()
    (folder / "venv").symlink_to(installed)
    told, environment = tmp_path / "output", tmp_path / "environment"
    variables = {"FOLDER": str(folder), "SOURCE": str(ROOT), "PYTHON": "python3"}
    outputs = {"GITHUB_OUTPUT": str(told), "GITHUB_ENV": str(environment)}
    done = bash(script_of(START, "      run:"), tmp_path, ARGUMENTS="--seed 7 --time instant", **variables, **outputs)
    assert done.returncode == 0, done.stderr
    port = folder / "ttyWIFI"
    assert f"port={port}\n" in told.read_text()
    assert environment.read_text() == f"SPWF04_PORT={port}\n"
    assert '"seed": 7' in done.stdout
    assert answers(str(port))
    assert bash(script_of(FINISH, "      run:"), tmp_path, FOLDER=str(folder)).returncode == 0
    assert not port.is_symlink()
    assert "> AT\n" in (folder / "transcript.txt").read_text()
    assert (folder / "capture.pcapng").stat().st_size > 0
    assert bash(script_of(FINISH, "      run:"), tmp_path, FOLDER=str(folder)).returncode == 0


def test_the_github_action_says_why_it_cannot_start(tmp_path: Path, installed: Path) -> None:
    folder = tmp_path / "spwf04sx"
    folder.mkdir()
    (folder / "venv").symlink_to(installed)
    variables = {
        "FOLDER": str(folder),
        "SOURCE": str(ROOT),
        "PYTHON": "python3",
        "GITHUB_OUTPUT": "o",
        "GITHUB_ENV": "e",
    }
    done = bash(script_of(START, "      run:"), tmp_path, ARGUMENTS="--firmware 9", **variables)
    assert done.returncode == 1
    assert "there is no firmware '9'" in done.stderr


def test_the_gitlab_job_starts_one(tmp_path: Path, installed: Path) -> None:
    folder = tmp_path / "spwf04sx"
    folder.mkdir()
    # Nothing is to be installed here: the job's own commands for that are made to do nothing.
    (folder / "venv").symlink_to(installed)
    script = script_of(GITLAB, "    -").replace("python3 -m venv", ": python3 -m venv")
    script = script.replace('"$FOLDER/venv/bin/pip"', ': "$FOLDER/venv/bin/pip"') + "\necho pid=$emulator\n"
    done = bash(script, tmp_path, CI_PROJECT_DIR=str(tmp_path), SPWF04_SOURCE="somewhere", SPWF04_ARGUMENTS="--seed 7")
    assert done.returncode == 0, done.stderr
    try:
        assert answers(str(folder / "ttyWIFI"))
    finally:
        pid = re.search(r"pid=(\d+)", done.stdout)
        assert pid is not None
        os.kill(int(pid[1]), 15)
    artifacts = GITLAB.read_text("utf-8")
    assert "when: on_failure" in artifacts
    assert "spwf04sx/*.pcapng" in artifacts
