"""The fault plan: orders as they are written, conditions, seeds, arming while running, the TOML file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.capture.timeline import Entry
from emulator.faults.file import load_plan
from emulator.faults.plan import FaultArmed, FaultPlan, parse_order
from emulator.faults.trigger import Trigger, parse_trigger
from emulator.surroundings.entropy import SeededEntropy
from firmware_model.events import CommandReceived, FaultFired, Indicated, Replied
from firmware_model.faults import FaultPoint
from firmware_model.tables.faults import CATALOGUE
from tests.doubles import RecordingTimeline

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def plan_of(*orders: str, seed: int = 1) -> tuple[FaultPlan, RecordingTimeline]:
    timeline = RecordingTimeline()
    plan = FaultPlan(SeededEntropy(seed), timeline)
    for order in orders:
        plan.arm(order)
    return plan, timeline


def passings(plan: FaultPlan, count: int, occasion: str = "connect 192.168.0.2:80") -> list[int]:
    """The numbers of the passings, from one, at which something fired."""
    return [n for n in range(1, count + 1) if plan.due(FaultPoint.NETWORK, occasion)]


@pytest.mark.parametrize(
    ("conditions", "fired"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("@nth=3", [3]),
        ("@between=2..4", [2, 3, 4]),
        ("@between=5..", [5, 6]),
        ("@times=2", [1, 2]),
        ("@between=3..,times=2", [3, 4]),
        ("@p=0", []),
        ("@p=1", [1, 2, 3, 4, 5, 6]),
        ("@on=192.168.0.2", [1, 2, 3, 4, 5, 6]),
        ("@on=connect", [1, 2, 3, 4, 5, 6]),
        ("@on=192.168.0.3", []),
        ("@after=+WIND:24", []),
    ],
)
def test_conditions(conditions: str, fired: list[int]) -> None:
    plan, timeline = plan_of(f"network=refuse{conditions}")
    assert passings(plan, 6) == fired
    assert plan.count("network=refuse") == len(fired)
    assert [event.times for event in timeline.of(FaultFired)] == list(range(1, len(fired) + 1))


@pytest.mark.parametrize(
    "event",
    [Indicated(24, "WiFi Up:0:192.168.0.50", masked=False), Replied(b"AT-S.OK\r\n"), CommandReceived(b"AT+S.WIFI=1")],
)
def test_after_waits_for_a_line_and_passings_count_from_there(event: tuple[object, ...]) -> None:
    begin = {Indicated: "+WIND:24", Replied: "AT-S.OK", CommandReceived: "AT+S.WIFI"}[type(event)]
    plan, _ = plan_of(f"network=refuse@nth=2,after={begin}")
    assert passings(plan, 3) == []
    plan.watch(Entry(1, 0.0, Indicated(25, "other", masked=False)))
    plan.watch(Entry(2, 0.0, Indicated(24, "WiFi Up:0:192.168.0.50", masked=True)))
    assert passings(plan, 3) == []
    plan.watch(Entry(3, 0.0, event))
    assert passings(plan, 3) == [2]


def test_a_probability_is_about_met_and_the_same_for_the_same_seed() -> None:
    first, second, other = (passings(plan_of("network=refuse@p=0.25", seed=s)[0], 4000) for s in (7, 7, 8))
    assert first == second != other
    assert 880 <= len(first) <= 1120


def test_arming_one_more_does_not_shift_the_lots_of_another() -> None:
    alone = passings(plan_of("network=refuse@p=0.5")[0], 100)
    plan, timeline = plan_of("network=refuse@p=0.5", "network=dns@p=0.5", "network=lost-datagram@p=0.5")
    for occasion in ("connect 1.2.3.4:1", "resolve somewhere", "datagram 1.2.3.4:1") * 100:
        plan.due(FaultPoint.NETWORK, occasion)
    again = plan_of("network=refuse@p=0.5", "network=dns@p=0.5")[0]
    assert passings(again, 100) == alone
    assert timeline.of(FaultFired)


def test_a_fault_acts_on_its_own_occasions_only() -> None:
    plan, timeline = plan_of("network=dns", "network=reset:7", "network=refuse@nth=9")
    assert plan.due(FaultPoint.NETWORK, "connect a:1") == ()
    assert plan.due(FaultPoint.SERIAL, "resolve a") == ()
    assert plan_of("network=refuse")[0].due(FaultPoint.NETWORK, "connection a:1") == ()
    ((fault, value),) = plan.due(FaultPoint.NETWORK, "connection a:1")
    assert (fault.name, value) == ("network=reset", 7)
    assert timeline.of(FaultFired) == [FaultFired("network=reset", 7, "connection a:1", 1)]


def test_what_is_armed_fires_in_that_order_and_can_be_disarmed() -> None:
    plan, timeline = plan_of("network=stall:1", "network=slow", "network=reset:2@nth=1")
    assert [value for _, value in plan.due(FaultPoint.NETWORK, "connection x")] == [1, 1000, 2]
    assert str(plan) == "network=stall:1 network=slow:1000 network=reset:2@nth=1"
    assert plan.disarm("network=slow") == 1
    assert plan.disarm("network=reset:2@nth=1") == 1
    assert plan.disarm("network=slow") == 0
    assert plan.concerns(FaultPoint.NETWORK)
    assert plan.disarm() == 1
    assert (str(plan), plan.armed, plan.concerns(FaultPoint.NETWORK)) == ("none", (), False)
    assert [event.armed for event in timeline.of(FaultArmed)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_every_row_can_be_ordered_by_its_name_and_fires(fault: object) -> None:
    row = next(row for row in CATALOGUE if row is fault)
    plan, _ = plan_of(row.name)
    assert plan.due(row.point, f"{row.where} whatever") == ((row, row.default),)
    assert row.name.startswith(f"{row.point.value}=")
    assert row.effect
    assert row.peer
    if row.value:
        assert parse_order(f"{row.name}:12").value == 12


def test_names_are_given_once() -> None:
    assert len({fault.name for fault in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "its name begins with one of"),
        ("network", "known there: network=refuse"),
        ("other=refuse", "its name begins with one of"),
        ("network=other", "known there: network=refuse"),
        ("network=refuse:3", "known there: network=refuse"),
        ("network=reset:x", "takes octets that pass before"),
        ("network=reset:", "takes octets that pass before"),
        ("network=refuse@", "is no condition; known: p, nth"),
        ("network=refuse@always", "is no condition"),
        ("network=refuse@nth=0", "use a number from 1"),
        ("network=refuse@nth=x", "use a number from 1"),
        ("network=refuse@p=2", "use 0..1"),
        ("network=refuse@p=nan", "use 0..1"),
        ("network=refuse@p=often", "use 0..1"),
        ("network=refuse@between=5..2", "write it as 2..5"),
        ("network=refuse@between=5", "write it as 2..5"),
        ("network=refuse@times=0", "use a number from 1"),
        ("network=refuse@after=", "needs a text"),
    ],
)
def test_a_wrong_order_is_one_line_that_tells_what_is_right(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        parse_order(text)
    assert "\n" not in str(caught.value)


@given(
    st.builds(
        Trigger,
        first=st.integers(1, 99),
        last=st.none() | st.integers(99, 200),
        probability=st.sampled_from([1.0, 0.5, 0.125]),
        on=st.sampled_from(["", "HTTPGET", "WIND:55"]),
        after=st.sampled_from(["", "+WIND:24"]),
        times=st.none() | st.integers(1, 9),
    )
)
def test_what_a_trigger_prints_is_read_back(trigger: Trigger) -> None:
    text = str(trigger)
    assert (parse_trigger(text) if text else Trigger()) == trigger


@given(st.text(max_size=40))
def test_any_text_is_an_order_or_a_value_error(text: str) -> None:
    complaint = ""
    try:
        assert parse_order(str(parse_order(text))) == parse_order(text)
    except ValueError as failure:
        complaint = str(failure)
    assert len(complaint.splitlines()) <= 1


def written(directory: Path, content: str) -> Path:
    file = directory / "plan.toml"
    file.write_text(content, "utf-8")
    return file


def test_a_plan_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
        seed = 7
        [[fault]]
        name = "network=reset"
        value = 40
        p = 0.5
        between = "2.."
        after = "+WIND:24"
        on = "192.168.0.2"
        times = 3
        [[fault]]
        name = "network=dns"
        armed = false
        """,
    )
    orders, seed = load_plan(file)
    assert seed == 7
    assert [str(order) for order in orders] == [
        "network=reset:40@between=2..,p=0.5,after=+WIND:24,on=192.168.0.2,times=3",
        "network=dns",
    ]
    plan, _ = plan_of()
    plan.replace(orders)
    assert [order.fault.name for order in plan.armed] == ["network=reset"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("fault = 3", "fault: 3 is wrong; write it as [[table]]"),
        ("[fault", "this is no TOML"),
        ("[[fault]]\np = 1", "fault[0].name: this key is missing"),
        ('[[fault]]\nname = "network=other"', "fault[0].name: 'network=other' is wrong; there is no fault"),
        ('[[fault]]\nname = "network=dns"\nwhen = 1', "fault[0].when: there is no such key; known: name, value"),
        ('[[fault]]\nname = "network=dns"\nvalue = 1', "fault[0].value: network=dns takes no number; remove it"),
        ('[[fault]]\nname = "network=dns"\np = 7', "fault[0].p: 7 is wrong; 7 is no probability"),
        ('[[fault]]\nname = "network=dns@nth=2"', "write the conditions as keys of their own"),
        ("seed = -1", "seed: -1 is wrong"),
    ],
)
def test_a_wrong_plan_file_names_file_key_and_remedy(tmp_path: Path, content: str, complaint: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        load_plan(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_example_of_the_page_is_good(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    orders, seed = load_plan(written(tmp_path, example.group(1)))
    assert seed == 7
    assert [str(order) for order in orders] == [
        "network=refuse@p=0.5,after=+WIND:24",
        "network=reset:300@nth=2",
        "serial=lost-indication@on=WIND:55,times=1",
        "signature=nonpadded",
    ]
