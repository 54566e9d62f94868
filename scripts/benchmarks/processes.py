"""The processes that are measured: started, waited for until they are ready, and never left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
_GRACE_SECONDS = 5.0


class BenchmarkError(Exception):
    """Something could not be measured at all; the text is one line."""


class Program:
    """A process that says in one line of JSON that it is ready; it ends with its context."""

    def __init__(self, *command: str) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}
        """What the ready line said."""

    def __enter__(self) -> Self:
        """Start it and wait for its ready line. Raises BenchmarkError."""
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            line = self._process.stdout.readline() if self._process.stdout else b""
            if not line:
                self._end()
                errors.seek(0)
                said = errors.read().decode(errors="replace").splitlines() or ["nothing"]
                raise BenchmarkError(f"{' '.join(self._command)} did not start; it said: {said[-1]}")
        self.ready = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it and wait for that."""
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def on_one_processor() -> Iterator[None]:
    """Keep this process, and those started meanwhile, on one processor, where the system has a way to say so.

    A question and its answer never overlap. On two processors their time is mostly that of waking the other one, which
    changes with where the scheduler has put them: a bare echo takes 23 us or 80 us on the same idle machine.
    """
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def emulator_command(*flags: str) -> list[str]:
    """Return how to start ``spwf04sx run --json``: the installed command, else the checkout's module."""
    installed = Path(sys.executable).with_name("spwf04sx")
    command = [str(installed)] if installed.exists() else [sys.executable, "-m", "emulator.cli"]
    return [*command, "run", "--json", "--line", "fast", *flags]


def helper_command(module: str) -> list[str]:
    """Return how to start a module of this package that is a process of its own."""
    return [sys.executable, "-m", f"{__package__}.{module}"]


def environment() -> dict[str, str]:
    """Return an environment in which byte code is kept, as for every installed program."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
