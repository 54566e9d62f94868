"""Wireshark's own opinion of a capture."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CHECKSUMS = [word for layer in ("ip", "tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]


def tshark(capture: Path, *arguments: str) -> list[str]:
    """What tshark prints for ``arguments``, a line each; it must not complain of the file."""
    result = subprocess.run(
        ["tshark", "-r", capture, *_CHECKSUMS, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    complaints = [line for line in result.stderr.splitlines() if "Running as user" not in line]
    assert (result.returncode, complaints) == (0, []), result.stderr
    return result.stdout.splitlines()


def fields(capture: Path, chosen: str, *names: str, options: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The fields of every packet that a display filter chooses; of a repeated one all values, joined by ``|``."""
    wanted = [word for name in names for word in ("-e", name)]
    lines = tshark(capture, *options, "-Y", chosen, "-T", "fields", "-E", "aggregator=|", *wanted)
    return [tuple(line.split("\t")) for line in lines]


def warnings(capture: Path, *options: str) -> list[tuple[str, ...]]:
    """Everything that Wireshark finds odd: warnings and errors, malformed packets, wrong checksums."""
    odd = (
        '_ws.expert.severity >= "Warning" || _ws.malformed || ip.checksum.status == "Bad" || '
        'tcp.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad"'
    )
    return fields(capture, odd, "frame.number", "_ws.expert.message", options=options)


def comments(capture: Path, chosen: str = "frame.comment") -> list[str]:
    """All comments of the packets that a display filter chooses, in order."""
    return [text for (line,) in fields(capture, chosen, "frame.comment") for text in line.split("|") if text]
