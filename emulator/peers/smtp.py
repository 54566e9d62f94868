"""A mail server, by aiosmtpd: it takes every mail and keeps it."""

from __future__ import annotations

import asyncio
import logging
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from emulator.peers.extra import need
from emulator.peers.listener import LOCALHOST
from emulator.peers.news import nobody
from emulator.peers.peer import PATIENCE, Journal

if TYPE_CHECKING:
    import ssl
    from pathlib import Path
    from types import TracebackType

    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

    from emulator.peers.news import Tell

_TAKEN: Final = "250 OK: taken"


class Mail(NamedTuple):
    """One mail as it came; ``user`` is who logged in, ``secured`` whether TLS was on."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str | None
    secured: bool


class SmtpServer:
    """A mail server on a port of 127.0.0.1 while its context is open.

    With ``tls`` it offers STARTTLS, or with ``wrapped`` speaks TLS from the first octet. With ``login``, a user name
    and its password, a client has to log in; without, any login is right. Mails go into ``folder`` if there is one.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        wrapped: bool = False,
        login: tuple[str, str] | None = None,
        folder: Path | None = None,
        port: int = 0,
        tell: Tell = nobody,
    ) -> None:
        """Take the set-up. Raises PeerError when aiosmtpd is not installed."""
        self._smtp = need("aiosmtpd.smtp", "the mail server")
        # What it would print where nobody has set up logging, we tell ourselves.
        logging.getLogger("mail").addHandler(logging.NullHandler())
        self._tls, self._wrapped = tls, wrapped
        self._login = login
        self._folder = folder
        self._wanted_port = port
        self._tell = tell
        self._server: asyncio.Server | None = None
        self._conversations: list[SMTP] = []
        self._subjects = Journal("the mail server")
        self.mails: list[Mail] = []
        """What came so far, the oldest first."""

    @property
    def port(self) -> int:
        """The TCP port. Raises RuntimeError while the server is closed."""
        if self._server is None:
            raise RuntimeError("the server has no port before it is started; use 'async with'")
        return int(self._server.sockets[0].getsockname()[1])

    async def mail(self, number: int = 1, within: float = PATIENCE) -> Mail:
        """Wait for mail ``number``, counted from 1. Raises PeerError when it does not come."""
        await self._subjects.number(number, within)
        return self.mails[number - 1]

    async def __aenter__(self) -> Self:
        """Start to listen. Raises OSError."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.get_running_loop().create_server(
            self._begin, LOCALHOST, self._wanted_port, ssl=self._tls if self._wrapped else None
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and all conversations."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        ending = [task for task in map(_task, self._conversations) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if server is not None:
            await server.wait_closed()

    def _begin(self) -> SMTP:
        with warnings.catch_warnings():
            # It warns of logins without TLS, which is what hosts on this machine are to try.
            warnings.simplefilter("ignore")
            smtp: SMTP = self._smtp.SMTP(
                _Handler(self),
                hostname="peer",
                ident="spwf04sx peer",
                tls_context=None if self._wrapped else self._tls,
                authenticator=self._authenticate,
                auth_required=self._login is not None,
                auth_require_tls=False,
                loop=asyncio.get_running_loop(),
            )
        self._conversations = [old for old in self._conversations if (task := _task(old)) is None or not task.done()]
        self._conversations.append(smtp)
        return smtp

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        user, password = data.login.decode("utf-8", "replace"), data.password.decode("utf-8", "replace")
        right = self._login is None or self._login == (user, password)
        self._tell("login", f"'{user}' by {mechanism}: {'right' if right else 'wrong user name or password'}")
        result: AuthResult = self._smtp.AuthResult(success=right, handled=False, auth_data=data)
        return result

    def _take(self, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        secured = session.ssl is not None or self._wrapped
        login: Any = session.auth_data
        user = login.login.decode("utf-8", "replace") if session.authenticated else None
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, user, secured)
        try:
            kept = self._keep(mail)
        except OSError as failure:
            self._tell("mail", f"a mail could not be kept: {failure.filename}: {failure.strerror}")
            return "452 Insufficient system storage"
        self.mails.append(mail)
        how = ("over TLS" if secured else "without TLS") + (f", as '{user}'" if user is not None else "")
        self._tell("mail", f"from {mail.sender} to {', '.join(mail.recipients)} {how}: {len(content)} octets{kept}")
        self._subjects.append(mail.sender)
        return _TAKEN

    def _keep(self, mail: Mail) -> str:
        """Put a mail into the folder; without one the result holds its lines. Raises OSError."""
        if self._folder is None:
            lines = mail.content.decode("utf-8", "replace").splitlines()
            return "".join(f"\n    | {line}" for line in lines)
        number = 1 + sum(path.suffix == ".eml" for path in self._folder.iterdir())
        while (path := self._folder / f"{number:04}.eml").exists():
            number += 1
        with path.open("xb") as file:
            file.write(mail.content)
        return f", {path}"


class _Handler:
    """What aiosmtpd asks."""

    def __init__(self, owner: SmtpServer) -> None:
        self._owner = owner

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail."""
        return self._owner._take(session, envelope)  # noqa: SLF001 - its other half


def _task(smtp: SMTP) -> asyncio.Task[None] | None:
    """The task of a conversation; aiosmtpd itself has no way to wait for its end."""
    return smtp._handler_coroutine  # noqa: SLF001
