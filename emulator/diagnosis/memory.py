"""A dictionary of bounded size."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import ItemsView

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Memory(Generic[_Key, _Value]):
    """Forgets what was put in first when there is more than ``most``."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._content: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key) -> _Value | None:
        """Return what was put in, None for nothing or what was forgotten."""
        return self._content.get(key)

    def put(self, key: _Key, value: _Value) -> None:
        """Put something in."""
        self._content[key] = value
        if len(self._content) > self._most:
            self._content.popitem(last=False)

    def items(self) -> ItemsView[_Key, _Value]:
        """Everything that is remembered, the oldest first."""
        return self._content.items()
