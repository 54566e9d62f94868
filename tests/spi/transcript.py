"""Plays transcripts of the SPI console (see tests/transcripts/README.md) to a bus, strictly."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from emulator.faces.spi.client import SpiMaster
from firmware_model.console.spi_frames import Kind, Mark, Packet
from tests.spi.host import frame_of
from tests.transcript import MismatchError, read_transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.transcript.form import Step

_INDICATION = re.compile(r"WIND (\d+) (\d+|\?) ?(.*)")


def play_on_spi(address: str, name: str) -> None:
    """Play a transcript to the module on the bus at ``address``. Raises MismatchError."""
    with SpiMaster(address, patience=20) as bus:
        for step in read_transcript(name):
            match step.kind:
                case ">":
                    _send(bus, frame_of(step.text).encode(), step)
                case ">>":
                    _send(bus, _octets(step.text), step)
                case ">+":
                    bus.wait_for_interrupt(low=True)
                    bus.transfer(_octets(step.text))
                case _:
                    packet = _read(bus)
                    if not _expectation(step)(packet):
                        raise MismatchError(f"{step.where}: expected {step.text!r}, received {packet}")


def _send(bus: SpiMaster, octets: bytes, step: Step) -> None:
    if bus.transfer(octets[:1]) == octets[:1]:
        raise MismatchError(f"{step.where}: the module says something before {step.text!r}")
    bus.transfer(octets[1:])


def _read(bus: SpiMaster) -> Packet:
    bus.wait_for_interrupt(low=True)
    header = bus.transfer(bytes(5))
    if header[0] != 0x02:
        raise MismatchError(f"{header!r} is no begin of a packet")
    payload = bus.transfer(bytes(int.from_bytes(header[3:], "little")))
    return Packet(header[1] >> 4, header[1] & 0x0F, header[2], payload)


def _octets(text: str) -> bytes:
    words = shlex.split(text, posix=False)
    return b"".join(word[1:-1].encode() if word.startswith('"') else bytes.fromhex(word) for word in words)


def _expectation(step: Step) -> Callable[[Packet], bool]:
    if step.kind == "<<":
        return lambda packet: packet.encode() == _octets(step.text)
    if indication := _INDICATION.fullmatch(step.text):
        number, state, text = indication.groups()
        return lambda packet: (
            (packet.kind, packet.indication) == (Kind.INDICATION, int(number))
            and state in ("?", str(packet.wifi_state))
            and packet.payload.removesuffix(b"\r\n") == text.encode()
        )
    kind, _, text = step.text.partition(" ")
    if kind == "OK":
        return lambda packet: packet == Packet(Kind.REPLY, packet.wifi_state, Mark.OK)
    if kind == "LINE":
        return lambda packet: (
            packet.kind == Kind.REPLY
            and packet.indication in (Mark.LINE, Mark.MASKABLE_LINE)
            and packet.payload == text.encode()
        )
    raise ValueError(f"{step.where}: {step.text!r} is no line of a transcript of SPI")
