"""The pytest plugin: a module for each test, matched servers, a report for each failure, and what the host has met.

Every fixture but the last three is one question about the set-up; a project answers it anew in its ``conftest.py``::

    @pytest.fixture
    def spwf04_configuration():
        return {"stations": ["02:A9:D2:A0:FF:A0"]}

A test answers it in its marker, and the command line or the ini file for all tests at once::

    @pytest.mark.spwf04(firmware="1.0.0", faults=["signature=nonpadded:always-bad"], seed=7)
    def test_update(spwf04): ...
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from emulator.configuration import Settings
    from emulator.host_coverage import HostCoverage
    from emulator.testing import Peers, WatchedEmulator

_OPTIONS: Final = {
    "firmware": "the module's firmware version (default: 1.1.0)",
    "time": "how the module's time passes: real, instant, or a factor (default: instant)",
    "seed": "the seed of the run; each test's own is made from it (default: drawn, and printed)",
}
_RUNNING: Final = pytest.StashKey[list["WatchedEmulator"]]()
_COVERAGE: Final = pytest.StashKey["HostCoverage"]()
_RUN_SEED: Final = pytest.StashKey[int]()
_FOLDER: Final = pytest.StashKey["Path"]()
_WORKER_SEED: Final = "spwf04_seed"
_WORKER_COVERAGE: Final = "spwf04_coverage"
_TITLE: Final = "spwf04sx emulator"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each also an ini value (``--spwf04-seed`` and ``spwf04_seed``)."""
    group = parser.getgroup("spwf04sx", "SPWF04Sx emulator")
    for name, text in _OPTIONS.items():
        group.addoption(f"--spwf04-{name}", metavar=name.upper(), help=text)
        parser.addini(f"spwf04_{name}", text)
    faults = "arm a fault in every test, as spwf04sx run --fault does; may be repeated"
    group.addoption("--spwf04-fault", action="append", default=[], metavar="FAULT", dest="spwf04_faults", help=faults)
    parser.addini("spwf04_faults", faults, type="linelist")
    group.addoption(
        "--spwf04-coverage", action="store_true", help="list at the end what the host's code has met, and what never"
    )
    parser.addini("spwf04_coverage", "list what the host's code has met", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker and choose the run's seed."""
    config.addinivalue_line(
        "markers",
        "spwf04(firmware=..., faults=[...], seed=..., **settings): how the emulated module of this test is set up; "
        "further names are those of emulator.Settings",
    )
    given = _option(config, "seed")
    from_controller = getattr(config, "workerinput", {}).get(_WORKER_SEED)
    if from_controller is not None:
        config.stash[_RUN_SEED] = int(from_controller)
    elif not given:
        config.stash[_RUN_SEED] = int.from_bytes(os.urandom(4), "big")
    elif given.isascii() and given.isdigit():
        config.stash[_RUN_SEED] = int(given)
    else:
        raise pytest.UsageError(f"--spwf04-seed: {given!r} is no seed; use a number from 0")


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed, so that the run can be played again."""
    return f"spwf04sx: seed {config.stash[_RUN_SEED]} (again with --spwf04-seed={config.stash[_RUN_SEED]})"


@pytest.fixture
def spwf04_firmware(request: pytest.FixtureRequest) -> str:
    """The firmware version: of the marker, the command line, the ini file, else 1.1.0."""
    return str(_marked(request).get("firmware") or _option(request.config, "firmware") or "1.1.0")


@pytest.fixture
def spwf04_seed(request: pytest.FixtureRequest) -> int:
    """The test's seed: of the marker, else made from the run's and the test's name."""
    from emulator.testing import seed_of

    marked = _marked(request).get("seed")
    return seed_of(request.config.stash[_RUN_SEED], request.node.nodeid) if marked is None else int(marked)


@pytest.fixture
def spwf04_faults(request: pytest.FixtureRequest) -> list[str]:
    """The faults that are armed from the start: those of all tests and those of the marker."""
    config = request.config
    return [*config.getini("spwf04_faults"), *config.getoption("spwf04_faults"), *_marked(request).get("faults", ())]


@pytest.fixture
def spwf04_configuration() -> dict[str, Any]:
    """Further fields of :class:`emulator.Settings`, for a project to fill; none by default."""
    return {}


@pytest.fixture
def spwf04_settings(
    request: pytest.FixtureRequest,
    spwf04_firmware: str,
    spwf04_seed: int,
    spwf04_faults: list[str],
    spwf04_configuration: dict[str, Any],
) -> Settings:
    """The set-up: the fixtures above, then what else the marker names."""
    time = _option(request.config, "time") or "instant"
    named = {name: value for name, value in _marked(request).items() if name not in ("firmware", "faults", "seed")}
    chosen = {"time": time, **spwf04_configuration, **named}
    return _settings(firmware=spwf04_firmware, seed=spwf04_seed, faults=spwf04_faults, **chosen)


@pytest.fixture
def spwf04_factory(
    request: pytest.FixtureRequest, spwf04_settings: Settings, tmp_path: Path
) -> Iterator[Callable[..., WatchedEmulator]]:
    """Start modules: ``spwf04_factory()`` or with other fields of the settings, ``spwf04_factory(seed=2)``.

    They end with the test.
    """
    from dataclasses import fields, replace

    from emulator.testing import WatchedEmulator

    names = {field.name for field in fields(spwf04_settings) if field.init}
    running = request.node.stash.setdefault(_RUNNING, [])
    request.node.stash[_FOLDER] = tmp_path
    with ExitStack() as stack:

        def start(**changes: Any) -> WatchedEmulator:
            _require_known(changes, names)
            with _failing_plainly():
                settings = replace(spwf04_settings, **changes)
                emulator = stack.enter_context(WatchedEmulator(settings))
            running.append(emulator)
            capture = tmp_path / f"spwf04-{len(running)}.pcapng"
            emulator.run(lambda it: it.recordings.capture(capture))
            return emulator

        yield start
        total = _coverage(request.config)
        for emulator in running:
            total.add(emulator.coverage.counts)
    running.clear()


@pytest.fixture
def spwf04(spwf04_factory: Callable[..., WatchedEmulator]) -> WatchedEmulator:
    """A module of its own for the test; ``spwf04.port`` is where the host finds it."""
    return spwf04_factory()


@pytest.fixture
def spwf04_peers(spwf04: WatchedEmulator) -> Iterator[Peers]:
    """Matched servers on the module's network; they end with the test."""
    from emulator.testing import Peers

    with Peers(spwf04) as peers:
        yield peers


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failure what is needed to play it again and to understand it."""
    report = yield
    emulators = item.stash.get(_RUNNING, [])
    if report.failed and call.when == "call":
        for number, emulator in enumerate(emulators, 1):
            title = _TITLE if len(emulators) == 1 else f"{_TITLE} {number}"
            folder = item.stash[_FOLDER]
            transcript, capture = folder / f"spwf04-{number}.transcript.txt", folder / f"spwf04-{number}.pcapng"
            replay = f"again: pytest --spwf04-seed={item.config.stash[_RUN_SEED]} '{item.nodeid}'"
            report.sections.append((title, "\n".join([replay, f"capture: {capture}", *emulator.report(transcript)])))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this process has counted to the one that prints the summary."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None and _COVERAGE in session.config.stash:
        output[_WORKER_COVERAGE] = {kind: dict(counts) for kind, counts in _coverage(session.config).counts.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all processes of a parallel run have one seed (pytest-xdist)."""
    node.workerinput[_WORKER_SEED] = node.config.stash[_RUN_SEED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ARG001 - the hook's own signature
    """Take over what another process has counted (pytest-xdist)."""
    counts = getattr(node, "workeroutput", {}).get(_WORKER_COVERAGE)
    if counts:
        _coverage(node.config).add(counts)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the summary of what the host has met, if it was asked for."""
    if (config.getoption("spwf04_coverage") or config.getini("spwf04_coverage")) and _COVERAGE in config.stash:
        terminalreporter.section("what the host has met of the module")
        for line in _coverage(config).lines():
            terminalreporter.write_line(line)


def _option(config: pytest.Config, name: str) -> str:
    """An option of the command line, else of the ini file, else ``""``."""
    return str(config.getoption(f"spwf04_{name}") or config.getini(f"spwf04_{name}") or "")


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the markers say, the closest one last."""
    values: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("spwf04"))):
        if marker.args:
            pytest.fail("the marker spwf04 takes names only, such as spwf04(firmware='1.0.0')", pytrace=False)
        values.update(marker.kwargs)
    return values


def _settings(**chosen: Any) -> Settings:
    from dataclasses import fields

    from emulator.configuration import Settings

    _require_known(chosen, {field.name for field in fields(Settings) if field.init})
    with _failing_plainly():
        return Settings(**chosen)


def _require_known(chosen: dict[str, Any], names: set[str]) -> None:
    for name in chosen:
        if name not in names:
            pytest.fail(f"spwf04: there is no setting '{name}'; known: {', '.join(sorted(names))}", pytrace=False)


@contextmanager
def _failing_plainly() -> Iterator[None]:
    """Turn a wrong setting into a failure of one line."""
    from emulator.faces.link import LinkError

    try:
        yield
    except (ValueError, LinkError, OSError) as failure:
        pytest.fail(f"spwf04: {failure}", pytrace=False)


def _coverage(config: pytest.Config) -> HostCoverage:
    from emulator.host_coverage import HostCoverage

    return config.stash.setdefault(_COVERAGE, HostCoverage(_option(config, "firmware") or "1.1.0"))
