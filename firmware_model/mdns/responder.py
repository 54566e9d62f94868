"""The responder: announces the module when the radio comes up, and answers whoever asks for it (RFC 6762).

It is one of the smallest kind, as a module may have it (assumed): it does not look first whether another has its
name, it answers at once, and it takes no leave. Who asks from another port than 5353 speaks plain DNS: it gets the
answer alone, with its question, and may keep it for 10 seconds only.
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from firmware_model.mdns.advertisement import advertise, host_of, service_of
from firmware_model.mdns.messages import MalformedMessageError, RecordType, decode_query, encode_response
from firmware_model.radio.service import Service
from firmware_model.radio.state import link_local

if TYPE_CHECKING:
    from firmware_model.board import Board
    from firmware_model.mdns.advertisement import Advertisement
    from firmware_model.mdns.messages import Query, Record
    from firmware_model.outside import Address, Datagrams
    from firmware_model.radio.radio import Radio
    from firmware_model.radio.state import NetworkAddress

GROUP: Final = "224.0.0.251"
PORT: Final = 5353
_ANNOUNCEMENTS: Final = 2
_PAUSE: Final = 1.0
"""Seconds between two announcements (RFC 6762, 8.3)."""
_BREATH: Final = 0.01
"""Seconds before the next try when receiving failed."""
_LONGEST_FOR_PLAIN_DNS: Final = 10
"""Seconds that a record may be kept by who does not hear of its change (RFC 6762, 6.7)."""


class MdnsResponder:
    """Works while the radio is up and ``ip_mdns_startup`` is 1."""

    def __init__(self, board: Board, radio: Radio) -> None:
        self._board = board
        self._radio = radio
        self._service = Service(radio, "mdns", self._serve)

    async def close(self) -> None:
        """Stop without a word, as a reset does."""
        await self._service.close()

    async def _serve(self, address: NetworkAddress) -> None:
        if not self._board.configuration.integer("ip_mdns_startup"):
            return
        advertisement = self._advertisement(address)
        try:
            group = await self._board.outside.network.open_group(GROUP, PORT, uplink=address.uplink)
        except OSError as failure:
            self._board.note(f"the module is not to be found by mDNS: {failure}")
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._announce(group, advertisement))
                while True:
                    try:
                        await self._answer(group, advertisement)
                    except OSError:
                        # An earlier answer was refused by its receiver; the port itself is well.
                        await self._board.pass_time(_BREATH)
                    # Who floods must not keep the console from its turn.
                    await self._board.pass_time(0)
        finally:
            await group.close()

    def _advertisement(self, address: NetworkAddress) -> Advertisement:
        configuration, settings = self._board.configuration, self._radio.settings
        host = host_of(configuration, settings.host_name)
        try:
            service = service_of(configuration, host)
        except ValueError as failure:
            self._board.note(f"no service is announced by mDNS: {failure}")
            service = None
        addresses = [(RecordType.A, address.interface.ip.packed)]
        if settings.use_v6:
            addresses.append((RecordType.AAAA, IPv6Address(link_local(settings.mac)).packed))
        return advertise(host, service, tuple(addresses), configuration.integer("ip_mdns_device_name_ttl"))

    async def _announce(self, group: Datagrams, advertisement: Advertisement) -> None:
        for number in range(_ANNOUNCEMENTS):
            if number:
                await self._board.pass_time(_PAUSE)
            await self._send(group, encode_response(advertisement.records), GROUP, PORT)

    async def _answer(self, group: Datagrams, advertisement: Advertisement) -> None:
        """Wait for a message, and answer it if it asks for something that is here and not known."""
        octets, sender, _ = await group.receive()
        try:
            query = decode_query(octets)
        except MalformedMessageError:
            return  # an answer of somebody else, most often
        found = (record for question in query.questions for record in advertisement.answers(question))
        answers = tuple(record for record in dict.fromkeys(found) if not _is_known(record, query))
        if answers:
            await self._send(group, *_response(query, sender, answers, advertisement.beside(answers)))

    async def _send(self, group: Datagrams, octets: bytes, host: str, port: int) -> None:
        try:
            await group.send(octets, host, port)
        except OSError as failure:
            self._board.note(f"the mDNS responder does not reach {host}: {failure}")


def _is_known(record: Record, query: Query) -> bool:
    """Whether who asks has a record already, for at least half of its time (RFC 6762, 7.1)."""
    return any(known.is_same_as(record) and 2 * known.ttl >= record.ttl for known in query.known)


def _response(
    query: Query, sender: Address, answers: tuple[Record, ...], additional: tuple[Record, ...]
) -> tuple[bytes, str, int]:
    """The octets of an answer, and who gets them."""
    if sender.port != PORT:
        octets = encode_response(
            map(_for_plain_dns, answers),
            map(_for_plain_dns, additional),
            number=query.number,
            questions=query.questions,
        )
        return octets, *sender
    octets = encode_response(answers, additional)
    if all(question.unicast for question in query.questions):
        return octets, *sender
    return octets, GROUP, PORT


def _for_plain_dns(record: Record) -> Record:
    return record._replace(ttl=min(record.ttl, _LONGEST_FOR_PLAIN_DNS), unique=False)
