"""Every operation of the document with whatever fits it, and with what does not: never a mistake of the server."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.control.openapi import document
from tests.control.running import PATIENCE
from tests.control.strategies import ANYTHING, TEXTS, fitting

if TYPE_CHECKING:
    from tests.control.running import Client

DOCUMENT = document()
ENDLESS = ("/api/v1/events/stream", "/api/v1/terminal")
CASES = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if path not in ENDLESS
]
NAMES = [operation["operationId"] for _, _, operation in CASES]
EXAMPLES = settings(max_examples=20, suppress_health_check=list(HealthCheck))


def resolved(schema: Any) -> Any:
    """A schema with everything in it that it refers to: no schema here refers to itself."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return {**resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]), **rest}
        return {key: resolved(value) for key, value in schema.items()}
    return [resolved(one) for one in schema] if isinstance(schema, list) else schema


def values(schema: Any, name: str) -> st.SearchStrategy[Any]:
    """Whatever fits, and now and then something that is there."""
    there: dict[str, list[Any]] = {
        "network": ["home", "98:DE:D0:EA:4C:62"],
        "mac": ["02:A9:D2:A0:FF:A0"],
        "name": ["index.html", "a.txt"],
        "volume": [1, 2, 3],
        "number": [1, 2],
        "fault": ["signature=raw"],
    }
    return st.sampled_from(there[name]) | fitting(schema) if name in there else fitting(schema)


def exchange(client: Client, method: str, target: str, body: bytes | None, kind: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection(client.host, client.port, timeout=PATIENCE)
    try:
        connection.request(method.upper(), target, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        return response.status, response.getheader("content-type") or "", response.read()
    finally:
        connection.close()


def check(operation: dict[str, Any], status: int, kind: str, body: bytes) -> None:
    """The answer is one that the document promises."""
    assert status < 500, body
    if status >= 400:
        assert kind == "application/problem+json"
        schema = {"$ref": "#/components/schemas/Problem"}
    else:
        promised = operation["responses"][str(status)]
        if "content" not in promised:
            assert body == b""
            return
        ((media_type, content),) = promised["content"].items()
        assert media_type == "application/octet-stream" or kind == media_type
        if media_type != "application/json":
            return
        schema = content["schema"]
    problems = list(Draft202012Validator(resolved(schema)).iter_errors(json.loads(body)))
    assert not problems, problems


@pytest.fixture(scope="module", autouse=True)
def furnished(client: Client) -> None:
    """Some things that operations can find."""
    client.do("POST", "/access-points", {"ssid": "home", "wps": True})
    client.do("POST", "/stations", {"mac": "02:A9:D2:A0:FF:A0"})
    client.do("POST", "/captures", {"form": "jsonl"})


@pytest.mark.parametrize(("path", "method", "operation"), CASES, ids=NAMES)
@given(data=st.data())
@EXAMPLES
def test_what_fits_is_answered_as_promised(
    client: Client, path: str, method: str, operation: dict[str, Any], data: st.DataObject
) -> None:
    target, query = path, {}
    for parameter in operation.get("parameters", ()):
        name, schema = parameter["name"], resolved(parameter["schema"])
        value = data.draw(values(schema, name), label=name)
        if parameter["in"] == "path":
            target = target.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif parameter["required"] or data.draw(st.booleans()):
            query[name] = str(value)
    body, kind = None, ""
    if "requestBody" in operation:
        ((kind, content),) = operation["requestBody"]["content"].items()
        if kind == "application/json":
            body = json.dumps(data.draw(fitting(resolved(content["schema"])), label="body")).encode()
        else:
            body = data.draw(st.binary(max_size=200), label="body")
    where = f"{target}?{urlencode(query)}" if query else target
    check(operation, *exchange(client, method, where, body, kind))


@pytest.mark.parametrize(("path", "method", "operation"), CASES, ids=NAMES)
@given(data=st.data())
@EXAMPLES
def test_what_does_not_fit_is_refused_as_promised(
    client: Client, path: str, method: str, operation: dict[str, Any], data: st.DataObject
) -> None:
    target = path
    for parameter in operation.get("parameters", ()):
        text = data.draw(TEXTS)
        target = target.replace(f"{{{parameter['name']}}}", quote(text, safe=""))
    body = data.draw(
        st.none() | st.binary(max_size=50) | ANYTHING.map(lambda value: json.dumps(value).encode()), label="body"
    )
    kind = data.draw(st.sampled_from(["", "application/json", "text/plain"]), label="type")
    query = data.draw(st.dictionaries(st.text("abcdefgh", min_size=1), st.text("0123-x"), max_size=2), label="query")
    where = f"{target}?{urlencode(query)}" if query else target
    status, kind, answer = exchange(client, method, where, body, kind)
    if status < 400 or status not in (404, 405):
        check(operation, status, kind, answer)
    assert status < 500


def test_the_emulator_is_still_well(client: Client) -> None:
    assert client.ask("GET", "/health").status == 200
    client.do("POST", "/reset")
    client.wait_for("powered_on", client.get("/state")["last_event"] - 1)
