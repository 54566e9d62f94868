"""Error codes of the AT interface: ``AT-S.ERROR:<code>:<text>``.

Codes that are missing here are unused. The set is that of firmware 1.1.0; under 1.0.0 code 44 still
meant that the PWM could not be set (XC-ERR).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from firmware_model.tables.sources import Source, assumed, driver, inferred, log


class ErrorRow(NamedTuple):
    """One error: its decimal code, the text after it, and where both were found."""

    code: int
    text: str
    source: Source


_ST = driver("XC-ERR")
_PARSED = driver("XC-ERR, XC-UART")


class Error(Enum):
    """Every error that a command can end with."""

    COMMAND_NOT_FOUND = ErrorRow(1, "Command not found", _ST)
    MISSING_ARGUMENTS = ErrorRow(2, "Missing argument(s)", _ST)
    VARIABLE_NOT_FOUND = ErrorRow(4, "Variable not found", _ST)
    MALFORMED_COMMAND = ErrorRow(
        5, "Malformed command", assumed("ROS met the code over SPI, where no text is shown; when it comes is ours")
    )
    TOO_MANY_ARGUMENTS = ErrorRow(6, "Too many argument(s)", _ST)
    INVALID_ARGUMENTS = ErrorRow(7, "Invalid argument(s)", _ST)
    RADIO_ALREADY_RUNNING = ErrorRow(17, "Radio already running", assumed("PSD met the code; the text is ours"))
    RADIO_NOT_RUNNING = ErrorRow(18, "Radio not running", log("F-AP"))
    DIRECTION_INVALID = ErrorRow(19, "Direction must be 'in' or 'out'", _ST)
    GPIO_NUMBER_INVALID = ErrorRow(20, "Invalid GPIO Num (0-15)", _ST)
    GPIO6_RESERVED = ErrorRow(21, "Cannot use GPIO6 when sleep_enabled", _ST)
    GPIO7_RESERVED = ErrorRow(22, "Cannot use GPIO7. Reserved for WPS feature", _ST)
    GPIO10_RESERVED = ErrorRow(23, "Cannot use GPIO10 when blink_led", _ST)
    GPIO3_RESERVED = ErrorRow(24, "Cannot use GPIO3 when spi_console", _ST)
    VOLTAGE_NOT_ALLOWED = ErrorRow(25, "Output voltage not allowed", _ST)
    FREQUENCY_NOT_SUPPORTED = ErrorRow(26, "Frequency not supported", _ST)
    DUTY_CYCLE_NOT_SUPPORTED = ErrorRow(27, "Duty cycle not supported", _ST)
    PWM_NOT_RUNNING = ErrorRow(28, "PWM not running", _ST)
    VOLUME_NOT_MOUNTED = ErrorRow(29, "Volume not mounted", _ST)
    ARGUMENT_TOO_LARGE = ErrorRow(32, "Argument exceeds allowed size", _ST)
    ARGUMENT_ZERO = ErrorRow(33, "Argument evaluated to zero", _ST)
    PIN_NEEDS_8_DIGITS = ErrorRow(39, "PIN needs to be 8 digits", _ST)
    SCAN_IN_PROGRESS = ErrorRow(40, "Scan in Progress", _ST)
    SCAN_FAILED = ErrorRow(41, "Scan Failed", _ST)
    WAIT_FOR_HARDWARE_BUSY = ErrorRow(42, "Wait for Hardware Busy", _ST)
    WAIT_FOR_HARDWARE_STARTING = ErrorRow(43, "Wait for Hardware Starting", _ST)
    WAIT_FOR_CONNECTION_UP = ErrorRow(
        44, "Wait for Connection Up", inferred("ROS, TD met the code; letter case unknown")
    )
    ADC_CONVERSION_FAILED = ErrorRow(47, "ADC conversion failed", _ST)
    RAM_DISK_FAILED = ErrorRow(50, "Unable to access RAM filesystem", _ST)
    OPEN_FAILED = ErrorRow(51, "Unable to open file", _ST)
    SEEK_FAILED = ErrorRow(52, "Unable to seek file", _ST)
    READ_FAILED = ErrorRow(53, "Unable to read file", _ST)
    CLOSE_FAILED = ErrorRow(54, "Unable to close file", _ST)
    RENAME_FAILED = ErrorRow(55, "Unable to rename file", _ST)
    DELETE_FAILED = ErrorRow(56, "Unable to delete file", _ST)
    OPEN_DIRECTORY_FAILED = ErrorRow(57, "Unable to open directory", _ST)
    READ_DIRECTORY_FAILED = ErrorRow(58, "Unable to read directory", _ST)
    UNMOUNT_FAILED = ErrorRow(59, "Unable to unmount volume", _ST)
    IP_NOT_READY = ErrorRow(60, "IP not ready to send", _ST)
    CANNOT_RENEW_IP = ErrorRow(61, "Cannot renew IP address", _ST)
    RENEW_IP_FAILED = ErrorRow(62, "Failed to renew IP address", _ST)
    DNS_BUSY = ErrorRow(63, "DNS busy", _ST)
    DNS_START_FAILED = ErrorRow(64, "DNS start failed", _ST)
    DNS_ADDRESS_FAILURE = ErrorRow(65, "DNS address failure", _ST)
    CANNOT_UPDATE_DATETIME = ErrorRow(66, "Cannot update DateTime", _ST)
    CLOSED_SOCKET = ErrorRow(72, "Closed socket", _ST)
    PORT_ALREADY_OPENED = ErrorRow(73, "Port already opened", _ST)
    SOCKET_OPEN_FAILED = ErrorRow(74, "Failed to open socket", _ST)
    TOO_MANY_SOCKETS = ErrorRow(75, "Too many sockets", _ST)
    ILLEGAL_SOCKET_ID = ErrorRow(76, "Illegal Socket ID", _PARSED)
    PENDING_DATA = ErrorRow(77, "Pending data", _PARSED)
    SOCKET_NOT_CONNECTED = ErrorRow(78, "Socket not connected", _PARSED)
    WRITE_FAILED = ErrorRow(79, "Write failed", _ST)
    NO_HTTP_CLIENT_INSTANCE = ErrorRow(80, "No valid HTTP Client Instance ID", _ST)
    HTTP_CLIENT_BUSY = ErrorRow(81, "HTTP Client busy", _ST)
    HTTP_CLIENT_RELEASE_FAILED = ErrorRow(82, "Failed to release HTTP Client Instance", _ST)
    LOW_MEMORY = ErrorRow(91, "Low Memory", _ST)
    SCAN_ABORTED = ErrorRow(99, "Scan Aborted", _ST)
    FLASH_READ_FAILED = ErrorRow(100, "Failed to read flash", _ST)
    FLASH_WRITE_FAILED = ErrorRow(101, "Failed to write flash", _ST)
    MFG_TEST_FAILED = ErrorRow(110, "Mfg test failed", _ST)
    REQUEST_FAILED = ErrorRow(111, "Request failed", log("F-HCE, F-SSL"))

    @property
    def code(self) -> int:
        """The decimal code, 1..111."""
        return self.value.code

    @property
    def text(self) -> str:
        """The words after the code; shown while ``console_errs`` is 2."""
        return self.value.text

    @property
    def source(self) -> Source:
        """Where code and text come from."""
        return self.value.source


class AtError(Exception):
    """A command could not be carried out; it ends with ``AT-S.ERROR`` and this error."""

    def __init__(self, error: Error) -> None:
        super().__init__(f"{error.code} {error.text}")
        self.error = error
