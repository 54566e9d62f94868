"""AT+S.SMTP against aiosmtpd: what arrives, who gets it, how it is secured."""

from __future__ import annotations

import email
import email.policy
import time
from typing import TYPE_CHECKING, Any

import pytest

from emulator.peers.peer import Site
from emulator.peers.tls_stream import server_context
from firmware_model.events import Note, SocketFailed
from tests.mail.post_office import FAILED, OK, PostOffice, mailing_module, post_office, reciting_server
from tests.module_host import ModuleHost, running_module, start_mini_ap

if TYPE_CHECKING:
    from email.message import EmailMessage

    from emulator.peers.pki import Pki

SHORTEST = "AT+S.SMTP=192.168.0.2,25,,,,,me@module.test,you@mail.test,,,Hello,,{}"
"""The form that ST's host driver sends."""


async def mail(host: ModuleHost, body: bytes = b"body", line: str = SHORTEST) -> bytes:
    return await host.command(line.format(len(body)), body)


def received(office: PostOffice) -> EmailMessage:
    (letter,) = office.letters
    assert isinstance(letter.content, bytes)
    return email.message_from_bytes(letter.content, policy=email.policy.default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body()
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def reasons(host: ModuleHost) -> str:
    return "\n".join(map(str, host.events(Note)))


async def test_a_plain_mail_arrives() -> None:
    async with post_office() as office, mailing_module(office.port) as host:
        await host.command("AT+S.TIME=1523523938")
        assert await mail(host, b"first\r\nsecond\r\n") == OK
        assert await host.command("AT") == OK
    message = received(office)
    assert (message["From"], message["To"], message["Subject"]) == ("me@module.test", "you@mail.test", "Hello")
    assert message["Date"].startswith("Thu, 12 Apr 2018 09:05:3")
    assert text_of(message) == "first\nsecond\n"
    assert office.sessions[0].host_name == "[192.168.0.50]"
    assert office.logins == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b".", ".\n"),
        (b"..\r\n.\r\nAT+S.RESET\r\n.", "..\n.\nAT+S.RESET\n.\n"),
        ("Grüße".encode(), "Grüße\n"),
        ("Grüße".encode("latin-1"), "Grüße\n"),
        (b"x" * 2000, "x" * 2000 + "\n"),
        (b"bare\nline\rends", "bare\nline\nends\n"),
    ],
)
async def test_every_body_arrives_as_it_was(body: bytes, text: str) -> None:
    async with post_office() as office, mailing_module(office.port) as host:
        assert await mail(host, body) == OK
    assert text_of(received(office)) == text


async def test_everybody_gets_the_mail_and_bcc_stays_hidden() -> None:
    line = "AT+S.SMTP=192.168.0.2,25,0,,,box,me@m.test,a@m.test;b@m.test,c@m.test,d@m.test; a@m.test,S,,{}"
    async with post_office() as office, mailing_module(office.port) as host:
        assert await mail(host, line=line) == OK
    assert office.letters[0].mail_from == "me@m.test"
    assert office.letters[0].rcpt_tos == ["a@m.test", "b@m.test", "c@m.test", "d@m.test"]
    message = received(office)
    assert (message["To"], message["Cc"], message["Bcc"]) == ("a@m.test, b@m.test", "c@m.test", None)
    assert b"d@m.test" not in message.as_bytes()
    assert office.sessions[0].host_name == "box"


async def test_a_file_goes_with_the_mail() -> None:
    content = bytes(range(256)) * 4
    async with post_office() as office, mailing_module(office.port) as host:
        await host.command("AT+S.FSC=/log.bin,1024", content)
        line = SHORTEST.replace("Hello,", "Hello,2:/log.bin")
        assert await mail(host, line=line) == OK
    message = received(office)
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "log.bin"
    assert attachment.get_content_type() == "application/octet-stream"
    assert attachment.get_content() == content
    assert text_of(message) == "body\n"


async def test_a_file_that_does_not_exist_is_found_out_after_the_body() -> None:
    async with post_office() as office, mailing_module(office.port) as host:
        reply = await mail(host, b"AT+S.RESET\r", SHORTEST.replace("Hello,", "Hello,none"))
        assert reply == b"AT-S.ERROR:51:Unable to open file\r\n"
        assert await host.command("AT") == OK
    assert office.letters == []


@pytest.mark.parametrize("excluded", [[], ["PLAIN"], ["LOGIN"]])
async def test_a_login_by_what_the_server_offers(excluded: list[str]) -> None:
    line = SHORTEST.replace(",,,,,me@", ",0,user,secret,box,me@")
    async with post_office(auth_exclude_mechanism=excluded) as office, mailing_module(office.port) as host:
        assert await mail(host, line=line) == OK
    assert office.logins == [("LOGIN" if "PLAIN" in excluded else "PLAIN", b"user", b"secret")]


@pytest.mark.parametrize(
    ("options", "line", "reason"),
    [
        ({}, SHORTEST.replace(",,,,,me@", ",0,user,wrong,,me@"), "answers AUTH PLAIN with 535"),
        ({"auth_exclude_mechanism": ["PLAIN"]}, SHORTEST.replace(",,,,,me@", ",0,user,wrong,,me@"), "the password"),
        (
            {"auth_exclude_mechanism": ["PLAIN", "LOGIN"]},
            SHORTEST.replace(",,,,,me@", ",0,user,secret,,me@"),
            "offers neither AUTH PLAIN nor AUTH LOGIN",
        ),
        ({}, SHORTEST.replace("you@", "nobody@"), "550 No such mailbox"),
        ({}, SHORTEST.replace("you@mail.test,", "you@mail.test,nobody@mail.test"), "550 No such mailbox"),
        ({"data_size_limit": 10}, SHORTEST, "answers the message with 552"),
        ({}, SHORTEST.replace("25,,", "25,1,"), "the server offers no STARTTLS"),
    ],
)
async def test_what_the_server_refuses_is_error_111(options: dict[str, Any], line: str, reason: str) -> None:
    async with post_office(**options) as office, mailing_module(office.port) as host:
        assert await mail(host, line=line) == FAILED
        assert reason in reasons(host)
        assert "wrong" not in reasons(host)
        assert host.module.heap.free == host.module.profile.heap - 16 * 1024
    assert office.letters == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,you@m.test,,,S,", b"2:Missing argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,,you@m.test,,,S,,4", b"2:Missing argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,,,,S,,4", b"2:Missing argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,3,,,,me@m.test,you@m.test,,,S,,4", b"7:Invalid argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me,you@m.test,,,S,,4", b"7:Invalid argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,<you@m.test>,,,S,,4", b"7:Invalid argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,;,,,S,,4", b"7:Invalid argument(s)"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,you@m.test,,,S,,0", b"33:Argument evaluated to zero"),
        ("AT+S.SMTP=192.168.0.2,25,,,,,me@m.test,you@m.test,,,S,,4,", b"6:Too many argument(s)"),
    ],
)
async def test_arguments_that_are_wrong(line: str, error: bytes) -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await host.command(line) == b"AT-S.ERROR:" + error + b"\r\n"


async def test_without_a_network_the_body_is_taken_all_the_same() -> None:
    async with running_module() as host:
        await host.boot()
        await host.command("AT+S.SCFG=console_echo,0")
        assert await mail(host, b"AT+S.RESET\r") == b"AT-S.ERROR:44:Wait for Connection Up\r\n"
        assert await host.command("AT") == OK


async def test_a_server_that_is_not_there_and_a_name_that_is_unknown() -> None:
    async with running_module(maps=["192.168.0.2=127.0.0.1", "mail.test=no-such-host.invalid"]) as host:
        await start_mini_ap(host)
        assert await mail(host, line=SHORTEST.replace(",25,", ",1,")) == FAILED
        reply = await mail(host, line=SHORTEST.replace("192.168.0.2", "mail.test"))
        assert reply == b"AT-S.ERROR:65:DNS address failure\r\n"
        assert len(host.events(SocketFailed)) == 2


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak SMTP"),
        (b"554 Go away\r\n", "554 Go away"),
        (b"", "hung up"),
        (b"220-\r\n" * 200, "does not end"),
        (b"x" * 20000, "does not end"),
        (b"220 hi\r\n500 What\r\n500 What\r\n", "answers HELO [192.168.0.50] with 500 What"),
        (b"220 hi\r\n250-m\r\n250 STARTTLS\r\n220 Go ahead\r\n250 OK\r\n", "unprotected"),
    ],
)
async def test_a_server_that_is_none(said: bytes, reason: str) -> None:
    async with reciting_server(said) as port, mailing_module(port) as host:
        security = 1 if b"STARTTLS" in said else 0
        assert await mail(host, line=SHORTEST.replace("25,,", f"25,{security},")) == FAILED
        assert reason in reasons(host)


async def test_a_silent_server_is_given_up() -> None:
    async with reciting_server(None) as port, mailing_module(port) as host:
        host.module.mail.patience = 0.02
        assert await mail(host) == FAILED
        assert "the server does not answer" in reasons(host)


async def prepare_tls(host: ModuleHost, pki: Pki) -> None:
    ca = pki.root.certificate_der
    await host.command(f"AT+S.TLSCERT=ca,{len(ca)}", ca)
    await host.command(f"AT+S.TIME={int(time.time())}")


async def test_starttls(pki: Pki) -> None:
    context = server_context(Site(pki.direct_server))
    async with (
        post_office(tls_context=context, require_starttls=True, auth_require_tls=True) as office,
        mailing_module(office.port) as host,
    ):
        await prepare_tls(host, pki)
        assert await mail(host, line=SHORTEST) == FAILED
        assert "530" in reasons(host)
        line = SHORTEST.replace(",,,,,me@", ",1,user,secret,,me@")
        assert await mail(host, line=line) == b"AT-S.Loading:1:2\r\n" + OK
    assert text_of(received(office)) == "body\n"
    assert office.sessions[0].ssl is not None
    assert office.logins == [("PLAIN", b"user", b"secret")]


async def test_tls_from_the_start(pki: Pki) -> None:
    async with (
        post_office(wrapped_in=server_context(Site(pki.server))) as office,
        mailing_module(office.port) as host,
    ):
        await prepare_tls(host, pki)
        reply = await mail(host, line=SHORTEST.replace("25,,", "465,2,"))
        assert reply == b"AT-S.Skip CA\r\nAT-S.Skip CA\r\nAT-S.Loading:1:2\r\n" + OK
    assert text_of(received(office)) == "body\n"


async def test_a_mail_server_whose_certificate_is_refused(pki: Pki) -> None:
    async with (
        post_office(wrapped_in=server_context(Site(pki.direct_server))) as office,
        mailing_module(office.port) as host,
    ):
        await host.command(f"AT+S.TIME={int(time.time())}")
        reply = await mail(host, line=SHORTEST.replace("25,,", "465,2,"))
        assert reply == b"AT-S.Skip CA\r\nAT-S.Certificate Error:23\r\n" + FAILED
    assert office.letters == []


async def test_a_server_that_speaks_no_tls_where_the_module_expects_it(pki: Pki) -> None:
    async with post_office() as office, mailing_module(office.port) as host:
        await prepare_tls(host, pki)
        host.module.mail.patience = 0.5
        assert (await mail(host, line=SHORTEST.replace("25,,", "465,2,"))).endswith(FAILED)
    assert office.letters == []
