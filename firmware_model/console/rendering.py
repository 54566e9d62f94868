"""Replies and indications as the UART's octets, under the console variables that shape them.

``console_verbose`` 0 leaves the word of a reply line away, 1 (default) prints it, 2 adds free heap and Wi-Fi state
to the success line (M3p7, STPKG, XC-IF; the split of the fields is inferred; firmware 1.0.0 shows the heap from 1
on). ``console_errs`` 0 prints the bare
``AT-S.ERROR``, 1 adds the code, 2 (default) the text (TD, F-AP). ``console_winds`` 1 drops the text of an indication
together with its colon (TD), 2 is the default; 0 prints the number alone (assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firmware_model.profile import FIRMWARE_1_1_0
from firmware_model.tables.replies import Line

if TYPE_CHECKING:
    from firmware_model.tables.errors import Error
    from firmware_model.tables.indications import Indication


class Raw(NamedTuple):
    """Content that goes to the host as it is, without prefix or line end."""

    content: bytes


class PlainLine(NamedTuple):
    """A line without the prefix of replies, such as those of SCAN."""

    text: str


Reply = Line | PlainLine | Raw


def render(reply: Reply, verbose: int) -> bytes:
    """Render one piece of a reply."""
    if isinstance(reply, Line):
        return render_line(reply, verbose)
    return _line(reply.text) if isinstance(reply, PlainLine) else reply.content


def render_line(line: Line, verbose: int) -> bytes:
    """Render one reply line, ``AT-S.<word>:<field>:...`` CR LF.

    A maskable line without fields vanishes at ``console_verbose`` 0, as an empty line would help no parser (assumed).
    """
    fields = ":".join(line.fields)
    if verbose == 0:
        return b"" if line.maskable and not fields else _line("AT-S." + (fields or line.word))
    return _line(f"AT-S.{line.word}:{fields}" if line.fields else f"AT-S.{line.word}")


def render_ok(
    verbose: int, free_heap: int, wifi_state: int, shown: tuple[int, int, int] = FIRMWARE_1_1_0.success_fields
) -> bytes:
    """Render the line that ends a successful command; ``shown`` says how many fields each level of verbosity has."""
    fields = (free_heap, wifi_state)[: shown[verbose]]
    return _line(":".join(("AT-S.OK", *map(str, fields))))


def render_error(error: Error, detail: int) -> bytes:
    """Render the line that ends a failed command; ``detail`` is ``console_errs``."""
    if detail >= 2:
        return _line(f"AT-S.ERROR:{error.code}:{error.text}")
    return _line(f"AT-S.ERROR:{error.code}" if detail == 1 else "AT-S.ERROR")


def render_indication(indication: Indication, fields: tuple[str, ...], detail: int) -> bytes:
    """Render ``+WIND:<number>:<text>:<field>:...``; ``detail`` is ``console_winds``."""
    tail = ":".join(fields)
    if detail >= 2:
        text = f"{indication.text}:{tail}" if fields else indication.text
        return _line(f"+WIND:{indication.number}:{text}")
    return _line(f"+WIND:{indication.number}:{tail if detail == 1 else ''}")


def _line(text: str) -> bytes:
    return text.encode("latin-1") + b"\r\n"
