"""The C program of docs/c-firmware.md is compiled and run as it stands."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.test_run import ready, running

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "c-firmware.md"


def test_the_program_of_the_page_asks_for_the_version(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("cc")
    program = re.search(r"```c\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert program is not None
    (tmp_path / "host.c").write_text(program[1])
    compile_it = ["cc", "-Wall", "-Werror", "-D_DEFAULT_SOURCE", "-o", "host", "host.c"]
    subprocess.run(compile_it, cwd=tmp_path, check=True, timeout=60)
    with running("--json") as process:
        port = json.loads(ready(process))["port"]
        done = subprocess.run([tmp_path / "host", port], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "fw_version=1.1.0\n")
