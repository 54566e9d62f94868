"""The recordings of one emulator: each begun and ended at any time, or with the emulator as its settings say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.capture.recording import Recording
from emulator.capture.timeline import HostPresent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.capture.timeline import Entry, Timeline
    from emulator.capture.writer import Run, Writer


class Wanted(NamedTuple):
    """The recordings that an emulator begins with; None for those that it does not make."""

    timeline: Path | None = None
    transcript: Path | None = None
    capture: Path | None = None
    capture_secrets: bool = False
    """Whether the capture holds the keys of TLS connections."""
    keylog: Path | None = None


NOTHING: Final = Wanted()


class Recordings:
    """Begins recordings, and ends those that run when the emulator does.

    Each method starts one and returns it; whoever wants it to end before the emulator calls its ``stop``.
    """

    def __init__(self, timeline: Timeline, describe: Callable[[], Run]) -> None:
        """Record ``timeline``; ``describe`` says what the run is like when a recording starts."""
        self._timeline = timeline
        self._describe = describe
        self._all: list[Recording] = []
        self._host_present = False
        timeline.subscribe(self._watch, HostPresent)

    def __iter__(self) -> Iterator[Recording]:
        """Those that run."""
        return (recording for recording in self._all if recording.running)

    def begin(self, wanted: Wanted) -> None:
        """Start what is wanted. Raises OSError, and then none of it runs."""
        try:
            if wanted.timeline is not None:
                self.timeline(wanted.timeline)
            if wanted.transcript is not None:
                self.transcript(wanted.transcript)
            if wanted.keylog is not None:
                self.key_log(wanted.keylog)
            if wanted.capture is not None:
                self.capture(wanted.capture, secrets=wanted.capture_secrets)
        except OSError:
            self.end()
            raise

    def end(self) -> None:
        """Stop all that run."""
        for recording in tuple(self):
            recording.stop()
        self._all.clear()

    def timeline(self, path: str | Path) -> Recording:
        """Write the timeline: as JSON lines into a file called ``*.jsonl``, else as text. Raises OSError."""
        # The forms are imported where they are wanted because few runs want any, and start-up time counts.
        if Path(path).suffix == ".jsonl":
            from emulator.capture import json_lines

            return self._start(path, json_lines.JsonLines, json_lines.BEGIN)
        from emulator.capture import text_lines

        return self._start(path, text_lines.TextLines, text_lines.BEGIN)

    def transcript(self, path: str | Path) -> Recording:
        """Write the dialogue as a transcript that can be played again. Raises OSError."""
        from emulator.capture import transcript

        return self._start(
            path, lambda run: transcript.Transcript(run, host_present=self._host_present), transcript.BEGIN
        )

    def capture(self, path: str | Path, *, secrets: bool = False) -> Recording:
        """Write serial link and network as pcapng; with ``secrets`` the keys of TLS connections too. Raises OSError."""
        from emulator.capture import capture, pcapng

        return self._start(path, lambda run: capture.Capture(run, with_secrets=secrets), pcapng.MAGIC)

    def key_log(self, path: str | Path) -> Recording:
        """Add the keys of TLS connections to a key log, as Wireshark reads it. Raises OSError."""
        from emulator.capture import key_log

        return self._start(path, key_log.KeyLog, key_log.BEGIN, append=True)

    def _start(
        self, path: str | Path, make: Callable[[Run], Writer], begin: bytes, *, append: bool = False
    ) -> Recording:
        recording = Recording(self._timeline, Path(path), lambda: make(self._describe()), begin, append=append)
        recording.start()
        self._all = [*self, recording]
        return recording

    def _watch(self, entry: Entry) -> None:
        if isinstance(entry.event, HostPresent):
            self._host_present = entry.event.present
