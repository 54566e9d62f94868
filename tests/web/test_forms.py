"""Posted forms as octets."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.web.forms import MOST_FIELDS, Upload, decode_pairs, decode_uploads

LATIN = st.text(st.characters(max_codepoint=255))
PLAIN = st.text(st.characters(min_codepoint=0x23, max_codepoint=0x7E, exclude_characters='"/\\'), min_size=1)


@given(st.lists(st.tuples(LATIN, LATIN), max_size=20))
def test_pairs_come_back_as_a_browser_encoded_them(pairs: list[tuple[str, str]]) -> None:
    assert decode_pairs(urlencode(pairs, encoding="latin-1").encode()) == pairs


def test_octets_stay_octets() -> None:
    assert decode_pairs(b"a=%C3%BC+b&c=&d") == [("a", "\xc3\xbc b"), ("c", ""), ("d", "")]


def test_a_form_of_too_many_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        decode_pairs(b"&".join([b"a=1"] * (MOST_FIELDS + 1)))


def multipart(files: list[tuple[str, bytes]], boundary: str) -> bytes:
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n%s\r\n'
        % (boundary.encode(), name.encode("latin-1"), content)
        for name, content in files
    ]
    return b"".join(parts) + b"--%s--\r\n" % boundary.encode()


@given(st.lists(st.tuples(PLAIN, st.binary(max_size=200)), max_size=4))
def test_files_come_back_octet_for_octet(files: list[tuple[str, bytes]]) -> None:
    boundary = "----a boundary that no content holds"
    kind = f'multipart/form-data; boundary="{boundary}"'
    assert list(decode_uploads(kind, multipart(files, boundary))) == [Upload(*file) for file in files]


def test_fields_that_are_no_files_are_skipped_and_folders_dropped() -> None:
    body = (
        b'preamble\r\n--X\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n'
        b'--X\r\nContent-Disposition: form-data; name="f"; filename="C:\\dir\\a.txt"\r\n\r\nA\r\n--X--'
    )
    assert list(decode_uploads("multipart/form-data; boundary=X", body)) == [Upload("a.txt", b"A")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--X--"),
        ("multipart/form-data; boundary=", b"--X--"),
        ("multipart/form-data; boundary=X", b""),
        ("multipart/form-data; boundary=X", b"--X\r\nno end"),
        ("multipart/form-data; boundary=X", b"--X\r\nno head\r\n--X--"),
    ],
)
def test_what_is_no_form_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError, match="form"):
        list(decode_uploads(kind, body))


@given(st.binary(max_size=300))
def test_no_body_is_too_odd(body: bytes) -> None:
    try:
        uploads = list(decode_uploads("multipart/form-data; boundary=-", body))
    except ValueError:
        return
    assert all(upload.content in body for upload in uploads)
