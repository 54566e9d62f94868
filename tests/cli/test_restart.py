"""Emulators that end and begin under an open host, and two that want the same name."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
import serial

from tests.cli.test_run import ready, running

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 20.0
OK = b"AT-S.OK\r\n"


def opened(link: Path) -> serial.Serial:
    return serial.Serial(str(link), 115200, timeout=PATIENCE)


def ask(host: serial.Serial) -> bytes:
    host.write(b"AT\r")
    return host.read_until(OK)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_host_is_hung_up_when_the_emulator_ends_and_finds_the_next_one_under_the_same_name(
    end: signal.Signals, tmp_path: Path
) -> None:
    link = tmp_path / "ttyWIFI"
    with running("--link", link) as first:
        ready(first)
        host = opened(link)
        assert ask(host).endswith(OK)
        first.send_signal(end)
        first.wait(PATIENCE)
    # A killed emulator leaves its name behind, one that ends takes it away; the next one does not mind.
    assert link.is_symlink() == (end == signal.SIGKILL)
    with running("--link", link) as second:
        ready(second)
        with pytest.raises((serial.SerialException, OSError)):
            host.read(1)
        with pytest.raises((serial.SerialException, OSError)):
            host.write(b"AT\r")
        host.close()
        with opened(link) as host:
            assert ask(host).endswith(b"+WIND:3:Watchdog Running:20\r\nAT\r\nAT-S.OK\r\n")


def test_of_two_emulators_that_race_for_a_name_one_gets_it(tmp_path: Path) -> None:
    link = tmp_path / "ttyWIFI"
    with running("--link", link) as one, running("--link", link) as other:
        words = {process: ready(process) for process in (one, other)}
        winners = [process for process, line in words.items() if line.startswith("ready ")]
        losers = [process for process, line in words.items() if not line]
        assert (len(winners), len(losers)) == (1, 1)
        assert losers[0].stderr is not None
        assert "is in use by another running emulator" in losers[0].stderr.read()
        with opened(link) as host:
            assert ask(host).endswith(OK)
