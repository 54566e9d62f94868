"""What DNS answers on the module's network: names that the surroundings describe, and names that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.outside import NameNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Names:
    """Looks names up in any letter case."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        """Take names and their addresses on the module's network."""
        self._entries = {name.lower(): address for name, address in entries.items()}
        self._failing: set[str] | None = set()

    def lookup(self, host: str) -> str:
        """The address of a described name; any other host as it is. Raises NameNotFoundError for a failing name."""
        is_address = host.replace(".", "").isdigit()
        if not is_address and (self._failing is None or host.lower() in self._failing):
            raise NameNotFoundError(f"DNS does not answer for the name {host}")
        return self._entries.get(host.lower(), host)

    def fail(self, *names: str) -> None:
        """Leave these names unanswered, without any all of them."""
        if not names:
            self._failing = None
        elif self._failing is not None:
            self._failing.update(name.lower() for name in names)

    def restore(self) -> None:
        """Answer every name again."""
        self._failing = set()
