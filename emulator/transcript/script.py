"""What a transcript makes the host do: turns, each a command with its data or the wait for what comes by itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emulator.transcript.form import TranscriptError, read_transcript, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from emulator.transcript.form import Step

FINAL: Final = re.compile(rb"AT-S\.(?:OK|ERROR)(?::[^\r\n]*)?\r\n")
"""The line that ends a reply; content without a line end may stand before it."""
INDICATION: Final = re.compile(r"\+WIND:(\d+):")
_COMMAND: Final = re.compile(r"\s*AT(?:\+S\.(\w+))?", re.IGNORECASE)
_SILENT: Final = frozenset({"RESET"})
"""Commands that are not known to reply: the module restarts."""
_PLACE: Final = re.compile(r"\{([A-Za-z][\w.]*)\}")


@dataclass(frozen=True)
class Turn:
    """What the host sends before it listens again, and what the transcript says that it hears then."""

    where: str
    """File and line."""
    sent: tuple[bytes, ...] = ()
    """Octets as the steps hold them; none for the wait at the beginning."""
    expected: tuple[bytes, ...] = ()
    """What is heard in the transcript, without the echo: lines with their end, and content; ``{name}`` is unknown."""

    @property
    def command(self) -> str:
        """The command line as typed, without its end; empty when the host sends none."""
        first = b"".join(self.sent).lstrip(b"\r\n").partition(b"\r")[0].decode("latin-1").rstrip("\n")
        return first if _COMMAND.match(first) else ""

    @property
    def name(self) -> str:
        """The command's name, ``HTTPGET``; empty for the bare AT and for none."""
        match = _COMMAND.match(self.command)
        return "" if match is None or match[1] is None else match[1].upper()

    @property
    def wants_reply(self) -> bool:
        """Whether a line that ends a reply is to be waited for."""
        return bool(self.command) and self.name not in _SILENT

    @property
    def awaited(self) -> Counter[int]:
        """The indications that the transcript shows, by number."""
        lines = b"".join(self.expected).decode("latin-1").split("\r\n")
        return Counter(int(match[1]) for line in lines if (match := INDICATION.match(line)))


def read_script(path: Path, texts: Mapping[str, str], contents: Mapping[str, Path] | None = None) -> tuple[Turn, ...]:
    """Read the turns of a UART transcript. Raises TranscriptError, OSError.

    ``texts`` fill the ``{name}`` of host lines. Contents are the files of ``contents``, else those that are called so
    beside the transcript, with or without ``.der``; their lengths are texts too: ``{name.length}``.
    """
    steps = list(read_transcript(path))
    for step in steps:
        if step.is_of_spi:
            raise TranscriptError(f"{step.where}: this is a dialogue on SPI; only those of the UART can be played")
    files = _Files(path, contents or {}, dict(texts))
    return tuple(_turns(path, steps, files))


class _Files:
    """Fills in what a transcript leaves open."""

    def __init__(self, path: Path, contents: Mapping[str, Path], texts: dict[str, str]) -> None:
        self._path = path
        self._contents = contents
        self._texts = texts

    def content(self, name: str, where: str) -> bytes:
        """The octets called ``name``. Raises TranscriptError, OSError."""
        for candidate in (name, f"{name}.der"):
            path = self._contents.get(name) or self._path.with_name(candidate)
            if path.is_file():
                return path.read_bytes()
        raise TranscriptError(
            f"{where}: there is no file {name} beside the transcript; name the one to send with --content {name}=FILE"
        )

    def text(self, text: str, where: str) -> str:
        """A host line with everything filled in. Raises TranscriptError, OSError."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in self._texts:
                return self._texts[name]
            if name.endswith(".length"):
                return str(len(self.content(name.removesuffix(".length"), where)))
            raise TranscriptError(f"{where}: nothing is known of {{{name}}}; give it with --text {name}=VALUE")

        return _PLACE.sub(value, text)

    def expected(self, step: Step) -> bytes:
        """What the module says there; what is not known stays as it is written."""
        if step.kind == "<|":
            return unescaped(step.text)
        if step.kind == "<=":
            try:
                return self.content(step.text, step.where)
            except TranscriptError:
                return f"{{{step.text}}}".encode()
        text = _PLACE.sub(lambda match: self._texts.get(match[1], match[0]), step.text)
        return text.encode("latin-1", "replace") + b"\r\n"


def _turns(path: Path, steps: Iterable[Step], files: _Files) -> Iterator[Turn]:
    where = f"{path.name}:1"
    sent: list[Step] = []
    expected: list[bytes] = []
    for step in steps:
        if step.kind.startswith("<"):
            expected.append(files.expected(step))
            continue
        # Data follows its command at once; whatever else the host sends begins a turn.
        if expected or step.kind == ">":
            if sent or expected:
                yield _turn(where, sent, expected, files)
            sent, expected = [], []
        where = where if sent else step.where
        sent.append(step)
    if sent or expected:
        yield _turn(where, sent, expected, files)


def _octets(step: Step, files: _Files) -> bytes:
    if step.kind == ">=":
        return files.content(step.text, step.where)
    if step.kind == ">|":
        return unescaped(step.text)
    try:
        return files.text(step.text, step.where).encode("latin-1") + b"\r"
    except UnicodeEncodeError as failure:
        raise TranscriptError(f"{step.where}: a character has no octet of its own in Latin-1") from failure


def _turn(where: str, steps: list[Step], expected: list[bytes], files: _Files) -> Turn:
    """A turn; an echo that the transcript shows as a line of its own is left out."""
    sent = [_octets(step, files) for step in steps]
    line = b"".join(sent).lstrip(b"\n").partition(b"\r")[0].rstrip(b"\n")
    if line and expected and steps[0].kind != ">" and expected[0] == line + b"\r\n":
        expected = expected[1:]
    return Turn(where, tuple(sent), tuple(expected))
