"""``spwf04sx demo``: the story that the emulator was made for, told, counted and answered on one machine.

It needs nothing but Python; ``openssl``, Node.js and ``curl`` are used where they are on PATH.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from emulator.demonstration import report
from emulator.demonstration.answer import answer
from emulator.demonstration.comparison import CurlRow, compare
from emulator.demonstration.count import MODES, Row, count
from emulator.demonstration.diagnosis import capture_and_diagnose, print_diagnoses
from emulator.demonstration.rivals import make_other_mistakes
from emulator.demonstration.serial_host import HostError
from emulator.demonstration.stage import Stage, open_stage
from emulator.demonstration.story import Story
from emulator.peers.catalogue import servers_here
from emulator.peers.curl import curl_version
from emulator.peers.peer import PeerError
from emulator.peers.programs import find
from emulator.signals import on_signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from emulator.peers.peer import HttpsPeer, Site

HANDSHAKES = 20
"""Handshakes in each signature mode with each server."""
_TERMINATED = 143
"""128 and the number of SIGTERM, as shells report it."""
_PIPED_WIDTH = 100
"""Columns where no terminal tells how many it has."""


def demonstrate(
    handshakes: int = HANDSHAKES,
    *,
    makes: Callable[[Site], Iterable[HttpsPeer]] = servers_here,
    with_curl: bool = True,
) -> int:
    """Play, count and answer on standard output; the result is the exit status.

    It is 0 only when every row came out as it should, else 1 with one line on standard error.
    Raises KeyboardInterrupt on Ctrl-C; nothing is left running then.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPED_WIDTH
    try:
        troubles = asyncio.run(_Demonstration(console, handshakes, with_curl=with_curl).run(makes))
    except asyncio.CancelledError:
        return _TERMINATED
    except (OSError, PeerError, HostError) as failure:
        troubles = [" ".join(str(failure).split())]
    if troubles:
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        print(f"spwf04sx: not as it should be: {troubles[0]}{more}", file=sys.stderr)
    return 1 if troubles else 0


class _Demonstration:
    """The acts in their order; what went wrong is collected, not raised."""

    def __init__(self, console: Console, handshakes: int, *, with_curl: bool) -> None:
        self._console = console
        self._handshakes = handshakes
        self._with_curl = with_curl
        self._troubles: list[str] = []

    async def run(self, makes: Callable[[Site], Iterable[HttpsPeer]]) -> list[str]:
        """Perform all acts and return what did not come out as it should."""
        task = asyncio.current_task()
        if task is not None:
            on_signal("SIGTERM", task.cancel)
        began = monotonic()
        for name in ("openssl", "node", "curl"):
            if not find(name):
                self._console.print(f"{name}: not on PATH, skipped")
        async with open_stage(self._console, makes) as stage:
            story = Story(stage)
            await story.play()
            self._troubles += story.troubles
            rows = await self._count(stage)
            comparisons = await self._compare(stage) if self._with_curl and find("curl") else []
            await self._answer(stage, rows, comparisons)
            await self._diagnose(stage)
        self._console.print(f"Done in {monotonic() - began:.0f} s.")
        return self._troubles

    async def _count(self, stage: Stage) -> list[Row]:
        stage.narrate(
            f"The count: {self._handshakes} requests in each signature mode with each server. A row is right when the "
            "accepted ones are as many as chance allows 99.9 % of the time, when exactly the signatures in strict DER "
            "were accepted, and when the server spoke of each refusal."
        )
        counted: list[Row] = []
        for mapped in stage.servers:
            with self._progress(mapped.name, len(MODES) * self._handshakes) as tick:
                rows = [await count(stage, mapped, mode, self._handshakes, tick) for mode in MODES]
            report.print_count(self._console, mapped.name, rows)
            self._blame((f"{mapped.name}, {row.mode.value}", row.trouble) for row in rows)
            counted += rows
        return counted

    async def _compare(self, stage: Stage) -> list[CurlRow]:
        version = await curl_version()
        with self._progress(version, len(stage.servers) * self._handshakes) as tick:
            rows = [await compare(stage, mapped, self._handshakes, tick) for mapped in stage.servers]
        report.print_comparisons(self._console, version, rows)
        self._blame((row.server, row.trouble) for row in rows)
        return rows

    async def _answer(self, stage: Stage, rows: list[Row], comparisons: list[CurlRow]) -> None:
        rivals = await make_other_mistakes(stage)
        self._blame(("other mistakes", rival.trouble) for rival in rivals)
        findings = answer(rows, comparisons, rivals)
        report.print_answer(self._console, findings)
        self._blame((finding.claim, None if finding.right else finding.measured) for finding in findings)
        stage.narrate(
            "So: a forgotten sign octet can do what was reported, and so can other mistakes; the report does not tell "
            "them apart. Nothing here says how a real module encodes its signatures."
        )

    async def _diagnose(self, stage: Stage) -> None:
        stage.narrate(
            "A capture tells them apart. The bad request once more, captured, and the capture diagnosed; then other "
            "mistakes, each as a fault of the module, that draw the same words from most servers; then none."
        )
        diagnosed = await capture_and_diagnose(stage)
        print_diagnoses(self._console, diagnosed)
        self._blame((one.fault or "no fault", one.trouble) for one in diagnosed)

    def _blame(self, checks: Iterable[tuple[str, str | None]]) -> None:
        self._troubles += [f"{what}: {trouble}" for what, trouble in checks if trouble is not None]

    @contextmanager
    def _progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar while the context is open, and nothing of it afterwards or where there is no terminal."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        disabled = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=disabled) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
