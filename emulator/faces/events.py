"""What can happen on the serial line, as values for the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.faces.face import FlowControl

if TYPE_CHECKING:
    from emulator.faces.face import LineErrors, LineSettings
    from firmware_model.outside import UartSettings


class HostSetUp(NamedTuple):
    """The host set up its end of the line."""

    settings: LineSettings

    def __str__(self) -> str:
        return f"the host's end: {described(self.settings)}"


class ModuleSetUp(NamedTuple):
    """The module set up its UART; None when it is off."""

    settings: UartSettings | None

    def __str__(self) -> str:
        if self.settings is None:
            return "the module's UART is off"
        flow = ", RTS/CTS" if self.settings.flow_control else ""
        return f"the module's UART: {self.settings.speed} bit/s 8N1{flow}"


class HostDrives(NamedTuple):
    """The host changed its modem lines; None for one that it has said nothing about."""

    dtr: bool | None
    rts: bool | None

    def __str__(self) -> str:
        words = (f"{name} {'on' if level else 'off'}" for name, level in self._asdict().items() if level is not None)
        return f"the host drives {', '.join(words).upper() or 'no modem line'}"


class HostBreak(NamedTuple):
    """The host began or ended a break."""

    asserted: bool

    def __str__(self) -> str:
        return f"the host {'sends a break, which the module ignores' if self.asserted else 'ends its break'}"


class ReceiverNoticed(NamedTuple):
    """The receiver at the host's end noticed something."""

    errors: LineErrors

    def __str__(self) -> str:
        names = (str(error.name).lower() for error in self.errors)
        return f"the host's receiver notices: {', '.join(names)}"


def described(settings: LineSettings) -> str:
    """Settings as people write them: ``115200 bit/s 8N1``."""
    speed = "any speed" if settings.baud_rate is None else f"{settings.baud_rate} bit/s"
    flow = "" if settings.flow_control in (None, FlowControl.NONE) else f", {settings.flow_control.value}"
    return f"{speed} {settings.data_bits}{settings.parity.value}{settings.stop_bits:g}{flow}"
