"""WPA enterprise: methods, identities, certificates of both sides, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firmware_model.air import AccessPoint, EapMethod, Enterprise, Security
from firmware_model.events import Note
from tests.module.station_host import HOME, UP, configured_station, switch_radio_on_anew
from tests.tls.certificates import NOW, chain, root

if TYPE_CHECKING:
    from tests.module_host import ModuleHost

ROOT = root()
OFFICE = HOME._replace(security=Security.ENTERPRISE, identity="ali", passphrase="sesame")
LOGIN = ("wifi_priv_mode,3", "wifi_eap_identity,ali", "wifi_eap_passwd,sesame")
JOINED = b"+WIND:51:WPA Handshake Complete\r\n" + UP
REFUSED = b"+WIND:40:WiFi Deauthentication:23\r\n"


def office(server: Enterprise) -> AccessPoint:
    return OFFICE._replace(enterprise=server)


async def keep(host: ModuleHost, **slots: bytes) -> None:
    """Store certificates with WPAECERT."""
    for slot, content in slots.items():
        reply = await host.command(f"AT+S.WPAECERT={slot},{len(content)}", content)
        assert reply.endswith(b"AT-S.OK\r\n"), reply


async def outcome(host: ModuleHost) -> bytes:
    """What follows the association: everything up to an address, or to the refusal."""
    await switch_radio_on_anew(host)
    await host.until(b"+WIND:25:WiFi Association successful:home\r\n")
    lines = b""
    while not lines.endswith((UP, REFUSED)):
        lines += await host.until(b"\r\n")
    return lines


@pytest.mark.parametrize("number", range(1, 5))
async def test_the_method_is_that_of_wifi_eap_type(number: int) -> None:
    method = list(EapMethod)[number]
    async with configured_station(
        office(Enterprise(methods=(method,))), settings=(*LOGIN, f"wifi_eap_type,{number}")
    ) as host:
        assert await outcome(host) == JOINED
        await host.command(f"AT+S.SCFG=wifi_eap_type,{number % 4 + 1}")
        assert await outcome(host) == REFUSED


@pytest.mark.parametrize(
    ("anonymous", "number", "outer"), [("", 4, "ali"), ("nobody", 4, "nobody"), ("nobody", 2, "nobody")]
)
async def test_the_outer_identity_hides_the_inner_one(anonymous: str, number: int, outer: str) -> None:
    settings = (*LOGIN, f"wifi_eap_type,{number}", f"wifi_eap_anon_identity,{anonymous}")
    async with configured_station(office(Enterprise()), settings=settings) as host:
        assert await outcome(host) == JOINED
        presented = host.air.presented
        assert presented is not None
        assert presented.eap is not None
        assert (presented.eap.outer_identity, presented.identity) == (outer, "ali")


@pytest.mark.parametrize(
    ("options", "version", "verdict"),
    [
        (0, None, JOINED),
        (0, 0, JOINED),
        (0, 1, JOINED),
        (1, None, JOINED),
        (1, 0, JOINED),
        (1, 1, REFUSED),
        (2, 0, REFUSED),
        (2, 1, JOINED),
    ],
)
async def test_wifi_eap_peap_options_names_a_version(options: int, version: int | None, verdict: bytes) -> None:
    settings = (*LOGIN, "wifi_eap_type,4", f"wifi_eap_peap_options,{options}")
    async with configured_station(office(Enterprise(peap_version=version)), settings=settings) as host:
        assert await outcome(host) == verdict


async def test_the_version_of_peap_is_nothing_to_ttls() -> None:
    settings = (*LOGIN, "wifi_eap_type,2", "wifi_eap_peap_options,1")
    async with configured_station(office(Enterprise(peap_version=1)), settings=settings) as host:
        assert await outcome(host) == JOINED


async def test_a_server_of_another_ca_is_not_trusted() -> None:
    settings = (*LOGIN, "wifi_eap_type,4")
    server = office(Enterprise(certificates=chain(ROOT.issue("radius", server=True))))
    async with configured_station(server, settings=settings) as host:
        await host.command(f"AT+S.TIME={int(NOW)}")
        assert await outcome(host) == JOINED
        await keep(host, ca=root("Elsewhere").certificate_der)
        assert await outcome(host) == REFUSED
        assert "the server of 'home' is not trusted: " in str(host.events(Note))
        await host.command("AT+S.WPAECERT=content,2")
        await keep(host, ca=ROOT.certificate_der)
        assert await outcome(host) == JOINED


async def test_dates_count_unless_wifi_eap_skip_datechecks_is_set() -> None:
    settings = (*LOGIN, "wifi_eap_type,4")
    server = office(Enterprise(certificates=chain(ROOT.issue("radius", server=True))))
    async with configured_station(server, settings=settings) as host:
        await keep(host, ca=ROOT.certificate_der)
        # After power-on the module's calendar stands at the year 2000.
        assert await outcome(host) == REFUSED
        assert "not valid yet at the module's time" in str(host.events(Note))
        await host.command("AT+S.SCFG=wifi_eap_skip_datechecks,1")
        assert await outcome(host) == JOINED
        await host.command("AT+S.SCFG=wifi_eap_skip_datechecks,0")
        await host.command(f"AT+S.TIME={int(NOW)}")
        assert await outcome(host) == JOINED


@pytest.mark.parametrize(("issuer", "verdict"), [("Root", JOINED), ("Elsewhere", REFUSED)])
async def test_with_eap_tls_the_server_judges_the_modules_certificate(issuer: str, verdict: bytes) -> None:
    own = root(issuer).issue("module", client=True)
    server = office(Enterprise(methods=(EapMethod.TLS,), client_authority=ROOT.certificate_der))
    settings = ("wifi_priv_mode,3", "wifi_eap_identity,ali", "wifi_eap_type,0")
    async with configured_station(server, settings=settings) as host:
        await keep(host, cert=own.certificate_der, key=own.key_der)
        assert await outcome(host) == verdict


@pytest.mark.parametrize("slots", [(), ("cert",), ("cert", "foreign key")])
async def test_without_certificate_and_its_key_eap_tls_does_not_start(slots: tuple[str, ...]) -> None:
    own, other = ROOT.issue("module", client=True), ROOT.issue("other", client=True)
    async with configured_station(office(Enterprise()), settings=(*LOGIN, "wifi_eap_type,0")) as host:
        if "cert" in slots:
            await keep(host, cert=own.certificate_der)
        if "foreign key" in slots:
            await keep(host, key=other.key_der)
        await switch_radio_on_anew(host)
        await host.until(b"+WIND:50:WPA Start Failed\r\n")
        while "WPAECERT's cert and key" not in str(host.events(Note)):
            await host.module.outside.clock.sleep(0.001)
