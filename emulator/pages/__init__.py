"""The module's built-in web pages, our own: volume 3, the application flash, comes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent
_NAMES: Final = (
    "index.html",
    "style.css",
    "favicon.ico",
    "status.fhtml",
    "config.fhtml",
    "peers.fhtml",
    "firstset.html",
    "input_demo.fhtml",
    "output_demo.html",
)


def application_files() -> dict[str, bytes]:
    """Name and content of every file. Raises OSError when the package is incomplete."""
    return {name: (_FOLDER / name).read_bytes() for name in _NAMES}
