"""The address map: which address of the module's network is what on this machine.

``192.168.0.2=127.0.0.1`` maps a host and keeps the port, ``192.168.0.2:45061=127.0.0.1:8443`` maps one port,
``1.112=127.0.0.1`` maps a name as the host typed it. The most specific entry wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Target(NamedTuple):
    """Where a mapped address leads; a port of None keeps the port."""

    host: str
    port: int | None


class AddressMap:
    """Looks up names and addresses as the host typed them, in any letter case."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        """Take entries of the form ``A=B``. Raises ValueError for any other."""
        self._targets: dict[tuple[str, int | None], Target] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: str) -> None:
        """Take one more entry, in the place of one for the same source. Raises ValueError."""
        left, separator, right = entry.partition("=")
        if not separator or not left or not right:
            raise ValueError(f"'{entry}' is no address mapping; write it as 192.168.0.2=127.0.0.1")
        source, target = _endpoint(left), _endpoint(right)
        if target.port is not None and source.port is None:
            raise ValueError(f"'{entry}' maps every port to one; name the port on the left side as well")
        self._targets[source.host.lower(), source.port] = target

    @property
    def entries(self) -> tuple[str, ...]:
        """All entries in the form that :meth:`add` takes."""
        return tuple(f"{_written(*source)}={_written(*target)}" for source, target in self._targets.items())

    def lookup(self, host: str, port: int) -> tuple[str, int] | None:
        """The host and port on this machine; None when nothing maps them."""
        target = self._targets.get((host.lower(), port)) or self._targets.get((host.lower(), None))
        return None if target is None else (target.host, target.port or port)

    def lookup_host(self, host: str) -> str | None:
        """The host on this machine that any entry for ``host`` leads to; None when nothing maps it."""
        return next((target.host for (source, _), target in self._targets.items() if source == host.lower()), None)

    def seen_from(self, host: str, port: int) -> tuple[str, int]:
        """What an endpoint of this machine is called on the module's network; itself when nothing maps it."""
        for (source_host, source_port), target in self._targets.items():
            if target == (host, port) or (target == (host, None) and source_port in (None, port)):
                return source_host, source_port or port
        for (source_host, _), target in self._targets.items():
            if target.host == host:
                return source_host, port
        return host, port


def _endpoint(text: str) -> Target:
    host, separator, port = text.rpartition(":")
    if not separator:
        return Target(text, None)
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"'{text}' is no address; write host or host:port with a port of 1..65535")
    return Target(host, int(port))


def _written(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"
