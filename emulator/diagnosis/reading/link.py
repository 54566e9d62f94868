"""From a captured frame to the IP packet in it; numbers are those of the tcpdump group's list of link types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_PPPOE_SESSION: Final = 0x8864
_PPP_IP: Final = frozenset({0x0021, 0x0057})


class UnknownLink(ValueError):  # noqa: N818  an answer, not a failure
    """Frames of this link layer are not read."""


def packet_offset(link: int, octets: bytes) -> int | None:
    """Return where the IP packet of a frame begins; None when it holds none. Raises UnknownLink."""
    find = _LINKS.get(link)
    if find is None:
        raise UnknownLink(link)
    return find(octets)


def _number(octets: bytes, offset: int) -> int:
    return int.from_bytes(octets[offset : offset + 2], "big")


def _after_type(octets: bytes, offset: int) -> int | None:
    """Follow the EtherType at ``offset`` through VLAN tags and PPPoE."""
    kind = _number(octets, offset)
    while kind in _VLAN_TAGS:
        offset += 4
        kind = _number(octets, offset)
    if kind in (_IPV4, _IPV6):
        return offset + 2
    if kind == _PPPOE_SESSION and _number(octets, offset + 8) in _PPP_IP:
        return offset + 10
    return None


def _ethernet(octets: bytes) -> int | None:
    return _after_type(octets, 12)


def _cooked(octets: bytes) -> int | None:
    return _after_type(octets, 14)


def _cooked_2(octets: bytes) -> int | None:
    # Here the protocol stands first; a VLAN tag, if any, behind the head of 20 octets.
    kind = _number(octets, 0)
    if kind in _VLAN_TAGS:
        return _after_type(octets, 22)
    return 20 if kind in (_IPV4, _IPV6) else None


def _loopback(octets: bytes) -> int | None:
    """Four octets of address family, in an order and with numbers that differ from system to system."""
    return 4 if len(octets) > 4 and octets[4] >> 4 in (4, 6) else None


def _raw(octets: bytes) -> int | None:
    return 0 if octets and octets[0] >> 4 in (4, 6) else None


def _exported(_: bytes) -> None:
    """Wireshark's exported protocol data; in the emulator's captures the serial link is shown in it."""


_LINKS: Final[dict[int, Callable[[bytes], int | None]]] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw,
    229: _raw,
    252: _exported,
    276: _cooked_2,
}
