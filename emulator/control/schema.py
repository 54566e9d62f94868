"""Python's annotations as JSON Schema, and JSON values as what annotations promise.

One declaration serves both: what the OpenAPI document says a value must be is what is checked when it comes. Known
are ``str``, ``int``, ``float``, ``bool``, ``bytes`` (hexadecimal digits), ``None``, unions with None, ``Literal``,
enumerations, ``list``, ``tuple[X, ...]``, ``dict[str, X]`` and named tuples; ``Annotated`` adds a :class:`Range`, a
:class:`Form` or a text that describes the value.
"""

from __future__ import annotations

import inspect
import re
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

REFERENCE: Final = "#/components/schemas/"
_HEX: Final = "^([0-9a-f]{2})*$"
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can write and no encoding can."""
_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    bytes: {"type": "string", "pattern": _HEX},
    NoneType: {"type": "null"},
    Any: {},
}
_WORDS: Final = {str: "text", int: "an integer", float: "a number", bool: "true or false", NoneType: "null"}


class Range(NamedTuple):
    """The least and the greatest value of a number, both included."""

    least: int
    most: int


class Form(NamedTuple):
    """What a text looks like: an anchored regular expression, and an example for people."""

    pattern: str
    example: str


Components = dict[str, dict[str, Any]]
"""Schemas of named tuples by their names."""


def word_of(member: Enum) -> str:
    """How JSON writes a member of an enumeration: its value if that is a text, else its name as one word."""
    return member.value if isinstance(member.value, str) else member.name.lower().replace("_", "-")


def to_json(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Enum():
            return word_of(value)
        case bytes():
            return value.hex()
        case tuple() if hasattr(value, "_asdict"):
            return {name: to_json(field) for name, field in value._asdict().items()}
        case dict():
            return {key: to_json(one) for key, one in value.items()}
        case tuple() | list():
            return [to_json(one) for one in value]
    return value


def schema_of(annotation: Any, components: Components) -> dict[str, Any]:
    """The JSON Schema of an annotation; named tuples go to ``components``. Raises TypeError for unknown ones."""
    kind, notes = unwrap(annotation)
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _PLAIN:
        schema = dict(_PLAIN[kind])
    elif origin in (Union, UnionType):
        schema = {"anyOf": [schema_of(argument, components) for argument in arguments]}
    elif origin is Literal:
        schema = {"enum": list(arguments)}
    elif origin is dict:
        schema = {"type": "object", "additionalProperties": schema_of(arguments[1], components)}
    elif origin in (list, tuple):
        schema = {"type": "array", "items": schema_of(arguments[0], components)}
    elif isinstance(kind, type) and issubclass(kind, Enum):
        schema = {"enum": [word_of(member) for member in kind]}
    elif is_record(kind):
        schema = {"$ref": REFERENCE + kind.__name__}
        if kind.__name__ not in components:
            components[kind.__name__] = {}
            components[kind.__name__] = _record_schema(kind, components)
    else:
        raise TypeError(f"{annotation} has no JSON Schema")
    for note in notes:
        schema |= _constraint(note)
    return schema


def read(annotation: Any, value: Any, where: str) -> Any:
    """Turn a JSON value into what the annotation promises. Raises ValueError with one line that says what is wrong."""
    kind, notes = unwrap(annotation)
    result = _read_kind(kind, value, where)
    for note in notes:
        if isinstance(note, Range) and not note.least <= result <= note.most:
            raise _wrong(where, value, f"{note.least}..{note.most}")
        if isinstance(note, Form) and not re.fullmatch(note.pattern, result):
            raise _wrong(where, value, f"a text like {note.example}")
    return result


def read_text(annotation: Any, text: str, where: str) -> Any:
    """Turn a piece of a URL into what the annotation promises. Raises ValueError."""
    kind, _ = unwrap(annotation)
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    value: Any = text
    if bool in kinds:
        value = {"true": True, "false": False}.get(text, text)
    elif int in kinds and re.fullmatch(r"-?[0-9]{1,18}", text):
        value = int(text)
    return read(annotation, value, where)


def unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without ``Annotated``, and what that added."""
    if get_origin(annotation) is Annotated:
        kind, *notes = get_args(annotation)
        return kind, tuple(notes)
    return annotation, ()


def is_record(kind: Any) -> bool:
    """Whether it is a named tuple."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_field_defaults")


def _record_schema(kind: Any, components: Components) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: schema_of(hints[name], components) for name in kind._fields},
        "additionalProperties": False,
    }
    if required := [name for name in kind._fields if name not in kind._field_defaults]:
        schema["required"] = required
    if description := inspect.getdoc(kind):
        schema["description"] = description
    return schema


def _constraint(note: Any) -> dict[str, Any]:
    match note:
        case Range(least, most):
            return {"minimum": least, "maximum": most}
        case Form(pattern, example):
            return {"pattern": pattern, "examples": [example]}
        case str():
            return {"description": note}
    return {}


def _read_kind(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _read_union(arguments, value, where)
    if origin is Literal:
        if value not in arguments or isinstance(value, bool) != isinstance(arguments[arguments.index(value)], bool):
            raise _wrong(where, value, _alternatives(arguments))
        return value
    if origin in (list, tuple):
        if not isinstance(value, list):
            raise _wrong(where, value, "a list")
        return origin(read(arguments[0], one, f"{where}[{number}]") for number, one in enumerate(value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_member(kind, value, where)
    if is_record(kind):
        return _read_record(kind, value, where)
    return _read_plain(kind, value, where)


def _read_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None:
        if NoneType in arguments:
            return None
        raise _wrong(where, value, "something else")
    others = [argument for argument in arguments if argument is not NoneType]
    failure = ValueError()
    for argument in others:
        try:
            return read(argument, value, where)
        except ValueError as refused:
            failure = refused
    raise failure


def _read_member(kind: type[Enum], value: Any, where: str) -> Enum:
    words = {word_of(member): member for member in kind}
    if not isinstance(value, str) or value not in words:
        raise _wrong(where, value, _alternatives(words))
    return words[value]


def _read_record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    hints = get_type_hints(kind, include_extras=True)
    for name in value:
        if name not in kind._fields:
            raise ValueError(f"{_inside(where, name)}: there is no such field; known: {', '.join(kind._fields)}")
    for name in kind._fields:
        if name not in value and name not in kind._field_defaults:
            raise ValueError(f"{_inside(where, name)} is missing")
    return kind(**{name: read(hints[name], one, _inside(where, name)) for name, one in value.items()})


def _read_plain(kind: Any, value: Any, where: str) -> Any:
    if kind is bytes:
        if not isinstance(value, str) or not re.fullmatch(_HEX, value):
            raise _wrong(where, value, "pairs of hexadecimal digits in lower case")
        return bytes.fromhex(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(where, value, _WORDS[kind])
    if kind is str and _LONE_SURROGATE.search(value):
        raise _wrong(where, value, "whole characters")
    return value


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _alternatives(words: Any) -> str:
    return "one of " + ", ".join(map(str, words))


def _wrong(where: str, value: Any, right: str) -> ValueError:
    shown = repr(value)
    return ValueError(f"{where or 'the value'}: {shown if len(shown) < 80 else 'this'} is wrong; use {right}")
