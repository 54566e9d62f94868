"""Server side includes: the markers that the server replaces in pages of type ``.fhtml`` (AN4965).

::

    <!--|code|p1|p2|p3|p4|-->

======  ============  ===================================  ==============================================
code    name          tokens, from number p2 on            becomes
======  ============  ===================================  ==============================================
00      SelStart      name, multiple?                      ``<select name="aName" MULTIPLE>``
01      Select        value, label, selected?              ``<option SELECTED value="aValue">someText``
02      SelEnd        none                                 ``</select>``
03, 04  check, radio  name, value, label, checked?         ``<input type="checkbox" name="" value="" ...>``
05      TextArea      name, columns, rows                  ``<textarea name="" cols="" rows="">``
06      raw text      p1 says which value                  the value itself
07      TextEnd       none                                 ``</textarea>``
08, 11  text fields   name, initial value, size            ``<input type="text" name="" value="" size="">``
09, 10  buttons       name, value                          ``<input type="submit" name="" value="">``
======  ============  ===================================  ==============================================

The tokens are those that the host gave with ``AT+S.INPUTSSI``; a single blank stands for "not given". The text of
00, 01, 02 and 03 is the application note's, that of the others follows its style (assumed). A token or value that
does not exist is empty text (assumed); a code that does not exist leaves the marker as it is (assumed).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from firmware_model.tables.errors import AtError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MARKER: Final = re.compile(rb"<!--\|(\d\d(?:\|[^|<>\r\n]{0,64}){0,5})\|-->")
_INPUT: Final = "Input"
_RAW_TEXT: Final = "06"
_NOT_GIVEN: Final = " "
_WITHOUT_TOKENS: Final = {"02": "</select>", "07": "</textarea>"}


class Values(Protocol):
    """What code 06 can show; each raises AtError for what does not exist."""

    def configuration(self, name: str) -> str:
        """The configuration variable ``name``."""
        ...

    def status(self, name: str) -> str:
        """The status variable ``name``."""
        ...

    def peer(self, name: str, number: int) -> str:
        """The variable ``name`` of peer ``number``."""
        ...

    def adc(self, number: int) -> str:
        """What the analogue input measures."""
        ...

    def gpio(self, number: int) -> str:
        """The level of a pin."""
        ...


def asks_for_input(page: bytes) -> bool:
    """Whether a marker of the page needs the host's tokens."""
    return any(_needs_tokens(_fields(match)) for match in _MARKER.finditer(page))


def fill_in(page: bytes, values: Values, tokens: Sequence[str]) -> bytes:
    """Replace every marker of a page; texts are Latin-1."""

    def replacement(match: re.Match[bytes]) -> bytes:
        text = _text(_fields(match), values, tokens)
        return match[0] if text is None else text.encode("latin-1", "replace")

    return _MARKER.sub(replacement, page)


def split_tokens(octets: bytes) -> tuple[str, ...]:
    """The tokens of INPUTSSI: the first octet separates them (XC-IF); ``|hello|world|`` are two."""
    text = octets.decode("latin-1")
    tokens = text[1:].split(text[:1]) if text else []
    return tuple(tokens[:-1] if tokens and not tokens[-1] else tokens)


def _fields(match: re.Match[bytes]) -> list[str]:
    fields = match[1].decode("latin-1").split("|")
    return fields + [""] * (6 - len(fields))


def _needs_tokens(fields: Sequence[str]) -> bool:
    code, first = fields[:2]
    return first == _INPUT if code == _RAW_TEXT else code in _WITH_TOKENS


def _text(fields: Sequence[str], values: Values, tokens: Sequence[str]) -> str | None:
    code = fields[0]
    if code == _RAW_TEXT:
        return _value(fields, values, tokens)
    if code in _WITHOUT_TOKENS:
        return _WITHOUT_TOKENS[code]
    if code not in _WITH_TOKENS:
        return None
    count, make = _WITH_TOKENS[code]
    first = _number(fields[2])
    return make(*(_token(tokens, first + offset) for offset in range(count)))


def _value(fields: Sequence[str], values: Values, tokens: Sequence[str]) -> str:
    _, what, name, number, *_ = fields
    try:
        match what:
            case "Input":
                return _token(tokens, _number(name))
            case "DevConf":
                return values.configuration(name)
            case "DevSts":
                return values.status(name)
            case "Peers":
                return values.peer(name, _number(number))
            case "ADC":
                return values.adc(_number(name))
            case "GpioR":
                return values.gpio(_number(name))
    except AtError:
        return ""
    return ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _token(tokens: Sequence[str], index: int) -> str:
    token = tokens[index] if index < len(tokens) else ""
    return "" if token == _NOT_GIVEN else token


def _select(name: str, multiple: str) -> str:
    return f'<select name="{name}"{" MULTIPLE" if multiple else ""}>'


def _option(value: str, label: str, selected: str) -> str:
    return f'<option{" SELECTED" if selected else ""} value="{value}">{label}'


def _choice(kind: str) -> Callable[[str, str, str, str], str]:
    def make(name: str, value: str, label: str, checked: str) -> str:
        mark = " CHECKED" if checked else ""
        return f'<input type="{kind}" name="{name}" value="{value}"{mark}>{label}'

    return make


def _text_area(name: str, columns: str, rows: str) -> str:
    return f'<textarea name="{name}" cols="{columns}" rows="{rows}">'


def _text_field(kind: str) -> Callable[[str, str, str], str]:
    return lambda name, value, size: f'<input type="{kind}" name="{name}" value="{value}" size="{size}">'


def _button(kind: str) -> Callable[[str, str], str]:
    return lambda name, value: f'<input type="{kind}" name="{name}" value="{value}">'


_WITH_TOKENS: Final[dict[str, tuple[int, Callable[..., str]]]] = {
    "00": (2, _select),
    "01": (3, _option),
    "03": (4, _choice("checkbox")),
    "04": (4, _choice("radio")),
    "05": (3, _text_area),
    "08": (3, _text_field("text")),
    "09": (2, _button("submit")),
    "10": (2, _button("reset")),
    "11": (3, _text_field("password")),
}
"""How many tokens a code takes, and what it makes of them."""
