"""Files that the timeline is written to, and what can go wrong with them."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from emulator.capture.recording import Recording
from emulator.capture.recordings import Recordings, Wanted
from emulator.capture.timeline import Entry, HostPresent, Timeline, UartSent
from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.surroundings.clock import RealClock
from firmware_model.events import Note, TlsSecrets
from tests.capture.test_json_lines import RUN

if TYPE_CHECKING:
    from pathlib import Path


class Numbers:
    """The simplest form: the number of each entry, a line each."""

    kinds = (Note,)
    secrets = False

    def begin(self) -> bytes:
        return b"begin\n"

    def take(self, entry: Entry) -> bytes:
        return b"%d\n" % entry.number

    def end(self) -> bytes:
        return b"end\n"


def numbers(timeline: Timeline, path: Path) -> Recording:
    return Recording(timeline, path, Numbers, b"begin\n")


@pytest.fixture
def timeline() -> Timeline:
    return Timeline(RealClock())


def test_it_records_from_start_to_stop(timeline: Timeline, tmp_path: Path) -> None:
    recording = numbers(timeline, tmp_path / "file")
    timeline.record(Note("before"))
    assert not recording.running
    recording.start()
    recording.start()
    assert recording.running
    timeline.record(Note("one"))
    timeline.record(UartSent(b"of no interest"))
    assert recording.path.read_text() == "begin\n2\n"
    timeline.record(Note("two"))
    recording.stop()
    recording.stop()
    timeline.record(Note("after"))
    assert recording.path.read_text() == "begin\n2\n4\nend\n"
    assert recording.failure is None
    with recording:
        timeline.record(Note("anew"))
    assert recording.path.read_text() == "begin\n6\nend\n"


def test_only_its_owner_may_read_it(timeline: Timeline, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch(0o644)
    with numbers(timeline, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_another_kind_stays_as_it_is(timeline: Timeline, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    with pytest.raises(FileExistsError, match="holds something else; choose another name or remove it") as failure:
        numbers(timeline, path).start()
    assert failure.value.filename == str(path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(("name", "words"), [("nowhere/file", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_opened(timeline: Timeline, tmp_path: Path, name: str, words: str) -> None:
    recording = numbers(timeline, tmp_path / name)
    with pytest.raises(OSError, match=words):
        recording.start()
    assert not recording.running


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")  # noqa: PTH110
def test_a_full_disk_at_the_start(timeline: Timeline, tmp_path: Path) -> None:
    recording = numbers(timeline, tmp_path / "file")
    recording.path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as failure:
        recording.start()
    assert failure.value.filename == str(recording.path)
    timeline.record(Note("nobody takes this"))


def test_a_disk_that_fills_up(timeline: Timeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four octets of an entry still fit: they are cut off again, and everything else goes on."""
    heard: list[Entry] = []
    recording = numbers(timeline, tmp_path / "file")
    recording.start()
    timeline.subscribe(heard.append)
    timeline.record(Note("one"))
    real = os.write

    def full(descriptor: int, octets: bytes) -> int:
        if len(octets) <= 4:
            raise OSError(28, "No space left on device")
        return real(descriptor, octets[:4])

    monkeypatch.setattr(Numbers, "take", lambda *_: b"longer than four\n")
    monkeypatch.setattr(os, "write", full)
    timeline.record(Note("two"))
    monkeypatch.undo()
    timeline.record(Note("three"))
    assert recording.path.read_text() == "begin\n1\n"
    assert recording.failure == "No space left on device"
    assert not recording.running
    assert [entry.number for entry in heard] == [1, 2, 3, 4]
    assert heard[2].event == Note(
        f"{recording.path}: No space left on device; the recording ends here, the module goes on"
    )
    recording.stop()


def test_the_suffix_chooses_the_form_of_the_timeline(timeline: Timeline, tmp_path: Path) -> None:
    recordings = Recordings(timeline, lambda: RUN)
    recordings.begin(Wanted(timeline=tmp_path / "a.jsonl"))
    text = recordings.timeline(tmp_path / "a.txt")
    timeline.record(Note("heard"))
    text.stop()
    timeline.record(HostPresent(True))
    recordings.end()
    assert list(recordings) == []
    header, *lines = (tmp_path / "a.txt").read_text().splitlines()
    assert header == (
        "# spwf04sx timeline, began 2000-01-01T00:00:00.000000+00:00: spwf04sx run --model SPWF04SA --firmware 1.1.0 "
        "--mac 00:80:E1:BD:00:39 --time instant --seed 7 --fault network=reset:100"
    )
    assert [line.split("#")[1] for line in lines] == ["1 note: heard"]
    events = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [event.get("event") for event in events] == [None, "note", "host_present"]


def test_secrets_are_in_no_timeline(timeline: Timeline, tmp_path: Path) -> None:
    recordings = Recordings(timeline, lambda: RUN)
    for name in ("a.jsonl", "a.txt"):
        recordings.timeline(tmp_path / name)
    timeline.record(TlsSecrets(b"R" * 32, b"S" * 48, 1))
    timeline.record(Note("heard"))
    recordings.end()
    for name in ("a.jsonl", "a.txt"):
        content = (tmp_path / name).read_text()
        assert "heard" in content
        assert "secret" not in content


def test_all_start_or_none(timeline: Timeline, tmp_path: Path) -> None:
    recordings = Recordings(timeline, lambda: RUN)
    with pytest.raises(OSError, match="No such file"):
        recordings.begin(Wanted(tmp_path / "a.jsonl", tmp_path / "nowhere" / "b"))
    assert list(recordings) == []


async def test_an_emulator_ends_its_recordings_with_itself(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with Emulator(Settings(recordings=Wanted(timeline=path), power_on="start", seed=1)) as emulator:
        await emulator.wait_for("+WIND:1:Poweron", 20)
        (recording,) = emulator.recordings
        assert recording.running
    assert not recording.running
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert events[0]["seed"] == 1
    assert "powered_on" in [event.get("event") for event in events]
