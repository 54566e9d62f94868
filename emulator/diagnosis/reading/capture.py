"""A capture file, from its frames to the conversations in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.diagnosis.reading.conversation import Place
from emulator.diagnosis.reading.flows import Flows
from emulator.diagnosis.reading.link import UnknownLink, packet_offset
from emulator.diagnosis.reading.octets import DamagedInput
from emulator.diagnosis.reading.packet import FragmentedPacket, segment_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.reading.conversation import Meet
    from emulator.diagnosis.reading.frame import Frame
    from emulator.diagnosis.reading.octets import Notes
    from emulator.diagnosis.reading.packet import Segment


def read_capture(frames: Iterator[Frame], meet: Meet, notes: Notes) -> int:
    """Let ``meet`` listen to every TCP connection of the frames, and return how many connections there were.

    Damage ends the reading with a note; what came before it counts.
    """
    flows = Flows(meet)
    place = Place("frame", 0)
    try:
        for frame in frames:
            place = Place("frame", frame.number, frame.time)
            if (segment := _segment(frame, notes)) is not None:
                flows.take(segment, place)
    except DamagedInput as damage:
        notes.add(f"After frame {place.number}: {damage}.")
    flows.end(place)
    if not place.number:
        notes.add("The capture file holds no frame.")
    elif not flows.count:
        notes.add("No frame of the capture holds TCP.")
    return flows.count


def _segment(frame: Frame, notes: Notes) -> Segment | None:
    try:
        offset = packet_offset(frame.link, frame.octets)
        segment = None if offset is None else segment_at(frame.octets, offset, frame.length)
    except UnknownLink:
        notes.add(f"{{n}} frames of link type {frame.link} were left out: {_WHAT.get(frame.link, 'it is not read')}.")
        return None
    except FragmentedPacket:
        notes.add("{n} IP fragments were left out: they are not put together.")
        return None
    if segment is not None and segment.missing:
        notes.add("{n} segments were cut by the capture; capture whole packets (tcpdump -s 0).")
    return segment


_WIRELESS = "802.11 frames are not read, capture on the server or on the access point's IP interface"
_WHAT = {105: _WIRELESS, 119: _WIRELESS, 127: _WIRELESS, 163: _WIRELESS, 192: _WIRELESS}
"""What to say of link types that somebody is likely to come with."""
