"""The fault plan as a TOML file; ``docs/faults.md`` describes it with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from emulator.faults.plan import Order, parse_order
from emulator.faults.trigger import trigger_of
from emulator.toml_file import Table, a_flag, a_list, a_text, between, read_toml

if TYPE_CHECKING:
    from pathlib import Path

_CONDITIONS: Final = ("p", "nth", "between", "after", "on", "times")
_KEYS: Final = ", ".join(("name", "value", "armed", *_CONDITIONS))
_MOST: Final = 2**31 - 1


class PlanFile(NamedTuple):
    """What a file says."""

    orders: tuple[Order, ...]
    seed: int | None


def load_plan(path: Path) -> PlanFile:
    """Read a file. Raises ValueError with one line that names file, key and remedy."""
    return read_toml(path, _plan)


def _plan(file: Table) -> PlanFile:
    seed = file.take("seed", None, between(0, 2**63 - 1))
    faults = file.take("fault", [], a_list)
    file.end("seed, fault")
    return PlanFile(tuple(_order(Table(f"fault[{n}]", item)) for n, item in enumerate(faults)), seed)


def _order(table: Table) -> Order:
    order: Order = table.need("name", _a_name)
    value = table.take("value", order.value, between(0, _MOST))
    if value is not None and not order.fault.value:
        raise table.wrong("value", f"{order.fault.name} takes no number; remove it")
    conditions = {}
    for name in _CONDITIONS:
        condition = table.take(name, None, _condition(name))
        if condition is not None:
            conditions[name] = condition
    armed = table.take("armed", True, a_flag)
    table.end(_KEYS)
    return order._replace(value=value, trigger=trigger_of(conditions), armed=armed)


def _a_name(value: Any) -> Order:
    order = parse_order(a_text(value))
    if "@" in value:
        raise ValueError("write the conditions as keys of their own")
    return order


def _condition(name: str) -> Any:
    def check(value: Any) -> Any:
        trigger_of({name: value})
        return value

    return check
