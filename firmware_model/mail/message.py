"""A mail as the command describes it, and the message that goes to the server.

Texts of the command are Latin-1, one character an octet, as the console reads them. A host that writes UTF-8 gets
UTF-8 in the message, any other octets count as Latin-1 (assumed).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from email.message import EmailMessage

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What may not stand in a header, some of it because it would end the line."""


class Attachment(NamedTuple):
    """A file that goes with the mail, as ``application/octet-stream`` (assumed)."""

    name: str
    content: bytes


class Mail(NamedTuple):
    """What is sent, from whom, to whom; addresses are plain ones such as ``joe@example.org``."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body: bytes
    attachment: Attachment | None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who gets the mail, each once, in order."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))

    def message(self, now: float, boundary: str) -> bytes:
        """The message in lines of 7 bits that end in CR LF; those in ``bcc`` do not appear in it.

        ``now`` in seconds since 1970 dates it, ``boundary`` separates body and attachment.
        """
        # Imported here because few ever mail, and start-up time counts.
        from email.message import EmailMessage
        from email.policy import SMTP

        message = EmailMessage(SMTP.clone(cte_type="7bit"))
        self._set_headers(message, now)
        message.set_content(_text(self.body))
        if self.attachment is not None:
            message.add_attachment(
                self.attachment.content,
                maintype="application",
                subtype="octet-stream",
                filename=_CONTROL.sub(" ", _text(self.attachment.name.encode("latin-1"))),
            )
            # One of our own, as that of the library would come from a random source of its own.
            message.set_boundary(boundary)
        return message.as_bytes()

    def _set_headers(self, message: EmailMessage, now: float) -> None:
        from datetime import UTC, datetime

        message["Date"] = datetime.fromtimestamp(now, UTC)
        message["From"] = self.sender
        if self.to:
            message["To"] = ", ".join(self.to)
        if self.cc:
            message["Cc"] = ", ".join(self.cc)
        message["Subject"] = _CONTROL.sub(" ", _text(self.subject.encode("latin-1")))


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
