"""The examples in docs/control.md, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.control.running import PATIENCE, controlled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.peers.pki import PkiFiles
    from tests.control.running import Client

PAGE = Path(__file__).parents[2] / "docs" / "control.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Example(NamedTuple):
    """Commands, and what they print if that is shown."""

    commands: str
    kind: str
    shown: str


def examples() -> list[Example]:
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(PAGE.read_text())]
    found = []
    for number, (kind, text) in enumerate(blocks):
        if kind == "sh":
            after = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
            found.append(Example(text, *(after if after[0] in ("json", "") else ("none", ""))))
    return found


def shape(value: Any) -> Any:
    """What something is made of, without what it says."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value)


@pytest.fixture(scope="module")
def fresh() -> Iterator[Client]:
    with controlled("--power-on", "start", "--time", "instant", "--seed", "7") as client:
        client.wait_for("indicated", number=32)
        yield client


def test_there_are_examples() -> None:
    assert len(examples()) == 8
    assert [example.kind for example in examples()].count("json") == 3


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.commands.split("\n")[0][:60])
def test_an_example_works(
    fresh: Client, example: Example, tmp_path: Path, pki_files: PkiFiles, need_program: Callable[[str], None]
) -> None:
    need_program("curl")
    environment = {
        "PATH": os.environ["PATH"],
        "URL": fresh.url.rstrip("/"),
        "CA_PEM": str(pki_files.ca),
        "FOLDER": str(tmp_path),
    }
    # What is refused on purpose is shown; everything else must work.
    curl = "curl" if '"status": 4' in example.shown else "curl --fail-with-body"
    script = f"set -e -o pipefail\n{re.sub(r'^curl', curl, example.commands, flags=re.MULTILINE)}"
    result = subprocess.run(
        ["bash", "-c", script.replace("| head", "2>/dev/null | head")],
        env=environment,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0 or (result.returncode == 23 and "head" in script), result
    if example.kind == "json":
        shown, printed = json.loads(example.shown), json.loads(result.stdout)
        assert shape(printed) == shape(shown)
        if "status" in shown:
            assert printed == shown
    elif example.kind == "":
        lines = [re.sub(r"[0-9a-f]{8}", "RUN", line) for line in result.stdout.decode().splitlines()]
        wanted = [re.sub(r"[0-9a-f]{8}", "RUN", line) for line in example.shown.splitlines()]
        assert [re.sub(r'"(last|time)":[ \d.]+', "", line) for line in lines] == [
            re.sub(r'"(last|time)":[ \d.]+', "", line) for line in wanted
        ]


def test_the_example_in_python_works(fresh: Client) -> None:
    (program,) = (match[2] for match in _BLOCK.finditer(PAGE.read_text()) if match[1] == "python")
    names: dict[str, Any] = {"URL": fresh.url.rstrip("/")}
    exec(program, names)
    assert b"AT-S.Var:free_heap=" in names["answer"]
