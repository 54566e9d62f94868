"""Commands for ST's own tests; hosts have no use for them.

Of their replies nothing is known, and neither are the magic words that open the factory's ones: every word is wrong
here (assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from firmware_model.console.declaration import Data, Replies, command
from firmware_model.console.parameters import HostName, Integer, Keyword, Port, Word
from firmware_model.radio.state import WifiState
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module

_ST = driver("XC-CMD")
_Length = Annotated[int, Integer(1, 0xFFFF)]
_Level = Annotated[str, Keyword(("low", "high", "hsi", "sys"))]
_Protocol = Annotated[str, Keyword(("t", "u"))]


@command("RTOSSTS", spi_id=0x06, source=_ST)
async def show_tasks(module: Module) -> Replies:
    """Show the tasks: X running, B blocked, S suspended."""
    yield replies.TASK("Console", "X")
    yield replies.TASK("WiFi", "B" if module.radio.state >= WifiState.IDLE else "S")
    yield replies.TASK("Python", "B" if module.python.runs_beside_the_console else "S")


@command("SSXSTS", spi_id=0x07, source=_ST)
async def show_network_statistics(module: Module) -> Replies:
    """Show how many connections were opened, failed and closed since the start."""
    for name, count in module.statistics:
        yield replies.STATISTIC(name, count)


@command("NVW", spi_id=0x0D, source=_ST)
async def write_factory_data(module: Module, magic: Word) -> None:
    """Write the factory data; no magic word is known."""
    raise _refusal(module, "NVW", magic, Error.INVALID_ARGUMENTS)


@command("MFGTEST", spi_id=0x0E, source=_ST)
async def run_factory_test(module: Module, magic: Word, level: _Level) -> None:
    """Run a test of the factory; no magic word is known."""
    raise _refusal(module, f"MFGTEST {level}", magic, Error.MFG_TEST_FAILED)


@command("CMDREQ", spi_id=0x31, source=_ST)
async def request_of_radio(module: Module, length: _Length, data: Data) -> None:
    """Pass the data that follows to the radio's processor, which does not answer here."""
    await data.read(length)
    module.note("CMDREQ: the radio has no processor that could carry out a debug request")
    raise AtError(Error.REQUEST_FAILED)


@command("SELFTEST", spi_id=0x4F, source=_ST)
async def exchange_packets(
    module: Module,
    magic: Word,
    hostname: HostName,
    port: Port,
    number: _Length,
    size: _Length,
    protocol: _Protocol,
) -> None:
    """Exchange packets with an echo server, over TCP (t) or UDP (u); no magic word is known."""
    test = f"SELFTEST with {number} x {size} octets to {hostname}:{port} ({protocol})"
    raise _refusal(module, test, magic, Error.MFG_TEST_FAILED)


def _refusal(module: Module, what: str, magic: str, error: Error) -> AtError:
    module.note(f"{what}: '{magic}' is not the magic word, which only ST knows")
    return AtError(error)
