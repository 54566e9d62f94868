"""The page of the control API: every operation with what it takes and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from emulator.control.declaration import Content, Cookie, EventStream, FileContent
from emulator.control.operations import all_operations
from emulator.control.schema import unwrap
from emulator.reference.render import markdown_rows

if TYPE_CHECKING:
    from emulator.control.declaration import Input, Operation

_HEAD: Final = """# Control API

The operations of `spwf04sx run --control`, made from the same declarations as its OpenAPI document. What it is for, who
may use it, the event stream and the terminal are described in [control.md](../control.md)."""
_WORDS: Final = {EventStream: "events", Cookie: "a cookie", type(None): "nothing"}


def control_page() -> str:
    """The page, a table for each tag."""
    tables: dict[str, list[list[str]]] = {}
    for operation in all_operations():
        tables.setdefault(operation.tag, []).append(_row(operation))
    head = ["operation", "takes", "answers", "what it does"]
    sections = [f"## {tag.capitalize()}\n\n{markdown_rows(head, rows)}" for tag, rows in tables.items()]
    return "\n\n".join([_HEAD, *sections])


def _row(operation: Operation[..., Any]) -> list[str]:
    takes = [_taken(given, operation) for given in operation.inputs if given.place != "path"]
    return [f"`{operation.method} {operation.path}`", ", ".join(takes), _answered(operation), operation.summary]


def _taken(given: Input, operation: Operation[..., Any]) -> str:
    if given.place != "body":
        return f"`?{given.name}`"
    if operation.takes_octets:
        return "octets"
    fields = unwrap(given.annotation)[0]._fields
    return ", ".join(f"`{name}`" for name in fields)


def _answered(operation: Operation[..., Any]) -> str:
    kind, _ = unwrap(operation.returns)
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in (Content, FileContent):
        return "text" if operation.media_type.startswith("text/") else "octets"
    name = getattr(kind, "__name__", str(kind))
    arguments = getattr(kind, "__args__", ())
    return f"list of `{arguments[0].__name__}`" if arguments else f"`{name}`"
