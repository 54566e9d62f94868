"""The fault plan: what is armed, and which of it fires when.

Everything that is left to chance is drawn from the run's seed, one stream for each armed fault, so that arming one
never shifts another, and a run can be played again from the line that it printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.faults.trigger import Trigger, parse_trigger
from firmware_model.events import CommandReceived, FaultFired, Indicated, Replied
from firmware_model.faults import DueFault
from firmware_model.tables.faults import CATALOGUE, find_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.capture.timeline import Entry
    from firmware_model.faults import Fault, FaultPoint
    from firmware_model.outside import Entropy, RandomSource, Timeline

_LOTS = 1 << 32


class Order(NamedTuple):
    """A fault as somebody wants it: which one, with which number, when; ``armed`` tells whether from the start."""

    fault: Fault
    value: int | None = None
    trigger: Trigger = Trigger()
    armed: bool = True

    def __str__(self) -> str:
        """As the command line writes it."""
        value = "" if self.value is None else f":{self.value}"
        trigger = str(self.trigger)
        return f"{self.fault.name}{value}" + (f"@{trigger}" if trigger else "")


class Standing(NamedTuple):
    """How far an armed fault has come."""

    order: Order
    passings: int
    """Passings of its point that counted."""
    fired: int
    awaiting: bool
    """Whether what its condition ``after`` names is still to come."""


class FaultArmed(NamedTuple):
    """A fault was armed, or with ``armed`` false disarmed; ``order`` as the command line writes it."""

    order: str
    armed: bool

    def __str__(self) -> str:
        return f"fault {self.order} {'armed' if self.armed else 'disarmed'}"


def parse_order(text: str) -> Order:
    """Read ``NAME[:NUMBER][@CONDITIONS]``. Raises ValueError with one line that says what would be right."""
    name, separator, conditions = text.partition("@")
    trigger = parse_trigger(conditions) if separator else Trigger()
    fault = find_fault(name)
    if fault is not None:
        return Order(fault, fault.default, trigger)
    base, _, number = name.rpartition(":")
    fault = find_fault(base)
    if fault is None or not fault.value:
        raise ValueError(_unknown(name))
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{name!r}: {number!r} is no number; {fault.name}:N takes {fault.value}")
    return Order(fault, int(number), trigger)


def _unknown(name: str) -> str:
    point = name.partition("=")[0]
    alike = [fault.name for fault in CATALOGUE if fault.point.value == point]
    if alike:
        return f"there is no fault {name!r}; known there: {', '.join(alike)}"
    points = ", ".join(dict.fromkeys(f"{fault.point.value}=" for fault in CATALOGUE))
    return f"there is no fault {name!r}; its name begins with one of {points}; spwf04sx faults lists all"


class _Armed:
    """One fault that is armed, and how far it has come."""

    def __init__(self, order: Order, random: RandomSource) -> None:
        self.order = order
        self.random = random
        self.awaiting = bool(order.trigger.after)
        self.passings = 0
        self.fired = 0

    def fires(self, occasion: str) -> bool:
        """Count one passing and decide."""
        trigger = self.order.trigger
        if self.awaiting or not self._concerns(occasion):
            return False
        self.passings += 1
        if not trigger.includes(self.passings) or (trigger.times is not None and self.fired >= trigger.times):
            return False
        if trigger.probability < 1 and self.random.below(_LOTS) >= trigger.probability * _LOTS:
            return False
        self.fired += 1
        return True

    def _concerns(self, occasion: str) -> bool:
        """Whether the occasion is one of the fault's own and begins, with those first words or without, as told."""
        where, wanted = self.order.fault.where, self.order.trigger.on.lower()
        if where and not f"{occasion} ".startswith(f"{where} "):
            return False
        words = occasion.lower()
        return words.startswith(wanted) or words[len(where) :].lstrip().startswith(wanted)


class FaultPlan:
    """Implements :class:`firmware_model.faults.Faults`; arm and disarm at any time."""

    def __init__(self, entropy: Entropy, timeline: Timeline) -> None:
        self._entropy = entropy
        self._timeline = timeline
        self._armed: list[_Armed] = []
        self._count = 0

    def arm(self, order: Order | str) -> Order:
        """Arm one more fault, behind those that are. Raises ValueError for a text that names none."""
        if isinstance(order, str):
            order = parse_order(order)
        self._count += 1
        random = self._entropy.stream(f"fault {self._count}: {order.fault.name}")
        self._armed.append(_Armed(order, random))
        self._timeline.record(FaultArmed(str(order), armed=True))
        return order

    def disarm(self, name: str = "") -> int:
        """Disarm a fault by its name or its order as written, everything for ``""``; the result is how many."""
        gone = [armed for armed in self._armed if name in ("", armed.order.fault.name, str(armed.order))]
        self._armed = [armed for armed in self._armed if armed not in gone]
        for armed in gone:
            self._timeline.record(FaultArmed(str(armed.order), armed=False))
        return len(gone)

    def replace(self, orders: Iterable[Order]) -> None:
        """Disarm everything, then arm those of ``orders`` that are to be armed."""
        self.disarm()
        for order in orders:
            if order.armed:
                self.arm(order)

    @property
    def armed(self) -> tuple[Order, ...]:
        """What is armed, in order."""
        return tuple(armed.order for armed in self._armed)

    @property
    def standing(self) -> tuple[Standing, ...]:
        """How far each fault that is armed has come, in order."""
        return tuple(Standing(armed.order, armed.passings, armed.fired, armed.awaiting) for armed in self._armed)

    def count(self, name: str) -> int:
        """How often faults of that name that are armed now have fired."""
        return sum(armed.fired for armed in self._armed if armed.order.fault.name == name)

    def __str__(self) -> str:
        """What is armed as the command line writes it; ``none`` for nothing."""
        return " ".join(str(order) for order in self.armed) or "none"

    def concerns(self, point: FaultPoint) -> bool:
        """Whether any fault of ``point`` is armed."""
        return bool(self._armed) and any(armed.order.fault.point is point for armed in self._armed)

    def due(self, point: FaultPoint, occasion: str = "") -> tuple[DueFault, ...]:
        """The faults that fire at this passing of ``point``; each is recorded."""
        if not self._armed:
            return ()
        return tuple(self._firing(point, occasion))

    def watch(self, entry: Entry) -> None:
        """Look at one entry of the timeline for what ``after`` waits for (a reader of the timeline)."""
        awaiting = [armed for armed in self._armed if armed.awaiting] if self._armed else ()
        if awaiting:
            line = _line_of(entry.event)
            for armed in awaiting:
                armed.awaiting = not line.startswith(armed.order.trigger.after)

    def _firing(self, point: FaultPoint, occasion: str) -> Iterator[DueFault]:
        for armed in list(self._armed):
            fault, value = armed.order.fault, armed.order.value
            if fault.point is point and armed.fires(occasion):
                self._timeline.record(FaultFired(fault.name, value, occasion, armed.fired))
                yield DueFault(fault, value)


def _line_of(event: object) -> str:
    """An event as the line of the dialogue that it stands for, without its end; ``""`` for none."""
    match event:
        case Indicated(number, text, masked=False):
            return f"+WIND:{number}:{text}"
        case Replied(content):
            return content.rstrip(b"\r\n").decode("latin-1")
        case CommandReceived(line):
            return line.decode("latin-1")
    return ""
