"""The terminal that a program lacks which reads whole lines: echo, back space, Enter, Ctrl-C and Ctrl-D."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CTRL_C: Final = 0x03
_CTRL_D: Final = 0x04
_TAB: Final = 0x09
_LINE_FEED: Final = 0x0A
_ENTER: Final = 0x0D
_BLANK: Final = 0x20
_ERASE: Final = (0x08, 0x7F)
_RUBBED_OUT: Final = b"\b \b"


class Echo(NamedTuple):
    """Octets for the screen."""

    octets: bytes


class Line(NamedTuple):
    """A line for the program, with its line feed."""

    octets: bytes


class Control(Enum):
    """A key that is no text."""

    INTERRUPT = auto()
    """Ctrl-C; the line that was begun is gone."""
    END = auto()
    """Ctrl-D on an empty line; elsewhere it does nothing."""


class LineEditor:
    """Turns keys into lines. Keys that are neither text nor named here are dropped."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._after_enter = False

    def type(self, keys: bytes) -> Iterator[Echo | Line | Control]:
        """What keys lead to, in order; a line feed behind Enter belongs to it."""
        for key in keys:
            doubled = self._after_enter and key == _LINE_FEED
            self._after_enter = key == _ENTER
            if not doubled:
                yield from self._press(key)

    def _press(self, key: int) -> Iterator[Echo | Line | Control]:
        if key in (_ENTER, _LINE_FEED):
            line = bytes(self._line)
            self._line.clear()
            yield Echo(b"\r\n")
            yield Line(line + b"\n")
        elif key in _ERASE and self._line:
            self._line.pop()
            yield Echo(_RUBBED_OUT)
        elif key == _CTRL_C:
            self._line.clear()
            yield Control.INTERRUPT
        elif key == _CTRL_D and not self._line:
            yield Control.END
        elif key == _TAB or (key >= _BLANK and key not in _ERASE):
            self._line.append(key)
            yield Echo(bytes([key]))
