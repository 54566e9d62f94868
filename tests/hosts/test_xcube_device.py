"""The dialogue of ST's own driver about the device: pins, power, pages of the module's web server."""

from __future__ import annotations

import asyncio
import http.client
from typing import TYPE_CHECKING

import pytest

from tests.hosts.driven import driven_module, joined_module
from tests.hosts.xcube import REACTIVE, SLEEPING, XcubeHost

if TYPE_CHECKING:
    from collections.abc import Callable

_FORM = {"Connection": "close", "Content-Type": "application/x-www-form-urlencoded"}
_INPUT = b"|10|20|30|40|\r"
"""Input for a page as the driver sends it; the CR counts."""


async def test_pins() -> None:
    async with driven_module() as module:

        def write(host: XcubeHost) -> None:
            host.start_up()
            host.command("AT+S.GPIOC=4,out")
            host.command("AT+S.GPIOW=4,1")
            assert host.pin(4) == (b"1", b"1")
            host.command("AT+S.GPIOC=3,in")
            assert host.pin(3) == (b"0", b"0")

        await module.run(write)
        pins = module.emulator.pins
        assert pins.level(4) == 1
        pins.drive(3, 1)
        assert await module.run(lambda host: host.pin(3)) == (b"1", b"0")


async def test_the_reactive_power_mode() -> None:
    async with driven_module() as module:

        def dialogue(host: XcubeHost) -> None:
            host.start_up(REACTIVE)
            for setting in ("wifi_powersave", "wifi_beacon_wakeup", "wifi_listen_interval"):
                assert host.value(f"AT+S.GCFG={setting}") == (b"1" if setting == "wifi_powersave" else b"0")
            host.join("office", "a secret phrase", 2)
            host.command("AT+S.PMS=1")
            host.line.indication(66, 10)
            host.command("AT")
            host.command("AT+S.PMS=0")
            host.line.indication(32, 10)

        await module.run(dialogue)


@pytest.mark.parametrize(("seconds", "noticed"), [(1.9, False), (2.0, True)])
async def test_a_sleep_that_ends_within_two_seconds_is_not_noticed(seconds: float, noticed: bool) -> None:
    async with driven_module() as module:
        time = 1000.0

        def sleep(host: XcubeHost) -> None:
            host.start_up(SLEEPING)
            host.now = lambda: time
            host.sleep_deeply()
            host.line.write(b"nobody hears this\r")

        await module.run(sleep)
        await module.note("is lost, the module is asleep")
        time += seconds
        module.emulator.pins.drive(6, 1)
        await module.run(XcubeHost.hear_it_wake)

        def go_on(host: XcubeHost) -> None:
            assert (host.asleep_since is None) is noticed
            # The module itself is awake in any case: a driver that takes it for asleep can go on.
            host.command("AT")
            host.sleep_deeply()
            host.line.write(b"nor this\r")

        await module.run(go_on)
        await module.note("is lost, the module is asleep")
        time += 60
        module.emulator.pins.drive(6, 0)
        module.emulator.pins.drive(6, 1)
        await module.run(XcubeHost.hear_it_wake)
        assert await module.run(lambda host: host.asleep_since) is None


async def test_power_save_deep_sleep_and_standby() -> None:
    async with driven_module() as module:
        # The driver holds the wake-up line high while it talks: sleep_enabled is on.
        pins = module.emulator.pins
        pins.drive(6, 1)

        def sleep(host: XcubeHost) -> None:
            host.start_up(SLEEPING)
            host.command("AT+S.PMS=1")
            host.line.indication(66, 10)
            host.command("AT+S.PMS=0")
            host.line.indication(32, 10)
            host.command("AT+S.PMS=2")
            host.line.indication(69, 10)
            host.line.write(b"nobody hears this\r")

        await module.run(sleep)
        await module.note("is lost, the module is asleep")
        pins.drive(6, 0)
        pins.drive(6, 1)

        def stand_by(host: XcubeHost) -> None:
            assert host.line.line(10).startswith(b"+WIND:53:")
            assert host.line.line(10).startswith(b"+WIND:70:")
            host.command("AT")
            host.command("AT+S.PMS=3")
            host.line.indication(67, 10)
            assert host.line.raw(1, 10) == b"\x00"
            host.line.write(b"nor this\r")

        await module.run(stand_by)
        await module.note("is lost, the module is in standby")
        pins.drive(6, 0)
        pins.drive(6, 1)

        def wake_up(host: XcubeHost) -> None:
            host.line.indication(32, 10)
            host.command("AT")

        await module.run(wake_up)


async def test_a_page_asks_the_host_for_input() -> None:
    async with joined_module() as module:
        port = await module.opened(80)
        page = asyncio.create_task(asyncio.to_thread(_asking(port, "GET", "/input_demo.fhtml")))

        def give(host: XcubeHost) -> None:
            host.line.indication(56, 10)
            host.command(f"AT+S.INPUTSSI={len(_INPUT)}", _INPUT)

        await module.run(give)
        content = await page
        assert all(b"<td>%d" % number in content for number in (10, 20, 30, 40)), content


async def test_a_page_sends_text_to_the_host() -> None:
    async with joined_module() as module:
        port = await module.opened(80)
        await asyncio.to_thread(_asking(port, "POST", "/output_demo.html", b"Output=good+day"))
        shown = await module.run(lambda host: host.line.indication(57, 10))
        assert shown == b"Output from remote:8:good day"


def _asking(port: int, method: str, target: str, body: bytes | None = None) -> Callable[[], bytes]:
    """A request of a browser."""

    def ask() -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, target, body, _FORM)
            response = connection.getresponse()
            assert response.status == 200
            return response.read()
        finally:
            connection.close()

    return ask
