"""Lets the module meet each server under each fault, between two handshakes without one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.faults.plan import parse_order
from emulator.peers.peer import PeerError
from firmware_model.tables.faults import CERTIFICATE, HANDSHAKE, SIGNATURE
from scripts.interop.module_client import Meeting, ModuleClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from emulator.peers.peer import HttpsPeer
    from emulator.peers.pki import Pki

FAULTS: Final = (*(fault.name for fault in (*SIGNATURE, *CERTIFICATE, *HANDSHAKE)),)
"""Every fault that a TLS server can meet."""
VARIANTS: Final = ("handshake=stall:5", "handshake=close:5", "handshake=alert:5", "handshake=fragmented:1")
"""More of those that take a number: message 5 is Finished."""

_BY_CHANCE: Final = ("signature=nonpadded", "signature=nonpadded:fixed32")
"""Right one time in four; met until they are wrong."""
_TRIES: Final = 40
_STALLED_FOR: Final = 3.0
"""Seconds."""
_WORDS_WITHIN: Final = 1.0


class SanityError(Exception):
    """A server refused a handshake that had no fault, so what it does under faults says nothing."""


class Reaction(NamedTuple):
    """What one server made of one fault; ``words`` are its own, empty when it said nothing."""

    fault: str
    outcome: str
    words: str


class Column(NamedTuple):
    """One server with its reactions, in the order of the faults."""

    name: str
    version: str
    reactions: tuple[Reaction, ...]


async def run_matrix(
    servers: Iterable[HttpsPeer], pki: Pki, faults: Sequence[str], say: Callable[[str], None]
) -> list[Column]:
    """Run all servers side by side; one that cannot be started is left out, and ``say`` is told why.

    Raises SanityError.
    """
    columns = await asyncio.gather(*(_column(server, pki, faults, say) for server in servers))
    return [column for column in columns if column is not None]


async def _column(server: HttpsPeer, pki: Pki, faults: Sequence[str], say: Callable[[str], None]) -> Column | None:
    client = ModuleClient(pki)
    try:
        async with server:
            await _check_sanity(client, server, "at first")
            reactions = []
            for fault in faults:
                reactions.append(await _react(client, server, fault))
                await _check_sanity(client, server, f"after {fault}")
            say(f"{server.version}: {len(reactions)} faults met")
            return Column(server.name, server.version, tuple(reactions))
    except (PeerError, OSError) as failure:
        say(f"{server.name}: left out, {failure}")
        return None


async def _check_sanity(client: ModuleClient, server: HttpsPeer, when: str) -> None:
    client.faults.disarm()
    meeting = await client.meet(server.port)
    if not meeting.accepted or meeting.status not in (200, None):
        raise SanityError(
            f"{server.version} refuses a handshake without a fault, {when}: {meeting.reason or meeting.status}"
        )


async def _react(client: ModuleClient, server: HttpsPeer, fault: str) -> Reaction:
    client.faults.disarm()
    client.faults.arm(parse_order(fault))
    for _ in range(_TRIES):
        already = len(server.refusals)
        meeting = await client.meet(server.port, silence=_STALLED_FOR)
        words = await _words(server, already, meeting)
        lucky = fault in _BY_CHANCE and meeting.strict
        # A server that closes over octets which it has not read resets the connection, and its alert may be lost.
        lost = not meeting.accepted and meeting.alert is None and "reset" in meeting.reason
        if not (lucky or lost):
            break
    return Reaction(fault, _outcome(meeting), words)


async def _words(server: HttpsPeer, already: int, meeting: Meeting) -> str:
    if not meeting.accepted:
        with suppress(PeerError):
            await server.refusal(already + 1, within=_WORDS_WITHIN)
    return " / ".join(dict.fromkeys(server.refusals[already:]))


def _outcome(meeting: Meeting) -> str:
    """Say in a word or a number what the module saw; numbers are alerts."""
    if meeting.accepted:
        return "ok" if meeting.status in (200, None) else f"ok, {meeting.status}"
    if meeting.alert is not None:
        return str(meeting.alert)
    if not meeting.reason:
        return "waits"
    if meeting.reason.startswith("we ") or "at the module's time" in meeting.reason:
        return "we end"
    return "reset" if "reset" in meeting.reason else "closes"
