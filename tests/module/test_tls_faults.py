"""What the host reads when a TLS fault fires, between two requests that succeed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from emulator.peers.https import HttpsServer
from tests.doubles import ArmedFaults
from tests.module_host import running_module, start_mini_ap

if TYPE_CHECKING:
    from emulator.peers.peer import Site
    from emulator.peers.pki import Pki

OK = b"AT-S.OK\r\n"
SKIPPED = b"AT-S.Skip CA\r\nAT-S.Skip CA\r\n"
CA = SKIPPED + b"AT-S.Loading:1:2\r\n"
ALL = CA + b"AT-S.Loading:2:2\r\nAT-S.Loading:3:2\r\n"
ANSWERED = ALL + b"AT-S.Http Server Status Code:200\r\nssid=demo\nAT-S.OK\r\n"
NO_TLS = b"AT-S.Http Client Error:2\r\nAT-S.ERROR:111:Request failed\r\n"


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        ("signature=wrong-key", ALL + NO_TLS),
        ("signature=high-s", ANSWERED),
        ("certificate=foreign-key", ALL + NO_TLS),
        ("certificate=leaf-only", ALL + NO_TLS),
        ("certificate=empty", CA + NO_TLS),
        ("certificate=expired-clock", CA + b"AT-S.Certificate Error:19\r\n" + NO_TLS),
        ("certificate=unset-clock", CA + b"AT-S.Certificate Error:19\r\n" + NO_TLS),
        ("handshake=no-certificate", CA + NO_TLS),
        ("handshake=no-certificate-verify", ALL + NO_TLS),
        ("handshake=wrong-finished", ALL + NO_TLS),
        ("handshake=stall:3", ALL + NO_TLS),
        ("handshake=close:1", NO_TLS),
        ("handshake=close", CA + NO_TLS),
        ("handshake=alert:4", ALL + NO_TLS),
        ("handshake=fragmented", ANSWERED),
    ],
)
async def test_a_request_under_a_fault(fault: str, reply: bytes, site: Site, pki: Pki) -> None:
    faults = ArmedFaults()
    async with (
        HttpsServer(site) as server,
        running_module(faults=faults, maps=[f"192.168.0.2:443=127.0.0.1:{server.port}"]) as host,
    ):
        await start_mini_ap(host)
        for slot, content in (
            ("ca", pki.root.certificate_der),
            ("cert", pki.client.bundle_der),
            ("key", pki.client.key_der),
        ):
            assert (await host.command(f"AT+S.TLSCERT={slot},{len(content)}", content)).endswith(OK)
        assert (await host.command(f"AT+S.TIME={int(time.time())}")).endswith(OK)
        request = "AT+S.HTTPGET=192.168.0.2,conf,443,2,,,,"
        assert await host.command(request) == ANSWERED
        if "stall" in fault:
            assert (await host.command("AT+S.SCFG=ip_http_get_recv_timeout,200")).endswith(OK)
        faults.arm(fault)
        assert await host.command(request) == reply
        faults.disarm()
        await host.command("AT+S.SCFG=ip_http_get_recv_timeout,10000")
        assert await host.command(request) == ANSWERED
