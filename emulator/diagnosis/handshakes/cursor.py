"""Takes a message apart, octet by octet, and never reads beyond its end."""

from __future__ import annotations


class Malformed(ValueError):  # noqa: N818  an answer, not a failure
    """A message does not have the form of its kind; the message of the error says what is missing where."""


class Cursor:
    """A position in some octets. Every method raises Malformed when there are not enough of them."""

    def __init__(self, octets: bytes, what: str) -> None:
        self._octets = octets
        self._what = what
        self._position = 0

    @property
    def left(self) -> int:
        """How many octets were not taken yet."""
        return len(self._octets) - self._position

    def take(self, count: int) -> bytes:
        """Take ``count`` octets."""
        if count > self.left:
            raise Malformed(f"the {self._what} has {self.left} octets where {count} must follow")
        self._position += count
        return self._octets[self._position - count : self._position]

    def number(self, size: int) -> int:
        """Take a number of ``size`` octets."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Take a length of ``size`` octets and as many octets as it says."""
        return self.take(self.number(size))

    def inside(self, size: int) -> Cursor:
        """Take a vector and return a cursor of its own for it."""
        return Cursor(self.vector(size), self._what)
