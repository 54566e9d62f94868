"""The markers of AN4965, with the examples of the note where it has one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.tables.errors import AtError, Error
from firmware_model.web.ssi import asks_for_input, fill_in, split_tokens

EXAMPLE = split_tokens(b"|aName|y| |aValue|someText|y|aName|aValue|someText| |")


class Values:
    def configuration(self, name: str) -> str:
        if name != "user_desc":
            raise AtError(Error.VARIABLE_NOT_FOUND)
        return "anonymous"

    def status(self, name: str) -> str:
        return f"status of {name}"

    def peer(self, name: str, number: int) -> str:
        return f"{name} of {number}"

    def adc(self, number: int) -> str:
        if number == 0:
            raise AtError(Error.ADC_CONVERSION_FAILED)
        return "1650"

    def gpio(self, number: int) -> str:
        return f"pin {number}"


def filled(marker: str, tokens: tuple[str, ...] = EXAMPLE) -> str:
    return fill_in(f"[{marker}]".encode("latin-1"), Values(), tokens).decode("latin-1")[1:-1]


def test_the_example_buffer_has_ten_tokens() -> None:
    assert EXAMPLE == ("aName", "y", " ", "aValue", "someText", "y", "aName", "aValue", "someText", " ")


@pytest.mark.parametrize(
    ("marker", "text"),
    [
        ("<!--|00|Input|0|-->", '<select name="aName" MULTIPLE>'),
        ("<!--|00|Input|9|-->", '<select name="">'),
        ("<!--|01|Input|3|-->", '<option SELECTED value="aValue">someText'),
        ("<!--|01|Input|7|-->", '<option value="aValue">someText'),
        ("<!--|02|-->", "</select>"),
        ("<!--|02|Input|0||-->", "</select>"),
        ("<!--|03|Input|2|-->", '<input type="checkbox" name="" value="aValue" CHECKED>someText'),
        ("<!--|04|Input|6|-->", '<input type="radio" name="aName" value="aValue">someText'),
        ("<!--|05|Input|6|-->", '<textarea name="aName" cols="aValue" rows="someText">'),
        ("<!--|07|-->", "</textarea>"),
        ("<!--|08|Input|6|-->", '<input type="text" name="aName" value="aValue" size="someText">'),
        ("<!--|09|Input|6|-->", '<input type="submit" name="aName" value="aValue">'),
        ("<!--|10|Input|6|-->", '<input type="reset" name="aName" value="aValue">'),
        ("<!--|11|Input|6|-->", '<input type="password" name="aName" value="aValue" size="someText">'),
        ("<!--|06|Input|4|-->", "someText"),
        ("<!--|06|Input|2|-->", ""),
        ("<!--|06|Input|10|-->", ""),
        ("<!--|06|Input|99999999999999999999|-->", ""),
        ("<!--|06|Input|four|-->", "aName"),
        ("<!--|06|DevConf|user_desc|-->", "anonymous"),
        ("<!--|06|DevConf|no_such|-->", ""),
        ("<!--|06|DevSts|build|-->", "status of build"),
        ("<!--|06|Peers|rx_rssi|0|-->", "rx_rssi of 0"),
        ("<!--|06|Peers|addr|1||-->", "addr of 1"),
        ("<!--|06|ADC|0|-->", ""),
        ("<!--|06|ADC|1|-->", "1650"),
        ("<!--|06|GpioR|13|-->", "pin 13"),
        ("<!--|06|Else|0|-->", ""),
        ("<!--|06|-->", ""),
        ("<!--|12|Input|0|-->", "<!--|12|Input|0|-->"),
        ("<!-- |06|Input|0| -->", "<!-- |06|Input|0| -->"),
        ("<!--|06|Input|0|>", "<!--|06|Input|0|>"),
        ("<!--|6|Input|0|-->", "<!--|6|Input|0|-->"),
    ],
)
def test_each_marker_becomes_its_text(marker: str, text: str) -> None:
    assert filled(marker) == text


def test_everything_around_the_markers_stays() -> None:
    page = b"\xff<!--|06|Input|0|--><!-- note -->\r\n<!--|06|Input|1|-->\x00"
    assert fill_in(page, Values(), ("hello", "w\xf6rld")) == b"\xffhello<!-- note -->\r\nw\xf6rld\x00"


@pytest.mark.parametrize(
    ("page", "asks"),
    [
        (b"<!--|06|Input|0|-->", True),
        (b"<!--|00|Input|0|-->", True),
        (b"<!--|11|Input|0|-->", True),
        (b"<!--|06|DevConf|user_desc|-->", False),
        (b"<!--|02|--><!--|07|-->", False),
        (b"<!--|99|Input|0|-->", False),
        (b"no marker", False),
    ],
)
def test_only_pages_with_tokens_ask_the_host(page: bytes, asks: bool) -> None:
    assert asks_for_input(page) is asks


@pytest.mark.parametrize(
    ("octets", "tokens"),
    [
        (b"|hello|world|", ("hello", "world")),
        (b"|hello|world", ("hello", "world")),
        (b"|10|20|30.3|40|55|\r", ("10", "20", "30.3", "40", "55", "\r")),
        (b";a|b;c;", ("a|b", "c")),
        (b"||a|", ("", "a")),
        (b"|", ()),
        (b"", ()),
    ],
)
def test_the_first_octet_separates_the_tokens(octets: bytes, tokens: tuple[str, ...]) -> None:
    assert split_tokens(octets) == tokens


@given(st.lists(st.sampled_from([b"<!--|", b"|-->", b"06", b"|", b"Input", b"0", b"<", b">", b"-", b"03", b"DevSts"])))
def test_no_page_is_too_odd(parts: list[bytes]) -> None:
    page = b"".join(parts)
    result = fill_in(page, Values(), EXAMPLE)
    assert (result == page) or b"<!--|" in page


@given(st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="|"), min_size=1)))
def test_tokens_come_out_as_they_were_joined(tokens: list[str]) -> None:
    octets = "".join(f"|{token}" for token in tokens).encode("latin-1")
    assert list(split_tokens(octets + b"|" if tokens else b"")) == tokens
