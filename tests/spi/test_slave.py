"""The module's end of the bus: who is heard, what comes back, what the interrupt line does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.console.spi_frames import Frame
from firmware_model.console.spi_slave import SpiSlave

if TYPE_CHECKING:
    from firmware_model.outside import SpiSlave as SlaveProtocol

OCTETS = st.binary(max_size=40)
ACTS = st.one_of(
    st.tuples(st.just("exchange"), OCTETS),
    st.tuples(st.just("send"), st.binary(min_size=1, max_size=20)),
    st.tuples(st.just("ask"), st.integers(0, 20)),
    st.tuples(st.sampled_from(["listen", "take", "reset"]), st.none()),
)


class Wire:
    """A bus that remembers the levels of the interrupt line; true is low."""

    def __init__(self) -> None:
        self.slave: SlaveProtocol | None = None
        self.levels = [False]

    def connect(self, slave: SlaveProtocol) -> None:
        self.slave = slave

    def set_interrupt(self, *, low: bool) -> None:
        if low != self.levels[-1]:
            self.levels.append(low)

    @property
    def is_low(self) -> bool:
        return self.levels[-1]


AT = Frame(0x01)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def slave(wire: Wire, notes: list[str]) -> SpiSlave:
    slave = SpiSlave(wire, notes.append)
    slave.listen()
    return slave


@pytest.mark.parametrize("sent", [bytes(8), b"\xff" * 8, b"\x02" + bytes(7), bytes(1) + AT.encode() + bytes(2)])
def test_a_packet_goes_back_whatever_a_master_sends_that_reads(slave: SpiSlave, wire: Wire, sent: bytes) -> None:
    slave.send(b"\x02packet!")
    assert wire.is_low
    assert slave.exchange(sent) == b"\x02packet!"
    assert slave.take_frame() is None
    assert not slave.command_begun
    assert not wire.is_low


@pytest.mark.parametrize("packet", [b"\x02one", b"\x02long packet"])
def test_a_command_that_meets_a_packet_is_heard_and_the_packet_lost(
    slave: SpiSlave, wire: Wire, notes: list[str], packet: bytes
) -> None:
    slave.send(packet)
    slave.send(b"\x02next")
    assert slave.exchange(AT.encode()[:2]) + slave.exchange(AT.encode()[2:]) == packet[:5].ljust(5, b"\0")
    assert slave.take_frame() == AT._replace(declared=2)
    assert len(notes) == 1
    assert "look at what comes back" in notes[0]
    assert wire.is_low
    rest = packet[5:] + b"\x02next"
    assert slave.exchange(bytes(len(rest))) == rest


def test_a_host_that_looks_at_the_first_octet_loses_nothing(slave: SpiSlave, notes: list[str]) -> None:
    slave.send(b"\x02packet")
    assert slave.exchange(b"\x02") == b"\x02"
    assert slave.exchange(bytes(4)) + slave.exchange(bytes(2)) == b"packet"
    assert slave.exchange(AT.encode()) == bytes(5)
    assert slave.take_frame() == AT._replace(declared=2)
    assert notes == []


def test_between_two_packets_the_line_rises_for_an_instant(slave: SpiSlave, wire: Wire) -> None:
    slave.send(b"\x02one")
    slave.send(b"\x02two")
    slave.exchange(bytes(4))
    assert wire.levels == [False, True, False, True]
    slave.exchange(bytes(4))
    assert wire.levels == [False, True, False, True, False]


def test_a_command_is_heard_in_pieces_and_nothing_comes_back_amid_it(slave: SpiSlave) -> None:
    octets = AT.encode()
    assert slave.exchange(b"\xff\0" + octets[:1]) == bytes(3)
    assert slave.command_begun
    slave.send(b"\x02later")
    assert slave.exchange(octets[1:]) == bytes(4)
    assert slave.take_frame() == AT._replace(declared=2)
    assert slave.exchange(bytes(6)) == b"\x02later"


def test_what_comes_while_the_module_is_busy_is_lost(slave: SpiSlave, notes: list[str]) -> None:
    slave.exchange(AT.encode())
    slave.take_frame()
    assert slave.exchange(b"\0\xff\x02") == bytes(3)
    assert notes == []
    slave.exchange(b"data")
    slave.exchange(b"more data")
    assert len(notes) == 1
    assert "interrupt line is low before the data" in notes[0]
    slave.listen()
    slave.exchange(AT.encode())
    assert slave.take_frame() is not None


def test_data_are_taken_up_to_their_number(slave: SpiSlave, wire: Wire, notes: list[str]) -> None:
    slave.exchange(Frame(0x44, (b"0", b"5")).encode(5))
    slave.take_frame()
    slave.ask_for_data(5)
    assert wire.is_low
    assert slave.exchange(b"\x02\0") == bytes(2)
    assert wire.is_low
    assert slave.exchange(b"\xff\r\nbeyond") == bytes(9)
    assert not wire.is_low
    assert slave.take_data(100) == b"\x02\0\xff\r\n"
    assert len(notes) == 1


def test_a_data_phase_that_is_given_up(slave: SpiSlave, wire: Wire) -> None:
    slave.exchange(AT.encode())
    slave.take_frame()
    slave.ask_for_data(5)
    slave.exchange(b"ab")
    slave.ask_for_data(0)
    assert not wire.is_low
    assert slave.take_data(5) == b""
    slave.listen()
    slave.exchange(AT.encode())
    assert slave.take_frame() is not None


async def test_what_st_sends_to_read_wakes_but_asks_for_nothing(slave: SpiSlave) -> None:
    slave.exchange(b"\x02\0\0\0\0")
    await slave.wait()
    assert slave.take_frame() is None
    assert not slave.command_begun


async def test_a_master_that_fetches_nothing_is_waited_for_and_then_given_up(slave: SpiSlave, notes: list[str]) -> None:
    for _ in range(30):
        slave.send(bytes(1000))
    drained = asyncio.ensure_future(slave.drain())
    for _ in range(13):
        await asyncio.sleep(0)
        assert not drained.done()
        slave.exchange(bytes(1000))
    slave.exchange(bytes(1000))
    await drained
    for _ in range(100):
        slave.send(bytes(1000))
    assert len(notes) == 1
    assert "packets are lost" in notes[0]
    flushed = asyncio.ensure_future(slave.flushed())
    slave.exchange(bytes(65_000))
    await flushed
    assert slave.exchange(bytes(5)) == bytes(5)


def test_a_reset_forgets_everything(slave: SpiSlave, wire: Wire) -> None:
    slave.send(b"\x02packet")
    slave.exchange(bytes(3))
    slave.reset()
    assert not wire.is_low
    assert slave.exchange(AT.encode()) == bytes(5)
    assert slave.take_frame() is None


@given(st.lists(ACTS, max_size=40))
def test_as_many_octets_come_back_as_go_out_and_the_line_says_what_waits(acts: list[tuple[str, object]]) -> None:
    wire = Wire()
    slave = SpiSlave(wire, lambda _: None)
    sent, received = b"", b""
    for act, argument in acts:
        match act, argument:
            case "exchange", bytes(octets):
                answer = slave.exchange(octets)
                assert len(answer) == len(octets)
                received += answer
            case "send", bytes(packet):
                slave.send(packet)
                sent += packet
            case "ask", int(length):
                slave.ask_for_data(length)
            case "listen", _:
                slave.listen()
            case "take", _:
                slave.take_frame()
                slave.take_data(1000)
            case _:
                slave.reset()
                sent = received = b""
        waits = bool(slave._packets or slave._awaited)
        assert wire.is_low is waits
    assert received.translate(None, b"\0").startswith(
        sent.translate(None, b"\0")[: len(received.translate(None, b"\0"))]
    )
