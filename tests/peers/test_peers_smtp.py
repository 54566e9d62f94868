"""The embedded mail server against Python's smtplib and the module itself."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from emulator.peers.peer import PeerError, Site
from emulator.peers.smtp import SmtpServer
from emulator.peers.tls_stream import server_context
from tests.mail.post_office import OK, mailing_module
from tests.websocket.servers import give_certificates

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.peers.pki import Pki, PkiFiles

LETTER = b"Subject: hi\r\n\r\n.begins with a dot\r\n"
SHORTEST = "AT+S.SMTP=192.168.0.2,25,{},,,,me@module.test,you@mail.test,,,Hello,,4"


def send(server: SmtpServer, login: tuple[str, str] | None = None, trusted: Path | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
        if trusted is not None:
            client.starttls(context=ssl.create_default_context(cafile=str(trusted)))
        if login is not None:
            client.login(*login)
        client.sendmail("a@x.test", ["b@y.test", "c@y.test"], LETTER)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_mail_is_kept_as_it_came() -> None:
    told: list[str] = []
    async with SmtpServer(tell=lambda kind, text: told.append(f"{kind} {text}")) as server:
        await asyncio.to_thread(send, server)
        mail = await server.mail()
    assert mail == ("a@x.test", ("b@y.test", "c@y.test"), LETTER, None, False)
    assert told == [
        f"mail from a@x.test to b@y.test, c@y.test without TLS: {len(LETTER)} octets"
        "\n    | Subject: hi\n    | \n    | .begins with a dot"
    ]


async def test_a_folder_gets_each_mail_and_loses_none(tmp_path: Path) -> None:
    (tmp_path / "0002.eml").write_bytes(b"older")
    async with SmtpServer(folder=tmp_path) as server:
        for _ in range(2):
            await asyncio.to_thread(send, server)
    assert contents(tmp_path) == {
        "0002.eml": b"older",
        "0003.eml": LETTER,
        "0004.eml": LETTER,
    }


async def test_starttls_and_a_login(pki: Pki, pki_files: PkiFiles) -> None:
    context = server_context(Site(pki.server))
    async with SmtpServer(tls=context, login=("device", "s3cret")) as server:
        await asyncio.to_thread(send, server, ("device", "s3cret"), pki_files.ca)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await asyncio.to_thread(send, server, ("device", "wrong"), pki_files.ca)
        with pytest.raises(smtplib.SMTPException):
            await asyncio.to_thread(send, server)
    (mail,) = server.mails
    assert (mail.user, mail.secured) == ("device", True)


async def test_any_login_is_right_when_none_is_asked_for() -> None:
    async with SmtpServer() as server:
        await asyncio.to_thread(send, server, ("who", "ever"))
    assert server.mails[0].user == "who"


async def test_closing_ends_a_conversation_under_way() -> None:
    async with SmtpServer() as server:
        client = await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", server.port, timeout=20)
    with closing(client), pytest.raises(smtplib.SMTPServerDisconnected):
        await asyncio.to_thread(client.helo)
    with pytest.raises(RuntimeError, match="no port"):
        _ = server.port


@pytest.mark.parametrize(("tls", "wrapped", "secured"), [(0, False, False), (1, False, True), (2, True, True)])
async def test_the_module(pki: Pki, tls: int, wrapped: bool, secured: bool) -> None:
    context = server_context(Site(pki.direct_server))
    async with SmtpServer(tls=context, wrapped=wrapped) as server, mailing_module(server.port) as host:
        await give_certificates(host, pki)
        answer = await host.command(SHORTEST.format(tls), b"body")
        assert answer.endswith(OK)
        mail = await server.mail()
    assert (mail.sender, mail.recipients, mail.secured) == ("me@module.test", ("you@mail.test",), secured)
    assert mail.content.endswith(b"\r\n\r\nbody\r\n")


def test_without_the_library_one_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    with pytest.raises(PeerError, match=r"install the extra: pip install 'spwf04sx-emulator\[peers\]'"):
        SmtpServer()
