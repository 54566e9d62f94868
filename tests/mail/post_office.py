"""A mail server by aiosmtpd on a free port, and the mail it was given."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.module_host import ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Sequence

OK = b"AT-S.OK\r\n"
FAILED = b"AT-S.ERROR:111:Request failed\r\n"


class PostOffice:
    """Keeps what it is given; refuses recipients whose address begins with ``nobody``."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[Envelope] = []
        self.sessions: list[Session] = []
        self.logins: list[tuple[str, bytes, bytes]] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Sequence[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        self.letters.append(envelope)
        self.sessions.append(session)
        return "250 Taken"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)


@asynccontextmanager
async def post_office(*, wrapped_in: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[PostOffice]:
    """Open a post office; ``options`` are those of aiosmtpd's SMTP."""
    office = PostOffice()
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        settings = {"hostname": "mail.test", "authenticator": office.authenticate, "auth_require_tls": False}
        sessions.append(SMTP(office, loop=loop, **{**settings, **options}))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=wrapped_in)
    office.port = server.sockets[0].getsockname()[1]
    async with server:
        yield office
    ending = [task for task in (session._handler_coroutine for session in sessions) if task is not None]
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


@asynccontextmanager
async def reciting_server(said: bytes | None) -> AsyncIterator[int]:
    """A server for one client that says its words whatever it hears, or nothing at all for None; yields its port."""
    finished = asyncio.Event()

    async def recite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if said is not None:
            writer.write(said)
            writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        finished.set()

    async with await asyncio.start_server(recite, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await finished.wait()


@asynccontextmanager
async def mailing_module(port: int) -> AsyncIterator[ModuleHost]:
    """A module in its miniAP with the mail server at 192.168.0.2, ports 25 and 465."""
    maps = [f"192.168.0.2:25=127.0.0.1:{port}", f"192.168.0.2:465=127.0.0.1:{port}"]
    async with running_module(maps=maps) as host:
        await start_mini_ap(host)
        yield host
