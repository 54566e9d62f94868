"""Recordings that were begun over the control API: kept in a temporary directory, to be fetched from there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from emulator.capture.recordings import Recordings
from emulator.control.declaration import FileContent
from emulator.control.problem import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.capture.recording import Recording
    from emulator.capture.timeline import Timeline
    from emulator.capture.writer import Run

CaptureForm = Literal["pcapng", "jsonl", "text", "transcript"]
_MOST: Final = 16
"""Recordings that are kept at a time."""
_MEDIA_TYPES: Final[dict[CaptureForm, str]] = {
    "pcapng": "application/x-pcapng",
    "jsonl": "application/jsonl",
    "text": "text/plain; charset=utf-8",
    "transcript": "text/plain; charset=utf-8",
}


class Capture(NamedTuple):
    """One recording; ``failure`` says why it ended by itself."""

    id: int
    form: CaptureForm
    running: bool
    octets: int
    failure: str | None


class Captures:
    """Begins, ends and hands out recordings."""

    def __init__(self, timeline: Timeline, describe: Callable[[], Run]) -> None:
        self._recordings = Recordings(timeline, describe)
        self._all: dict[int, tuple[CaptureForm, Recording]] = {}
        self._count = 0
        self._directory: TemporaryDirectory[str] | None = None

    def __iter__(self) -> Iterator[Capture]:
        """All that are kept, oldest first."""
        return map(self.describe, tuple(self._all))

    def start(self, form: CaptureForm, *, secrets: bool) -> Capture:
        """Begin one. Raises RefusedError when there are too many, OSError."""
        if len(self._all) >= _MOST:
            raise RefusedError(409, f"{_MOST} captures are kept already; delete one")
        if self._directory is None:
            self._directory = TemporaryDirectory(prefix="spwf04sx-")
        self._count += 1
        path = Path(self._directory.name) / f"{self._count}.{form}"
        match form:
            case "pcapng":
                recording = self._recordings.capture(path, secrets=secrets)
            case "transcript":
                recording = self._recordings.transcript(path)
            case _:
                recording = self._recordings.timeline(path)
        self._all[self._count] = form, recording
        return self.describe(self._count)

    def describe(self, number: int) -> Capture:
        """How one is. Raises RefusedError."""
        form, recording = self._find(number)
        return Capture(number, form, recording.running, recording.path.stat().st_size, recording.failure)

    def stop(self, number: int) -> Capture:
        """End one; it is kept. Raises RefusedError."""
        self._find(number)[1].stop()
        return self.describe(number)

    def content(self, number: int) -> FileContent:
        """The file of one. Raises RefusedError."""
        form, recording = self._find(number)
        return FileContent(recording.path, _MEDIA_TYPES[form], f"spwf04sx-{number}.{form}")

    def delete(self, number: int) -> None:
        """End one and forget it. Raises RefusedError."""
        recording = self._find(number)[1]
        recording.stop()
        recording.path.unlink(missing_ok=True)
        del self._all[number]

    def close(self) -> None:
        """End and forget all."""
        self._recordings.end()
        self._all.clear()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def _find(self, number: int) -> tuple[CaptureForm, Recording]:
        if number not in self._all:
            raise RefusedError(404, f"there is no capture {number}")
        return self._all[number]
