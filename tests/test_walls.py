"""The walls of the house: who may import whom, and what must not be loaded before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
OUTSIDE_WORLD = {"socket", "os", "time", "random", "secrets", "subprocess", "pathlib", "threading", "serial", "ssl"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("path", sources("firmware_model"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_firmware_model_knows_nothing_outside(path: Path) -> None:
    names = set(imports(path))
    assert not {name for name in names if name.split(".")[0] == "emulator"}
    assert not {name for name in names if name.split(".")[0] in OUTSIDE_WORLD}
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not calls & {"open", "asyncio.sleep", "asyncio.timeout", "asyncio.wait_for", "asyncio.open_connection"}


@pytest.mark.parametrize("package", ["firmware_model", "emulator"])
def test_only_the_tls_room_and_the_peers_know_tlslite(package: str) -> None:
    allowed = (ROOT / "firmware_model" / "tls", ROOT / "emulator" / "peers")
    for path in sources(package):
        if not any(path.is_relative_to(room) for room in allowed):
            assert not {name for name in imports(path) if name.split(".")[0] == "tlslite"}, path


def test_the_diagnosis_knows_nothing_of_the_module() -> None:
    # What it judges may come from any client, and the emulator's own TLS must not judge itself.
    for path in sources("emulator/diagnosis"):
        names = {name for name in imports(path) if name.split(".")[0] in ("emulator", "firmware_model", "tlslite")}
        assert all(name.startswith("emulator.diagnosis") for name in names), path


def test_parts_do_not_know_commands_and_commands_do_not_call_each_other() -> None:
    for path in sources("firmware_model"):
        room = path.relative_to(ROOT / "firmware_model").parts[0]
        if room not in ("commands", "module.py"):
            assert not {name for name in imports(path) if name.startswith("firmware_model.commands")}, path
        if room not in ("commands", "status.py", "boot.py"):
            assert "firmware_model.module" not in imports(path), path


def test_the_control_api_asks_the_emulator_and_nobody_behind_it() -> None:
    for path in sources("emulator/control"):
        names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert "module" not in names, path
        assert "firmware_model.module" not in imports(path), path


def test_start_up_loads_neither_tls_nor_certificates_nor_http() -> None:
    program = (
        "import sys, emulator.running; "
        "late = {'tlslite', 'asn1crypto', 'ecdsa', 'h11', 'rich', 'serial', 'wsproto', 'aiomqtt', 'paho'}; "
        "late |= {'starlette', 'uvicorn'}; "
        "print(sorted(late & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("[]\n", "")
