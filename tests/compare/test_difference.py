"""What counts as a difference, what may differ, and what the reference says about it."""

from __future__ import annotations

import pytest

from emulator.comparison.difference import NO_END, Comparison, Difference, Variation, compare
from emulator.comparison.evidence import Reference
from emulator.comparison.variation import normal
from emulator.transcript.player import Heard, heard_of
from emulator.transcript.script import Turn

AT = Turn("t.txt:1", (b"AT\r",))
SCAN = Turn("t.txt:2", (b"AT+S.SCAN=d\r",))
NETWORK = b"01:\tBSS 00:80:E1:00:00:0%d CHAN: %02d RSSI: -%d SSID: 'net %d' CAPS: 0431 WPA2: WPS\r\n"


def both(left: bytes, right: bytes, turn: Turn = AT) -> Comparison:
    return compare([heard_of(turn, left)], [heard_of(turn, right)])


def test_octets_are_taken_apart() -> None:
    heard = heard_of(AT, b"AT\r\n+WIND:1:x\r\nline\r\n\r\ncontentAT-S.OK\r\n+WIND:2:y\r\n")
    assert heard == Heard(AT, True, ("line", "", "content", "AT-S.OK"), ("+WIND:1:x", "+WIND:2:y"), True)
    assert heard_of(AT, b"AT-S.").complete is False


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("AT-S.OK:38728:1", "AT-S.OK:38729:1", "free heap"),
        ("AT-S.Date:26.11.24:02", "AT-S.Date:17.01.01:07", "time"),
        ("AT-S.Time:09.05.38", "AT-S.Time:00.00.01", "time"),
        (
            "AT-S.SubjectKeyId:" + "7F:D3" * 0 + ":".join(["7F"] * 20),
            "AT-S.SubjectKeyId:" + ":".join(["00"] * 20),
            "key identifier",
        ),
        (
            "+WIND:28:Station Associated:00:0F:00:4F:B1:3F:0",
            "+WIND:28:Station Associated:02:0F:00:4F:B1:3F:0",
            "address",
        ),
        ("+WIND:24:WiFi Up:0:192.168.0.50", "+WIND:24:WiFi Up:0:10.0.0.1", "address"),
        ("+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:39", "+WIND:24:WiFi Up::fe80:0:0:0:280:e1ff:febd:3a", "address"),
        ("+WIND:1:Poweron:171117-0328fe3-SPWF04S", "+WIND:1:Poweron:170216-fd39c59-SPWF04S", "firmware"),
        ("AT-S.Var:system_uptime=5", "AT-S.Var:system_uptime=6", "time"),
        ("AT-S.Var:fw_version=1.1.0", "AT-S.Var:fw_version=1.0.0", "firmware"),
        ("AT-S.Var:0.rx_rssi=-50", "AT-S.Var:0.rx_rssi=-60", "signal or channel"),
    ],
)
def test_what_may_differ(left: str, right: str, kind: str) -> None:
    assert normal(left).text == normal(right).text
    assert normal(left).kinds == {kind}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("AT-S.OK:38728:1", "AT-S.OK:38728:2"),
        ("AT-S.OK:38728", "AT-S.OK"),
        ("AT-S.Var:console_echo=1", "AT-S.Var:console_echo=0"),
        ("AT-S.ERROR:44:Wait for Connection Up", "AT-S.ERROR:44:Wait for connection up"),
        ("+WIND:24:WiFi Up:0:192.168.0.50", "+WIND:24:WiFi Up:192.168.0.50"),
        ("AT-S.Loading:1:2", "AT-S.Loading:1:1"),
    ],
)
def test_what_may_not(left: str, right: str) -> None:
    assert normal(left).text != normal(right).text


def test_the_same_reply() -> None:
    assert both(b"AT\r\nAT-S.OK\r\n", b"AT\r\nAT-S.OK\r\n") == Comparison(1, 1)


def test_lines_stand_side_by_side() -> None:
    result = both(
        b"AT-S.Skip CA\r\nAT-S.Loading:1:2\r\nAT-S.OK\r\n", b"AT-S.Loading:1:1\r\nAT-S.Loading:2:2\r\nAT-S.OK\r\n"
    )
    assert result.same == 0
    assert [(one.left, one.right) for one in result.differences] == [
        ("AT-S.Skip CA", "AT-S.Loading:1:1"),
        ("AT-S.Loading:1:2", "AT-S.Loading:2:2"),
    ]


def test_a_reply_without_an_end_and_one_that_varies() -> None:
    result = both(b"AT-S.Time:01.02.03\r\n", b"AT-S.Time:03.02.01\r\nAT-S.OK\r\n")
    assert result.differences == [Difference("t.txt:1", "AT", NO_END, "AT-S.OK")]
    assert result.variations == [Variation("time", "t.txt:1", "AT-S.Time:01.02.03", "AT-S.Time:03.02.01")]


def test_only_the_form_of_networks_counts() -> None:
    one = b"AT-S.Parsing Networks:2\r\n" + NETWORK % (1, 1, 50, 1) + NETWORK % (2, 11, 77, 2) + b"AT-S.OK\r\n"
    two = b"AT-S.Parsing Networks:1\r\n" + NETWORK % (9, 6, 33, 9) + b"AT-S.OK\r\n"
    assert both(one, two, SCAN).differences == []
    other_form = two.replace(b"RSSI: -", b"SIGNAL: ")
    assert len(both(one, other_form, SCAN).differences) == 1


def test_what_a_transcript_leaves_open_fits_anything() -> None:
    assert both(b"{body}AT-S.OK\r\n", b"two\r\nlinesAT-S.OK\r\n").differences == []
    assert both(b"AT-S.Update:{length}\r\nAT-S.OK\r\n", b"AT-S.Update:12\r\nAT-S.OK\r\n").differences == []
    assert len(both(b"AT-S.Update:{length}\r\nAT-S.OK\r\n", b"AT-S.Upload:12\r\nAT-S.OK\r\n").differences) == 1
    assert both(b"AT-S.OK\r\n+WIND:26:Started AP:{ssid}\r\n", b"AT-S.OK\r\n+WIND:26:Started AP:x\r\n").differences == []


def test_indications_may_come_at_another_moment() -> None:
    ok, wind = b"AT-S.OK\r\n", b"+WIND:21:WiFi Scanning\r\n"
    left = [heard_of(AT, ok + wind + wind), heard_of(SCAN, ok)]
    right = [heard_of(AT, ok), heard_of(SCAN, wind + ok)]
    result = compare(left, right)
    assert result.differences == []
    assert [variation.kind for variation in result.variations] == ["moment of indications"]
    assert result.variations[0].left == "+WIND:21:WiFi Scanning (2x, line 1)"


def test_indications_that_only_one_says_or_says_otherwise() -> None:
    result = both(b"AT-S.OK\r\n+WIND:7:x\r\n+WIND:8:a:1\r\n", b"AT-S.OK\r\n+WIND:8:a\r\n+WIND:9:y\r\n")
    assert [(one.left, one.right) for one in result.differences] == [
        ("+WIND:7:x", None),
        ("+WIND:8:a:1", "+WIND:8:a"),
        (None, "+WIND:9:y"),
    ]
    assert {one.command for one in result.differences} == {""}


def test_the_echo_is_a_setting() -> None:
    result = both(b"AT\r\nAT-S.OK\r\n", b"AT-S.OK\r\n")
    assert (result.differences, [variation.kind for variation in result.variations]) == ([], ["console_echo"])


@pytest.mark.parametrize(
    ("line", "command", "sheet", "label", "is_open"),
    [
        ("AT-S.ERROR:44:Wait for Connection Up", "AT+S.SOCKON=x,1,,t", "errors", "44", True),
        ("AT-S.ERROR:18:Radio not running", "AT+S.WIFI=0", "errors", "18", False),
        ("+WIND:10:MallocFailed", "", "indications", "10", True),
        ("AT-S.Var:console_echo=1", "AT+S.GCFG=console_echo", "variables", "console_echo", False),
        ("AT-S.Random:5", "AT+S.RANDOM", "replies", "Random", True),
        ("AT-S.Certificate Error:19", "AT+S.HTTPGET=x", "certificate-errors", "19", True),
        ("AT-S.OK", "AT+S.RESET", "commands", "AT+S.RESET", False),
    ],
)
def test_the_row_behind_a_line(line: str, command: str, sheet: str, label: str, is_open: bool) -> None:
    rows = [row for row in Reference().rows(line, command) if (row.sheet, row.label) == (sheet, label)]
    assert [row.is_open for row in rows] == [is_open]
    assert f"{sheet} {label}: " in str(rows[0])


def test_choices_about_a_command_are_named() -> None:
    rows = Reference().rows("AT-S.OK", "AT+S.RESET")
    assert any(row.sheet == "choices" and "RESET" in row.label for row in rows)


def test_what_a_module_says_by_the_way_depends_on_how_long_it_ran() -> None:
    result = both(b"AT-S.OK\r\n+WIND:21:WiFi Scanning\r\n", b"AT-S.OK\r\n")
    assert result.differences == []
    assert [(one.kind, one.right) for one in result.variations] == [
        ("moment of indications", "(not while this was played)")
    ]
