from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pytest

from firmware_model.commands import all_commands, commands_by_spelling
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import Integer, Keyword, Port, Text, Word
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import assumed

if TYPE_CHECKING:
    from firmware_model.module import Module


@command("SAMPLE", spi_id=0x7F, source=assumed())
async def sample(
    module: Module, name: Word, port: Port, kind: Annotated[str, Keyword(("ca", "key"))] = "ca", *, data: Data
) -> Replies:
    """Do something."""
    yield replies.READING(name, port)


@pytest.mark.parametrize(
    ("texts", "arguments"),
    [
        (["n", "80"], {"name": "n", "port": 80}),
        (["n", "80", ""], {"name": "n", "port": 80}),
        (["n", "80", "KEY"], {"name": "n", "port": 80, "kind": "key"}),
    ],
)
def test_positional_texts_become_typed_arguments(texts: list[str], arguments: dict[str, object]) -> None:
    assert sample.bind(texts) == arguments


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ([""], Error.MISSING_ARGUMENTS),
        (["n"], Error.MISSING_ARGUMENTS),
        (["", "80"], Error.MISSING_ARGUMENTS),
        (["n", "80", "ca", ""], Error.TOO_MANY_ARGUMENTS),
        (["n", "0"], Error.ARGUMENT_ZERO),
        (["n", "abc"], Error.ARGUMENT_ZERO),
        (["n", "65536"], Error.INVALID_ARGUMENTS),
        (["n", "-1"], Error.INVALID_ARGUMENTS),
        (["n", "80", "other"], Error.INVALID_ARGUMENTS),
    ],
)
def test_wrong_arguments_have_their_error(texts: list[str], error: Error) -> None:
    with pytest.raises(AtError) as failure:
        sample.bind(texts)
    assert failure.value.error is error


def test_syntax_and_help_come_from_the_declaration() -> None:
    assert sample.syntax == "AT+S.SAMPLE=<name>,<port>,[<kind>]"
    assert sample.help == "Do something"
    assert sample.takes_data
    assert [parameter.type.hint for parameter in sample.parameters] == ["", "1..65535", "ca|key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("007", 7), ("NULL", 0), ("null", 0), ("9", 9)],
)
def test_a_number_may_be_zero_where_zero_is_allowed(text: str, value: int) -> None:
    assert Integer(0, 9).parse(text) == value


@pytest.mark.parametrize(
    ("text", "error"),
    [("10", Error.ARGUMENT_TOO_LARGE), ("x", Error.INVALID_ARGUMENTS), ("9" * 500, Error.ARGUMENT_TOO_LARGE)],
)
def test_a_number_out_of_range(text: str, error: Error) -> None:
    with pytest.raises(AtError) as failure:
        Integer(0, 9, above=Error.ARGUMENT_TOO_LARGE).parse(text)
    assert failure.value.error is error


def test_a_text_that_is_too_long() -> None:
    assert Text(3).parse("abc") == "abc"
    with pytest.raises(AtError) as failure:
        Text(3).parse("abcd")
    assert failure.value.error is Error.ARGUMENT_TOO_LARGE


def test_every_command_is_declared_whole() -> None:
    names = [item.name for item in all_commands()]
    assert names[:3] == ["", "HELP", "RESET"]
    assert len(set(names)) == len(names)
    assert len({item.spi_id for item in all_commands()}) == len(names)
    for item in all_commands():
        assert item.help
        assert item.source.where
        assert item.parameters is item.parameters


def test_the_legacy_aliases_are_hidden_names_of_the_same_commands() -> None:
    commands = commands_by_spelling()
    for alias, spelling in (("AT&V", "AT+S.GCFG"), ("AT&W", "AT+S.WCFG"), ("AT&F", "AT+S.FCFG")):
        assert commands[alias] is commands[spelling]
    assert "AT&V" not in {item.syntax for item in all_commands()}
