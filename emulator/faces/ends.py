"""How the two ends of the serial line are set up, and what follows from both together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from emulator.faces.face import FACTORY_SPEED, FlowControl, LineSettings
from emulator.faces.waveform import Frame

if TYPE_CHECKING:
    from firmware_model.outside import UartSettings


@dataclass(frozen=True)
class Ends:
    """The host's end and the module's, which is None until the module has started for the first time."""

    host: LineSettings
    module: UartSettings | None

    @cached_property
    def module_frame(self) -> Frame:
        """How the module sends and expects octets; before its first start, as the host does."""
        if self.module is None:
            return Frame(self.host.baud_rate or FACTORY_SPEED, *self.host[1:4])
        return Frame(self.module.speed)

    @cached_property
    def host_frame(self) -> Frame:
        """How the host sends and expects octets; at the module's speed where nobody knows.

        Where that is as the module does, it is the same object, which a receiver sees without comparing.
        """
        frame = Frame(self.host.baud_rate or self.module_frame.rate, *self.host[1:4])
        return self.module_frame if frame == self.module_frame else frame

    @property
    def module_heeds_rts(self) -> bool:
        """Whether the module sends only while the host asserts RTS."""
        return self.module is not None and self.module.flow_control

    @cached_property
    def stop_each_other(self) -> bool:
        """Whether each end stops the other before its buffer is full, so that nothing is lost."""
        return self.module_heeds_rts and self.host.flow_control in (None, FlowControl.HARDWARE)

    @cached_property
    def understand_each_other(self) -> bool:
        """Whether each end hears what the other one sends."""
        return self.host_frame.understands(self.module_frame)

    @property
    def module_settings(self) -> LineSettings:
        """The module's end in the words of the host's."""
        if self.module is None:
            return LineSettings(FACTORY_SPEED, flow_control=FlowControl.NONE)
        flow_control = FlowControl.HARDWARE if self.module.flow_control else FlowControl.NONE
        return LineSettings(self.module.speed, flow_control=flow_control)

    def why_garbage(self) -> str:
        """One line that says what does not fit, and what to do."""
        host, module = self.host_frame, self.module_frame
        what = f"the host's end is set to {host}, the module's UART to {module}: each hears garbage"
        if host[1:3] != module[1:3]:
            return f"{what}; set the host to {module}"
        change = f"console_speed to {host.rate} (over {module.rate} bit/s, with AT+S.WCFG and a reset)"
        return f"{what}; set the host to {module.rate}, or {change}"

    def why_host_loses(self) -> str:
        """One line that says why octets for a host that does not read are lost, and what to do."""
        if self.module_heeds_rts:
            return "the host does not read: octets for it are lost, because its end is set up without RTS/CTS"
        return "the host does not read: octets for it are lost; read in time, or use RTS/CTS (console_hwfc)"

    def why_module_loses(self) -> str:
        """One line that says why octets from the host are lost, and what to do."""
        if self.module_heeds_rts:
            return "the module is busy: octets from the host are lost, because its end is set up without RTS/CTS"
        return "the module is busy: octets from the host are lost; wait for replies, or use RTS/CTS (console_hwfc)"
