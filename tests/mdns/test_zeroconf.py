"""The module's mDNS responder, seen by the zeroconf package over the loopback interface."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from zeroconf import AddressResolverIPv4 as AddressResolver  # type: ignore[attr-defined]
from zeroconf import IPVersion, ServiceListener, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from emulator.configuration import parse_access_point
from tests.module_host import ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PATIENCE = 20.0


@asynccontextmanager
async def announcing_module(**settings: str) -> AsyncIterator[ModuleHost]:
    """A miniAP that is up and announces itself, unless ``settings`` say else."""
    async with running_module() as host:
        for name, value in {"ip_mdns_startup": "1", **settings}.items():
            host.module.configuration.set(name, value)
        await start_mini_ap(host)
        if host.module.configuration.integer("ip_mdns_startup"):
            await host.note(r"the module's group 224\.0\.0\.251:5353|UDP port 5353|not to be found")
        yield host


class Watcher(ServiceListener):
    """Keeps what a browser of services finds."""

    def __init__(self) -> None:
        self.found: asyncio.Queue[str] = asyncio.Queue()

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:  # noqa: ARG002
        self.found.put_nowait(name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """A module takes no leave."""

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """Every record comes at once."""


@asynccontextmanager
async def zeroconf_on_loopback() -> AsyncIterator[AsyncZeroconf]:
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        yield zeroconf
    finally:
        await zeroconf.async_close()


async def test_a_browser_finds_the_service_and_all_about_it() -> None:
    mark = uuid4().hex[:8]
    kind, name = f"_s{mark}._tcp.local.", f"Module {mark} page"
    async with (
        zeroconf_on_loopback() as zeroconf,
        announcing_module(
            ip_mdns_domain_name=f"host-{mark}",
            ip_mdns_services_name=name,
            ip_mdns_services_prot=f"_s{mark}._tcp",
            ip_mdns_services_keys="path|version|plain",
            ip_mdns_services_vals="/index.html|1",
            ip_mdns_services_port="8080",
            ip_mdns_services_ttl="100",
            ip_mdns_device_name_ttl="50",
        ),
    ):
        watcher = Watcher()
        browser = AsyncServiceBrowser(zeroconf.zeroconf, kind, listener=watcher)
        async with asyncio.timeout(_PATIENCE):
            assert await watcher.found.get() == f"{name}.{kind}"
        await browser.async_cancel()
        service = AsyncServiceInfo(kind, f"{name}.{kind}")
        assert await service.async_request(zeroconf.zeroconf, 1000 * _PATIENCE)
        assert service.server == f"host-{mark}.local."
        assert service.port == 8080
        assert service.parsed_addresses(IPVersion.V4Only) == ["192.168.0.50"]
        assert service.parsed_addresses(IPVersion.V6Only) == ["fe80::280:e1ff:febd:39"]
        assert service.decoded_properties == {"path": "/index.html", "version": "1", "plain": None}


async def test_a_name_leads_to_the_module_wherever_it_is() -> None:
    name = f"m{uuid4().hex[:8]}"
    home = parse_access_point("home")
    async with running_module(access_points=[home]) as host:
        for variable, value in {"ip_mdns_startup": "1", "ip_hostname": name, "wifi_priv_mode": "0"}.items():
            host.module.configuration.set(variable, value)
        host.module.configuration.set_ssid("home")
        host.module.configuration.set("wifi_mode", "1")
        await host.until(b"+WIND:24:WiFi Up:0:192.168.1.100\r\n")
        assert await addresses(f"{name}.local.") == ["192.168.1.100"]
        host.air.renumber("home", "10.0.0.7/24", "10.0.0.1")
        await host.command("AT+S.RENEW")
        await host.until(b"+WIND:24:WiFi Up:0:10.0.0.7\r\n")
        assert await addresses(f"{name}.local.") == ["10.0.0.7"]


async def addresses(name: str) -> list[str]:
    """The IPv4 addresses of a name, for somebody who knows nothing yet."""
    resolver = AddressResolver(name)
    async with zeroconf_on_loopback() as zeroconf:
        assert await resolver.async_request(zeroconf.zeroconf, 1000 * _PATIENCE)
    return resolver.parsed_addresses(IPVersion.V4Only)
