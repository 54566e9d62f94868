"""The OpenAPI 3.1 document of the control API, made from the declarations."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from emulator.control.declaration import API, Content, Cookie, EventStream, FileContent
from emulator.control.operations import all_operations
from emulator.control.problem import MEDIA_TYPE, Problem
from emulator.control.schema import REFERENCE, schema_of, to_json, unwrap
from emulator.version import VERSION

if TYPE_CHECKING:
    from emulator.control.declaration import Input, Operation
    from emulator.control.schema import Components

_OCTETS: Final = "application/octet-stream"
TERMINAL: Final = f"{API}/terminal"
_TERMINAL: Final = {
    "tags": ["terminal"],
    "operationId": "terminal",
    "summary": "The serial line as a WebSocket: binary messages are octets, text messages are JSON",
    "description": "See docs/control.md.",
    "responses": {
        "101": {"description": "the WebSocket is open"},
        "426": {"$ref": "#/components/responses/Problem"},
        "4XX": {"$ref": "#/components/responses/Problem"},
    },
}


@cache
def document() -> dict[str, Any]:
    """The document; the same object each time."""
    components: Components = {}
    paths: dict[str, dict[str, Any]] = {}
    for operation in all_operations():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, components)
    paths[TERMINAL] = {"get": _TERMINAL}
    schema_of(Problem, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SPWF04Sx emulator",
            "version": VERSION,
            "summary": "Looks at a running emulator and changes what is around its module.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                "Problem": {
                    "description": "the request was refused, and why",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}Problem"}}},
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "the token of the run"},
                "session": {"type": "apiKey", "in": "cookie", "name": "spwf04sx-PORT"},
            },
        },
    }


def _operation(operation: Operation[..., Any], components: Components) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            str(operation.status): _answer(operation, components),
            "4XX": {"$ref": "#/components/responses/Problem"},
            "503": {"$ref": "#/components/responses/Problem"},
        },
    }
    if operation.description:
        described["description"] = operation.description
    if parameters := [_parameter(given, components) for given in operation.inputs if given.place != "body"]:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _body(operation, components)}
    return described


def _body(operation: Operation[..., Any], components: Components) -> dict[str, Any]:
    if operation.takes_octets or operation.body is None:
        return {_OCTETS: {"schema": {"type": "string", "contentMediaType": _OCTETS}}}
    return {"application/json": {"schema": schema_of(operation.body.annotation, components)}}


def _parameter(given: Input, components: Components) -> dict[str, Any]:
    schema = schema_of(given.annotation, components)
    parameter: dict[str, Any] = {"name": given.name, "in": given.place, "required": given.required, "schema": schema}
    if description := schema.pop("description", None):
        parameter["description"] = description
    if not given.required:
        schema["default"] = to_json(given.default)
    return parameter


def _answer(operation: Operation[..., Any], components: Components) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    kind, _ = unwrap(operation.returns)
    if kind in (Content, FileContent, EventStream):
        answer["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    elif kind is Cookie:
        answer["headers"] = {"Set-Cookie": {"schema": {"type": "string"}}}
    elif kind is not type(None):
        answer["content"] = {"application/json": {"schema": schema_of(operation.returns, components)}}
    return answer
