"""An operation of the control API is its declaration: the function's signature is the interface.

::

    @operation("PUT", "/pins/{pin}", tag="pins")
    def drive_pin(desk: Desk, pin: PinNumber, body: Drive) -> Pin:
        \"\"\"Put a level on a pin from outside, or let go of it.\"\"\"

The first parameter is always the desk. One whose name stands in braces comes from the path, one called ``body`` is the
request's body (a named tuple as JSON, ``bytes`` as they come), every other one comes from the query; a default makes
it optional. What the function returns is JSON, nothing (204), a :class:`Content`, a :class:`FileContent`, an
:class:`EventStream` or a :class:`Cookie`. It says no by raising :class:`emulator.control.problem.RefusedError`.
Checks, routes and the OpenAPI document come from this and from nothing else.
"""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, ParamSpec, TypeVar, get_type_hints

from emulator.control.problem import RefusedError
from emulator.control.schema import read, read_text, unwrap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_Inputs = ParamSpec("_Inputs")
_Result = TypeVar("_Result")

API: Final = "/api/v1"
LARGEST_JSON: Final = 64 * 1024
"""Octets of a body in JSON."""
LARGEST_FILE: Final = 8 * 1024 * 1024
"""Octets of a body that is a file; the largest memory of a module holds as many."""
_IN_BRACES: Final = re.compile(r"{(\w+)}")


class Content(NamedTuple):
    """Octets of some kind, for a file called ``name`` if it has one."""

    octets: bytes
    media_type: str = "application/octet-stream"
    name: str = ""


class FileContent(NamedTuple):
    """A file of this machine, as long as it is when it is asked for."""

    path: Path
    media_type: str
    name: str


class EventStream(NamedTuple):
    """Server-sent events, each a whole one with its empty line."""

    events: AsyncIterator[str]


class Cookie(NamedTuple):
    """A cookie to set, or to forget when its value is empty."""

    name: str
    value: str


class Input(NamedTuple):
    """One parameter of an operation."""

    name: str
    place: str
    """``path``, ``query`` or ``body``."""
    annotation: Any
    default: Any
    """``inspect.Parameter.empty`` for none."""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty


class Operation(Generic[_Inputs, _Result]):
    """A declared operation; it can be called as the function that it was made of."""

    def __init__(
        self, method: str, path: str, function: Callable[_Inputs, _Result], *, tag: str, status: int, media_type: str
    ) -> None:
        self.method = method
        self.path = API + path
        self.tag = tag
        self.media_type = media_type
        self._function = function
        self._status = status

    @property
    def name(self) -> str:
        """What the document calls it: ``drivePin``."""
        head, *words = self._function.__name__.split("_")
        return head + "".join(word.title() for word in words)

    @property
    def summary(self) -> str:
        """The first line of the docstring, without its full stop."""
        return (inspect.getdoc(self._function) or "").partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of the docstring."""
        return (inspect.getdoc(self._function) or "").partition("\n")[2].strip()

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self._function, include_extras=True)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """What it takes, read from the function's signature."""
        in_path = _IN_BRACES.findall(self.path)
        parameters = list(inspect.signature(self._function).parameters.values())[1:]
        return tuple(
            Input(
                parameter.name,
                "body" if parameter.name == "body" else "path" if parameter.name in in_path else "query",
                self._hints[parameter.name],
                parameter.default,
            )
            for parameter in parameters
        )

    @cached_property
    def body(self) -> Input | None:
        """The request's body; None when there is none."""
        return next((given for given in self.inputs if given.place == "body"), None)

    @property
    def takes_octets(self) -> bool:
        """Whether the body is octets rather than JSON."""
        return self.body is not None and unwrap(self.body.annotation)[0] is bytes

    @property
    def largest_body(self) -> int:
        """How many octets the body may have."""
        if self.body is None:
            return 0
        return LARGEST_FILE if self.takes_octets else LARGEST_JSON

    @property
    def returns(self) -> Any:
        """The annotation of the result."""
        return self._hints["return"]

    @property
    def status(self) -> int:
        """The status of a good answer."""
        return 204 if self.returns in (type(None), Cookie) else self._status

    def bind(self, path: dict[str, str], query: dict[str, str], body: Any) -> dict[str, Any]:
        """Turn what came into arguments; ``body`` is JSON's value or octets. Raises RefusedError."""
        known = {given.name for given in self.inputs if given.place == "query"}
        for name in query:
            if name not in known:
                taken = ", ".join(sorted(known)) or "none"
                raise RefusedError(400, f"there is no query parameter '{name}' here; known: {taken}")
        try:
            return {given.name: _take(given, path, query, body) for given in self.inputs if _is_given(given, query)}
        except ValueError as failure:
            raise RefusedError(400, str(failure)) from failure

    def __call__(self, *arguments: _Inputs.args, **named: _Inputs.kwargs) -> _Result:
        """Carry it out; the desk comes first. Raises RefusedError."""
        return self._function(*arguments, **named)


def operation(
    method: str, path: str, *, tag: str, status: int = 200, media_type: str = "application/json"
) -> Callable[[Callable[_Inputs, _Result]], Operation[_Inputs, _Result]]:
    """Declare an operation. ``media_type`` is that of its answer."""
    return lambda function: Operation(method, path, function, tag=tag, status=status, media_type=media_type)


def _is_given(given: Input, query: dict[str, str]) -> bool:
    return given.place != "query" or given.required or given.name in query


def _take(given: Input, path: dict[str, str], query: dict[str, str], body: Any) -> Any:
    if given.place == "body":
        return body if unwrap(given.annotation)[0] is bytes else read(given.annotation, body, "")
    texts = path if given.place == "path" else query
    if given.name not in texts:
        raise ValueError(f"the query parameter '{given.name}' is missing")
    return read_text(given.annotation, texts[given.name], given.name)
