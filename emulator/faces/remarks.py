"""Explanations for the log that would come again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_model.events import Note

if TYPE_CHECKING:
    from firmware_model.outside import Timeline


class Remarks:
    """Says something about each topic once, and again only when that was over in between."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._made: set[str] = set()

    def make(self, topic: str, text: str) -> None:
        """Say it, unless something was said about the topic already."""
        if topic not in self._made:
            self._made.add(topic)
            self._timeline.record(Note(text))

    def is_over(self, *topics: str) -> None:
        """Note that things are as they should be."""
        self._made.difference_update(topics)
