"""Values that fit a JSON Schema, for the few forms of schema that the control API is described with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Whole characters only: half ones are no JSON that programs agree upon."""
INTEGERS = st.integers(-(2**53), 2**53)
ANYTHING = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values for a schema without references."""
    if "anyOf" in schema:
        return st.one_of(*map(fitting, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _objects(schema)
        case "array":
            return st.lists(fitting(schema["items"]), max_size=3)
        case "integer":
            return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
        case "string":
            return st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else TEXTS
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    assert "type" not in schema, schema
    return ANYTHING


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        return st.dictionaries(TEXTS, fitting(schema["additionalProperties"]), max_size=3)
    required = schema.get("required", ())
    known = {name: fitting(inner) for name, inner in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: known[name] for name in required},
        optional={name: strategy for name, strategy in known.items() if name not in required},
    )
