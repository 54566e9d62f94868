"""Who has the line: one face at a time, the one whose host came first.

A host that comes while another one is there is told so by its own face, which may ask again whenever the line
becomes free. A face that cannot tell whether it has a host *stands in*: it has the line while nobody else does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.faces.face import Face


class Ownership:
    """Keeps the owner; ``changed`` is called with the face before and the one after, whenever these differ."""

    def __init__(self, changed: Callable[[Face | None, Face | None], None]) -> None:
        self._changed = changed
        self._claimed: Face | None = None
        self._standing: Face | None = None
        self._waiting: list[Callable[[], None]] = []

    @property
    def owner(self) -> Face | None:
        """The face that has the line."""
        return self._claimed or self._standing

    def claim(self, face: Face) -> str | None:
        """Give the line to ``face`` unless another one has claimed it; then one line that says which."""
        if self._claimed is face:
            return None
        if self._claimed is not None:
            return f"the module is in use by another host, at {self._claimed.name}; it is yours when that one leaves"
        self._become(face, self._standing)
        return None

    def release(self, face: Face) -> None:
        """Take the line from ``face``, if it has it, and let the others know."""
        if self._standing is face:
            self._become(self._claimed, None)
        if self._claimed is not face:
            return
        self._become(None, self._standing)
        for wanted in tuple(self._waiting):
            wanted()

    def stand_in(self, face: Face) -> None:
        """Give the line to ``face`` whenever nobody has claimed it."""
        self._become(self._claimed, face)

    def on_release(self, wanted: Callable[[], None]) -> None:
        """Call ``wanted`` whenever the line becomes free."""
        self._waiting.append(wanted)

    def _become(self, claimed: Face | None, standing: Face | None) -> None:
        before = self.owner
        self._claimed, self._standing = claimed, standing
        if self.owner is not before:
            self._changed(before, self.owner)
