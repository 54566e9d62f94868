"""The interoperability matrix: a short run with real servers, and the page that stands in the documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.interop.__main__ import PAGE, main
from scripts.interop.matrix import FAULTS, VARIANTS, Column, Reaction
from scripts.interop.page import page

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


def table(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    lines = text.partition(f"## {heading}\n")[2].strip().splitlines()
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[:1] + rows[2:]


def test_a_short_run_writes_a_page(tmp_path: Path, need_program: Callable[[str], None]) -> None:
    need_program("openssl")
    need_program("gnutls-serv")
    output = tmp_path / "matrix.md"
    faults = ("signature=nonpadded", "certificate=foreign-key", "handshake=fragmented")
    servers = ("OpenSSL", "GnuTLS", "Python ssl")
    arguments = [*(f"--server={name}" for name in servers), *(f"--fault={fault}" for fault in faults)]
    run = subprocess.run(
        [ROOT / "scripts" / "interop-matrix", "--output", output, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == str(output)
    text = output.read_text(encoding="utf-8")
    assert table(text, "Reactions") == [
        ["fault", "Python ssl", "OpenSSL", "GnuTLS"],
        ["`signature=nonpadded`", "51", "51", "ok"],
        ["`certificate=foreign-key`", "51", "51", "51"],
        ["`handshake=fragmented`", "ok", "ok", "ok"],
    ]
    assert [row[0] for row in table(text, "Servers")] == ["server", "Python ssl", "OpenSSL", "GnuTLS"]
    said = dict(row[:2] for row in table(text, "What OpenSSL says")[1:])
    assert said["`error:0A00007B:SSL routines:tls_process_cert_verify:bad signature`"] == "51"
    assert said["nothing"] == "ok"


def test_the_page_in_the_documentation_lists_every_fault_and_the_servers_that_matter() -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, *rows = table(text, "Reactions")
    assert [row[0].strip("`") for row in rows] == [*FAULTS, *VARIANTS]
    assert {"OpenSSL", "Node.js", "GnuTLS", "Python ssl"} <= set(head)
    assert all(len(row) == len(head) and all(row) for row in rows)
    versions = dict(table(text, "Servers")[1:])
    assert versions.keys() == set(head) - {"fault"}
    assert all(re.search(r"\d", version) for version in versions.values())


def test_the_page_groups_what_a_server_says() -> None:
    reactions = (Reaction("one", "51", "no | no"), Reaction("two", "ok", ""), Reaction("three", "51", "no | no"))
    text = page([Column("Some", "Some 1", reactions)])
    assert "| `no \\| no` | 51 | `one`, `three` |" in text
    assert "| nothing | ok | `two` |" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "nonsense"], "there is no fault 'nonsense'"),
        (["--server", "nobody"], "no server nobody on this machine; there are: Python ssl"),
        (
            ["--server", "Python ssl", "--fault", "signature=raw", "--output", "/no/such/folder/page.md"],
            "/no/such/folder",
        ),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    last = output.err.splitlines()[-1]
    assert last.startswith("interop-matrix: ")
    assert words in last
