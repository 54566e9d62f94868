"""The container of images and the commands that make them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cli import main
from emulator.images import firmware_image, parse_key
from firmware_model.storage.volumes import File, parse_volume
from firmware_model.updates.image import Image, ImageError, Kind, parse_image

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(16))
NO_KEY = bytes(16)


@given(kind=st.sampled_from(Kind), payload=st.binary(max_size=300), key=st.none() | st.just(KEY))
def test_what_is_written_is_read(kind: Kind, payload: bytes, key: bytes | None) -> None:
    image = Image(kind, payload, "1.2.0", "181101-0000000-SPWF04S")
    assert parse_image(image.octets(key, bytes(16)), key or NO_KEY) == image


@given(damage=st.data())
def test_no_damage_to_the_payload_passes(damage: st.DataObject) -> None:
    octets = bytearray(firmware_image("1.2.0", size=200).octets())
    octets[-1 - damage.draw(st.integers(0, 199))] ^= damage.draw(st.integers(1, 255))
    with pytest.raises(ImageError, match="damaged"):
        parse_image(bytes(octets), NO_KEY)


@given(content=st.binary(max_size=300))
def test_anything_else_is_no_image(content: bytes) -> None:
    with pytest.raises(ImageError):
        parse_image(content, NO_KEY)


@pytest.mark.parametrize(
    ("old", "new"), [(b"kind=firmware", b"kind=toaster"), (b"length=", b"length=x"), (b"sha256=", b"md5=")]
)
def test_a_wrong_head_is_refused(old: bytes, new: bytes) -> None:
    octets = firmware_image("1.2.0", size=10).octets()
    with pytest.raises(ImageError):
        parse_image(octets.replace(old, new), NO_KEY)


def test_a_cut_image_is_refused() -> None:
    octets = firmware_image("1.2.0", size=100).octets()
    with pytest.raises(ImageError, match="damaged"):
        parse_image(octets[:-1], NO_KEY)


def test_another_key_is_noticed() -> None:
    octets = firmware_image("1.2.0", size=100).octets(KEY, os.urandom(16))
    with pytest.raises(ImageError, match="another key"):
        parse_image(octets, NO_KEY)


def test_the_command_makes_a_firmware_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "fw.img"
    assert main(["image", "firmware", "--version", "1.2.0", "--size", "1000", str(output)]) == 0
    image = parse_image(output.read_bytes(), NO_KEY)
    assert (image.kind, image.version, len(image.payload)) == (Kind.FIRMWARE, "1.2.0", 1000)
    assert capsys.readouterr().out == f"{output}: firmware image, {output.stat().st_size} octets\n"


def test_the_command_makes_an_encrypted_file_system_image(tmp_path: Path) -> None:
    files, output = tmp_path / "files", tmp_path / "fs.img"
    (files / "left out").mkdir(parents=True)
    (files / "index.html").write_bytes(b"<html>")
    (files / "a.txt").write_bytes(b"")
    assert main(["image", "filesystem", str(files), "--key", KEY.hex(":"), str(output)]) == 0
    image = parse_image(output.read_bytes(), KEY)
    assert image.kind is Kind.USER
    assert list(parse_volume(image.payload)) == [File("a.txt", b""), File("index.html", b"<html>")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["firmware", "--version", "9.9.9", "OUT"], "there is no firmware '9.9.9'"),
        (["firmware", "--version", "1.2.0", "--size", "-1", "OUT"], "octets of filler"),
        (["firmware", "--version", "1.2.0", "--build", "\n", "OUT"], "64 printable ASCII"),
        (["firmware", "--version", "1.2.0", "--key", "00", "OUT"], "is no key"),
        (["filesystem", "DIR", "--volume", "tape", "OUT"], "there is no volume 'tape'"),
    ],
)
def test_what_cannot_be_made_is_explained(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"OUT": str(tmp_path / "out"), "DIR": str(tmp_path)}
    assert main(["image", *(places.get(word, word) for word in arguments)]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_directory_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing"
    assert main(["image", "filesystem", str(missing), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"spwf04sx: {missing}: No such file or directory\n"


def test_a_key_needs_16_octets() -> None:
    assert parse_key("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f") == KEY
    with pytest.raises(ValueError, match="is no key"):
        parse_key("0001")
