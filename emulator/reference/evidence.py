"""What the source tree itself proves: which facts the model's code uses, and which the tests name."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLES: Final = "firmware_model.tables."
_PROFILE: Final = "profile.py"
"""Names what differs between versions, without using it."""
_UNTELLING_TESTS: Final = ("tables", "reference")
"""Tests that look at rows, not at what the module does with them."""


class SourceTree:
    """A checkout of this project: the parsed code of the model and the text of the tests."""

    def __init__(self, root: Path) -> None:
        self._model = root / "firmware_model"
        self._faults = root / "emulator" / "faults"
        self._tests = root / "tests"

    @cached_property
    def symbols(self) -> frozenset[str]:
        """Every ``Name.ATTRIBUTE`` and every constant of a table that code uses, or a row of another table."""
        return frozenset(symbol for tree in [*self._code, *self._tables] for symbol in _symbols(tree))

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every string in the code of the model that is neither in a row of a table nor a documentation."""
        in_code = (text for tree in self._code for text in _strings(tree))
        in_tables = (text for tree in self._tables for text in _strings_outside_calls(tree))
        return frozenset([*in_code, *in_tables])

    def brings_about(self, fault: str) -> bool:
        """Whether code says the name of a fault: that of the model, or that between the model and the world."""
        return fault in self.texts or fault in self._fault_texts

    @cached_property
    def _fault_texts(self) -> frozenset[str]:
        trees = map(_parsed, sorted(self._faults.glob("*.py")))
        return frozenset(text for tree in trees for text in _strings(tree))

    def says(self, name: str) -> bool:
        """Whether code says this name, whole or as an f-string such as ``f"wifi_wep_keys[{index}]"``."""
        return name in self.texts or any(pattern.fullmatch(name) for pattern in self._formats)

    @cached_property
    def _formats(self) -> frozenset[re.Pattern[str]]:
        return frozenset(pattern for tree in self._code for pattern in _format_patterns(tree))

    @cached_property
    def keys(self) -> frozenset[str]:
        """The strings that are keys of a dictionary in the code of the model."""
        return frozenset(key for tree in self._code for key, _ in _entries(tree))

    @cached_property
    def constant_keys(self) -> frozenset[str]:
        """Those of them whose value is always the same: a number, or a function that gives a constant."""
        return frozenset(key for tree in self._code for key, value in _entries(tree) if _is_constant(value))

    @cached_property
    def tests(self) -> str:
        """The text of all tests and transcripts that show behaviour."""
        paths = (
            path
            for path in sorted(self._tests.rglob("*"))
            if path.suffix in (".py", ".txt") and path.relative_to(self._tests).parts[0] not in _UNTELLING_TESTS
        )
        return "\n".join(path.read_text(encoding="utf-8") for path in paths)

    def tested(self, *patterns: str) -> bool:
        """Whether one of the regular expressions is found in the tests."""
        return any(re.search(pattern, self.tests) for pattern in patterns)

    @cached_property
    def _code(self) -> list[ast.Module]:
        paths = sorted(self._model.rglob("*.py"))
        return [_parsed(path) for path in paths if path.parent.name != "tables" and path.name != _PROFILE]

    @cached_property
    def _tables(self) -> list[ast.Module]:
        return [_parsed(path) for path in sorted((self._model / "tables").glob("*.py"))]


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _symbols(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_TABLES):
            table = (node.module or "").removeprefix(_TABLES)
            yield from (f"{table}.{alias.name}" for alias in node.names)


def _strings(tree: ast.AST) -> Iterator[str]:
    """Every string but those that stand alone, which are documentation."""
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in alone:
            yield node.value


def _format_patterns(tree: ast.AST) -> Iterator[re.Pattern[str]]:
    """The f-strings that begin as names of variables do, as patterns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if re.match(r"[a-z]+_[a-z]", str(texts[0] if texts else "")):
                yield re.compile("".join(".+" if text is None else re.escape(str(text)) for text in texts))


def _strings_outside_calls(tree: ast.Module) -> Iterator[str]:
    """The strings of a table that are no part of a row: ``("console_wind_off_low", ...)`` for one."""
    for statement in tree.body:
        value = getattr(statement, "value", None)
        if isinstance(value, ast.Tuple | ast.List) and not any(isinstance(node, ast.Call) for node in ast.walk(value)):
            yield from _strings(value)


def _entries(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def _is_constant(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    if not isinstance(value, ast.Lambda):
        return False
    body = value.body
    return isinstance(body, ast.Constant) or (isinstance(body, ast.Name) and body.id.lstrip("_").isupper())
