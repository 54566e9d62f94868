"""Collects the sheets: the declared commands, the tables, the firmware profiles."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from emulator.reference.introspection import (
    attribute_documentation,
    derived_columns,
    facts_of,
    plain_markdown,
    worded,
)
from emulator.reference.sheet import Cell, Fact, ParameterCell, Sheet
from firmware_model import commands, profile, tables
from firmware_model.tables.sources import assumed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.console.declaration import Command, Parameter
    from firmware_model.profile import FirmwareProfile

_APART = ("version", "sources", "durations", "latencies")
_COMMAND_DETAILS = frozenset({"command", "parameters", "spi_id", "legacy", "data", "chapter"})


def sheets() -> tuple[Sheet, ...]:
    """One sheet for the commands, one for each module of tables that holds facts, two for the firmware profiles."""
    return (command_sheet(), *table_sheets(), firmware_sheet(), duration_sheet())


def command_sheet() -> Sheet:
    """Every declared command, by chapter."""
    facts = [
        _command_fact(command, _first_line(chapter.__doc__ or ""))
        for chapter in commands.CHAPTERS
        for command in commands.all_commands()
        if any(item is command for item in vars(chapter).values())
    ]
    return Sheet(
        "commands",
        "Every command with its syntax, the values that its parameters take, and its number on the SPI interface. "
        "A parameter in brackets may be left out; it then has the value after the equals sign, or none. `data` says "
        "that octets may follow the line. The source speaks of name and syntax.",
        tuple(facts),
        grouped_by="chapter",
        details=_COMMAND_DETAILS,
    )


def table_sheets() -> Iterator[Sheet]:
    """The modules of ``firmware_model.tables`` that hold facts, by name."""
    for module_info in sorted(pkgutil.iter_modules(tables.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{tables.__name__}.{module_info.name}")
        facts = tuple(facts_of(module))
        if facts:
            introduction = plain_markdown(module.__doc__ or "")
            yield Sheet(module_info.name.replace("_", "-"), introduction, facts, details=derived_columns(module))


def firmware_sheet() -> Sheet:
    """The oldest firmware version, then what each later one does otherwise; what takes time has sheets of its own."""
    facts: list[Fact] = []
    before: FirmwareProfile | None = None
    for version, firmware in profile.PROFILES.items():
        facts += [_profile_fact(version, field, firmware) for field in _changed_fields(firmware, before)]
        before = firmware
    return Sheet("firmware", plain_markdown(profile.__doc__ or "").partition("::")[0] + ".", tuple(facts), "firmware")


def duration_sheet() -> Sheet:
    """How long the module takes for things, from the defaults of the firmware profile."""
    documentation = attribute_documentation(profile, "Durations")
    source = assumed("no timed log was found")
    return Sheet(
        "durations",
        "How long the module takes for what the host can see.",
        tuple(
            Fact({"name": name, "seconds": value, "meaning": documentation.get(name, "")}, source, ("name",))
            for name, value in profile.Durations()._asdict().items()
        ),
    )


def _changed_fields(firmware: FirmwareProfile, before: FirmwareProfile | None) -> list[str]:
    def is_new(field: str) -> bool:
        return before is None or (
            (getattr(firmware, field), firmware.sources.get(field))
            != (getattr(before, field), before.sources.get(field))
        )

    return [field for field in firmware._fields if field not in _APART and is_new(field)]


def _profile_fact(version: str, field: str, firmware: FirmwareProfile) -> Fact:
    cells: dict[str, Cell] = {
        "field": field,
        "firmware": version,
        "value": worded(getattr(firmware, field)),
        "meaning": attribute_documentation(profile, "FirmwareProfile").get(field, ""),
    }
    return Fact(cells, firmware.sources.get(field, assumed()), ("field", "firmware"))


def _command_fact(command: Command, chapter: str) -> Fact:
    cells: dict[str, Cell] = {
        "command": command.spelling,
        "syntax": command.syntax,
        "help": command.help,
        "parameters": tuple(map(_parameter_cell, command.parameters)),
        "spi_id": f"0x{command.spi_id:02X}",
        "legacy": command.alias,
        "data": command.takes_data,
        "chapter": chapter,
    }
    # Whatever else a declaration says, such as the firmware version that brought the command.
    known = {"name", "alias", "spi_id", *vars(type(command))}
    said = {name: value for name, value in vars(command).items() if name not in known and name[0] != "_"}
    cells |= {name: value for name, value in said.items() if isinstance(value, str | int)}
    return Fact(cells, command.source, ("command", "legacy"), command.name or "null")


def _parameter_cell(parameter: Parameter) -> ParameterCell:
    default = "" if parameter.default is None else str(parameter.default)
    return ParameterCell(parameter.name, parameter.type.hint, parameter.optional, default)


def _first_line(documentation: str) -> str:
    return documentation.partition("\n")[0].rstrip(".")
