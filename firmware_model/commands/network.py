"""Network services: the time by NTP, and ping."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

from firmware_model.console.declaration import Replies, command
from firmware_model.console.parameters import HostName, Integer
from firmware_model.tables import replies
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.sources import driver

if TYPE_CHECKING:
    from firmware_model.module import Module

_Count = Annotated[int, Integer(1, 255)]
_Size = Annotated[int, Integer(1, 1472, above=Error.ARGUMENT_TOO_LARGE)]


@command("NTP", spi_id=0x38, source=driver("XC-CMD"))
async def update_time(module: Module) -> None:
    """Set the time from an NTP server."""
    await module.ntp.update()


@command("PING", spi_id=0x39, source=driver("GHI, XC-CONST"))
async def ping(module: Module, count: _Count = 1, size: _Size = 56, *, hostname: HostName) -> Replies:
    """Ask a host for an echo, once or several times."""
    times: list[float] = []
    async with aclosing(module.pinger.echoes(hostname, count, size)) as echoes:
        async for seconds in echoes:
            if seconds is None:
                yield replies.PING_LOST(size)
            else:
                times.append(1000 * seconds)
                yield replies.PING(round(times[-1]), size)
    yield replies.PING_STATISTICS(count, len(times))
    if not times:
        raise AtError(Error.REQUEST_FAILED)
    yield replies.PING_TIMES(round(min(times)), round(sum(times) / len(times)), round(max(times)))
