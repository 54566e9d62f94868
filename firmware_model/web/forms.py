"""The two forms in which a browser sends fields: name and value pairs, and parts with files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FIELDS: Final = 256
"""Fields in one form (assumed; twice as many as there are variables)."""

_BOUNDARY: Final = re.compile(r'\bboundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
_FILE_NAME: Final = re.compile(rb'\bfilename="([^"\r\n]{1,255})"', re.IGNORECASE)


class Upload(NamedTuple):
    """A file in a multipart form."""

    name: str
    content: bytes


def decode_pairs(body: bytes) -> list[tuple[str, str]]:
    """Name and value pairs in order, one character an octet. Raises ValueError for too many."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)


def decode_uploads(content_type: str, body: bytes) -> Iterator[Upload]:
    """The files of a multipart form; other parts are skipped. Raises ValueError when it is none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ValueError("the form names no boundary")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    # The first delimiter may open the body; every other one belongs to the CR LF before it.
    _, *parts = (b"\r\n" + body).split(delimiter)
    if not parts or not parts[-1].startswith(b"--"):
        raise ValueError("the form has no end")
    for part in parts[:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise ValueError("a part of the form has no head")
        name = _FILE_NAME.search(head)
        if name is not None:
            yield Upload(_base_name(name[1].decode("latin-1")), content)


def _base_name(path: str) -> str:
    """A browser may send the whole path of the file on its own machine."""
    return path.replace("\\", "/").rpartition("/")[2]
