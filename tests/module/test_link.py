"""Frames between the radio and its peers: acknowledged or not, counted, waiting for a sleeping radio."""

from __future__ import annotations

import asyncio

import pytest

from firmware_model.air import Hindrance
from firmware_model.events import Indicated, Note
from firmware_model.outside import Station
from firmware_model.radio.tuning import TIME_UNIT
from tests.doubles import LeapingClock
from tests.module.station_host import HOME, UP, UP_V6, configured_station, joined_station, switch_radio_on_anew
from tests.module.test_tuning import shown
from tests.module_host import INSTANT, ModuleHost, running_module
from tests.sockets.peers import SocketHost, TcpPeer
from tests.web.browser import start_mini_ap

SERVER = "192.168.1.7"
BEACON = 0.1024
QUIET = ("ip_ntp_startup,0",)
WITH_BEACONS = INSTANT._replace(beacon=BEACON)
STATION = Station("02:00:00:00:00:01", None, "192.168.0.2")
SLEEPY = ("wifi_powersave,1", "wifi_operational_mode,12", "wifi_beacon_wakeup,10", "wifi_listen_interval,1")


async def counted(host: ModuleHost, *names: str) -> list[int]:
    return [int(value) for value in await shown(host, *(f"PEERS=0,{name}" for name in names))]


async def test_frames_of_a_connection_are_counted() -> None:
    async with running_module(maps=[f"{SERVER}=127.0.0.1"], access_points=[HOME]) as module, TcpPeer() as peer:
        await module.boot()
        for line in ("console_echo,0", "wifi_mode,1", "wifi_priv_mode,0", *QUIET):
            await module.command(f"AT+S.SCFG={line}")
        await module.command("AT+S.SSIDTXT=home")
        await switch_radio_on_anew(module)
        await module.until(UP)
        host = SocketHost(module)
        names = ("tx_pkts", "cur_rate_ok", "rx_pkts", "tx_errs", "tx_drops", "tx_consec_fail")
        before = await counted(module, *names)
        await host.command(f"AT+S.SOCKON={SERVER},{peer.port},,t")
        connection = await peer.accept()
        await host.write("SOCKW=0", b"x" * 1500)
        await connection.send(b"y" * 10)
        assert await host.read_exactly("SOCKR=0,10", 10) == b"y" * 10
        after = await counted(module, *names)
        # One to open the connection, three of at most 730 octets.
        assert [now - then for now, then in zip(after, before, strict=True)] == [4, 4, 2, 0, 0, 0]
        assert module.air.traffic(HOME.bssid).frames >= 4


async def test_rts_and_cts_guard_what_is_longer_than_the_threshold() -> None:
    async with joined_station(settings=(*QUIET, "wifi_rts_threshold,500")) as host:
        before = host.air.traffic(HOME.bssid)
        for octets in (100, 730, 2000):
            await host.module.radio.link.deliver(octets, SERVER)
        after = host.air.traffic(HOME.bssid)
        assert (after.frames - before.frames, after.guarded - before.guarded) == (1 + 1 + 3, 1 + 3)


@pytest.mark.parametrize(("setting", "lifetime"), [("0", 512 * TIME_UNIT), ("100", 100 * TIME_UNIT)])
async def test_lost_frames_end_the_connection(setting: str, lifetime: float) -> None:
    clock = LeapingClock()
    settings = (*QUIET, f"wifi_tx_msdu_lifetime,{setting}", "wifi_txfail_thresh,3")
    async with joined_station(settings=settings, clock=clock) as host:
        link = host.module.radio.link
        host.air.stop_acknowledging("home")
        assert not await link.offer(10, SERVER)
        assert await counted(host, "tx_errs", "cur_rate_fail", "tx_drops", "tx_consec_fail") == [1, 1, 1, 1]
        host.air.acknowledge("home")
        assert await link.offer(10, SERVER)
        assert await counted(host, "tx_errs", "tx_drops", "tx_consec_fail") == [1, 1, 0]
        host.air.stop_acknowledging("home")
        clock.slept.clear()
        with pytest.raises(OSError, match="the link is lost"):
            await link.deliver(10, SERVER)
        assert clock.slept.count(lifetime) == 3
        await host.until(b"+WIND:33:WiFi Network Lost\r\n")
        await host.until(UP)


async def test_without_a_threshold_no_number_of_lost_frames_ends_it() -> None:
    async with joined_station(settings=(*QUIET, "wifi_txfail_thresh,0"), clock=LeapingClock()) as host:
        host.air.stop_acknowledging("home")
        for _ in range(50):
            await host.module.radio.link.offer(10, SERVER)
        assert await counted(host, "tx_consec_fail") == [50]
        delivery = asyncio.create_task(host.module.radio.link.deliver(10, SERVER))
        while (await counted(host, "tx_errs"))[0] < 60:
            pass
        host.air.acknowledge("home")
        await delivery
        assert not any("33" in str(event) for event in host.events(Indicated))


async def test_a_fragment_without_a_sequel_is_dropped_after_its_lifetime() -> None:
    clock = LeapingClock()
    async with joined_station(settings=(*QUIET, "wifi_rx_msdu_lifetime,200"), clock=clock) as host:
        assert await counted(host, "rx_drops") == [0]
        host.air.send_fragment("home")
        while not (await counted(host, "rx_drops"))[0]:
            pass
        assert 200 * TIME_UNIT in clock.slept


async def test_octets_wait_while_no_beacons_are_heard_and_are_lost_with_the_link() -> None:
    async with joined_station(settings=QUIET, durations=INSTANT._replace(beacon_return=30)) as host:
        host.air.access_point_vanishes("home")
        await host.until(b"+WIND:30:WiFi BSS Lost\r\n")
        waiting = asyncio.create_task(host.module.radio.link.receive(10, SERVER))
        await asyncio.sleep(0)
        assert not waiting.done()
        host.air.access_point_appears(HOME)
        await waiting
        await host.until(b"+WIND:14:WiFi BSS Regained\r\n")
        host.air.access_point_vanishes("home")
        await host.until(b"+WIND:30:WiFi BSS Lost\r\n")
        lost = asyncio.create_task(host.module.radio.link.receive(10, SERVER))
        await asyncio.sleep(0)
        await host.command("AT+S.WIFI=0")
        with pytest.raises(OSError, match="the link is lost"):
            await lost


async def test_a_station_that_acknowledges_nothing_is_dropped() -> None:
    async with running_module(stations=[STATION]) as host:
        await host.boot()
        for line in ("wifi_tx_msdu_lifetime,1", "wifi_txfail_thresh,4"):
            await host.command(f"AT+S.SCFG={line}")
        await start_mini_ap(host)
        await host.until(b"29:DHCP Reply:192.168.0.2:02:00:00:00:00:01\r\n")
        host.air.stop_acknowledging(STATION.mac)
        with pytest.raises(OSError, match="the link is lost"):
            await host.module.radio.link.deliver(10, "192.168.0.2")
        await host.until(b"+WIND:72:Station Disassociated:02:00:00:00:00:01\r\n")
        assert any("acknowledges nothing" in str(note) for note in host.events(Note))
        # Where no station is, nothing is counted and nothing gets lost.
        await host.module.radio.link.deliver(10, "192.168.0.9")


@pytest.mark.parametrize(
    ("settings", "beacons"),
    [
        (("wifi_powersave,1",), 1),
        (("wifi_powersave,1", "wifi_beacon_wakeup,5"), 5),
        (("wifi_powersave,1", "wifi_beacon_wakeup,5", "wifi_listen_interval,8"), 5),
        (("wifi_powersave,1", "wifi_beacon_wakeup,5", "wifi_listen_interval,8", "wifi_operational_mode,12"), 8),
        (SLEEPY, 10),
        (("wifi_powersave,1", "wifi_beacon_wakeup,5", "wifi_operational_mode,10"), 0),
        (("wifi_beacon_wakeup,5",), 0),
    ],
)
async def test_octets_wait_for_the_beacon_at_which_the_radio_wakes(settings: tuple[str, ...], beacons: int) -> None:
    clock = LeapingClock()
    async with joined_station(settings=(*QUIET, *settings), durations=WITH_BEACONS, clock=clock) as host:
        await_up = b"+WIND:66:Low Power Mode Enabled\r\n" if "wifi_powersave,1" in settings else b""
        if await_up:
            assert await host.until(b"\r\n") == await_up
        radio = host.module.radio
        assert radio.association is not None
        clock.now = radio.association.since + 0.03
        expected = beacons * BEACON - 0.03 if beacons else 0
        assert await radio.link.receive(10, SERVER) == pytest.approx(expected)
        # It was woken by that beacon, and sleeps again.
        clock.now += 0.01
        assert await radio.link.receive(10, SERVER) == pytest.approx(beacons * BEACON - 0.01 if beacons else 0)


async def test_fast_power_save_listens_on_for_a_moment() -> None:
    clock = LeapingClock()
    settings = (*QUIET, "wifi_powersave,2", "wifi_beacon_wakeup,20")
    async with joined_station(settings=settings, durations=WITH_BEACONS, clock=clock) as host:
        link = host.module.radio.link
        assert await link.receive(10, SERVER) > 1
        clock.now += 0.05
        assert await link.receive(10, SERVER) == 0
        clock.now += 0.5
        assert await link.receive(10, SERVER) > 1


async def test_pms_switches_power_save_off_and_on() -> None:
    clock = LeapingClock()
    settings = (*QUIET, "wifi_powersave,1", "wifi_beacon_wakeup,20")
    async with joined_station(settings=settings, durations=WITH_BEACONS, clock=clock) as host:
        await host.until(b"+WIND:66:Low Power Mode Enabled\r\n")
        link = host.module.radio.link
        for mode, sleeps in ((0, False), (1, True), (0, False)):
            assert (await host.command(f"AT+S.PMS={mode}")).endswith(b"AT-S.OK\r\n")
            clock.now += 0.01
            assert (await link.receive(10, SERVER) > 0) is sleeps


async def test_power_save_that_fails_is_wind_12() -> None:
    async with configured_station(HOME, settings=(*QUIET, "wifi_powersave,1")) as host:
        host.air.hinder(Hindrance.POWER_SAVE)
        await switch_radio_on_anew(host)
        await host.until(UP_V6 + b"+WIND:12:WiFi PS Mode Failure\r\n")
        assert host.module.radio.sleep_period == 0


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ((), 10 * BEACON),
        (("wifi_beacon_loss_thresh,4",), 4 * BEACON),
        (("wifi_beacon_loss_thresh,4", "wifi_powersave,1", "wifi_beacon_wakeup,5"), 20 * BEACON),
    ],
)
async def test_beacons_are_missed_as_often_as_the_radio_listens(settings: tuple[str, ...], seconds: float) -> None:
    clock = LeapingClock()
    async with joined_station(settings=(*QUIET, *settings), durations=WITH_BEACONS, clock=clock) as host:
        clock.slept.clear()
        host.air.access_point_vanishes("home")
        await host.until(b"+WIND:33:WiFi Network Lost\r\n")
        assert clock.slept[0] == pytest.approx(seconds)


async def test_power_save_ends_with_the_network() -> None:
    async with joined_station(settings=("ip_ntp_startup,0", "wifi_powersave,1"), durations=WITH_BEACONS) as host:
        await host.until(b"+WIND:66:Low Power Mode Enabled\r\n")
        assert host.module.radio.sleep_period == pytest.approx(BEACON)
        host.air.deauthenticate("home")
        await host.until(UP_V6 + b"+WIND:66:Low Power Mode Enabled\r\n")
