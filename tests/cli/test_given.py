"""Options from a configuration file and from the environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from emulator.cli import parsers
from emulator.command_line.given import GivenError, given_elsewhere
from tests.cli.test_run import COMMAND, ready, running

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
_, RUN = parsers()


def written(folder: Path, content: str) -> Path:
    file = folder / "desk.toml"
    file.write_text(content, "utf-8")
    return file


def flags(*arguments: str, **environment: str) -> list[str]:
    return given_elsewhere(RUN, arguments, environment)


def test_the_example_of_the_page_becomes_flags(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    file = written(tmp_path, example.group(1))
    assert flags("--json", "--config", str(file)) == [
        f"--link={tmp_path / 'ttyWIFI'}",
        "--firmware=1.1.0",
        "--rfc2217=5000",
        "--map=192.168.0.2=127.0.0.1",
        "--station=02:A9:D2:A0:FF:A0",
        "--fault=signature=nonpadded@p=0.5",
        "--seed=7",
        "--verbose",
    ]


def test_the_environment_comes_behind_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'firmware = "1.0.0"\nmap = ["a=b"]\nno-pty = false\njson = false\n')
    found = flags(
        SPWF04SX_CONFIG=str(file), SPWF04SX_MAP="c=d  e=f", SPWF04SX_JSON="yes", SPWF04SX_VERBOSE="0", OTHER="x"
    )
    assert found == ["--firmware=1.0.0", "--map=a=b", "--json", "--map=c=d", "--map=e=f"]


def test_variables_of_the_test_suite_are_left_alone() -> None:
    assert flags(SPWF04SX_REQUIRE_PEERS="1", SPWF04SX_SLOW="1") == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("firmwear = 1", "firmwear: there is no such option; known: json, verbose, config"),
        ("[run]\nfirmware = 1", "run: there is no such option"),
        ("firmware = ['1.0.0']", "firmware: write one value"),
        ("map = {a = 'b'}", "map: write one value"),
        ("power_on = 'later'", "power_on: invalid choice: 'later' (choose from 'open', 'start')"),
        ("seed = 'often'", "seed: invalid int value: 'often'"),
        ("json = 'yes'", "json: ignored explicit argument 'yes'"),
        ("firmware = ", "this is no TOML"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_file_and_key(tmp_path: Path, content: str, complaint: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(GivenError) as caught:
        flags(f"--config={file}")
    assert str(caught.value).startswith(f"{file}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SPWF04SX_FIRMWEAR", "1", "the environment: SPWF04SX_FIRMWEAR is no option; known: json,"),
        ("SPWF04SX_JSON", "maybe", "the environment: SPWF04SX_JSON: 'maybe' is wrong; use 1 or 0"),
        ("SPWF04SX_SEED", "often", "the environment: SPWF04SX_SEED: invalid int value: 'often'"),
        ("SPWF04SX_CONFIG", "missing.toml", "missing.toml: No such file or directory; name a file that can be read"),
    ],
)
def test_a_wrong_variable_is_one_line_that_names_it(name: str, value: str, complaint: str) -> None:
    with pytest.raises(GivenError, match=re.escape(complaint)):
        flags(**{name: value})


def test_the_command_line_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, 'link = "ttyWIFI"\nfirmware = "1.0.0"\nseed = 1\njson = true\n')
    monkeypatch.setenv("SPWF04SX_SEED", "2")
    with running("--config", file, "--firmware", "1.2.0") as process:
        line = json.loads(ready(process))
    assert (line["port"], line["firmware"], line["seed"]) == (str(tmp_path / "ttyWIFI"), "1.2.0", 2)


def test_what_is_wrong_ends_the_program_with_a_line() -> None:
    environment = {**os.environ, "SPWF04SX_SEED": "often"}
    done = subprocess.run([*COMMAND, "run"], env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "spwf04sx: the environment: SPWF04SX_SEED: invalid int value: 'often'\n"
    helped = subprocess.run([*COMMAND, "run", "--help"], env=environment, capture_output=True, timeout=30, check=False)
    assert helped.returncode == 0
