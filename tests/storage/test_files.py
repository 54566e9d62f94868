from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_model.events import Note
from firmware_model.storage.configuration import Configuration
from firmware_model.storage.files import USER_AREA, Entry, FileSystem
from firmware_model.storage.volumes import MAXIMUM_FILES, USER_FLASH_CAPACITY, VolumeNumber
from firmware_model.tables.errors import AtError, Error
from tests.doubles import FallibleFlash, RecordingTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = {"index.html": b"<p>hello</p>"}
RAM_DISK = 16 * 1024
EXTERNAL = 8 * 1024 * 1024


class Bench:
    """A file system with everything it depends on."""

    def __init__(self, flash: FallibleFlash | None = None, *, external: int = 0) -> None:
        self.flash = flash or FallibleFlash()
        self.timeline = RecordingTimeline()
        self.configuration = Configuration(self.flash, self.timeline)
        self.files = FileSystem(self.flash, self.timeline, self.configuration, PAGES, external)

    def fails_with(self, error: Error, action: Callable[[], object]) -> None:
        before = (list(self.files.list()), dict(self.flash.areas))
        with pytest.raises(AtError) as failure:
            action()
        assert failure.value.error is error
        assert (list(self.files.list()), dict(self.flash.areas)) == before


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("path", "volume", "name"),
    [
        ("a.txt", VolumeNumber.RAM, "a.txt"),
        ("/a.txt", VolumeNumber.RAM, "a.txt"),
        ("\\a.txt", VolumeNumber.RAM, "a.txt"),
        ("2:/a.txt", VolumeNumber.RAM, "a.txt"),
        ("1:/a.txt", VolumeNumber.USER_FLASH, "a.txt"),
        ("1:a.txt", VolumeNumber.USER_FLASH, "a.txt"),
        ("1:\\a.txt", VolumeNumber.USER_FLASH, "a.txt"),
        ("3:/uPython_test.py", VolumeNumber.APPLICATION_FLASH, "uPython_test.py"),
        ("", VolumeNumber.RAM, ""),
    ],
)
def test_a_path_names_volume_and_file(bench: Bench, path: str, volume: VolumeNumber, name: str) -> None:
    assert bench.files.resolve(path) == (volume, name)


@pytest.mark.parametrize("path", ["0:/a.txt", "4:/a.txt", "9:a.txt"])
def test_a_volume_that_is_not_there_gives_error_29(bench: Bench, path: str) -> None:
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.resolve(path))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.read(path))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.write(path, b"x"))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.rename(path, "b"))


@pytest.mark.parametrize("prefix", ["", "1:/"])
def test_writing_creates_then_appends_unless_told_to_replace(bench: Bench, prefix: str) -> None:
    path = f"{prefix}log.txt"
    bench.files.write(path, b"one")
    bench.files.write(path, b"two")
    assert bench.files.read(path) == b"onetwo"
    bench.files.write(path, b"three", append=False)
    assert bench.files.read(path) == b"three"
    assert bench.files.size(path) == 5


def test_letter_case_is_ignored_to_find_and_kept_to_list(bench: Bench) -> None:
    bench.files.write("Config.TXT", b"a")
    bench.files.write("/config.txt", b"b")
    assert bench.files.read("CONFIG.txt") == b"ab"
    assert Entry("D", 2, "Config.TXT") in bench.files.list()


def test_the_list_shows_letter_size_and_name_by_volume(bench: Bench) -> None:
    bench.files.write("/b", b"12")
    bench.files.write("1:/c", b"123")
    bench.files.write("/a", b"")
    assert list(bench.files.list()) == [
        Entry("I", 3, "c"),
        Entry("D", 2, "b"),
        Entry("D", 0, "a"),
        Entry("A", len(PAGES["index.html"]), "index.html"),
    ]


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a*", "a\nb", "..", "\u20ac", "x" * 256])
def test_a_name_that_fat_forbids_gives_error_51(bench: Bench, name: str) -> None:
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.write(f"1:/{name}", b"x"))


def test_a_missing_file_gives_the_error_of_the_operation(bench: Bench) -> None:
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.read("/none"))
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.size("/none"))
    bench.fails_with(Error.DELETE_FAILED, lambda: bench.files.delete("/none"))
    bench.fails_with(Error.RENAME_FAILED, lambda: bench.files.rename("/none", "/b"))


def test_a_file_without_volume_is_looked_up_on_the_ram_disk_only(bench: Bench) -> None:
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.read("index.html"))
    assert bench.files.read("3:/index.html") == PAGES["index.html"]


def test_deleting_frees_the_room(bench: Bench) -> None:
    bench.files.write("/a", b"x" * 1000)
    assert bench.files.free() == RAM_DISK - 1000
    bench.files.delete("/A")
    assert bench.files.free(VolumeNumber.RAM) == RAM_DISK


def test_renaming_keeps_content_and_place(bench: Bench) -> None:
    for name in ("1:/a", "1:/b"):
        bench.files.write(name, name.encode())
    bench.files.rename("1:/a", "/c")
    bench.files.rename("1:/b", "1:/B")
    assert [entry.name for entry in bench.files.list()] == ["c", "B", "index.html"]
    assert bench.files.read("1:/C") == b"1:/a"


@pytest.mark.parametrize("new", ["/b", "/B", "1:/c", "/a*", ""])
def test_a_rename_that_cannot_be_gives_error_55(bench: Bench, new: str) -> None:
    bench.files.write("/a", b"a")
    bench.files.write("/b", b"b")
    bench.fails_with(Error.RENAME_FAILED, lambda: bench.files.rename("/a", new))


def test_the_application_flash_is_read_only(bench: Bench) -> None:
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.write("3:/index.html", b"x"))
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.write("3:/new", b"x"))
    bench.fails_with(Error.DELETE_FAILED, lambda: bench.files.delete("3:/index.html"))
    bench.fails_with(Error.RENAME_FAILED, lambda: bench.files.rename("3:/index.html", "b"))


def test_application_files_that_do_not_fit_are_refused() -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="52224"):
        FileSystem(bench.flash, bench.timeline, bench.configuration, {"a": bytes(52_225)})


@pytest.mark.parametrize(
    ("path", "capacity", "error"),
    [
        ("/a", RAM_DISK, Error.RAM_DISK_FAILED),
        ("1:/a", USER_FLASH_CAPACITY, Error.FLASH_WRITE_FAILED),
    ],
)
def test_a_full_volume_takes_not_one_octet_more(bench: Bench, path: str, capacity: int, error: Error) -> None:
    bench.files.write(path, bytes(capacity - 1))
    bench.files.write(path, b"x")
    bench.fails_with(error, lambda: bench.files.write(path, b"x"))
    bench.fails_with(error, lambda: bench.files.write(path, bytes(capacity + 1), append=False))
    bench.files.write(path, bytes(capacity), append=False)
    assert bench.files.size(path) == capacity


def test_empty_files_fill_a_volume_as_well(bench: Bench) -> None:
    for number in range(MAXIMUM_FILES):
        bench.files.write(f"/{number}", b"")
    bench.fails_with(Error.RAM_DISK_FAILED, lambda: bench.files.write("/one more", b""))


def test_a_failing_flash_gives_error_101_and_costs_nothing(bench: Bench) -> None:
    bench.files.write("1:/a", b"old")
    bench.flash.broken = True
    bench.fails_with(Error.FLASH_WRITE_FAILED, lambda: bench.files.write("1:/a", b"new"))
    bench.fails_with(Error.FLASH_WRITE_FAILED, lambda: bench.files.write("1:/b", b"new"))
    bench.fails_with(Error.FLASH_WRITE_FAILED, lambda: bench.files.delete("1:/a"))
    bench.fails_with(Error.FLASH_WRITE_FAILED, lambda: bench.files.rename("1:/a", "b"))
    bench.fails_with(Error.UNMOUNT_FAILED, lambda: bench.files.unmount(1, erase=True))
    bench.fails_with(Error.READ_FAILED, lambda: bench.files.read("1:/a"))
    bench.flash.broken = False
    assert bench.files.read("1:/a") == b"old"
    assert bench.files.free(1) == USER_FLASH_CAPACITY - 3


def test_external_memory_that_fails_is_noticed_when_the_file_is_closed() -> None:
    bench = Bench(external=EXTERNAL)
    bench.files.write("0:/a", b"old")
    bench.flash.broken = True
    bench.fails_with(Error.CLOSE_FAILED, lambda: bench.files.write("0:/a", b"new"))
    bench.fails_with(Error.OPEN_DIRECTORY_FAILED, bench.files.check_directories)
    bench.flash.broken = False
    assert bench.files.read("0:/a") == b"old"


def test_a_refused_write_does_not_touch_the_flash(bench: Bench) -> None:
    bench.files.write("1:/a", b"x")
    bench.fails_with(Error.FLASH_WRITE_FAILED, lambda: bench.files.write("1:/a", bytes(USER_FLASH_CAPACITY)))
    assert bench.flash.stores == 1


def test_a_reset_empties_the_ram_disk_and_keeps_the_flash(bench: Bench) -> None:
    bench.files.write("/a", b"ram")
    bench.files.write("1:/a", b"flash")
    bench.files.reset()
    bench.fails_with(Error.OPEN_FAILED, lambda: bench.files.read("/a"))
    assert bench.files.read("1:/a") == b"flash"
    assert Bench(bench.flash).files.read("1:/a") == b"flash"


def test_the_ram_disk_has_the_configured_size_after_a_reset(bench: Bench) -> None:
    bench.configuration.set("ramdisk_memsize", "18")
    assert bench.files.free() == RAM_DISK
    bench.files.reset()
    assert bench.files.free() == 18 * 1024


names = st.text(st.sampled_from("abcXYZ0 .-_\xe9"), min_size=1, max_size=12).filter(lambda name: name.strip(". "))


@given(contents=st.dictionaries(names, st.binary(max_size=300), max_size=8))
def test_any_set_of_files_survives_a_power_cycle(contents: dict[str, bytes]) -> None:
    bench = Bench()
    for name, content in contents.items():
        bench.files.write(f"1:/{name}", content, append=False)
    before = [(entry, bench.files.read(f"1:/{entry.name}")) for entry in bench.files.list() if entry.letter == "I"]
    files = Bench(bench.flash).files
    assert [(entry, files.read(f"1:/{entry.name}")) for entry in files.list() if entry.letter == "I"] == before
    assert len(before) == len({name.lower() for name in contents})


@given(damage=st.data())
def test_a_damaged_volume_stays_unmounted_and_untouched(damage: st.DataObject) -> None:
    bench = Bench()
    bench.files.write("1:/a\xe9.txt", b"content\n12 more\n")
    image = bytearray(bench.flash.areas[USER_AREA])
    image[damage.draw(st.integers(0, len(image) - 1))] ^= damage.draw(st.integers(1, 255))
    damaged = Bench(FallibleFlash({USER_AREA: bytes(image)}))
    assert not damaged.files.mounted(1)
    damaged.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: damaged.files.write("1:/b", b"x"))
    damaged.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: damaged.files.mount(1))
    assert damaged.flash.areas == {USER_AREA: bytes(image)}
    assert {type(event) for event in damaged.timeline.events} == {Note}
    damaged.files.unmount(1, erase=True)
    damaged.files.mount(1)
    assert damaged.files.free(1) == USER_FLASH_CAPACITY


def test_unmounting_hides_a_volume_until_it_is_mounted_again(bench: Bench) -> None:
    bench.files.write("1:/a", b"x")
    bench.files.unmount(1)
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.read("1:/a"))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.unmount(1))
    bench.files.mount(1)
    bench.files.mount(1)
    assert bench.files.read("1:/a") == b"x"
    assert [entry.letter for entry in bench.files.list()] == ["I", "A"]


def test_erasing_takes_the_files_but_never_those_of_the_application_flash(bench: Bench) -> None:
    bench.files.write("1:/a", b"x")
    bench.files.unmount(1, erase=True)
    assert bench.flash.areas == {}
    bench.fails_with(Error.UNMOUNT_FAILED, lambda: bench.files.unmount(3, erase=True))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.unmount(7, erase=True))
    bench.fails_with(Error.VOLUME_NOT_MOUNTED, lambda: bench.files.mount(7))


def test_external_memory_is_mounted_where_it_is_fitted() -> None:
    bench = Bench(external=EXTERNAL)
    assert bench.files.mounted(0)
    bench.files.write("0:/index.fhtml", b"x")
    assert Entry("X", 1, "index.fhtml") in bench.files.list()
    assert Bench(bench.flash, external=EXTERNAL).files.read("0:/index.fhtml") == b"x"


def test_an_sd_card_becomes_the_default_volume_once_it_is_configured() -> None:
    bench = Bench(external=EXTERNAL)
    assert bench.files.resolve("a")[0] is VolumeNumber.RAM
    bench.configuration.set("ext_volume", "1")
    assert bench.files.resolve("a")[0] is VolumeNumber.EXTERNAL
    bench.files.unmount(0)
    assert bench.files.resolve("a")[0] is VolumeNumber.RAM
