"""The picture of the web console: it can be taken again, and is small enough to be shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LARGEST = 300_000
_PNG = b"\x89PNG\r\n\x1a\n"


def test_the_picture_that_is_shown_is_small() -> None:
    octets = (ROOT / "docs" / "images" / "console.png").read_bytes()
    assert octets.startswith(_PNG)
    assert len(octets) < LARGEST


def test_it_can_be_taken_again(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("chromium")
    picture = tmp_path / "console.png"
    command = [sys.executable, "-m", "scripts.picture", str(picture)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert result.returncode == 0, result.stderr
    assert picture.read_bytes().startswith(_PNG)
    assert result.stdout == f"{picture}: {picture.stat().st_size // 1000} kB\n"
