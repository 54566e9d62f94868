"""A command is its declaration: the function's signature is the syntax, its docstring the help text.

::

    @command("FSD", spi_id=0x25, source=log("ROS"))
    async def delete_file(module: Module, filename: FileName) -> None:
        \"\"\"Delete a file.\"\"\"
        module.files.delete(filename)

The first parameter is always the module. Each further one is a positional parameter of the command; its annotation
is ``Annotated[type, ParameterType]`` and a default makes it optional (an empty text then means the default). A
parameter named ``data`` of type :class:`Data` gives access to the data phase and is no part of the syntax. A command
either returns nothing or yields reply lines and raw content; it fails by raising :class:`AtError`.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, get_args

from firmware_model.console.rendering import Reply
from firmware_model.profile import is_at_least
from firmware_model.tables.errors import AtError, Error

if TYPE_CHECKING:
    from firmware_model.console.parameters import ParameterType
    from firmware_model.tables.sources import Source

Replies = AsyncGenerator[Reply, None]
CommandFunction = Callable[..., Replies | Awaitable[None]]


class Data(Protocol):
    """The data phase of a command: the octets that follow its CR."""

    async def read(self, length: int) -> bytes:
        """Wait for exactly ``length`` octets, 1 or more; there is no time-out (M3p7)."""
        ...

    async def read_some(self) -> bytes:
        """Wait for the next octets of a conversation, however many they are."""
        ...


class Parameter(NamedTuple):
    """One positional parameter of a command."""

    name: str
    type: ParameterType
    optional: bool
    default: object = None
    """What an optional parameter that is left out means; None for nothing."""

    @property
    def syntax(self) -> str:
        """The parameter as HELP shows it."""
        text = f"<{self.name}>"
        return f"[{text}]" if self.optional else text


class Command:
    """A declared command: how it is called, what it takes, what it does."""

    def __init__(
        self,
        name: str,
        function: CommandFunction,
        *,
        spi_id: int,
        source: Source,
        alias: str,
        since: str,
        before: str | None,
    ) -> None:
        self.name = name
        self.since = since
        self.before = before
        self.alias = alias
        self.spi_id = spi_id
        self.source = source
        self._function = function

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The syntax, read from the function's signature."""
        signature = inspect.signature(self._function)
        return tuple(
            _parameter(parameter, inspect.unwrap(self._function).__globals__)
            for parameter in list(signature.parameters.values())[1:]
            if parameter.name != "data"
        )

    @cached_property
    def takes_data(self) -> bool:
        """Whether octets may follow the command's CR."""
        return "data" in inspect.signature(self._function).parameters

    def is_in(self, version: str) -> bool:
        """Whether that version of the firmware has the command."""
        gone = self.before is not None and is_at_least(version, self.before)
        return is_at_least(version, self.since) and not gone

    @property
    def spelling(self) -> str:
        """What a host types before the equals sign."""
        return f"AT+S.{self.name}" if self.name else "AT"

    @property
    def help(self) -> str:
        """The first line of the docstring, without its full stop."""
        return (inspect.getdoc(self._function) or "").partition("\n")[0].rstrip(".")

    @property
    def syntax(self) -> str:
        """The command with its parameters as HELP shows it."""
        if not self.name:
            return self.spelling
        mandatory = [parameter.syntax for parameter in self.parameters if not parameter.optional]
        everything = ",".join(parameter.syntax for parameter in self.parameters)
        if not everything:
            return self.spelling
        return f"{self.spelling}={everything}" if mandatory else f"{self.spelling}[={everything}]"

    def bind(self, texts: Sequence[str]) -> dict[str, Any]:
        """Turn the texts between the delimiters into arguments. Raises AtError 2, 6, 7, 32 or 33."""
        if len(texts) > len(self.parameters) and (len(texts) > 1 or texts[0]):
            raise AtError(Error.TOO_MANY_ARGUMENTS)
        arguments: dict[str, Any] = {}
        for position, parameter in enumerate(self.parameters):
            text = texts[position] if position < len(texts) else ""
            if text:
                arguments[parameter.name] = parameter.type.parse(text)
            elif not parameter.optional:
                raise AtError(Error.MISSING_ARGUMENTS)
        return arguments

    def call(self, module: object, arguments: dict[str, Any], data: Data) -> Replies | Awaitable[None]:
        """Start the command; the result is iterated when it is a generator, else awaited."""
        if self.takes_data:
            return self._function(module, data=data, **arguments)
        return self._function(module, **arguments)


def command(
    name: str,
    *,
    spi_id: int,
    source: Source,
    alias: str = "",
    since: str = "1.0.0",
    before: str | None = None,
) -> Callable[[CommandFunction], Command]:
    """Declare ``AT+S.<name>``; ``alias`` is a hidden legacy spelling such as ``AT&V``.

    The command is in the firmware from version ``since`` on and, where its form changed, in those before ``before``.
    """

    def declare(function: CommandFunction) -> Command:
        return Command(name, function, spi_id=spi_id, source=source, alias=alias, since=since, before=before)

    return declare


def _parameter(parameter: inspect.Parameter, namespace: dict[str, Any]) -> Parameter:
    # Only the parameters are evaluated: the module's own annotation may be known to type checkers alone.
    annotation = eval(parameter.annotation, namespace)  # noqa: S307 - the text stands in our own source
    kinds = [annotation, *get_args(annotation)]
    metadata = [item for kind in kinds for item in getattr(kind, "__metadata__", ())]
    if not metadata:
        raise TypeError(f"parameter {parameter.name} has no parameter type in its annotation")
    optional = parameter.default is not inspect.Parameter.empty
    return Parameter(parameter.name, metadata[0], optional, parameter.default if optional else None)
