"""What a capture costs: the same module with ``--capture`` against one without."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.benchmarks.comparison import compare, in_turns
from scripts.benchmarks.processes import Program, emulator_command
from scripts.benchmarks.round_trip import NULL_COMMAND
from scripts.benchmarks.serial_port import SerialPort
from scripts.benchmarks.ways import quieten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.benchmarks.comparison import Comparison

_WITHOUT = "the same without"
_BLOCK = 50
_FILE_SIZE = 8192
_FILES = 5


def recordings(blocks: int) -> Iterator[Comparison]:
    """Measure ``blocks`` blocks of each. Raises BenchmarkError."""
    with tempfile.TemporaryDirectory() as directory:
        capture = str(Path(directory) / "bench.pcapng")
        with (
            Program(*emulator_command("--time", "instant", "--capture", capture)) as recorded,
            Program(*emulator_command("--time", "instant")) as bare,
            SerialPort(recorded.ready["port"]) as recorded_port,
            SerialPort(bare.ready["port"]) as bare_port,
        ):
            ports = {"ours": recorded_port, "theirs": bare_port}
            for port in ports.values():
                quieten(port)
                port.command(f"AT+S.FSC=bench,{_FILE_SIZE}", b"x" * _FILE_SIZE)
            yield _measure("null command with --capture", ports, NULL_COMMAND, _BLOCK, blocks)
            yield _measure("8 kB to the host with --capture", ports, b"AT+S.FSP=bench\r", _FILES, blocks)


def _measure(what: str, ports: dict[str, SerialPort], command: bytes, count: int, blocks: int) -> Comparison:
    contestants = {name: partial(port.timed, command, count) for name, port in ports.items()}
    in_turns(contestants, rounds=1)
    samples = in_turns(contestants, blocks)
    return compare(f"{what}, p50", _WITHOUT, samples["ours"], samples["theirs"])
