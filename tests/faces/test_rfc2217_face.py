"""The RFC 2217 port, on a line that keeps what it is told; the codec's own client is the host."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.faces.face import LineErrors, LineSettings, ModemLines, Parity
from emulator.faces.rfc2217.client import (
    Acknowledged,
    Agreed,
    Client,
    ErrorsReported,
    Event,
    LinesShown,
    Received,
    Signed,
)
from emulator.faces.rfc2217.face import Rfc2217Face
from emulator.faces.rfc2217.messages import Command, Purge
from tests.faces.doubles import PATIENCE
from tests.faces.test_tcp import desk

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.faces.test_tcp import Desk, Host


class Port:
    """A host that speaks RFC 2217."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.client = Client()
        self.heard: list[Event] = []

    async def say(self, octets: bytes = b"") -> None:
        await self.host.write(self.client.take() + self.client.encode(octets))

    async def hear(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                octets = await self.host.reader.read(65536)
                assert octets
                self.heard += self.client.receive(octets)
                if answer := self.client.take():
                    await self.host.write(answer)

    async def until(self, event: Event) -> None:
        await self.hear(lambda: any(type(each) is type(event) and each == event for each in self.heard))

    @property
    def received(self) -> bytes:
        return b"".join(event.octets for event in self.heard if isinstance(event, Received))


async def port(made: Desk, receive_buffer: int | None = None) -> Port:
    opened = Port(await made.owner(receive_buffer))
    await opened.say()
    await opened.until(Agreed(agreed=True))
    return opened


async def test_all_that_a_serial_line_has() -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made)
        await host.until(LinesShown(ModemLines()))
        host.client.ask_signature()
        host.client.configure(LineSettings(250000, 7, Parity.EVEN, 2))
        host.client.drive(dtr=False)
        host.client.set_break(asserted=True)
        host.client.set_break(asserted=False)
        host.client.purge(Purge.TRANSMITTER)
        host.client.watch(modem_state=255, line_state=255)
        await host.say(b"A\xff\r")
        await made.line.until(lambda: made.line.received == b"A\xff\r")
        assert made.line.settings == LineSettings(250000, 7, Parity.EVEN, 2)
        assert made.line.driven == {"dtr": False}
        assert made.line.breaks == [True, False]
        assert made.line.purges == 1
        await host.until(Signed("SPWF04Sx emulator"))
        await host.until(Acknowledged(Command.SET_BAUD_RATE, 250000))
        await host.until(Acknowledged(Command.SET_LINE_STATE_MASK, 255))
        made.face.show(ModemLines(cts=False, ri=True))
        made.face.report(LineErrors.FRAMING)
        made.face.send(b"\xffOK\r\n")
        await host.until(LinesShown(ModemLines(cts=False, ri=True)))
        await host.until(ErrorsReported(LineErrors.FRAMING))
        await host.hear(lambda: host.received == b"\xffOK\r\n")
        await host.host.close()


async def test_settings_hold_for_what_is_sent_after_them() -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made)
        made.line.limit = 1
        await host.say(b"first")
        await made.line.until(lambda: made.line.received == b"first")
        host.client.configure(LineSettings(9600))
        await host.say(b"second")
        # The line wants nothing now, so what follows waits in the face, settings included.
        made.line.told.clear()
        made.line.limit = None
        made.face.resume()
        await made.line.until(lambda: made.line.received == b"firstsecond")
        assert made.line.told == ["configure"] * 4 + ["receive"]
        await host.host.close()


async def test_a_host_that_does_not_read_is_answered_and_can_purge() -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made)
        face, sent = made.face, 0
        while face.backlog < 200_000:
            face.send(bytes(10_000))
            sent += 10_000
        host.client.purge(Purge.RECEIVER)
        await host.say(b"done")
        await made.line.until(lambda: made.line.received == b"done")
        assert face.backlog <= 20_000
        await host.until(Acknowledged(Command.PURGE, Purge.RECEIVER))
        assert len(host.received) < sent
        await host.host.close()


async def test_a_host_that_suspends_gets_everything_later() -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made)
        host.client.suspend(suspended=True)
        await host.say(b"wait")
        await made.line.until(lambda: made.line.received == b"wait")
        made.face.send(bytes(10_000))
        waiting = asyncio.create_task(made.face.drain())
        host.client.purge(Purge.TRANSMITTER)
        await host.say()
        await host.until(Acknowledged(Command.PURGE, Purge.TRANSMITTER))
        assert not waiting.done()
        assert host.received == b""
        host.client.suspend(suspended=False)
        await host.say()
        await host.hear(lambda: len(host.received) == 10_000)
        await asyncio.wait_for(waiting, PATIENCE)
        await host.host.close()


async def test_questions_without_end_from_a_host_that_does_not_read_take_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made, receive_buffer=65536)
        face = made.face
        settle = face._settle_reading

        def settle_and_tell() -> None:
            settle()
            made.line.news.set()

        monkeypatch.setattr(face, "_settle_reading", settle_and_tell)
        questions = (b"\xff\xfa\x2c\x00\xff\xf0" * 1000 + b"x") * 100
        written = asyncio.create_task(host.host.write(questions))
        await made.line.until(lambda: not face._transport.is_reading())
        assert face._transport.get_write_buffer_size() < 400_000
        await host.hear(lambda: len(host.heard) >= 100_000 and sum(type(e) is Signed for e in host.heard) == 100_000)
        await asyncio.wait_for(written, PATIENCE)
        await host.host.close()


async def test_errors_without_end_for_a_host_that_does_not_read_take_no_memory() -> None:
    async with desk(Rfc2217Face) as made:
        host = await port(made, receive_buffer=4096)
        host.client.watch(modem_state=0, line_state=255)
        await host.say()
        await host.until(Acknowledged(Command.SET_LINE_STATE_MASK, 255))
        face = made.face
        while face.backlog < 1_000_000:
            face.send(bytes(65536))
        before = face.backlog
        for _ in range(1000):
            face.report(LineErrors.OVERRUN)
        face.report(LineErrors.FRAMING)
        assert face.backlog == before
        await host.until(ErrorsReported(LineErrors.OVERRUN | LineErrors.FRAMING))
        await host.hear(lambda: len(host.received) >= before)
        face.report(LineErrors.BREAK)
        await host.until(ErrorsReported(LineErrors.BREAK))
        await host.host.close()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(st.binary(max_size=50), st.sampled_from([b"\xff", b"\xff\xfa\x2c", b"\xff\xf0"])), max_size=20)
)
def test_whatever_a_host_sends_the_next_one_is_served(stream: list[bytes]) -> None:
    async def serve() -> None:
        async with desk(Rfc2217Face) as made:
            rude = await made.owner()
            for octets in stream:
                await rude.write(octets)
            await rude.close()
            await made.line.until(lambda: made.line.owner is None)
            made.line.received.clear()
            polite = await port(made)
            await polite.say(b"AT\r")
            await made.line.until(lambda: made.line.received == b"AT\r")
            await polite.host.close()

    asyncio.run(serve())
