"""The one instance of the HTTP client: when a request does not get it, and when it does not come back."""

from __future__ import annotations

import pytest

from emulator.emulator import Emulator
from firmware_model.tables.errors import AtError, Error
from firmware_model.web.http_instance import HttpHindrance, HttpInstance
from tests.module.test_http import STATUS_200, facing

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
FETCHED = STATUS_200 + b"helloAT-S.OK\r\n"
NO_INSTANCE = b"AT-S.ERROR:80:No valid HTTP Client Instance ID\r\n"
BUSY = b"AT-S.ERROR:81:HTTP Client busy\r\n"
NOT_RELEASED = b"AT-S.ERROR:82:Failed to release HTTP Client Instance\r\n"
FETCHING = ["HTTPGET=192.168.0.2,/", "HTTPPOST=192.168.0.2,/", "FWUPDATE=i,192.168.0.2,/x", "FSUPDATE=i,192.168.0.2,/x"]


@pytest.mark.parametrize("line", FETCHING)
@pytest.mark.parametrize(
    ("hindrance", "reply"), [(HttpHindrance.NO_INSTANCE, NO_INSTANCE), (HttpHindrance.TAKEN, BUSY)]
)
async def test_a_request_without_an_instance_asks_nobody(line: str, hindrance: HttpHindrance, reply: bytes) -> None:
    async with facing(PAGE) as (host, server):
        host.module.http_hindrances.add(hindrance)
        assert await host.command(f"AT+S.{line}") == reply
        assert server.requests == []
        host.module.http_hindrances.discard(hindrance)
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/") == FETCHED


async def test_an_instance_that_does_not_come_back_is_taken_until_a_reset() -> None:
    async with facing(PAGE) as (host, server):
        host.module.http_hindrances.add(HttpHindrance.NOT_RELEASED)
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/") == STATUS_200 + b"hello" + NOT_RELEASED
        host.module.http_hindrances.clear()
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/") == BUSY
        assert len(server.requests) == 1
        await host.command("AT+S.WCFG")
        host.face.write(b"AT+S.RESET\r")
        await host.until(b"+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39\r\n")
        assert (await host.command("AT+S.HTTPGET=192.168.0.2,/")).endswith(FETCHED)


async def test_the_network_is_missed_before_the_instance() -> None:
    async with facing(PAGE) as (host, _):
        host.module.http_hindrances.update(HttpHindrance)
        await host.command("AT+S.WIFI=0")
        await host.until(b"Powered Down\r\n")
        assert await host.command("AT+S.HTTPGET=192.168.0.2,/") == b"AT-S.ERROR:44:Wait for Connection Up\r\n"


async def test_the_emulator_brings_it_about() -> None:
    async with Emulator() as emulator:
        emulator.hinder(HttpHindrance.TAKEN)
        assert emulator.module.http_hindrances == {HttpHindrance.TAKEN}
        emulator.lift(HttpHindrance.TAKEN)
        assert not emulator.module.http_hindrances


def test_a_request_that_fails_keeps_its_own_error() -> None:
    hindrances = {HttpHindrance.NOT_RELEASED}
    instance = HttpInstance(hindrances)
    with pytest.raises(OSError, match="gone"), instance.held():
        raise OSError("gone")
    with pytest.raises(AtError) as failure, instance.held():
        pass
    assert failure.value.error is Error.HTTP_CLIENT_BUSY


def test_one_request_at_a_time() -> None:
    instance = HttpInstance(())
    with instance.held(), pytest.raises(AtError) as failure, instance.held():
        pass
    assert failure.value.error is Error.HTTP_CLIENT_BUSY
    with instance.held():
        pass
