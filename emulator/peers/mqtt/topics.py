"""Names and filters of topics (MQTT 3.1.1, section 4.7)."""

from __future__ import annotations


def is_name(topic: str) -> bool:
    """Whether something can be published to it."""
    return bool(topic) and "+" not in topic and "#" not in topic


def is_filter(text: str) -> bool:
    """Whether one can subscribe to it: wildcards stand alone in their level, ``#`` only in the last."""
    *levels, last = text.split("/")
    return (
        bool(text)
        and all(level == "+" or ("+" not in level and "#" not in level) for level in levels)
        and (last in ("+", "#") or ("+" not in last and "#" not in last))
    )


def matches(filter_: str, topic: str) -> bool:
    """Whether what is published to ``topic`` is for ``filter_``; wildcards do not reach topics that begin with $."""
    if topic.startswith("$") and filter_[:1] in ("+", "#"):
        return False
    wanted, levels = filter_.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)
