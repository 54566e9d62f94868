"""Finds the files that the web server shows.

A path without volume is looked up on the default volume, then on each one by its number, so that a file of one's
own comes before the module's (assumed). There are no directories: a path that climbs is the name of no file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.storage.volumes import VolumeNumber
from firmware_model.tables.errors import AtError
from firmware_model.web.mime import DYNAMIC, extension

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.storage.files import FileSystem

HOME: Final = "index.html"
_DATE: Final = "%a, %d %b %Y %H:%M:%S GMT"


class Page(NamedTuple):
    """A file as the web server sees it."""

    name: str
    """As it was asked for: without the ``.gz`` of a compressed variant."""
    content: bytes
    compressed: bool
    modified: datetime


class Pages:
    """Looks files up and remembers since when each one has been as it is; the file system keeps no times."""

    def __init__(self, files: FileSystem, now: Callable[[], float]) -> None:
        """``now`` is the module's time, seconds since 1970."""
        self._files = files
        self._now = now
        self._seen: dict[str, tuple[bytes, datetime]] = {}

    def find(self, name: str) -> Page | None:
        """The file ``name``, or its compressed variant; None when there is neither."""
        content = self._read(name)
        compressed = content is None and extension(name) != DYNAMIC
        if compressed:
            content = self._read(_compressed(name))
        return None if content is None else Page(name, content, compressed, self._modified(name, content))

    def _read(self, name: str) -> bytes | None:
        places = [""] if name[1:2] == ":" else ["", *(f"{number:d}:/" for number in VolumeNumber)]
        for place in places:
            try:
                return self._files.read(place + name)
            except AtError:
                continue
        return None

    def _modified(self, name: str, content: bytes) -> datetime:
        known, since = self._seen.get(name, (None, None))
        if since is None or known != content:
            since = datetime.fromtimestamp(int(self._now()), UTC)
            self._seen[name] = (content, since)
        return since


def http_date(moment: datetime) -> str:
    """A time as HTTP writes it."""
    return f"{moment:{_DATE}}"


def is_unchanged(page: Page, since: str) -> bool:
    """Whether the page is not newer than an ``If-Modified-Since`` says; a date that is none says nothing."""
    try:
        return page.modified <= datetime.strptime(since, _DATE).replace(tzinfo=UTC)
    except ValueError:
        return False


def _compressed(name: str) -> str:
    """``large.gz.txt`` for ``large.txt`` (AN4965)."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.gz.{ending}" if dot else f"{name}.gz"
