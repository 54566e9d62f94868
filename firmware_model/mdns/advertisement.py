"""What the module tells about itself by mDNS: its name, and one service of it (RFC 6762, RFC 6763).

Of the variables the names alone are known; what they mean is assumed:

==========================  =================================================================================
``ip_mdns_domain_name``     the name before ``.local``; when empty ``ip_hostname``, when that is empty the MAC
``ip_mdns_services_name``   the service's name for people; when empty the module's
``ip_mdns_services_prot``   ``_http._tcp``; empty for no service. ``_tcp`` alone: the name is ``_http``
``ip_mdns_services_keys``   the names of the service's properties, with ``|`` between them
``ip_mdns_services_vals``   their values, likewise
==========================  =================================================================================
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from firmware_model.mdns.messages import LONGEST_LABEL, Name, Record, RecordType, encode_name, is_same_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware_model.mdns.messages import Question
    from firmware_model.storage.configuration import Configuration

_LOCAL: Final = b"local"
_ALL_SERVICES: Final = (b"_services", b"_dns-sd", b"_udp", _LOCAL)
_TRANSPORTS: Final = (b"_tcp", b"_udp")
_SEPARATOR: Final = "|"
_LONGEST_TTL: Final = 2**31 - 1
_NO_PRIORITY: Final = bytes(4)
"""Priority and weight 0: there is one server only."""
_NO_PROPERTY: Final = b"\0"


class Service(NamedTuple):
    """The service as the configuration describes it."""

    instance: bytes
    """Its name for people, one label."""
    kind: Name
    """``_http``, ``_tcp``, ``local``."""
    properties: tuple[bytes, ...]
    """``key=value``, or ``key`` for one without value."""
    port: int
    ttl: int
    """Seconds."""

    @property
    def name(self) -> Name:
        """The name of its records."""
        return (self.instance, *self.kind)


class Advertisement(NamedTuple):
    """The module's records; ``pointers`` lead to the ``service``, and that to the ``addresses``."""

    addresses: tuple[Record, ...]
    service: tuple[Record, ...] = ()
    pointers: tuple[Record, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them."""
        return self.pointers + self.service + self.addresses

    def answers(self, question: Question) -> tuple[Record, ...]:
        """The records that answer a question."""
        named = (record for record in self.records if is_same_name(record.name, question.name))
        return tuple(record for record in named if question.type in (record.type, RecordType.ANY))

    def beside(self, answers: tuple[Record, ...]) -> tuple[Record, ...]:
        """The records that who gets these answers would ask for next (RFC 6763, 12)."""
        if any(answer in self.pointers for answer in answers):
            following = self.service + self.addresses
        elif any(answer in self.service for answer in answers):
            following = self.addresses
        else:
            following = ()
        return tuple(record for record in following if record not in answers)


def host_of(configuration: Configuration, host_name: str) -> Name:
    """The module's name; ``host_name`` is what it is called elsewhere."""
    name = configuration.get("ip_mdns_domain_name").removesuffix(".local") or host_name
    return (_label(name), _LOCAL)


def service_of(configuration: Configuration, host: Name) -> Service | None:
    """The configured service; None when there is none. Raises ValueError with what is wrong and the remedy."""
    text, number = configuration.get, configuration.integer
    if not text("ip_mdns_services_prot"):
        return None
    name = text("ip_mdns_services_name")
    protocol = [_underscored(label) for label in text("ip_mdns_services_prot").removesuffix(".local").split(".")]
    if len(protocol) == 1 and name:
        protocol, name = [_underscored(name), *protocol], ""
    if len(protocol) != 2 or protocol[1] not in _TRANSPORTS:
        raise ValueError("ip_mdns_services_prot names no service; write it as _http._tcp")
    return Service(
        instance=_label(name) if name else host[0],
        kind=(*protocol, _LOCAL),
        properties=tuple(_properties(text("ip_mdns_services_keys"), text("ip_mdns_services_vals"))),
        port=number("ip_mdns_services_port"),
        ttl=_seconds(number("ip_mdns_services_ttl")),
    )


def advertise(
    host: Name, service: Service | None, addresses: tuple[tuple[RecordType, bytes], ...], ttl: int
) -> Advertisement:
    """The records of a host with these addresses, each with its type, for ``ttl`` seconds."""
    own = tuple(Record(host, kind, packed, _seconds(ttl), unique=True) for kind, packed in addresses)
    if service is None:
        return Advertisement(own)
    where = _NO_PRIORITY + service.port.to_bytes(2, "big") + encode_name(host)
    told = b"".join(bytes([len(one)]) + one for one in service.properties) or _NO_PROPERTY
    return Advertisement(
        own,
        (
            Record(service.name, RecordType.SRV, where, service.ttl, unique=True),
            Record(service.name, RecordType.TXT, told, service.ttl, unique=True),
        ),
        (
            Record(_ALL_SERVICES, RecordType.PTR, encode_name(service.kind), service.ttl),
            Record(service.kind, RecordType.PTR, encode_name(service.name), service.ttl),
        ),
    )


def _properties(keys: str, values: str) -> Iterator[bytes]:
    """Each key with its value; one without a value of its own stands alone, a value without a key is left out."""
    pairs = zip_longest(keys.split(_SEPARATOR), values.split(_SEPARATOR) if values else ())
    for key, value in pairs:
        if key:
            yield (key if value is None else f"{key}={value}").encode("latin-1")[:255]


def _underscored(label: str) -> bytes:
    return b"_" + _label(label.strip().removeprefix("_"))[: LONGEST_LABEL - 1]


def _label(text: str) -> bytes:
    return text.encode("latin-1")[:LONGEST_LABEL]


def _seconds(ttl: int) -> int:
    return min(ttl, _LONGEST_TTL)
