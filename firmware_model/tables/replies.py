"""The words that open reply lines, ``AT-S.<word>:<field>:...``.

Hosts find a reply by its word and its values by their position after the first colon, so an assumed word is never
one that a known parser would take for another reply.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from firmware_model.tables.sources import Source, assumed, driver, log


class Line(NamedTuple):
    """One reply line before it is rendered; ``maskable`` ones are empty on a terse SPI console.

    Which lines are maskable is inferred: XC-SPI, whose console is terse, takes what follows SOCKR and SCAN for their
    content at once; ROS saw mark 0xFE at the begin of replies of several lines, 0xFF after it.
    """

    word: str
    fields: tuple[str, ...]
    maskable: bool = False


class ReplyWord(NamedTuple):
    """The word of a reply line; call it with the fields to make a :class:`Line`."""

    word: str
    source: Source
    maskable: bool = False

    def __call__(self, *fields: str | int) -> Line:
        """Make the line with these fields, in order."""
        return Line(self.word, tuple(map(str, fields)), self.maskable)


_STYLE: Final = assumed("the line exists, its word is not known")

VAR: Final = ReplyWord("Var", log("F-AP"))
"""GCFG, STS, PEERS; one field, ``<name>=<value>``."""
HELP: Final = ReplyWord("Help", _STYLE)
"""HELP; syntax, help text."""
DATE: Final = ReplyWord("Date", log("T5"))
"""TIME; ``YY.MM.DD``, weekday in two digits."""
TIME: Final = ReplyWord("Time", log("T5"))
"""TIME; ``HH.MM.SS``."""
SSID: Final = ReplyWord("SSID", _STYLE)
"""SSIDTXT; the SSID as text."""

SUBJECT_KEY_ID: Final = ReplyWord("SubjectKeyId", log("F-TLS"))
"""TLSCERT; 20 octets, hex in upper case with colons, one field."""
CLEAN: Final = ReplyWord("Clean", log("T5, T6"))
"""TLSCERT content,2; no field."""
CONTENT: Final = ReplyWord("Content", _STYLE)
"""TLSCERT content,1; slot, octets stored."""
SKIP_CA: Final = ReplyWord("Skip CA", log("F-TLS, F-SSL2"), maskable=True)
"""Secure connections; no field."""
LOADING: Final = ReplyWord("Loading", log("F-TLS, F-SSL2"))
"""Secure connections; which object (1 CA, 2 certificate, 3 key), always 2 in the logs."""
CERTIFICATE_ERROR: Final = ReplyWord("Certificate Error", log("F-TLS, F-SSL"))
"""Secure connections; number."""

HTTP_CLIENT_ERROR: Final = ReplyWord("Http Client Error", log("F-SSL, F-HCE"))
"""HTTPGET, HTTPPOST; number."""
HTTP_SERVER_STATUS: Final = ReplyWord("Http Server Status Code", log("F-TLS"))
"""HTTPGET, HTTPPOST; status."""
HTTP_SERVER_ERROR: Final = ReplyWord("Http Server Error", log("F-SSL2"))
"""HTTPGET, HTTPPOST; status, from 400 on."""

UPDATE: Final = ReplyWord("Update", _STYLE)
"""FWUPDATE, FSUPDATE; octets received so far."""

FREE: Final = ReplyWord("Free", _STYLE, maskable=True)
"""FSL, before the files: free octets of the RAM disk; ROS only relies on the one colon."""
FILE: Final = ReplyWord("File", driver("GERREX, ROS"))
"""FSL; one field: volume letter, TAB, length, TAB, name."""
READ_CAP: Final = ReplyWord("Read Cap", driver("GERREX, ROS, GHI"), maskable=True)
"""FSP beyond the end of the file; octets that follow."""
HASH: Final = ReplyWord("Hash", _STYLE)
"""HASH; digest in hex."""

ON: Final = ReplyWord("On", driver("MBED, GHI, XC-UART"))
"""SOCKON: address, id; SOCKDON, WSOCKON, MQTTCONN: id alone."""
QUERY: Final = ReplyWord("Query", driver("MBED, GHI"))
"""SOCKQ and kin; octets waiting."""
READING: Final = ReplyWord("Reading", log("EMB"), maskable=True)
"""SOCKR and kin; octets that follow, octets that were waiting."""
LIST: Final = ReplyWord("List", driver("GHI-DOC, ROS"))
"""SOCKL; server id (empty), id, connected, kind, octets waiting, address, port."""

PARSING_NETWORKS: Final = ReplyWord("Parsing Networks", driver("MBED, XC-GLOB"), maskable=True)
"""SCAN; number of network lines that follow."""
GPIO: Final = ReplyWord("Gpio", _STYLE)
"""GPIOR; number, value, direction (XC-UART reads these positions)."""
ADC: Final = ReplyWord("Adc", _STYLE)
"""ADC; value."""
RANDOM: Final = ReplyWord("Random", _STYLE)
"""RANDOM; number."""
TASK: Final = ReplyWord("Task", _STYLE)
"""RTOSSTS; name, state (X running, B blocked, S suspended, as FreeRTOS abbreviates them)."""
STATISTIC: Final = ReplyWord("Stat", _STYLE)
"""SSXSTS; what was counted since the start, how many."""
PING: Final = ReplyWord("Ping", _STYLE)
"""PING, for each answer; milliseconds (GHI hands the first field of the first line to its caller), octets."""
PING_LOST: Final = ReplyWord("Ping Lost", _STYLE)
"""PING, for each request without an answer; octets."""
PING_STATISTICS: Final = ReplyWord("Ping Statistics", _STYLE)
"""PING; requests, answers. For a count of 1 GHI reads three lines before OK."""
PING_TIMES: Final = ReplyWord("Ping Times", _STYLE)
"""PING; least, mean and greatest time in milliseconds."""
