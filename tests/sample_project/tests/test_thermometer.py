"""The thermometer against the emulator, on good days and on bad ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from thermometer.application import fetch_limits, join, report
from thermometer.driver import Driver, ModuleError

if TYPE_CHECKING:
    from emulator.testing import Peers, WatchedEmulator


def test_it_joins(driver: Driver) -> None:
    assert join(driver, "lab", "secret-pass") == "192.168.1.100"


def test_a_wrong_pass_phrase_is_noticed(driver: Driver) -> None:
    driver.wait_for(32)
    driver.command("SCFG=wifi_wpa_psk_text,wrong-pass")
    with pytest.raises(ModuleError, match="44"):
        driver.command("SOCKON=192.168.1.7,7,,t")


def test_it_reports(driver: Driver, spwf04_peers: Peers) -> None:
    echo = spwf04_peers.tcp_echo(at="192.168.1.7:7000")
    join(driver, "lab", "secret-pass")
    assert report(driver, "192.168.1.7", 7000, 21.5) == "21.5"
    assert echo.connections == 1


@pytest.mark.spwf04(faults=["network=refuse@times=2"])
def test_it_tries_again_when_the_connection_is_refused(driver: Driver, spwf04_peers: Peers) -> None:
    echo = spwf04_peers.tcp_echo(at="192.168.1.7:7000")
    join(driver, "lab", "secret-pass")
    assert report(driver, "192.168.1.7", 7000, 21.5) == "21.5"
    assert echo.connections == 1


def test_it_fetches_its_limits_with_its_own_certificate(
    driver: Driver, spwf04: WatchedEmulator, spwf04_peers: Peers
) -> None:
    server = spwf04_peers.https({"/limits": b"10..30\n"}, at="192.168.0.2:443")
    spwf04_peers.give_credentials()
    join(driver, "lab", "secret-pass")
    assert fetch_limits(driver, "192.168.0.2") == "10..30"
    assert server.requests == ["GET /limits"]
    assert spwf04.state.address == "192.168.1.100"


@pytest.mark.spwf04(faults=["signature=nonpadded:always-bad"], seed=7)
def test_a_server_that_refuses_our_signature_is_reported(driver: Driver, spwf04_peers: Peers) -> None:
    server = spwf04_peers.https({"/limits": b"10..30\n"}, at="192.168.0.2:443")
    spwf04_peers.give_credentials()
    join(driver, "lab", "secret-pass")
    with pytest.raises(ModuleError) as caught:
        fetch_limits(driver, "192.168.0.2")
    assert (caught.value.code, caught.value.lines[-1]) == (111, "Http Client Error:2")
    assert server.refusals
