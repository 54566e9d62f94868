"""Makes peers from what the command line says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from emulator.peers.peer import SUITE, Site

if TYPE_CHECKING:
    from types import TracebackType

    from emulator.peers.authority import Anchor, Identity
    from emulator.peers.news import Tell
    from emulator.peers.stream_server import Security

_RSA_SUITES: Final = "ECDHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256:AES128-SHA256:AES128-SHA"
"""With an RSA key; those without ECDHE are for firmware 1.0.0."""
_GREETING: Final = b"It works.\n"


class Running(Protocol):
    """A server that has a port while its context is open."""

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        ...

    async def __aenter__(self) -> Any:
        """Start. Raises OSError."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        """Stop."""
        ...


@dataclass(frozen=True)
class Plan:
    """What all peers of one run have in common."""

    identity: Identity | None
    """None where nobody speaks TLS."""
    ca: Anchor | None
    tls: bool
    client_certificates: str
    """``demanded``, ``asked`` or ``none``."""
    lenient: bool
    files: Path | None
    silent: bool
    login: tuple[str, str] | None
    mails: Path | None


class FolderFiles(Mapping[str, bytes]):
    """The files of a folder by path, ``/sub/name``, read when they are asked for; hidden ones do not count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, path: str) -> bytes:
        """A file's content. Raises KeyError."""
        parts = path[1:].split("/")
        if not path.startswith("/") or any(part.startswith(".") or not part for part in parts):
            raise KeyError(path)
        try:
            return self._folder.joinpath(*parts).read_bytes()
        except OSError as failure:
            raise KeyError(path) from failure

    def __iter__(self) -> Iterator[str]:
        """The paths of all files."""
        for path in sorted(self._folder.rglob("*")):
            name = f"/{path.relative_to(self._folder).as_posix()}"
            if path.is_file() and "/." not in name and ".." not in name:
                yield name

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)


def make_peer(kind: str, plan: Plan, port: int, tell: Tell) -> Running:
    """A peer of one kind, not started. Raises PeerError when a library for it is missing."""
    return _MAKERS[kind](plan, port, tell)


def speaks_tls(kind: str, *, tls: bool) -> bool:
    """Whether a peer of that kind needs certificates."""
    return kind in ("https", "smtp") or (tls and kind in ("mqtt", "tcp-echo"))


def _https(plan: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.https import HttpsServer

    site = _site(plan)
    return HttpsServer(site, _security(plan, site), port=port, tell=tell, judging=True)


def _mqtt(plan: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.mqtt.server import MqttBroker

    return MqttBroker(_wanted(plan), login=plan.login, port=port, tell=tell, judging=plan.tls)


def _tcp_echo(plan: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.echo import TcpEcho

    return TcpEcho(_wanted(plan), port=port, tell=tell, judging=plan.tls)


def _udp_echo(_: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.echo import UdpEcho

    return UdpEcho(port=port, tell=tell)


def _smtp(plan: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.smtp import SmtpServer
    from emulator.peers.tls_stream import server_context

    # STARTTLS is for mail programs too, which have no certificate.
    context = server_context(Site(_identity(plan), suite=_suite(plan)))
    return SmtpServer(tls=context, wrapped=plan.tls, login=plan.login, folder=plan.mails, port=port, tell=tell)


def _tftp(plan: Plan, port: int, tell: Tell) -> Running:
    from emulator.peers.tftp import TftpServer

    return TftpServer(plan.files or Path(), port=port, tell=tell)


_MAKERS: Final[Mapping[str, Callable[[Plan, int, Tell], Running]]] = {
    "https": _https,
    "mqtt": _mqtt,
    "tcp-echo": _tcp_echo,
    "udp-echo": _udp_echo,
    "smtp": _smtp,
    "tftp": _tftp,
}


def _wanted(plan: Plan) -> Security | None:
    return _security(plan, _site(plan)) if plan.tls else None


def _security(plan: Plan, site: Site) -> Security:
    demanded = plan.client_certificates == "demanded"
    if plan.lenient:
        from emulator.peers.lenient import Lenient

        return Lenient(site, demanded=demanded)
    from emulator.peers.stream_server import Strict
    from emulator.peers.tls_stream import server_context

    return Strict(server_context(site, demanded=demanded))


def _site(plan: Plan) -> Site:
    files: Mapping[str, bytes] = {"/index.html": _GREETING} if plan.files is None else FolderFiles(plan.files)
    ca = None if plan.client_certificates == "none" else plan.ca
    return Site(_identity(plan), ca, files, silent=plan.silent, posts=True, suite=_suite(plan))


def _identity(plan: Plan) -> Identity:
    if plan.identity is None:
        raise ValueError("this peer speaks TLS and has no certificate")
    return plan.identity


def _suite(plan: Plan) -> str:
    from emulator.peers.keys import RsaKey

    return _RSA_SUITES if isinstance(_identity(plan).key, RsaKey) else SUITE
