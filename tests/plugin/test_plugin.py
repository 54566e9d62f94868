"""The pytest plugin as projects use it: pytest runs in a process of its own, with the plugin as installed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "sample_project"
INI = "[pytest]\naddopts = -p no:asyncio --strict-markers\nfilterwarnings = ignore\n"


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest there; its exit status and what it printed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return done.returncode, done.stdout + done.stderr


def project(folder: Path, tests: str, ini: str = INI) -> Path:
    (folder / "pytest.ini").write_text(ini)
    (folder / "test_it.py").write_text(f"import pytest\n\n{tests}")
    return folder


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["alone", "parallel"])
def test_the_sample_project_passes_and_sees_what_it_has_met(processes: list[str]) -> None:
    status, output = run(SAMPLE, "--spwf04-coverage", "--spwf04-seed=5", *processes)
    assert status == 0, output
    assert "6 passed" in output
    assert "spwf04sx: seed 5 (again with --spwf04-seed=5)" in output
    assert re.search(r"commands: \d+ of \d+ met", output)
    assert re.search(r"met: .*AT\+S\.SOCKON 5x", output)
    assert re.search(r"errors: 3 of \d+ met\n +met: 44 1x, 74 2x, 111 1x", output)
    assert re.search(r"met: signature=nonpadded:always-bad 1x, network=refuse 2x", output)


def test_a_failure_says_how_to_see_it_again(tmp_path: Path) -> None:
    folder = project(
        tmp_path,
        "@pytest.mark.spwf04(faults=['signature=nonpadded'], power_on='start')\n"
        "def test_this(spwf04):\n"
        "    spwf04.wait_for('+WIND:32')\n"
        "    assert spwf04.state.restarts == 1\n",
    )
    status, output = run(folder, "--spwf04-seed=5")
    assert status == 1
    assert "- spwf04sx emulator -" in output
    assert "again: pytest --spwf04-seed=5 'test_it.py::test_this'" in output
    assert "faults: signature=nonpadded" in output
    seed = re.search(r"firmware=1\.1\.0 seed=(\d+) time=instant port=/dev/", output)
    assert seed is not None
    assert "indication 32 'WiFi Hardware Started'" in output
    capture = re.search(r"capture: (\S+)", output)
    assert capture is not None
    assert Path(capture[1]).read_bytes().startswith(b"\x0a\x0d\x0d\x0a")
    transcript = re.search(r"transcript: (\S+)", output)
    assert transcript is not None
    assert "< +WIND:0:Console active\n" in Path(transcript[1]).read_text()
    assert f"seed={seed[1]} " in run(folder, "--spwf04-seed=5")[1]
    assert f"seed={seed[1]} " not in run(folder, "--spwf04-seed=6")[1]


def test_marker_command_line_ini_file_and_fixtures_set_the_module_up(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef spwf04_configuration():\n    return {'model': 'SPWF04SC'}\n"
    )
    folder = project(
        tmp_path,
        "def test_all(spwf04):\n"
        "    assert (spwf04.state.firmware, spwf04.state.model) == ('1.0.0', 'SPWF04SC')\n"
        "    assert spwf04.settings.time == '10'\n"
        "@pytest.mark.spwf04(firmware='1.2.0', model='SPWF04SA', seed=3)\n"
        "class TestMarked:\n"
        "    def test_class(self, spwf04, spwf04_seed):\n"
        "        assert (spwf04.state.firmware, spwf04.state.model, spwf04_seed) == ('1.2.0', 'SPWF04SA', 3)\n"
        "    @pytest.mark.spwf04(firmware='1.1.0')\n"
        "    def test_closest(self, spwf04):\n"
        "        assert (spwf04.state.firmware, spwf04.state.model) == ('1.1.0', 'SPWF04SA')\n"
        "def test_two(spwf04_factory):\n"
        "    one, two = spwf04_factory(), spwf04_factory(model='SPWF04SA')\n"
        "    assert one.port != two.port\n"
        "    assert (one.state.model, two.state.model) == ('SPWF04SC', 'SPWF04SA')\n",
        INI + "spwf04_time = 10\nspwf04_firmware = 1.1.0\n",
    )
    status, output = run(folder, "--spwf04-firmware=1.0.0")
    assert status == 0, output


@pytest.mark.parametrize(
    ("tests", "complaint"),
    [
        ("@pytest.mark.spwf04(firmware='9')\ndef test_it(spwf04): pass\n", "spwf04: there is no firmware '9'; known:"),
        ("@pytest.mark.spwf04(colour=1)\ndef test_it(spwf04): pass\n", "there is no setting 'colour'; known: acc"),
        ("@pytest.mark.spwf04('1.0.0')\ndef test_it(spwf04): pass\n", "the marker spwf04 takes names only"),
        ("@pytest.mark.spwf04(faults=['x=y'])\ndef test_it(spwf04): pass\n", "spwf04: there is no fault 'x=y'"),
        ("def test_it(spwf04_factory): spwf04_factory(colour=1)\n", "there is no setting 'colour'"),
    ],
)
def test_a_wrong_set_up_is_one_line(tmp_path: Path, tests: str, complaint: str) -> None:
    status, output = run(project(tmp_path, tests))
    assert status == 1
    assert complaint in output
    assert "Traceback" not in output


def test_a_wrong_seed_is_a_usage_error(tmp_path: Path) -> None:
    status, output = run(project(tmp_path, "def test_it(): pass\n"), "--spwf04-seed=often")
    assert status == 4
    assert "--spwf04-seed: 'often' is no seed; use a number from 0" in output


def test_options_and_marker_are_listed(tmp_path: Path) -> None:
    folder = project(tmp_path, "def test_it(): pass\n")
    assert "--spwf04-coverage" in run(folder, "--help")[1]
    assert "@pytest.mark.spwf04(firmware=..." in run(folder, "--markers")[1]
    assert "spwf04_peers" in run(folder, "--fixtures")[1]
