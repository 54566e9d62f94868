"""Annotations as JSON Schema, and JSON values as what annotations promise."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.control.schema import Components, Form, Range, read, read_text, schema_of, to_json
from tests.control.strategies import fitting


class Colour(Enum):
    DARK_RED = 1
    BLUE = "blue"


class Level(IntEnum):
    LOW = 0


class Inner(NamedTuple):
    """Something inside."""

    number: Annotated[int, Range(1, 9), "how many"]
    text: str | None = None


class Outer(NamedTuple):
    """Everything that is known."""

    inner: Inner
    several: tuple[Inner, ...] = ()
    words: list[str] = []  # noqa: RUF012 - never changed
    octets: bytes = b""
    kind: Literal["a", "b"] = "a"
    colour: Colour = Colour.BLUE
    part: float = 0.5
    flag: bool = False
    mac: Annotated[str, Form(r"^[0-9a-f]{2}$", "0f")] = "00"
    named: dict[str, int] = {}  # noqa: RUF012
    anything: Any = None


COMPONENTS: Components = {}


def test_a_named_tuple_is_an_object_that_takes_nothing_else() -> None:
    components: Components = {}
    assert schema_of(Inner, components) == {"$ref": "#/components/schemas/Inner"}
    assert components["Inner"] == {
        "type": "object",
        "description": "Something inside.",
        "properties": {
            "number": {"type": "integer", "minimum": 1, "maximum": 9, "description": "how many"},
            "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["number"],
        "additionalProperties": False,
    }


def test_every_annotation_that_is_known_has_a_schema() -> None:
    components: Components = {}
    schema_of(Outer, components)
    for schema in components.values():
        Draft202012Validator.check_schema(schema)
    whole = {"$ref": "#/components/schemas/Outer", "components": {"schemas": components}}
    Draft202012Validator(whole).validate(to_json(Outer(Inner(3), several=(Inner(1),), colour=Colour.DARK_RED)))


def test_what_is_read_is_what_was_promised() -> None:
    value = {"inner": {"number": 3.0}, "several": [{"number": 1, "text": "x"}], "octets": "00ff", "colour": "dark-red"}
    assert read(Outer, value, "") == Outer(Inner(3), several=(Inner(1, "x"),), octets=b"\0\xff", colour=Colour.DARK_RED)
    assert to_json(Outer(Inner(3), colour=Colour.DARK_RED))["colour"] == "dark-red"
    assert to_json({"level": Level.LOW, "octets": b"\0\xff"}) == {"level": "low", "octets": "00ff"}


@given(fitting(schema_of(Inner, COMPONENTS) and COMPONENTS["Inner"]))
def test_what_fits_the_schema_can_be_read_and_comes_back(value: Any) -> None:
    inner = read(Inner, value, "")
    assert to_json(inner) == {"text": None, **value}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_what_does_not_fit_is_refused_with_a_line(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^body: .* is wrong; use an object$"):
        read(Inner, value, "body")


@pytest.mark.parametrize(
    ("annotation", "value", "told"),
    [
        (int, True, "x: True is wrong; use an integer"),
        (int, 1.5, "x: 1.5 is wrong; use an integer"),
        (bool, 1, "x: 1 is wrong; use true or false"),
        (float, "1", "x: '1' is wrong; use a number"),
        (str, None, "x: None is wrong; use text"),
        (str, "\ud800", "x: '\\ud800' is wrong; use whole characters"),
        (bytes, "0g", "x: '0g' is wrong; use pairs of hexadecimal digits in lower case"),
        (bytes, "0", "x: '0' is wrong; use pairs of hexadecimal digits in lower case"),
        (Literal[0, 1], True, "x: True is wrong; use one of 0, 1"),
        (Colour, "DARK_RED", "x: 'DARK_RED' is wrong; use one of dark-red, blue"),
        (Annotated[int, Range(0, 5)], 6, "x: 6 is wrong; use 0..5"),
        (Annotated[str, Form("^a+$", "aaa")], "aab", "x: 'aab' is wrong; use a text like aaa"),
        (Annotated[str, Form("^a+$", "aaa")], "aaa\n", "x: 'aaa\\n' is wrong; use a text like aaa"),
        (list[int], {}, "x: {} is wrong; use a list"),
        (list[int], [1, "2"], "x[1]: '2' is wrong; use an integer"),
        (str | None, 5, "x: 5 is wrong; use text"),
        (Inner, {"number": 1, "more": 2}, "x.more: there is no such field; known: number, text"),
        (Inner, {}, "x.number is missing"),
        (Outer, {"inner": {"number": 10}}, "x.inner.number: 10 is wrong; use 1..9"),
        (int, "5" * 100, "x: this is wrong; use an integer"),
    ],
)
def test_a_refusal_says_where_and_what_would_be_right(annotation: Any, value: Any, told: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared below
        read(annotation, value, "x")
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "-5", -5),
        (Annotated[int, Range(0, 9)], "7", 7),
        (int | None, "7", 7),
        (bool, "true", True),
        (str, "7", "7"),
        (Colour, "blue", Colour.BLUE),
    ],
)
def test_a_piece_of_a_url_is_read_likewise(annotation: Any, text: str, value: Any) -> None:
    assert read_text(annotation, text, "x") == value


@pytest.mark.parametrize(("annotation", "text"), [(int, ""), (int, "1.0"), (int, "٣"), (int, "9" * 30), (bool, "1")])
def test_a_piece_of_a_url_that_is_wrong_is_refused(annotation: Any, text: str) -> None:
    with pytest.raises(ValueError, match="is wrong; use"):
        read_text(annotation, text, "x")


def test_what_has_no_schema_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="has no JSON Schema"):
        schema_of(set[int], {})
