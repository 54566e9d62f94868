"""What may differ from one run to the next without meaning anything, and how a line looks without it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Rule(NamedTuple):
    """Something that varies: what it is called, where it stands, and what stands for it in a line without it."""

    kind: str
    pattern: re.Pattern[str]
    stand_in: str


def _rule(kind: str, pattern: str, stand_in: str) -> Rule:
    return Rule(kind, re.compile(pattern, re.IGNORECASE), stand_in)


_VARYING: Final = {
    "free heap": "free_heap|min_heap",
    "time": "system_time|system_uptime|system_sleeptime",
    "random number": "random_number",
    "restarts": "nv_power_cycles|nv_wdog_resets|nv_reset_cycles|reset_reason|startup",
    "signal or channel": r"wifi_channelnum|wifi_chan_activity|\d+\.rx_rssi|\d+\.\w*rate\w*",
    "serial number": "nv_serial",
    "firmware": "build|fw_version|boot_version|var_version",
}
"""The variables of STS, GCFG and PEERS whose value says when or where, not how."""

RULES: Final = (
    *(_rule(kind, rf"^(AT-S\.Var:(?:{names}))=.*$", r"\1=<*>") for kind, names in _VARYING.items()),
    _rule("free heap", r"^(AT-S\.OK):\d+", r"\1:<heap>"),
    _rule("time", r"^(AT-S\.Date):.*$", r"\1:<date>"),
    _rule("time", r"^(AT-S\.Time):.*$", r"\1:<time>"),
    _rule("random number", r"^(AT-S\.Random):.*$", r"\1:<random>"),
    _rule("time", r"^(AT-S\.Ping(?: Times)?):.*$", r"\1:<time>"),
    _rule("key identifier", r"\b(?:[0-9A-F]{2}:){19}[0-9A-F]{2}\b", "<key>"),
    _rule("address", r"\b(?:[0-9A-F]{2}:){5}[0-9A-F]{2}\b", "<mac>"),
    _rule(
        "address", r"\b(?:[0-9A-F]{1,4}:){7}[0-9A-F]{1,4}\b|\b[0-9A-F]{1,4}(?::[0-9A-F]{1,4})*::[0-9A-F:]*", "<ipv6>"
    ),
    _rule("address", r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "<ipv4>"),
    _rule("firmware", r"\b\d{6}-[0-9A-F]{7}-SPWF04S\b|\bSPWF04S-\d{6}-[0-9A-F]{7}\b", "<build>"),
    _rule("signal or channel", r"\bRSSI: ?-?\d+", "RSSI <dBm>"),
)
_SCAN_COUNT: Final = re.compile(r"^(AT-S\.Parsing Networks):\d+$")
_SCAN_SHAPE: Final = ((re.compile(r"'[^']*'"), "'<ssid>'"), (re.compile(r"\b[0-9A-F]*\d[0-9A-F]*\b"), "<n>"))
_SECURITY: Final = re.compile(r"\b(?:WPA2?|WEP|WPS|TKIP|CCMP|PSK|ENT|802\.1X)\b:?", re.IGNORECASE)


class Normal(NamedTuple):
    """A line without what varies, and the kinds of what was taken out."""

    text: str
    kinds: frozenset[str] = frozenset()


def normal(line: str) -> Normal:
    """Take out of a line what may differ from run to run."""
    kinds = set()
    for rule in RULES:
        line, count = rule.pattern.subn(rule.stand_in, line)
        if count:
            kinds.add(rule.kind)
    return Normal(line, frozenset(kinds))


def normal_reply(lines: tuple[str, ...]) -> tuple[Normal, ...]:
    """Take out of a reply what may differ; of a list of networks the form of its lines is left, each once."""
    result: list[Normal] = []
    networks: set[str] = set()
    scanning = False
    for line in lines:
        if _SCAN_COUNT.match(line):
            scanning = True
            result.append(Normal(_SCAN_COUNT.sub(r"\1:<n>", line), frozenset({"list of networks"})))
        elif scanning and not line.startswith("AT-S."):
            networks.add(_shape(line))
        else:
            result += [Normal(shape, frozenset({"list of networks"})) for shape in sorted(networks)]
            networks.clear()
            scanning = False
            result.append(normal(line))
    return (*result, *(Normal(shape, frozenset({"list of networks"})) for shape in sorted(networks)))


def _shape(line: str) -> str:
    """The form of a line about a network: names, numbers and kinds of security say nothing about it."""
    line = normal(line).text
    for pattern, stand_in in _SCAN_SHAPE:
        line = pattern.sub(stand_in, line)
    return " ".join(_SECURITY.sub("", line).split())
