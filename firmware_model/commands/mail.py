"""Mail."""

from __future__ import annotations

import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from firmware_model.commands.files import FileName
from firmware_model.commands.handshake import handshake_line
from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import HostName, Integer, Port, Text, Word
from firmware_model.mail.client import MailServer, Security
from firmware_model.mail.message import Attachment, Mail
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver
from firmware_model.tls.failures import CertificateError

if TYPE_CHECKING:
    from firmware_model.module import Module

_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.:\[\]-]+", re.ASCII)


class _MailAddresses(NamedTuple):
    """Mail addresses with semicolons between them (XC-IF); anything else is error 7."""

    @property
    def hint(self) -> str:
        """How several are separated."""
        return "a@b;c@d"

    def parse(self, text: str) -> tuple[str, ...]:
        """Return the addresses without the blanks around them. Raises AtError 7."""
        addresses = tuple(part.strip() for part in text.split(";") if part.strip())
        if not addresses or not all(_ADDRESS.fullmatch(address) for address in addresses):
            raise AtError(Error.INVALID_ARGUMENTS)
        return addresses


class _MailAddress(NamedTuple):
    """One mail address."""

    @property
    def hint(self) -> str:
        """Nothing: the parameter's name says enough."""
        return ""

    def parse(self, text: str) -> str:
        """Return the address without the blanks around it. Raises AtError 7."""
        if not _ADDRESS.fullmatch(text.strip()):
            raise AtError(Error.INVALID_ARGUMENTS)
        return text.strip()


_Security = Annotated[int, Integer(0, 2)]
"""0 plain, 1 STARTTLS (assumed), 2 TLS from the start."""
_Credential = Annotated[str, Text(128)]
_Addresses = Annotated[tuple[str, ...], _MailAddresses()]
_Length = Annotated[int, Integer(1, 0xFFFF, above=Error.ARGUMENT_TOO_LARGE)]


@command("SMTP", spi_id=0x53, source=driver("XC-CONST, XC-IF"))
async def send_mail(
    module: Module,
    hostname: HostName,
    port: Port,
    tls: _Security = 0,
    username: _Credential = "",
    password: _Credential = "",
    helo: HostName = "",
    *,
    sender: Annotated[str, _MailAddress()],
    to: _Addresses,
    cc: _Addresses = (),
    bcc: _Addresses = (),
    subject: Word = "",
    attachment: FileName = "",
    length: _Length,
    data: Data,
) -> Replies:
    """Send a mail with the body that follows and, if wanted, a file."""
    # The body is taken before anything can fail: a host that sends it at once would see it echoed as commands.
    body = await data.read(length)
    mail = Mail(sender, to, cc, bcc, subject, body, _attachment(module, attachment))
    server = MailServer(hostname, port, Security(tls), username, password, helo)
    try:
        async with aclosing(module.mail.send(server, mail)) as progress:
            async for step in progress:
                yield handshake_line(step)
    except CertificateError as failure:
        yield replies.CERTIFICATE_ERROR(failure.number)
        raise AtError(Error.REQUEST_FAILED) from failure


def _attachment(module: Module, filename: str) -> Attachment | None:
    if not filename:
        return None
    _, name = module.files.resolve(filename)
    return Attachment(name, module.files.read(filename))
