"""The NTP client: one question, one answer, as RFC 4330 (SNTP) has it.

::

    octet 0    leap indicator (2 bits), version (3), mode (3)     3 = client, 4 = server
    octet 1    stratum: 1..15; 0 is a refusal, the "kiss of death"
    24..31     originate time stamp: the question's transmit time stamp
    40..47     transmit time stamp: when the packet was sent

A time stamp is 32 bits of seconds since 1900 and 32 bits of their fraction; seconds below 2**31 belong to the era
that begins in 2036.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from firmware_model.radio.service import Service
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.indications import Indication

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress
    from firmware_model.system_time import SystemTime

PORT: Final = 123
PACKET_SIZE: Final = 48

_PATIENCE: Final = 3.0
"""Seconds to wait for one server (assumed)."""
_VERSION_AND_CLIENT: Final = 4 << 3 | 3
_SERVER: Final = 4
_NOT_SYNCHRONIZED: Final = 3
_ORIGINATE: Final = slice(24, 32)
_TRANSMIT: Final = slice(40, 48)
_SECONDS_1900_TO_1970: Final = 2_208_988_800
_ERA: Final = 1 << 32


class UnusableAnswerError(Exception):
    """The server answers that it has no time to give; the text is one line for people."""


def to_timestamp(epoch_seconds: float) -> bytes:
    """The time stamp of a time in seconds since 1970, in whatever era."""
    return (round((epoch_seconds + _SECONDS_1900_TO_1970) * _ERA) % (_ERA * _ERA)).to_bytes(8, "big")


def from_timestamp(timestamp: bytes) -> float:
    """Seconds since 1970 of a time stamp between 1968 and 2104."""
    value = int.from_bytes(timestamp, "big")
    if value >> 63 == 0:
        value += _ERA * _ERA
    return value / _ERA - _SECONDS_1900_TO_1970


def question(now: float) -> bytes:
    """The client's packet; ``now`` in seconds since 1970 is what the answer is recognized by."""
    return bytes([_VERSION_AND_CLIENT]).ljust(_TRANSMIT.start, b"\0") + to_timestamp(now)


def answered_time(packet: bytes, asked: bytes) -> float | None:
    """The server's time in seconds since 1970; None when the packet does not answer the question ``asked``.

    Raises UnusableAnswerError when the server refuses or has no time itself.
    """
    if len(packet) < PACKET_SIZE or packet[0] & 7 != _SERVER or packet[_ORIGINATE] != asked[_TRANSMIT]:
        return None
    if packet[1] == 0:
        raise UnusableAnswerError(f"the time server refuses: {packet[12:16].decode('latin-1')!r}")
    if packet[0] >> 6 == _NOT_SYNCHRONIZED or not any(packet[_TRANSMIT]):
        raise UnusableAnswerError("the time server has no time itself")
    return from_timestamp(packet[_TRANSMIT])


class NtpClient:
    """Sets the module's time from ``ip_ntp_server1``, or from ``ip_ntp_server2`` when the first gives none.

    With ``ip_ntp_startup`` it asks on its own when the module has joined a network, and again every
    ``ip_ntp_refresh`` seconds, as it was when the module started (ROS); then a failure is only noted in the log
    (assumed). 0 asks once (assumed).
    """

    def __init__(self, board: Board, radio: Radio, time: SystemTime) -> None:
        self._board = board
        self._radio = radio
        self._time = time
        self._refresh = board.configuration.integer("ip_ntp_refresh")
        self._service = Service(radio, "ntp", self._follow)
        self.patience = _PATIENCE
        """Seconds to wait for one server."""

    async def close(self) -> None:
        """Stop asking."""
        await self._service.close()

    async def update(self) -> None:
        """Ask now; WIND 84 tells the new time. Raises AtError 44 while the radio is not up, 66 without an answer."""
        uplink = self._radio.require_address().uplink
        for variable in ("ip_ntp_server1", "ip_ntp_server2"):
            server = self._board.configuration.get(variable)
            if server and await self._set_time_from(server, uplink=uplink):
                return
        raise AtError(Error.CANNOT_UPDATE_DATETIME)

    async def _follow(self, address: NetworkAddress) -> None:
        configuration = self._board.configuration
        if not (address.uplink and configuration.integer("ip_ntp_startup")):
            return
        while True:
            with suppress(AtError):
                await self.update()
            if not self._refresh:
                return
            await self._board.pass_time(self._refresh)

    async def _set_time_from(self, server: str, *, uplink: bool) -> bool:
        try:
            async with self._board.outside.clock.timeout(self.patience):
                now = await self._ask(server, uplink=uplink)
        except (OSError, UnusableAnswerError) as failure:  # TimeoutError and NameNotFoundError included
            self._board.note(f"no time from {server}: {str(failure) or 'no answer'}")
            return False
        self._time.set(now)
        self._deliver(now)
        return True

    async def _ask(self, server: str, *, uplink: bool) -> float:
        clock = self._board.outside.clock
        datagrams = await self._board.outside.network.open_datagrams(None, uplink=uplink)
        try:
            asked, asked_at = question(self._time.now()), clock.monotonic()
            await datagrams.send(asked, server, PORT)
            while True:
                answer = answered_time((await datagrams.receive()).data, asked)
                if answer is not None:
                    return answer + (clock.monotonic() - asked_at) / 2
        finally:
            await datagrams.close()

    def _deliver(self, now: float) -> None:
        # Imported here because start-up time counts.
        from datetime import UTC, datetime

        date = datetime.fromtimestamp(now, UTC)
        # Four digits of the year because ROS compares it with one; Monday is 1, as in the processor's RTC (assumed).
        fields = f"{date:%Y.%m.%d}", str(date.isoweekday()), f"{date:%H.%M.%S}"
        self._board.indicate(Indication.NTP_SERVER_DELIVERY, *fields)
