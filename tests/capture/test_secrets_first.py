"""Keys stand before what they decrypt, also where the module learns them late."""

from __future__ import annotations

from emulator.capture.secrets_first import SecretsFirst
from emulator.capture.traffic import TcpClosed, TcpData
from firmware_model.events import Event, Note, TlsMessage, TlsSecrets
from firmware_model.outside import Address

OWN, PEER = Address("192.168.0.50", 443), Address("192.168.0.2", 49152)
HELLO = TlsMessage("sent", "ServerHello", b"", 1)
SECRETS = TlsSecrets(b"r", b"m", 1)


def data(direction: str, connection: int = 1) -> TcpData:
    return TcpData(connection, OWN, PEER, "sent" if direction == "sent" else "received", b"x")


def written(*events: Event) -> list[str]:
    """What is written at each event: its number, and the ones that had waited."""
    order = SecretsFirst()
    return [order.take(event, str(number).encode()).decode() for number, event in enumerate(events)]


def test_a_server_has_its_flight_wait_for_the_keys() -> None:
    assert written(HELLO, data("sent"), data("received"), Note("x"), data("sent", 2), SECRETS, data("received")) == [
        "0",
        "1",
        "",
        "",
        "",
        "5234",
        "6",
    ]


def test_a_client_has_nothing_to_wait_for() -> None:
    hello = TlsMessage("received", "ServerHello", b"", 1)
    assert written(data("received"), hello, SECRETS, data("sent")) == ["0", "1", "2", "3"]


def test_a_handshake_that_fails_does_not_keep_them() -> None:
    assert written(HELLO, data("received"), data("sent")) == ["0", "", "12"]
    assert written(HELLO, data("received"), TcpClosed(1, OWN, PEER, "module", reset=False)) == ["0", "", "12"]


def test_two_handshakes_at_a_time() -> None:
    other = HELLO._replace(connection=2)
    late = SECRETS._replace(connection=2)
    assert written(HELLO, other, data("received"), data("received", 2), SECRETS, late) == ["0", "1", "", "", "42", "53"]


def test_nothing_waits_without_limit() -> None:
    order = SecretsFirst()
    order.take(HELLO, b"")
    assert b"".join(order.take(data("received"), b".") for _ in range(5000)).count(b".") > 4000
