"""Finds facts by looking at the model: whatever has a source is a row, whatever table it stands in."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from emulator.reference.sheet import Cell, Fact
from firmware_model.tables.sources import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_NAMING = ("name", "number", "code", "word", "text", "area", "question")
"""Columns that name a row, wherever a table has them."""


def facts_of(module: ModuleType) -> Iterator[Fact]:
    """The rows of a module of tables: members of its enums, its constants, the items of its collections."""
    documentation = attribute_documentation(module)
    seen: set[int] = set()
    for symbol, row in _rows(module):
        if id(row) not in seen:
            seen.add(id(row))
            cells = {name: cell(value) for name, value in _fields(row).items()}
            if name := symbol.partition(".")[2]:
                about = documentation.get(name, "")
                cells |= {"about": about} if about else {}
            yield Fact(cells, row.source, _names(cells), symbol)


def derived_columns(module: ModuleType) -> frozenset[str]:
    """The columns that follow from others: the properties of an enum that its rows do not hold."""
    return frozenset(
        name
        for _, row in _rows(module)
        if isinstance(row, Enum)
        for name in _properties(type(row))
        if name not in _field_names(row.value)
    )


def attribute_documentation(module: ModuleType, class_name: str = "") -> dict[str, str]:
    """The strings that stand below the assignments of a module, or of one of its classes."""
    body = _body(module)
    if class_name:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == class_name)
    found = {}
    for statement, following in pairwise(body):
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            for name in _assigned(statement):
                found[name] = " ".join(plain_markdown(str(following.value.value)).split())
    return found


def plain_markdown(documentation: str) -> str:
    """A docstring as Markdown."""
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", inspect.cleandoc(documentation).replace("``", "`"))


def cell(value: object) -> Cell:
    """What a field of a row says, as a cell: kinds by their hint, rows of other tables by what identifies them."""
    if hasattr(value, "hint"):
        return str(value.hint)
    if isinstance(value, Enum):
        return _enum_cell(value)
    if isinstance(value, str | int | float):
        return value
    if hasattr(value, "_asdict"):
        return cell(value._asdict())
    if isinstance(value, Mapping):
        return "; ".join(f"{cell(name)}: {worded(item)}" for name, item in value.items())
    if isinstance(value, tuple | frozenset | list):
        return ", ".join(str(cell(item)) for item in value)
    return "" if value is None else str(value)


def worded(value: object) -> str:
    """A cell within a sentence, where an empty one would be missed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(cell(value)) or "none"


def _names(cells: Mapping[str, Cell]) -> tuple[str, ...]:
    return tuple(column for column in cells if column in _NAMING) or tuple(cells)[:1]


def _rows(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Every object with a source in the module, with the name that code calls it by."""
    for name in _own_names(module):
        value = getattr(module, name)
        if isinstance(value, type):
            members = value if issubclass(value, Enum) else ()
            yield from ((f"{name}.{member.name}", member) for member in members if _has_source(member))
        elif _has_source(value):
            yield f"{module.__name__.rpartition('.')[2]}.{name}", value
        elif isinstance(value, tuple | list | Mapping):
            items = value.values() if isinstance(value, Mapping) else value
            yield from (("", item) for item in items if _has_source(item))


def _own_names(module: ModuleType) -> list[str]:
    """The classes and constants that the module defines itself, in order."""
    names: list[str] = []
    for statement in _body(module):
        names += [statement.name] if isinstance(statement, ast.ClassDef) else _assigned(statement)
    return names


def _has_source(value: object) -> bool:
    return isinstance(getattr(value, "source", None), Source)


def _fields(row: Any) -> dict[str, object]:
    """What a row says, without its source; for a member of an enum also the properties derived from it."""
    if not isinstance(row, Enum):
        return {name: getattr(row, name) for name in _field_names(row) if name != "source"}
    own = [name for name in vars(row) if not name.startswith("_")]
    names = dict.fromkeys([*_field_names(row.value), *own, *_properties(type(row))])
    return {name: getattr(row, name) for name in names if name != "source"}


def _properties(kind: type) -> list[str]:
    return [name for name, item in vars(kind).items() if isinstance(item, property)]


def _field_names(row: Any) -> tuple[str, ...]:
    return tuple(getattr(row, "_fields", ())) or tuple(getattr(row, "__dataclass_fields__", ()))


def _enum_cell(member: Enum) -> Cell:
    """The number of a row in another table, the text of a word, or number and name of a number."""
    if isinstance(member.value, int):
        return f"{member.value} {member.name.lower()}"
    if fields := _field_names(member.value):
        return cell(getattr(member.value, fields[0]))
    return member.value if isinstance(member.value, str) else member.name.lower()


@cache
def _body(module: ModuleType) -> list[ast.stmt]:
    return ast.parse(inspect.getsource(module)).body


def _assigned(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
