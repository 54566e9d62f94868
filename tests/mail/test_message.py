"""The message that a mail becomes, for whatever texts a host sends."""

from __future__ import annotations

import email
import email.policy

from hypothesis import given
from hypothesis import strategies as st

from firmware_model.mail.message import Attachment, Mail

LONGEST_LINE = 998
LINE_TEXT = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=200)
FILE_NAME = st.text(st.characters(max_codepoint=0xFF, min_codepoint=0x20, exclude_characters='/\\:*?"<>|'), min_size=1)


def make(subject: str = "S", body: bytes = b"b", attachment: Attachment | None = None) -> Mail:
    return Mail("me@m.test", ("you@m.test",), (), (), subject, body, attachment)


@given(LINE_TEXT, st.binary(max_size=3000))
def test_every_message_can_travel_by_smtp(subject: str, body: bytes) -> None:
    message = make(subject, body).message(0.0, "boundary")
    assert message.isascii()
    assert message.endswith(b"\r\n")
    lines = message.split(b"\r\n")
    assert max(map(len, lines)) <= LONGEST_LINE
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert len([line for line in lines if line.lower().startswith(b"subject:")]) == 1


@given(st.binary(max_size=3000), FILE_NAME)
def test_an_attachment_is_binary_safe(content: bytes, name: str) -> None:
    octets = make(attachment=Attachment(name, content)).message(0.0, "boundary")
    (attachment,) = email.message_from_bytes(octets, policy=email.policy.default).iter_attachments()
    assert attachment.get_content() == content


def test_texts_are_utf_8_when_they_can_be() -> None:
    octets = "Grüße".encode()
    mail = make(octets.decode("latin-1"), octets, Attachment(octets.decode("latin-1"), b""))
    message = email.message_from_bytes(mail.message(0.0, "b"), policy=email.policy.default)
    (attachment,) = message.iter_attachments()
    body = message.get_body()
    assert body is not None
    assert (message["Subject"], body.get_content(), attachment.get_filename()) == ("Grüße", "Grüße\r\n", "Grüße")


def test_the_same_mail_at_the_same_time_is_the_same_message() -> None:
    mail = make(attachment=Attachment("a", b"x"))
    assert mail.message(1.0, "b") == mail.message(1.0, "b")
    assert b"--b--" in mail.message(1.0, "b")


def test_everybody_is_named_once() -> None:
    mail = Mail("me@m.test", ("a@m.test", "b@m.test"), ("a@m.test",), ("c@m.test", "b@m.test"), "", b"", None)
    assert mail.recipients == ("a@m.test", "b@m.test", "c@m.test")
