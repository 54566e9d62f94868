"""``spwf04sx attach``: a local port in the foreground that leads to a remote one."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from emulator.attachment.attachment import Attachment
from emulator.attachment.cable import NoSerialServerError, Wishes
from emulator.attachment.remote import parse_remote
from emulator.faces.face import FaceError
from emulator.faces.failure import reason
from emulator.faces.wanted import has_ptys
from emulator.signals import on_signal

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from emulator.attachment.remote import Remote
    from emulator.faces.pty import PtyFace

_LEVELS: Final = {"on": True, "off": False, None: None}
_ONLY_OCTETS: Final = "only octets go along: a raw connection knows no speed, so nothing tells a wrong one"
_NO_LINES: Final = "speed, stop bits and flow control go along; parity, 7 bits, breaks and modem lines a pty has not"


def attach(options: argparse.Namespace) -> int:
    """Serve the local port until a signal comes; the result is the exit status."""
    try:
        remote = parse_remote(options.remote)
    except ValueError as failure:
        return _complain(str(failure), 2)
    if not remote.speaks_rfc2217 and (options.dtr or options.rts):
        return _complain("a raw connection has no DTR and RTS; leave --dtr and --rts out, or say rfc2217://", 2)
    if not has_ptys():
        return _complain(f"this system has no pseudo terminals; give the host {remote} itself, as pyserial takes it", 1)
    try:
        asyncio.run(_serve(remote, Wishes(_LEVELS[options.dtr], _LEVELS[options.rts]), options))
    except (FaceError, NoSerialServerError) as failure:
        return _complain(str(failure), 1)
    except OSError as failure:
        return _complain(f"{failure.filename or 'the port'}: {reason(failure)}", 1)
    return 0


def _complain(text: str, status: int) -> int:
    # Whoever started us may have stopped listening to our words, but not to the port.
    with suppress(OSError):
        print(f"spwf04sx: {text}", file=sys.stderr, flush=True)
    return status


async def _serve(remote: Remote, wishes: Wishes, options: argparse.Namespace) -> None:
    # Imported here because not every system has what a pty is made of.
    from emulator.faces.link import PortLink
    from emulator.faces.pty import PtyFace

    path: Path | None = options.link
    stop = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        on_signal(name, stop.set)
    link = None if path is None else PortLink(path)
    attachment = Attachment(remote, wishes, lambda text: _tell(text))
    try:
        face = PtyFace(attachment, link)
        try:
            with suppress(OSError):
                print(_ready(remote, face, as_json=options.json), flush=True)
            await _until(stop, attachment)
        finally:
            face.close()
    finally:
        if link is not None:
            link.close()


async def _until(stop: asyncio.Event, attachment: Attachment) -> None:
    """Keep connected until stopped. Raises NoSerialServerError."""
    running = asyncio.create_task(attachment.run())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if running.done():
        running.result()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _tell(text: str) -> None:
    _complain(text, 0)


def _ready(remote: Remote, face: PtyFace, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"event": "ready", "port": face.port, "pty": face.device, "remote": str(remote)})
    return (
        f"ready port={face.port} pty={face.device} remote={remote}\n"
        f"  {_NO_LINES if remote.speaks_rfc2217 else _ONLY_OCTETS}"
    )
