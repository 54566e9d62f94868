"""What the module needs from outside, as protocols: the only way in and out of :mod:`firmware_model`.

The module opens no file, socket, clock or random source of its own. Whoever runs it hands it one
:class:`Outside`; tests hand it doubles, :mod:`emulator` hands it the real world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from firmware_model.air import Air
    from firmware_model.events import Event


SEGMENT: Final = 730
"""Octets in a TCP segment or UDP datagram of the module at most (MBED: the module's MSS)."""


class Address(NamedTuple):
    """An endpoint as the module sees it: a dotted quad of the module's network and a port, 0..65535."""

    host: str
    port: int


class NameNotFoundError(OSError):
    """The host name did not resolve to an address."""


class ResolverBusyError(NameNotFoundError):
    """The resolver has no room for another question just now."""


class ResolverFailedError(NameNotFoundError):
    """The resolver could not be started, so nobody was asked."""


class UartSettings(NamedTuple):
    """How the module runs its UART: always with 8 data bits, no parity and 1 stop bit."""

    speed: int
    """Bits a second."""
    flow_control: bool
    """Whether RTS and CTS are in use."""


class Uart(Protocol):
    """The serial line as the module's firmware sees it: octets in, octets out."""

    def set_up(self, settings: UartSettings) -> None:
        """Switch the UART on, or over to other settings; the module does so whenever it starts."""
        ...

    def shut_down(self) -> None:
        """Note that the UART is off until it is set up again: the module is held in reset."""
        ...

    async def read(self) -> bytes:
        """Wait for the next octets from the host; at least one."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets towards the host; never blocks."""
        ...

    async def drain(self) -> None:
        """Wait until the host has taken enough of what was queued to go on writing."""
        ...


class SpiSlave(Protocol):
    """The module's end of an SPI bus."""

    def exchange(self, octets: bytes) -> bytes:
        """Take what the master clocked out; as many octets that it clocked in meanwhile. Never raises."""
        ...


class SpiBus(Protocol):
    """An SPI bus whose master may clock at any time, and the interrupt line towards that master."""

    def connect(self, slave: SpiSlave) -> None:
        """Let ``slave`` answer the master from now on."""
        ...

    def set_interrupt(self, *, low: bool) -> None:
        """Drive the interrupt line: low (active) while there is something for the master to do."""
        ...


class Stream(Protocol):
    """One TCP connection."""

    @property
    def remote(self) -> Address:
        """The other side, in addresses of the module's network."""
        ...

    @property
    def number(self) -> int:
        """What the log calls the connection: 1, 2 and so on, 0 for one that it does not follow."""
        ...

    async def read(self, limit: int) -> bytes:
        """Wait for 1..``limit`` octets; ``b""`` at the end of the stream. Raises OSError when reset."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises OSError when the connection is gone."""
        ...

    async def close(self) -> None:
        """Close both directions; never raises, may be called twice."""
        ...


class Listener(Protocol):
    """A TCP port of the module that others can connect to."""

    async def accept(self) -> Stream:
        """Wait for the next connection. Raises OSError once the listener is closed."""
        ...

    async def close(self) -> None:
        """Stop listening; connections that were accepted go on. Never raises, may be called twice."""
        ...


class Datagram(NamedTuple):
    """A UDP datagram that arrived."""

    data: bytes
    sender: Address
    to_all: bool = False
    """Whether it was sent to a broadcast address."""


class Datagrams(Protocol):
    """A UDP port of the module."""

    async def receive(self) -> Datagram:
        """Wait for the next datagram. Raises OSError once closed."""
        ...

    async def send(self, data: bytes, host: str, port: int) -> Address:
        """Send one datagram to ``host`` as the command named it.

        The result is where it went, in addresses of the module's network; a name that nobody looked up stays one.
        Raises NameNotFoundError or another OSError.
        """
        ...

    async def close(self) -> None:
        """Close the port; never raises, may be called twice."""
        ...


class Network(Protocol):
    """The network that the radio reaches.

    ``uplink`` is true when the module joined an access point, so that names and addresses beyond its own network
    can be reached; it is false behind the module's own miniAP.

    On every TCP connection both sides send segments of at most :data:`SEGMENT` octets, as far as the machine can see
    to that.
    """

    async def connect(self, host: str, port: int, *, uplink: bool, local_port: int | None = None) -> Stream:
        """Open a TCP connection to ``host`` as the command named it, from ``local_port`` of the module if given.

        Raises NameNotFoundError, ConnectionRefusedError or another OSError.
        """
        ...

    async def resolve(self, host: str, *, uplink: bool) -> str:
        """The address of ``host`` on the module's network, a dotted quad. Raises NameNotFoundError."""
        ...

    async def listen(self, port: int) -> Listener:
        """Open TCP ``port`` of the module, 1..65535. Raises OSError, when it is in use above all."""
        ...

    async def open_datagrams(self, port: int | None, *, uplink: bool) -> Datagrams:
        """Open UDP ``port`` of the module, any free one for None. Raises OSError."""
        ...

    async def open_group(self, group: str, port: int, *, uplink: bool) -> Datagrams:
        """Open UDP ``port`` of the module for what is sent to the multicast ``group``, a dotted quad. Raises OSError.

        What the module sends to that group and port reaches all its members, itself included.
        """
        ...

    async def ping(self, host: str, size: int, *, uplink: bool) -> float:
        """Send one ICMP echo request with ``size`` octets of data; the seconds until its answer came.

        There is no time limit in here. Raises NameNotFoundError or another OSError when the host is known not to
        be there.
        """
        ...


class Station(NamedTuple):
    """A device in range that wants to join the module's miniAP."""

    mac: str
    passphrase: str | None
    """What it presents to a protected miniAP; None when it knows the right one."""
    address: str | None
    """The address it asks for; None to take what the module's DHCP server gives."""
    rssi: int = -50
    """Power in dBm with which the module receives it, -127..0."""
    silent: bool = False
    """It is in range, but sends nothing."""


class Clock(Protocol):
    """Time as the module feels it; implementations may scale it or let it jump."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` of the module's time pass."""
        ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """A context that raises TimeoutError when its body takes longer than ``seconds``."""
        ...

    def busy(self) -> AbstractContextManager[object]:
        """A context for arithmetic that this machine does for the module: it takes no time of the module's."""
        ...


class Flash(Protocol):
    """Named areas of non-volatile memory; each store replaces one area as a whole, or fails and changes nothing."""

    def load(self, area: str) -> bytes | None:
        """The area's content; None when it was never written or was erased."""
        ...

    def store(self, area: str, content: bytes) -> None:
        """Replace the area's content. Raises OSError, and then the old content is intact."""
        ...

    def erase(self, area: str) -> None:
        """Forget the area's content. Raises OSError."""
        ...


class RandomSource(Protocol):
    """One stream of random octets."""

    def octets(self, count: int) -> bytes:
        """``count`` random octets."""
        ...

    def below(self, limit: int) -> int:
        """A uniform integer, 0 <= n < ``limit``."""
        ...


class Entropy(Protocol):
    """The random generator: one independent stream per purpose, so that one use never shifts another."""

    def stream(self, purpose: str) -> RandomSource:
        """The stream of ``purpose`` (``"signature nonce"``, ``"client random"`` ...); the same object each time."""
        ...


class MqttMessage(NamedTuple):
    """An application message; the topic is text, the payload octets."""

    topic: str
    payload: bytes
    qos: int
    """Quality of service, 0..2."""
    retained: bool
    """Sent: keep it at the broker. Received: it was kept there."""


class MqttLogin(NamedTuple):
    """What the module says about itself when it connects to a broker; every session starts clean."""

    client_id: str
    keepalive: int
    """Seconds, 0..65535; 0 switches it off."""
    username: str | None
    password: str | None
    will: MqttMessage | None


class MqttRefusedError(OSError):
    """The broker answered and said no: to the login, or to a subscription."""


class MqttSession(Protocol):
    """A connection to a broker. Requests wait for the broker's acknowledgement and may be cancelled."""

    async def subscribe(self, topic_filter: str, qos: int) -> None:
        """Subscribe. Raises MqttRefusedError, another OSError, or ValueError for what is no topic filter."""
        ...

    async def unsubscribe(self, topic_filter: str) -> None:
        """Unsubscribe. Raises OSError, or ValueError for what is no topic filter."""
        ...

    async def publish(self, message: MqttMessage) -> None:
        """Publish. Raises OSError, or ValueError for what is no topic."""
        ...

    async def receive(self) -> MqttMessage:
        """Wait for the next message. Raises OSError once the connection is lost."""
        ...

    async def disconnect(self) -> None:
        """Take leave of the broker and close the stream; never raises."""
        ...

    async def abandon(self) -> None:
        """Close the stream without taking leave, so that the broker publishes the will; never raises."""
        ...


class MqttProtocol(Protocol):
    """Speaks MQTT 3.1.1 over streams that the module opens."""

    async def connect(self, stream: Stream, login: MqttLogin) -> MqttSession:
        """Log in at the broker at the other end, and take over the stream.

        Raises MqttRefusedError or another OSError; the stream is closed then.
        """
        ...


class PythonSession(Protocol):
    """One run of MicroPython and the terminal it talks to."""

    async def read(self) -> bytes:
        """Wait for output, at least one octet, lines ending in CR LF; ``b""`` once Python has ended."""
        ...

    async def type(self, keys: bytes) -> None:
        """Type ``keys``; never raises, what Python does not take any more is lost."""
        ...

    async def close(self) -> None:
        """End Python if it still runs; never raises, may be called twice."""
        ...


class MicroPython(Protocol):
    """Runs MicroPython."""

    async def start(self, heap: int, script: bytes | None) -> PythonSession:
        """Run ``script``, or the prompt for None, in a heap of that many octets of a 32-bit machine.

        Raises OSError with one line that says what is missing.
        """
        ...


class Timeline(Protocol):
    """The one event log; it gives each event a number and a time."""

    def record(self, event: Event) -> None:
        """Append one event."""
        ...


class Outside(NamedTuple):
    """Everything a module is connected to."""

    uart: Uart
    network: Network
    air: Air
    clock: Clock
    flash: Flash
    entropy: Entropy
    timeline: Timeline
    mqtt: MqttProtocol
    micropython: MicroPython | None = None
    spi: SpiBus | None = None
    """Where the interface pin leads to: with a bus there the console is on SPI, else on the UART."""
