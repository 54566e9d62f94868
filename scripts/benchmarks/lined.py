"""The faces and the line with nothing of a module behind them, to be measured alone.

What is at the module's end answers as :mod:`scripts.benchmarks.bare` does. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys

from emulator.capture.timeline import Timeline
from emulator.faces.faces import Faces
from emulator.faces.line import Line
from emulator.faces.wanted import choose_faces
from emulator.surroundings.clock import clock_of
from firmware_model.outside import UartSettings
from scripts.benchmarks.bare import Answers

_PIECE = 16384
"""Octets that a module writes before it looks whether the host takes them."""


async def main() -> None:
    """Answer until standard input ends."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    line = Line(Timeline(clock_of("real")))
    line.set_up(UartSettings(115200, flow_control=False))
    wanted = choose_faces(pty=True, link=None, rfc2217=["127.0.0.1:0"], tcp=["127.0.0.1:0"], ports=(), spi=None)
    faces = Faces(line, wanted, print)
    await faces.open()
    answering = asyncio.create_task(_answer(line))
    print(json.dumps({way.kind: way.url for way in faces.ways}), flush=True)
    await ended.wait()
    answering.cancel()
    await faces.close()


async def _answer(line: Line) -> None:
    waiting: list[bytes] = []

    def write(reply: bytes) -> None:
        if len(reply) <= _PIECE:
            line.write(reply)
        else:
            waiting.append(reply)

    answers = Answers(write)
    while True:
        answers.receive(await line.read())
        while waiting:
            await _write_in_pieces(line, waiting.pop(0))
        await line.drain()


async def _write_in_pieces(line: Line, reply: bytes) -> None:
    for start in range(0, len(reply), _PIECE):
        line.write(reply[start : start + _PIECE])
        await line.drain()


if __name__ == "__main__":
    asyncio.run(main())
