"""Shell completion, by the shells themselves."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_run import COMMAND, complaint

if TYPE_CHECKING:
    from collections.abc import Callable

_ASK = """
eval "$script"
function=$(complete -p spwf04sx | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
$function
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script(shell: str) -> str:
    command = [*COMMAND, "completion", shell]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def completed(words: str) -> list[str]:
    asked = _ASK.format(words=words)
    environment = {"script": script("bash"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", asked], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("spwf04sx dia", ["diagnose"]),
        ("spwf04sx run --rfc", ["--rfc2217"]),
        ("spwf04sx run --power-on ''", ["open", "start"]),
    ],
)
def test_bash_completes_commands_options_and_choices(words: str, expected: list[str]) -> None:
    assert completed(words) == expected


def test_zsh_takes_its_script(need_program: Callable[[str], None]) -> None:
    need_program("zsh")
    done = subprocess.run(["zsh", "-n", "-c", script("zsh")], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_refused() -> None:
    status, text = complaint("completion", "fish")
    assert status == 2
    assert "choose from 'bash', 'zsh', 'tcsh'" in text
