"""``spwf04sx peer``: matched servers in the foreground, with a ready line for scripts and a log of what they met."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.certificates import make_folder
from emulator.command_line.complaint import complain, failure_of
from emulator.peers.certificate_folder import CertificateError, Wish
from emulator.peers.listener import LOCALHOST
from emulator.peers.made import Plan, make_peer, speaks_tls
from emulator.peers.peer import PeerError
from emulator.signals import on_signal
from emulator.surroundings.clock import RealClock
from emulator.testing import PEER_ADDRESS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from emulator.peers.made import Running
    from emulator.peers.news import Tell

_PORTS: Final = {"https": 443, "mqtt": 1883, "tcp-echo": 7, "udp-echo": 1007, "smtp": 25, "tftp": 69}
"""Where the module is to look for a server of each kind; a mapping holds for TCP and UDP alike, so no two are equal."""
_SCHEMES: Final = {
    ("https", False): "https",
    ("mqtt", False): "mqtt",
    ("mqtt", True): "mqtts",
    ("tcp-echo", False): "tcp",
    ("tcp-echo", True): "tls",
    ("udp-echo", False): "udp",
    ("smtp", False): "smtp",
    ("smtp", True): "smtps",
    ("tftp", False): "tftp",
}
_FILES: Final = {"ca": "ca.pem", "client": "client.pem", "client_key": "client.key.pem"}
_HIGHEST_PORT: Final = 65535
_PORT: Final = re.compile(r"(?:([a-z-]+)=)?(\d{1,5})")


class UsageError(Exception):
    """The options do not go together; the text says why and what to do."""


class _Peer(NamedTuple):
    """One server that runs."""

    kind: str
    server: Running
    tls: bool

    @property
    def url(self) -> str:
        """How it is reached."""
        scheme = _SCHEMES.get((self.kind, self.tls)) or _SCHEMES[self.kind, False]
        return f"{scheme}://{LOCALHOST}:{self.server.port}"

    @property
    def mapping(self) -> str:
        """What leads the emulator's module to it."""
        return f"{PEER_ADDRESS}:{_PORTS[self.kind]}={LOCALHOST}:{self.server.port}"


class _Log:
    """Writes what peers tell to standard error, whoever reads it or not."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._now = RealClock().monotonic
        self._start = self._now()

    def of(self, peer: str) -> Tell:
        """The log for one peer."""

        def tell(kind: str, text: str) -> None:
            time = self._now() - self._start
            if self._as_json:
                line = json.dumps({"event": kind, "peer": peer, "time": round(time, 6), "text": text})
            else:
                line = f"{time:12.6f} {peer} {text}"
            with suppress(BrokenPipeError):
                print(line, file=sys.stderr, flush=True)

        return tell


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal comes; the result is the exit status."""
    try:
        ports = _ports(options.port, options.kinds)
        _check(options)
        wish = Wish(names=options.name, addresses=options.address)
    except (UsageError, CertificateError) as failure:
        return complain(str(failure), 2)
    try:
        with tempfile.TemporaryDirectory(prefix="spwf04sx-peer-") as folder:
            certificates = _certificates(options, wish, Path(folder))
            asyncio.run(_serve(options, ports, certificates))
    except (PeerError, CertificateError) as failure:
        return complain(str(failure), 1)
    except OSError as failure:
        return complain(failure_of(failure, "the servers"), 1)
    return 0


def _ports(given: Sequence[str], kinds: Sequence[str]) -> Mapping[str, int]:
    """Read ``--port``. Raises UsageError."""
    ports: dict[str, int] = {}
    for text in given:
        match = _PORT.fullmatch(text)
        if match is None or not 0 < int(match[2]) <= _HIGHEST_PORT:
            raise UsageError(f"'{text}' is no port; write it as 8443 or https=8443")
        if match[1] is None and len(set(kinds)) > 1:
            raise UsageError(f"there are several servers; say which one is to have port {match[2]}: {kinds[0]}={text}")
        kind = match[1] or kinds[0]
        if kind not in kinds:
            raise UsageError(f"'{text}' is for a server that does not run; run it with: spwf04sx peer {kind}")
        ports[kind] = int(match[2])
    return ports


def _check(options: argparse.Namespace) -> None:
    """Refuse options that go nowhere. Raises UsageError."""
    if options.files is None and "tftp" in options.kinds:
        raise UsageError("tftp gives out and takes files; say where they are with --files DIR")
    if options.files is not None and not options.files.is_dir():
        raise UsageError(f"{options.files} is no folder; make it first")
    if options.login is not None and not all(options.login.partition(":")):
        raise UsageError(f"'{options.login}' is no login; write it as USER:PASSWORD")
    if options.certificates is not None and (options.name or options.address):
        raise UsageError(
            "--name and --address are for certificates that are made for the run; leave --certificates out"
        )


def _certificates(options: argparse.Namespace, wish: Wish, temporary: Path) -> Path | None:
    """The folder with the certificates; None where nobody needs any. Raises CertificateError, OSError."""
    if not any(speaks_tls(kind, tls=options.tls) for kind in options.kinds):
        return None
    folder = temporary if options.certificates is None else Path(options.certificates)
    if not (folder / _FILES["ca"]).exists():
        make_folder(wish, folder)
    return folder


def _plan(options: argparse.Namespace, certificates: Path | None) -> Plan:
    """What the peers have in common. Raises CertificateError, OSError."""
    identity = ca = None
    if certificates is not None:
        from emulator.peers.stored import read_anchor, read_identity

        identity = read_identity(certificates, options.identity)
        ca = read_anchor(certificates / _FILES["ca"])
    user, _, password = (options.login or "").partition(":")
    return Plan(
        identity=identity,
        ca=ca,
        tls=options.tls,
        client_certificates=options.client_certificates,
        lenient=options.verdict == "lenient",
        files=options.files,
        silent=options.silent,
        login=(user, password) if options.login else None,
        mails=options.mails,
    )


async def _serve(options: argparse.Namespace, ports: Mapping[str, int], certificates: Path | None) -> None:
    stop = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        on_signal(name, stop.set)
    plan = _plan(options, certificates)
    log = _Log(as_json=options.json)
    async with AsyncExitStack() as running:
        peers = []
        for kind in dict.fromkeys(options.kinds):
            server = make_peer(kind, plan, ports.get(kind, 0), log.of(kind))
            await _start(running, kind, server, ports.get(kind, 0))
            peers.append(_Peer(kind, server, plan.tls))
        with suppress(BrokenPipeError):
            render: Callable[[Sequence[_Peer], Path | None], str] = _ready_json if options.json else _ready_text
            print(render(peers, certificates), flush=True)
        await stop.wait()


async def _start(running: AsyncExitStack, kind: str, server: Running, port: int) -> None:
    try:
        await running.enter_async_context(server)
    except OSError as failure:
        if not port:
            raise
        reason = failure.strerror or str(failure)
        raise PeerError(f"{kind} cannot listen at {LOCALHOST}:{port}: {reason}; choose another --port") from failure


def _ready_json(peers: Sequence[_Peer], certificates: Path | None) -> str:
    ready = {
        "event": "ready",
        "peers": [
            {"kind": peer.kind, "url": peer.url, "host": LOCALHOST, "port": peer.server.port, "map": peer.mapping}
            for peer in peers
        ],
        "certificates": None
        if certificates is None
        else {name: str(certificates / file) for name, file in _FILES.items()},
    }
    return json.dumps(ready)


def _ready_text(peers: Sequence[_Peer], certificates: Path | None) -> str:
    return "\n".join(_ready_lines(peers, certificates))


def _ready_lines(peers: Sequence[_Peer], certificates: Path | None) -> Iterator[str]:
    yield f"ready {' '.join(f'{peer.kind}={peer.url}' for peer in peers)}"
    if certificates is not None:
        yield f"  certificates:  {' '.join(str(certificates / file) for file in _FILES.values())}"
    maps = " ".join(f"--map {peer.mapping}" for peer in peers)
    yield f"  in front of the emulator:  spwf04sx run {maps}"
