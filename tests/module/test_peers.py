"""AT+S.PEERS: the joined access point, or the stations of the miniAP."""

from __future__ import annotations

import re

import pytest

from firmware_model.outside import Station
from firmware_model.tables.peers import PEER_VARIABLES
from firmware_model.tables.sources import Confidence
from tests.module.station_host import SECRET, joined_station
from tests.module_host import ModuleHost, running_module, start_mini_ap

# The peers page of ST's firmware package for 1.1.0, name by name.
PAGE_TEXT = """
link_id state addr last_rx last_tx rx_drops tx_drops rx_pkts tx_pkts tx_errs rate_mask cur_rate_idx cur_rate_ok
cur_rate_fail tx_consec_fail rx_seqnum rx_seqnum_mc rx_rssi rx_rateidx setprot listen_interval capinfo
"""
FIRST = Station("02:00:00:00:00:01", None, None, -61)
SECOND = Station("02:00:00:00:00:02", None, None, -62)
FAILED = b"AT-S.ERROR:7:Invalid argument(s)\r\n"


async def peers(host: ModuleHost, line: str = "AT+S.PEERS") -> dict[str, str]:
    lines = (await host.command(line)).decode().split("\r\n")
    assert lines[-2:] == ["AT-S.OK", ""], lines
    return dict(line.removeprefix("AT-S.Var:").split("=", 1) for line in lines[:-2])


def test_the_22_variables_have_the_order_of_the_page() -> None:
    assert [row.name for row in PEER_VARIABLES] == PAGE_TEXT.split()
    assert len(PEER_VARIABLES) == 22
    assert [row.name for row in PEER_VARIABLES if row.source.confidence is Confidence.DRIVER] == ["rx_rssi"]


async def test_the_access_point_is_peer_0() -> None:
    settings = ("wifi_priv_mode,2", "wifi_wpa_psk_text,secret12", "ip_ntp_startup,0")
    async with joined_station(SECRET, settings=settings) as host:
        values = await peers(host)
        assert list(values) == [f"0.{name}" for name in PAGE_TEXT.split()]
        assert values["0.addr"] == "98:DE:D0:EA:4C:62"
        assert (values["0.state"], values["0.link_id"]) == ("2", "0")
        assert (values["0.rate_mask"], values["0.cur_rate_idx"]) == ("0x00003FCF", "13")
        assert values["0.capinfo"] == "0x00000431"
        assert int(values["0.rx_pkts"]) == int(values["0.tx_pkts"]) == 6


async def test_the_signal_is_that_of_now_as_mbed_parses_it() -> None:
    async with joined_station() as host:
        for level in (-50, -73):
            host.air.set_signal("home", level)
            reply = await host.command("AT+S.PEERS=0,rx_rssi")
            match = re.fullmatch(rb"AT-S\.Var:0\.rx_rssi=(-\d+)\r\nAT-S\.OK\r\n", reply)
            assert match is not None
            assert int(match.group(1)) == level


async def test_the_stations_of_the_mini_ap_keep_their_number() -> None:
    async with running_module(stations=[FIRST, SECOND]) as host:
        await start_mini_ap(host)
        await host.until(b"+WIND:29:DHCP Reply:192.168.0.3:02:00:00:00:00:02\r\n")
        assert await peers(host, "AT+S.PEERS=1,ADDR") == {"1.addr": SECOND.mac}
        assert await peers(host, "AT+S.PEERS=,rx_rssi") == {"0.rx_rssi": "-61", "1.rx_rssi": "-62"}
        host.air.set_signal(SECOND.mac, -80)
        assert await peers(host, "AT+S.PEERS=1,rx_rssi") == {"1.rx_rssi": "-80"}
        host.air.station_leaves(FIRST.mac)
        await host.until(b"+WIND:72:Station Disassociated:02:00:00:00:00:01\r\n")
        assert await peers(host, "AT+S.PEERS=,addr") == {"1.addr": SECOND.mac}
        host.air.station_joins(Station("02:00:00:00:00:03", None, None))
        await host.until(b"+WIND:28:Station Associated:02:00:00:00:00:03:0\r\n")


async def test_without_a_link_there_are_no_peers() -> None:
    async with joined_station() as host:
        await host.command("AT+S.WIFI=0")
        await host.until(b"Down\r\n")
        assert await peers(host) == {}
        assert await host.command("AT+S.PEERS=0,rx_rssi") == FAILED


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AT+S.PEERS=0,rssi", b"AT-S.ERROR:4:Variable not found\r\n"),
        ("AT+S.PEERS=1", FAILED),
        ("AT+S.PEERS=x", FAILED),
        ("AT+S.PEERS=0,rx_rssi,", b"AT-S.ERROR:6:Too many argument(s)\r\n"),
    ],
)
async def test_what_there_is_not(line: str, reply: bytes) -> None:
    async with joined_station() as host:
        assert await host.command(line) == reply
