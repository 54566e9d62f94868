"""Which faces are wanted, checked before any of them is opened."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faces.endpoint import Endpoint, parse_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NO_WAY_IN: Final = "nothing leads to the module; say how hosts reach it: --rfc2217 5000, --tcp 5000 or --port COM7"


class WantedFaces(NamedTuple):
    """What :class:`~emulator.faces.faces.Faces` is to open."""

    has_pty: bool
    link: Path | None
    """A stable name for the pty."""
    rfc2217: tuple[Endpoint, ...]
    tcp: tuple[Endpoint, ...]
    ports: tuple[str, ...]
    """Serial ports of this machine."""
    spi: Endpoint | None
    """With it there is no serial port, and so none of the others."""

    @property
    def listening_at(self) -> tuple[str, ...]:
        """The addresses of this machine at which hosts are awaited."""
        bus = () if self.spi is None or self.spi.path else (self.spi,)
        return tuple(endpoint.host for endpoint in (*self.rfc2217, *self.tcp, *bus))


def has_ptys() -> bool:
    """Whether this system has pseudo terminals."""
    return hasattr(os, "openpty") and find_spec("termios") is not None


def choose_faces(
    *,
    pty: bool | None,
    link: Path | None,
    rfc2217: Iterable[str],
    tcp: Iterable[str],
    ports: Iterable[str],
    spi: Endpoint | None,
) -> WantedFaces:
    """Check what is wanted. Raises ValueError with one line.

    ``pty`` None stands for wherever the system has them; where it has none, and nothing else leads to the module, for
    a port of this machine that speaks RFC 2217.
    """
    if not (rfc2217 or tcp or ports or spi or link) and pty is None and not has_ptys():
        rfc2217 = ("0",)
    chosen = WantedFaces(
        has_pty=_choose_pty(pty, link, spi),
        link=link,
        rfc2217=tuple(map(_over_tcp, rfc2217)),
        tcp=tuple(map(_over_tcp, tcp)),
        ports=tuple(ports),
        spi=spi,
    )
    others = chosen.rfc2217 or chosen.tcp or chosen.ports
    if spi is not None and others:
        raise ValueError("--rfc2217, --tcp and --port lead to a serial port, and with SPI there is none; leave one out")
    if not (chosen.has_pty or others or spi):
        raise ValueError(_NO_WAY_IN)
    return chosen


def _choose_pty(wanted: bool | None, link: Path | None, spi: Endpoint | None) -> bool:
    if spi is not None:
        if wanted or link is not None:
            raise ValueError("a link names a serial port, and with SPI there is none; leave one of the two out")
        return False
    if wanted and not has_ptys():
        raise ValueError("this system has no pseudo terminals")
    chosen = has_ptys() if wanted is None else wanted
    if link is not None and not chosen:
        raise ValueError("a link names a pseudo terminal, and there is none; leave --link out")
    return chosen


def _over_tcp(text: str) -> Endpoint:
    endpoint = parse_endpoint(text)
    if endpoint.path:
        raise ValueError(f"'{text}' is a path, and these hosts come over TCP; write a port, or HOST:PORT")
    return endpoint
