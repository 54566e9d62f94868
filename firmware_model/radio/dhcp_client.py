"""The DHCP client of station mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.radio.waiting import comes_true

if TYPE_CHECKING:
    from firmware_model.air import AccessPoint, Lease
    from firmware_model.radio.radio import Radio

FRAMES: Final = 2
"""Frames each way: discover and request, offer and acknowledge."""


async def request_lease(radio: Radio, access_point: AccessPoint) -> Lease | None:
    """Ask until an answer comes; None when none came within ``ip_dhcp_timeout`` seconds, where 0 is no limit."""
    board, settings = radio.board, radio.settings
    air = board.outside.air
    await board.pass_time(board.profile.durations.lease)

    def ask() -> Lease | None:
        return air.lease(access_point, settings.mac, settings.host_name)

    if not await comes_true(board, lambda: ask() is not None, settings.dhcp_timeout or None):
        return None
    radio.peers.count_frames(access_point.bssid, FRAMES)
    return ask()
