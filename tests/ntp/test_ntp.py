"""The time by NTP: on command, when the radio comes up, and again and again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.configuration import parse_access_point
from emulator.surroundings.clock import RealClock
from firmware_model.events import Note
from firmware_model.ntp import UnusableAnswerError, answered_time, from_timestamp, question, to_timestamp
from tests.module_host import ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

OK = b"AT-S.OK\r\n"
FAILED = b"AT-S.ERROR:66:Cannot update DateTime\r\n"
APRIL_2018 = 1_523_523_938.0
DELIVERY = b"+WIND:84:NTP Server Delivery:2018.04.12:4:09.05.38\r\n"
_ANY_DELIVERY = re.compile(rb"\+WIND:84:NTP Server Delivery:(\d{4})\.\d\d\.\d\d:[1-7]:\d\d\.\d\d\.\d\d\r\n")


def answer(asked: bytes, now: float, *, stratum: int = 2, leap: int = 0, mode: int = 4) -> bytes:
    head = bytes([leap << 6 | 4 << 3 | mode, stratum, 0, 0]) + bytes(8) + b"RATE" + bytes(8)
    return head + asked[40:48] + to_timestamp(now) + to_timestamp(now)


class Responder(asyncio.DatagramProtocol):
    """Answers each question by ``reply``, which may say nothing by an empty answer."""

    def __init__(self, reply: Callable[[bytes], bytes]) -> None:
        self.reply = reply
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        octets = self.reply(data)
        if octets:
            self.transport.sendto(octets, addr)


def april(asked: bytes) -> bytes:
    return answer(asked, APRIL_2018 + 0.5)


@asynccontextmanager
async def responding(reply: Callable[[bytes], bytes] = april) -> AsyncIterator[tuple[Responder, str]]:
    """A time server on a free port, and where a mapping has to lead."""
    responder = Responder(reply)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: responder, local_addr=("127.0.0.1", 0)
    )
    try:
        yield responder, "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


@asynccontextmanager
async def joining_module(*maps: str, settings: tuple[str, ...] = ()) -> AsyncIterator[ModuleHost]:
    """A module that joins somebody's network."""
    async with running_module(maps=maps, access_points=[parse_access_point("*")]) as host:
        await host.boot()
        for line in ("console_echo,0", "wifi_mode,1", "wifi_priv_mode,0", "ip_use_v6,0", *settings):
            await host.command(f"AT+S.SCFG={line}")
        for line in ("SSIDTXT=home", "WCFG"):
            await host.command(f"AT+S.{line}")
        host.module.reset()
        yield host


async def test_on_command_the_time_is_set_and_told() -> None:
    async with responding() as (responder, where):
        async with running_module(maps=[f"pool.ntp.org:123={where}"]) as host:
            await start_mini_ap(host)
            assert await host.command("AT+S.NTP") == OK
            assert await host.until(DELIVERY) == DELIVERY
            assert await host.command("AT+S.TIME") == b"AT-S.Date:18.04.12:00\r\nAT-S.Time:09.05.38\r\n" + OK
        assert len(responder.asked) == 1


async def test_when_the_radio_comes_up_the_time_is_asked_for() -> None:
    async with responding() as (_, where), joining_module(f"pool.ntp.org:123={where}") as host:
        assert (await host.until(DELIVERY)).endswith(DELIVERY)
        assert abs(host.module.time.now() - APRIL_2018) < 60


async def test_the_second_server_is_asked_when_the_first_says_nothing() -> None:
    async with responding(lambda _: b"") as (first, one), responding() as (second, other):
        maps = [f"pool.ntp.org:123={one}", f"time.nist.gov:123={other}"]
        async with running_module(maps=maps) as host:
            await start_mini_ap(host)
            host.module.ntp.patience = 0.2
            assert await host.command("AT+S.NTP") == OK
            assert await host.until(DELIVERY) == DELIVERY
        assert (len(first.asked), len(second.asked)) == (1, 1)


async def test_the_time_is_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    years = iter(range(2020, 2030))
    refresh = asyncio.Semaphore(0)

    def reply(asked: bytes) -> bytes:
        return answer(asked, (next(years) - 1970) * 31_556_952.0 + 86_400)

    async def sleep(_: RealClock, seconds: float) -> None:
        await (refresh.acquire() if seconds == 77 else asyncio.sleep(seconds))

    monkeypatch.setattr(RealClock, "sleep", sleep)
    settings = ("ip_ntp_server1,time.test", "ip_ntp_refresh,77")
    async with responding(reply) as (_, where), joining_module(f"time.test:123={where}", settings=settings) as host:
        for year in (b":2020.", b":2021.", b":2022."):
            assert year in await host.until(_ANY_DELIVERY)
            # It counts from the next start on (ROS).
            await host.command("AT+S.SCFG=ip_ntp_refresh,78")
            refresh.release()


async def test_a_refresh_of_zero_asks_once() -> None:
    async with (
        responding() as (responder, where),
        joining_module(f"pool.ntp.org:123={where}", settings=("ip_ntp_refresh,0",)) as host,
    ):
        await host.until(DELIVERY)
        await host.command("AT")
        assert "ntp" not in {task.get_name() for task in asyncio.all_tasks()}
    assert len(responder.asked) == 1


@pytest.mark.parametrize("settings", [("ip_ntp_startup,0",), ("ip_ntp_server1,", "ip_ntp_server2,")])
async def test_nobody_is_asked_at_the_start_when_told_so(settings: tuple[str, ...]) -> None:
    async with (
        responding() as (responder, where),
        joining_module(f"pool.ntp.org:123={where}", settings=settings) as host,
    ):
        await host.until(b"+WIND:24:WiFi Up:0:192.168.1.100\r\n")
        assert await host.command("AT") == OK
        assert responder.asked == []


async def test_behind_its_own_mini_ap_the_module_does_not_ask_by_itself() -> None:
    async with responding() as (responder, where):
        async with running_module(maps=[f"pool.ntp.org:123={where}"]) as host:
            await start_mini_ap(host)
            assert await host.command("AT") == OK
        assert responder.asked == []


async def test_a_failure_at_the_start_is_silent() -> None:
    async with joining_module("pool.ntp.org:123=no-such-host.invalid", settings=("ip_ntp_server2,",)) as host:
        await host.until(b"+WIND:24:WiFi Up:0:192.168.1.100\r\n")
        for _ in range(1000):
            if "no time from pool.ntp.org" in "\n".join(map(str, host.events(Note))):
                break
            await asyncio.sleep(0.001)
        else:
            pytest.fail("the failure is not even noted")
        assert await host.command("AT") == OK


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (lambda _: b"", "no answer"),
        (lambda asked: answer(asked, APRIL_2018)[:47], "no answer"),
        (lambda asked: answer(asked, APRIL_2018, mode=5), "no answer"),
        (lambda _: answer(bytes(48), APRIL_2018), "no answer"),
        (lambda asked: answer(asked, APRIL_2018, stratum=0), "refuses: 'RATE'"),
        (lambda asked: answer(asked, APRIL_2018, leap=3), "no time itself"),
        (lambda asked: answer(asked, APRIL_2018)[:40] + bytes(8), "no time itself"),
    ],
)
async def test_without_an_answer_the_command_fails(reply: Callable[[bytes], bytes], reason: str) -> None:
    async with responding(reply) as (_, where), running_module(maps=[f"pool.ntp.org:123={where}"]) as host:
        await start_mini_ap(host)
        host.module.ntp.patience = 0.05
        before = host.module.time.now()
        assert await host.command("AT+S.NTP") == FAILED
        assert abs(host.module.time.now() - before) < 60
        assert reason in "\n".join(map(str, host.events(Note)))


async def test_without_a_network_there_is_no_time() -> None:
    async with running_module() as host:
        await host.boot()
        assert (await host.command("AT+S.NTP")).endswith(b"AT-S.ERROR:44:Wait for Connection Up\r\n")


async def test_chrony_tells_the_real_time(need_program: Callable[[str], None], tmp_path: Path) -> None:
    need_program("chronyd")
    async with chrony(tmp_path) as port, running_module(maps=[f"pool.ntp.org:123=127.0.0.1:{port}"]) as host:
        await start_mini_ap(host)
        for _ in range(100):
            host.module.ntp.patience = 0.05
            if await host.command("AT+S.NTP") == OK:
                break
        await host.until(_ANY_DELIVERY)
        assert abs(host.module.time.now() - time.time()) < 1


@asynccontextmanager
async def chrony(folder: Path) -> AsyncIterator[int]:
    """A chronyd that trusts this machine's clock, sets nothing, and serves a port of 127.0.0.1."""
    port = free_udp_port()
    settings = write_chrony_settings(folder, port)
    silence = asyncio.subprocess.DEVNULL
    daemon = await asyncio.create_subprocess_exec(
        "chronyd", "-d", "-x", "-f", str(settings), stdout=silence, stderr=silence
    )
    try:
        yield port
    finally:
        os.kill(daemon.pid, signal.SIGTERM)
        await daemon.wait()


def write_chrony_settings(folder: Path, port: int) -> Path:
    folder.chmod(0o755)
    settings = folder / "chrony.conf"
    settings.write_text(
        f"local stratum 8\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport {port}\ncmdport 0\n"
        f"bindcmdaddress /\npidfile {folder}/chronyd.pid\n"
    )
    return settings


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@given(st.floats(-60_000_000, 4_230_000_000))
def test_time_stamps_cover_1968_to_2104(epoch_seconds: float) -> None:
    assert abs(from_timestamp(to_timestamp(epoch_seconds)) - epoch_seconds) < 1e-5


@pytest.mark.parametrize(
    ("epoch_seconds", "timestamp"),
    [
        (0.0, 0x83AA7E80_00000000),
        (0.5, 0x83AA7E80_80000000),
        (2_085_978_495.0, 0xFFFFFFFF_00000000),
        (2_085_978_497.0, 0x00000001_00000000),
    ],
)
def test_time_stamps_on_both_sides_of_2036(epoch_seconds: float, timestamp: int) -> None:
    assert to_timestamp(epoch_seconds) == timestamp.to_bytes(8, "big")
    assert from_timestamp(timestamp.to_bytes(8, "big")) == epoch_seconds


def test_the_question() -> None:
    assert question(0.0) == b"\x23" + bytes(39) + b"\x83\xaa\x7e\x80" + bytes(4)


@given(st.binary(max_size=60))
def test_no_answer_does_harm(octets: bytes) -> None:
    try:
        assert answered_time(octets, question(1.0)) is None
    except UnusableAnswerError:
        pytest.fail("an answer to another question counts as one")
