"""The module as pages and forms see it: values to show (code 06) and functions to call."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from firmware_model.console.parameters import Integer
from firmware_model.pins import Edge
from firmware_model.power import PowerMode
from firmware_model.tables.errors import AtError, Error
from firmware_model.tables.pins import FULL_SCALE, HIGHEST_FREQUENCY, PWM_PINS

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_model.pins import Pins
    from firmware_model.power import Power
    from firmware_model.radio.radio import Radio
    from firmware_model.status import StatusReport
    from firmware_model.storage.configuration import Configuration

_PIN: Final = Integer(0, 0xFF, above=Error.GPIO_NUMBER_INVALID)
_LEVEL: Final = Integer(0, 1)
_MILLIVOLTS: Final = Integer(0, FULL_SCALE, above=Error.VOLTAGE_NOT_ALLOWED)
_FREQUENCY: Final = Integer(0, HIGHEST_FREQUENCY, above=Error.FREQUENCY_NOT_SUPPORTED)
_DUTY: Final = Integer(0, 100, above=Error.DUTY_CYCLE_NOT_SUPPORTED)
_MODES: Final = MappingProxyType(
    {
        "out": (True, Edge.NONE),
        "in": (False, Edge.NONE),
        "in_r": (False, Edge.RISING),
        "in_f": (False, Edge.FALLING),
        "in_b": (False, Edge.BOTH),
    }
)


class Device:
    """Reads and changes the parts of one module; texts are what stands in a marker or a form."""

    def __init__(
        self,
        configuration: Configuration,
        status: StatusReport,
        radio: Radio,
        pins: Pins,
        power: Power,
        now: Callable[[], float],
    ) -> None:
        """``now`` is the module's time, seconds since 1970."""
        self.now = now
        self._configuration = configuration
        self._status = status
        self._radio = radio
        self._pins = pins
        self._power = power

    def configuration(self, name: str) -> str:
        """A configuration variable. Raises AtError 4."""
        return self._configuration.get(name)

    def status(self, name: str) -> str:
        """A status variable. Raises AtError 4."""
        return _only(dict(self._status.select(name))) if name else ""

    def peer(self, name: str, number: int) -> str:
        """A variable of one peer. Raises AtError 4 or 7."""
        return _only(dict(self._radio.peers.select(number, name))) if name else ""

    def adc(self, _number: int) -> str:
        """The one analogue input, millivolts; ST's pages ask for number 0. Raises AtError 47."""
        return str(self._pins.convert())

    def gpio(self, number: int) -> str:
        """The level on a pin. Raises AtError 20."""
        return str(self._pins.read(number).level)

    def configure_pin(self, number: str, mode: str) -> None:
        """Make a GPIO of a pin. Raises AtError 19..24."""
        if mode not in _MODES:
            raise AtError(Error.DIRECTION_INVALID)
        is_output, edge = _MODES[mode]
        self._pins.configure(_PIN.parse(number), is_output=is_output, edge=edge)

    def write_pin(self, number: str, level: str) -> None:
        """Set the level of an output. Raises AtError 7 or 20."""
        self._pins.write(_PIN.parse(number), _LEVEL.parse(level))

    def set_voltage(self, millivolts: str) -> None:
        """Put a voltage out, or switch the converter off with 0. Raises AtError 7 or 25."""
        self._pins.set_dac(_MILLIVOLTS.parse(millivolts))

    def set_pulses(self, number: str, frequency: str, duty: str) -> None:
        """Let the PWM of pin 2 or 4 run; frequency 0 stops it (assumed). Raises AtError 7, 20, 26, 27 or 28."""
        pin = _PIN.parse(number)
        if pin not in PWM_PINS:
            raise AtError(Error.GPIO_NUMBER_INVALID)
        pwm = PWM_PINS.index(pin)
        hertz = _FREQUENCY.parse(frequency)
        if hertz:
            self._pins.start_pwm(pwm, hertz, _DUTY.parse(duty))
        else:
            self._pins.stop_pwm(pwm)

    def sleep(self, *, on: bool) -> None:
        """Enter or leave power save: a deeper sleep could not be left over the air (assumed)."""
        self._power.set(PowerMode.POWER_SAVE if on else PowerMode.ACTIVE, self._radio.state)


def _only(values: dict[str, str]) -> str:
    return next(iter(values.values()), "")
