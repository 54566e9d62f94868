"""What DNS answers on the module's network: names that the surroundings describe, and names that fail."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from firmware_model.outside import NameNotFoundError, ResolverBusyError, ResolverFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Resolver(Enum):
    """How the part of the module that asks DNS is doing."""

    WORKS = auto()
    BUSY = auto()
    """It has no room for another question: error 63."""
    FAILS = auto()
    """It cannot be started: error 64."""


class Names:
    """Looks names up in any letter case."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        """Take names and their addresses on the module's network."""
        self._entries = {name.lower(): address for name, address in entries.items()}
        self._failing: set[str] | None = set()
        self.resolver = Resolver.WORKS

    @property
    def failing(self) -> frozenset[str] | None:
        """The names that are left unanswered; None for all of them."""
        return None if self._failing is None else frozenset(self._failing)

    def lookup(self, host: str) -> str:
        """The address of a described name; any other host as it is.

        Raises NameNotFoundError for a failing name, a more special one while the resolver does not work.
        """
        is_address = host.replace(".", "").isdigit()
        if not is_address and self.resolver is Resolver.BUSY:
            raise ResolverBusyError(f"the resolver is too busy to ask for the name {host}")
        if not is_address and self.resolver is Resolver.FAILS:
            raise ResolverFailedError(f"the resolver cannot be started to ask for the name {host}")
        if not is_address and (self._failing is None or host.lower() in self._failing):
            raise NameNotFoundError(f"DNS does not answer for the name {host}")
        return self._entries.get(host.lower(), host)

    def fail(self, *names: str) -> None:
        """Leave these names unanswered, without any all of them."""
        if not names:
            self._failing = None
        elif self._failing is not None:
            self._failing.update(name.lower() for name in names)

    def set_resolver(self, state: Resolver) -> None:
        """Let the module's own resolver work, be busy, or fail to start."""
        self.resolver = state

    def restore(self) -> None:
        """Answer every name again."""
        self._failing = set()
