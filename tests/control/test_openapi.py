"""The OpenAPI document says what the declarations say, and nothing else answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from emulator.control.openapi import TERMINAL, document
from emulator.control.operations import all_operations
from tests.control.running import API

if TYPE_CHECKING:
    from tests.control.running import Client

OPERATIONS = all_operations()


def described(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][path][method]
    return found


def test_every_declared_operation_is_in_the_document_and_no_other() -> None:
    there = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert there == {(one.path, one.method.lower()) for one in OPERATIONS} | {(TERMINAL, "get")}


def test_each_operation_has_a_name_of_its_own_and_a_line_about_it() -> None:
    every = [one for methods in document()["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in every]
    assert len(set(names)) == len(names)
    assert all(one["summary"] and not one["summary"].endswith(".") for one in every)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_an_operation_is_described_as_it_is_declared(one: Any) -> None:
    found = described(one.path, one.method.lower())
    parameters = {(given["name"], given["in"], given["required"]) for given in found.get("parameters", ())}
    assert parameters == {(given.name, given.place, given.required) for given in one.inputs if given.place != "body"}
    assert {name for name, place, _ in parameters if place == "path"} == set(re.findall(r"{(\w+)}", one.path))
    assert ("requestBody" in found) == (one.body is not None)
    assert one.body is None or one.method not in ("GET", "DELETE")
    assert str(one.status) in found["responses"]


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if "$ref" in value else []
            return here + [one for each in value.values() for one in references(each)]
        return [one for each in value for one in references(each)] if isinstance(value, list) else []

    found = references(whole)
    assert len(found) > len(OPERATIONS)
    for reference in found:
        place: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_schema_is_one() -> None:
    whole = document()
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert whole["openapi"] == "3.1.0"


def test_what_is_served_is_what_was_declared(client: Client) -> None:
    assert client.ask("GET", "/openapi.json").json == document()


def test_a_method_or_path_that_is_not_in_the_document_is_refused(client: Client) -> None:
    for method, path, status in (("PATCH", "/state", 405), ("GET", "/nothing", 404), ("POST", "/state", 405)):
        answer = client.ask(method, API + path)
        assert answer.status == status
        assert f"{API}{path}; see /openapi.json" in answer.detail
