"""TOML files of the user, checked down to the key: every mistake is one line that names file, key and remedy."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Content = TypeVar("_Content")


class TomlKeyError(ValueError):
    """One key is wrong; the text begins with it."""


class Table:
    """A table of the file, whose keys are taken out one by one; ``where`` is its name, empty for the file itself."""

    def __init__(self, where: str, content: object) -> None:
        self._where = where
        if not isinstance(content, dict):
            raise TomlKeyError(f"{where}: this must be a table")
        self._content = dict(content)

    def take(self, key: str, default: Any, check: Callable[[Any], Any]) -> Any:
        """The checked value of a key, or ``default`` as it is when the key is missing."""
        if key not in self._content:
            return default
        value = self._content.pop(key)
        try:
            return check(value)
        except (ValueError, TypeError) as failure:
            raise self.wrong(key, f"{value!r} is wrong; {failure}") from None

    def need(self, key: str, check: Callable[[Any], Any]) -> Any:
        """The checked value of a key that must be there."""
        if key not in self._content:
            raise self.wrong(key, "this key is missing")
        return self.take(key, None, check)

    def wrong(self, key: str, text: str) -> TomlKeyError:
        """The error for one key."""
        return TomlKeyError(f"{self._where + '.' if self._where else ''}{key}: {text}")

    def end(self, known: str) -> None:
        """Refuse keys that nobody took."""
        for key in self._content:
            raise self.wrong(key, f"there is no such key; known: {known}")


def read_toml_table(path: Path) -> dict[str, Any]:
    """Read a file as it is. Raises ValueError with one line."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as failure:
        raise ValueError(f"{path}: {failure.strerror or failure}; name a file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise ValueError(f"{path}: this is no TOML: {failure}") from None


def read_toml(path: Path, understand: Callable[[Table], _Content]) -> _Content:
    """Read a file and let ``understand`` take it apart. Raises ValueError with one line."""
    content = read_toml_table(path)
    try:
        return understand(Table("", content))
    except TomlKeyError as failure:
        raise ValueError(f"{path}: {failure}") from None


def a_list(value: Any) -> list[Any]:
    """Check for an array of tables."""
    if not isinstance(value, list):
        raise TypeError("write it as [[table]]")
    return value


def a_table(value: Any) -> dict[str, Any]:
    """Check for a table."""
    if not isinstance(value, dict):
        raise TypeError("write it as [table]")
    return value


def a_text(value: Any) -> str:
    """Check for a text."""
    if not isinstance(value, str):
        raise TypeError("use text in quotes")
    return value


def a_flag(value: Any) -> bool:
    """Check for true or false."""
    if not isinstance(value, bool):
        raise TypeError("use true or false")
    return value


def between(least: int, most: int) -> Callable[[Any], int]:
    """Make a check for an integer, both bounds included."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"use {least}..{most}")
        return value

    return check
