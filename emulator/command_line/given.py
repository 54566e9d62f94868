"""Options that are given by a configuration file or by the environment instead of on the command line.

Each is turned into the flag that it stands for and put before those of the command line, which thus win; what may be
repeated adds up. The file says ``firmware = "1.0.0"`` or ``map = ["a=b", "c=d"]``, the environment
``SPWF04SX_FIRMWARE=1.0.0`` or ``SPWF04SX_MAP="a=b c=d"``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PREFIX: Final = "SPWF04SX_"
_NOT_OURS: Final = frozenset({"SPWF04SX_REQUIRE_PEERS", "SPWF04SX_SLOW"})
"""Variables of the test suite."""


class GivenError(Exception):
    """An option that was given elsewhere is wrong; the text is one line that says where and what to do."""


class _Checker(argparse.ArgumentParser):
    """Parses what was given, and complains by an exception."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse's own ends the program
        """Raise ValueError instead of ending the program."""
        raise ValueError(message)


def add_options(run: argparse.ArgumentParser) -> None:
    """Add the option that names the file."""
    run.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="take options from this TOML file, under their long names (see docs/configuration.md); the environment "
        "has them as SPWF04SX_NAME, and the command line wins",
    )


def given_elsewhere(
    run: argparse.ArgumentParser, arguments: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """The flags that file and environment stand for; ``arguments`` may name the file. Raises GivenError."""
    options = _options_of(run)
    variables = _variables(environment)
    file = _file(arguments) or variables.pop("config", None)
    flags = [] if file is None else list(_from_file(run, options, Path(file)))
    for name, value in variables.items():
        where = f"the environment: {PREFIX}{name.upper()}"
        if name not in options:
            raise GivenError(f"{where} is no option; known: {', '.join(options)}")
        values = value.split() if _is_repeated(options[name]) else [_switch(options[name], value, where)]
        flags += _checked(run, [_flag(options[name], each) for each in values], where)
    return [flag for flag in flags if flag]


def _from_file(run: argparse.ArgumentParser, options: Mapping[str, argparse.Action], path: Path) -> Iterator[str]:
    # Imported here because few have such a file, and start-up time counts.
    from emulator.toml_file import read_toml_table

    try:
        content = read_toml_table(path)
    except ValueError as failure:
        raise GivenError(str(failure)) from None
    for key, value in content.items():
        where = f"{path}: {key}"
        option = options.get(key.replace("-", "_"))
        if option is None:
            raise GivenError(f"{where}: there is no such option; known: {', '.join(options)}")
        values = value if isinstance(value, list) else [value]
        if isinstance(value, dict) or (isinstance(value, list) and not _is_repeated(option)):
            raise GivenError(f"{where}: write one value")
        flags = [_flag(option, _beside(path, option, each)) for each in values]
        yield from _checked(run, flags, where)


def _checked(run: argparse.ArgumentParser, flags: list[str], where: str) -> list[str]:
    checker = _Checker(parents=[run], add_help=False, allow_abbrev=False)
    try:
        checker.parse_args([flag for flag in flags if flag])
    except ValueError as failure:
        raise GivenError(f"{where}: {str(failure).partition(': ')[2] or failure}") from None
    return flags


def _options_of(run: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """The options by the names that file and environment have for them."""
    found = {}
    for action in run._actions:  # noqa: SLF001 - argparse has no public way to ask
        name = next((text for text in action.option_strings if text.startswith("--")), "")
        if name not in ("", "--help"):
            found[name.removeprefix("--").replace("-", "_")] = action
    return found


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in sorted(environment.items())
        if name.startswith(PREFIX) and name not in _NOT_OURS
    }


def _file(arguments: Sequence[str]) -> str | None:
    """The file that the command line names."""
    finder = _Checker(add_help=False, allow_abbrev=False)
    finder.add_argument("--config")
    try:
        return finder.parse_known_args(arguments)[0].config  # type: ignore[no-any-return]
    except ValueError:
        # The real parser complains better.
        return None


def _is_repeated(option: argparse.Action) -> bool:
    return isinstance(option.default, list)


def _switch(option: argparse.Action, value: str, where: str) -> str | bool:
    """A variable's value; of an option that takes none, whether it is on."""
    if option.nargs != 0:
        return value
    switches = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in switches:
        raise GivenError(f"{where}: {value!r} is wrong; use 1 or 0")
    return switches[value.lower()]


def _beside(path: Path, option: argparse.Action, value: object) -> object:
    """A path in a file is meant from where the file is."""
    return path.parent / value if option.type is Path and isinstance(value, str) else value


def _flag(option: argparse.Action, value: object) -> str:
    """The flag with its value; empty for a switch that is off."""
    name = next(text for text in option.option_strings if text.startswith("--"))
    if isinstance(value, bool):
        return name if value else ""
    return f"{name}={value}"
