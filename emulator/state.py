"""How the module is at one moment, for tests and for whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from firmware_model.module import Module
    from firmware_model.power import PowerMode
    from firmware_model.radio.state import WifiState


class SocketState(NamedTuple):
    """One open client socket."""

    id: int
    kind: str
    """``t``, ``u`` or ``s``, as in SOCKON."""
    remote: str
    """``host:port`` on the module's network."""
    connected: bool
    pending: int
    """Octets that wait to be read."""


class State(NamedTuple):
    """A snapshot; nothing in it changes afterwards."""

    model: str
    firmware: str
    build: str
    wifi_state: WifiState
    power_mode: PowerMode
    address: str | None
    """The module's IPv4 address, None while it has none."""
    bssid: str | None
    """The network that it is in, its own one included; None while it is in none."""
    free_heap: int
    """Octets."""
    min_heap: int
    restarts: int
    """Resets since power-on."""
    sockets: tuple[SocketState, ...]
    stations: tuple[str, ...]
    """MAC addresses of the stations in the miniAP."""


def state_of(module: Module) -> State:
    """Look at a module."""
    radio, heap = module.radio, module.heap
    return State(
        model=module.configuration.get("nv_model"),
        firmware=module.profile.version,
        build=module.profile.build,
        wifi_state=radio.state,
        power_mode=module.power.mode,
        address=None if radio.address is None else str(radio.address.interface.ip),
        bssid=None if radio.address is None else radio.address.bssid,
        free_heap=heap.free,
        min_heap=heap.minimum,
        restarts=module.restarts,
        sockets=tuple(
            SocketState(
                int(channel.name.client),
                channel.kind.value,
                f"{channel.remote.host}:{channel.remote.port}",
                channel.connected,
                channel.pending,
            )
            for channel in module.sockets
        ),
        stations=tuple(radio.stations),
    )
