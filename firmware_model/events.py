"""What can happen inside the module, as values for the timeline.

An event says what happened, never when: the timeline adds number and time. Octets are ``bytes``. The text of an
event (``str(event)``) is one line for a person.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

_SHOWN: Final = 120


def shown(octets: bytes) -> str:
    """Octets for a person: printable, shortened when there are more than 120 of them."""
    text = repr(octets[:_SHOWN])[1:]
    return f"{text} ({len(octets)} octets)" if len(octets) > _SHOWN else text


Event = tuple[Any, ...]
"""Everything on the timeline is a named tuple."""

Direction = Literal["sent", "received"]
"""As the module sees it."""


class Note(NamedTuple):
    """An explanation for the person who reads the log; the module itself would stay silent."""

    text: str

    def __str__(self) -> str:
        return f"note: {self.text}"


class PoweredOn(NamedTuple):
    """The module started; ``reason`` as in the status variable ``reset_reason``."""

    reason: str

    def __str__(self) -> str:
        return f"the module starts ({self.reason})"


class CommandReceived(NamedTuple):
    """A complete command line left the lexer, as typed, without its terminator."""

    line: bytes

    def __str__(self) -> str:
        return f"command {shown(self.line)}"


class DataReceived(NamedTuple):
    """The command took so many octets from the host: its data phase, or a piece of a conversation with a program."""

    length: int

    def __str__(self) -> str:
        return f"the command takes {self.length} octets of data"


class Replied(NamedTuple):
    """One reply line with its CR LF, or raw content, goes to the host."""

    content: bytes

    def __str__(self) -> str:
        return f"reply {shown(self.content)}"


class Indicated(NamedTuple):
    """One indication was raised; ``masked`` when ``console_wind_off_*`` kept it from the host."""

    number: int
    text: str
    masked: bool

    def __str__(self) -> str:
        return f"indication {self.number} '{self.text}'{' (masked)' if self.masked else ''}"


class FaultFired(NamedTuple):
    """An armed fault acted; ``occasion`` says on what, ``times`` how often it has by now."""

    name: str
    value: int | None
    occasion: str
    times: int

    def __str__(self) -> str:
        value = "" if self.value is None else f":{self.value}"
        occasion = f" on {self.occasion}" if self.occasion else ""
        return f"fault {self.name}{value} fires{occasion} (time {self.times})"


class SocketOpened(NamedTuple):
    """A connection to ``host:port`` (as the command named it) was established; ``connection`` is its number."""

    host: str
    port: int
    connection: int = 0

    def __str__(self) -> str:
        return f"connected to {self.host}:{self.port}"


class SocketFailed(NamedTuple):
    """A connection to ``host:port`` could not be established."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"no connection to {self.host}:{self.port}: {self.reason}"


class SocketClosed(NamedTuple):
    """A connection ended."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"closed {self.host}:{self.port}"


class HttpAnswered(NamedTuple):
    """The web server answered a request; ``browser`` is its User-Agent, which the module keeps (AN4965)."""

    method: str
    target: str
    status: int
    length: int
    browser: str

    def __str__(self) -> str:
        request = shown(f"{self.method} {self.target}".encode("latin-1"))
        return f"web server: {request} -> {self.status}, {self.length} octets"


class TlsMessage(NamedTuple):
    """One handshake message, ChangeCipherSpec or alert went over the wire.

    ``octets`` are the message as sent or received, record headers excluded (encrypted ones: as plain text).
    ``connection`` is the number of the TCP connection below, here and in all events of TLS.
    """

    direction: Direction
    name: str
    octets: bytes
    connection: int = 0

    def __str__(self) -> str:
        return f"tls {self.direction} {self.name}, {len(self.octets)} octets"


class TlsFinished(NamedTuple):
    """A handshake ended well."""

    version: str
    cipher_suite: str
    connection: int = 0

    def __str__(self) -> str:
        return f"tls handshake complete: {self.version} {self.cipher_suite}"


class TlsSecrets(NamedTuple):
    """What decrypts a connection up to TLS 1.2; a timeline hands it to readers only that ask for secrets.

    The client random has 32 octets, the master secret 48 (RFC 5246, 8.1).
    """

    client_random: bytes
    master_secret: bytes
    connection: int = 0

    def __str__(self) -> str:
        return f"tls master secret of connection {self.connection} agreed"


class TlsFailed(NamedTuple):
    """A handshake or a protected connection failed; ``reason`` is for people."""

    reason: str
    connection: int = 0

    def __str__(self) -> str:
        return f"tls failed: {self.reason}"


class SignatureMade(NamedTuple):
    """The module signed a CertificateVerify.

    ``algorithm`` is ``"ecdsa"`` or ``"rsa"``, ``hash_name`` the hash that is announced; ``fault`` are the faults that
    acted on it, without the point where they act and joined by ``+``, or ``"none"``. For ECDSA
    ``r_top_bit`` and ``s_top_bit`` are the bits that decide whether a sign octet is needed, and ``strict_der``
    tells whether a strict decoder accepts the encoding; for RSA they are None.
    """

    algorithm: Literal["ecdsa", "rsa"]
    curve: str
    hash_name: str
    encoded: bytes
    fault: str
    r_top_bit: int | None
    s_top_bit: int | None
    strict_der: bool | None
    connection: int = 0

    def __str__(self) -> str:
        head = f"signature {self.algorithm} {self.curve} {self.hash_name}: {len(self.encoded)} octets"
        if self.strict_der is None:
            return head if self.fault == "none" else f"{head}, fault {self.fault}"
        verdict = "valid DER" if self.strict_der else "no valid DER"
        return f"{head}, top bit of r {self.r_top_bit}, of s {self.s_top_bit}, {verdict}, fault {self.fault}"


class PinChanged(NamedTuple):
    """The level on a pin changed, 0 or 1; ``by`` the module or somebody outside."""

    pin: int
    level: int
    by: Literal["module", "outside"]

    def __str__(self) -> str:
        level = "high" if self.level else "low"
        return f"GPIO{self.pin} goes {level} ({'set by the module' if self.by == 'module' else 'driven from outside'})"


class PinBlinks(NamedTuple):
    """The module lets a pin change its level all the time, ``hertz`` times to and fro in a second; 0 ends that."""

    pin: int
    hertz: float

    def __str__(self) -> str:
        return f"GPIO{self.pin} blinks at {self.hertz:g} Hz" if self.hertz else f"GPIO{self.pin} stops blinking"


class DacChanged(NamedTuple):
    """The module puts another voltage on its DAC pin; 0 when the converter is off."""

    millivolts: int

    def __str__(self) -> str:
        return f"DAC puts out {self.millivolts} mV" if self.millivolts else "DAC is off"


class PwmChanged(NamedTuple):
    """A PWM of the module was set, in hertz and percent; frequency 0 when it stopped."""

    pwm: int
    frequency: int
    duty: int

    def __str__(self) -> str:
        if not self.frequency:
            return f"PWM {self.pwm} stops"
        return f"PWM {self.pwm} runs at {self.frequency} Hz, {self.duty} %"
