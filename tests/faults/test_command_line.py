"""Faults on the command line: flags, the plan file, the seed that is printed, SIGHUP."""

from __future__ import annotations

import json
import shlex
import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import complaint, ready, running

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PLAN = """
seed = 11
[[fault]]
name = "network=refuse"
p = 0.5
after = "+WIND:24"
[[fault]]
name = "serial=drop"
armed = false
"""


def written(folder: Path, content: str) -> Path:
    file = folder / "plan.toml"
    file.write_text(content, "utf-8")
    return file


def spoken(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_a_run_says_how_to_have_the_same_again(tmp_path: Path) -> None:
    file = written(tmp_path, PLAN)
    with running("--fault-plan", file, "--fault", "signature=nonpadded@nth=2") as process:
        assert " seed=11 faults=2\n" in ready(process)
        again = ready(process).removeprefix("  the same again:")
    with running("--json", *shlex.split(again)) as process:
        line = json.loads(ready(process))
    assert line["seed"] == 11
    assert line["faults"] == ["network=refuse@p=0.5,after=+WIND:24", "signature=nonpadded@nth=2"]


def test_the_seed_of_the_command_line_wins(tmp_path: Path) -> None:
    with running("--fault-plan", written(tmp_path, PLAN), "--seed", "3", "--json") as process:
        assert json.loads(ready(process))["seed"] == 3


def test_sighup_reads_the_plan_anew_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, PLAN)
    with running("--fault-plan", file, "--fault", "network=dns", "--json") as process:
        ready(process)
        written(tmp_path, '[[fault]]\nname = "serial=drop"\nnth = 4\n')
        process.send_signal(signal.SIGHUP)
        assert spoken(process) == "spwf04sx: armed now: serial=drop@nth=4 network=dns\n"
        written(tmp_path, '[[fault]]\nname = "serial=dropped"\n')
        process.send_signal(signal.SIGHUP)
        line = spoken(process)
        assert "fault[0].name: 'serial=dropped' is wrong; there is no fault" in line
        assert line.endswith("; what is armed stays as it was\n")
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "serial=other"], "known there: serial=drop"),
        (["--fault", "serial=drop@nth=never"], "use a number from 1"),
        (["--fault-plan", "missing.toml"], "missing.toml: No such file or directory; name a file that can be read"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], words: str) -> None:
    status, text = complaint("run", *arguments)
    assert status == 2
    assert words in text
    assert text.count("\n") == 1
