"""What the master side of a pty can learn about the host's terminal settings, and what it has to keep right in them.

In packet mode every read of the master begins with an octet that says what the host did to its side. Linux and the
BSDs tell of changed settings there, as long as the flag EXTPROC is set, so it is set again whenever a host has
cleared it. It is left alone while the host wants lines (ICANON), because it would keep the kernel from making them;
such a host's settings are looked at when it opens the port or sends something.

A pty carries the speed, the stop bits and CRTSCTS. Parity and seven data bits are cleared by the kernel (Linux), and
nothing tells of a break.
"""

from __future__ import annotations

import fcntl
import struct
import sys
import termios
from enum import IntFlag
from typing import Final

from emulator.faces.face import FlowControl, LineSettings

_IS_LINUX: Final = sys.platform.startswith("linux")
_EXTPROC: Final = 0o200000 if _IS_LINUX else 0x800
_ECHO: Final = termios.ECHO | termios.ECHONL
_IFLAG, _OFLAG, _CFLAG, _LFLAG, _, _OSPEED, _ = range(7)
"""Where things are in the list of termios."""
_SPEEDS: Final = {
    value: int(name[1:]) for name, value in vars(termios).items() if name[:1] == "B" and name[1:].isdecimal()
}
"""Speeds by the number that stands for them; on the BSDs that is the speed itself."""
_TCGETS2: Final = 0x802C542A
_TERMIOS2: Final = struct.Struct("=IIIIB19sII")


class Control(IntFlag):
    """The first octet of what the master reads in packet mode; 0 when data follows."""

    FLUSH_READ = 0x01
    """The host emptied what it had not read."""
    FLUSH_WRITE = 0x02
    """The host emptied what the master had not read."""
    SETTINGS = 0x40
    """The host changed its settings."""


def enter_packet_mode(master: int) -> None:
    """Let reads of ``master`` begin with a :class:`Control` octet. Raises OSError."""
    fcntl.ioctl(master, termios.TIOCPKT, struct.pack("i", 1))


def set_speed(slave: int, speed: int) -> None:
    """Set the speed that a host finds which sets none itself. Raises termios.error."""
    attributes = termios.tcgetattr(slave)
    code = next(code for code, known in _SPEEDS.items() if known == speed)
    attributes[4:6] = [code, code]
    termios.tcsetattr(slave, termios.TCSANOW, attributes)


def has_echo(slave: int) -> bool:
    """Whether what is written to the master would come back, as after ``stty sane``."""
    return bool(termios.tcgetattr(slave)[_LFLAG] & _ECHO)


def end_echo(slave: int) -> None:
    """Switch echo off."""
    attributes = termios.tcgetattr(slave)
    attributes[_LFLAG] &= ~_ECHO
    termios.tcsetattr(slave, termios.TCSANOW, attributes)


def ask_for_news(slave: int) -> bool:
    """Ask to be told about changed settings; whether that is so, unless the host wants lines."""
    attributes = termios.tcgetattr(slave)
    flags = attributes[_LFLAG]
    if not flags & (_EXTPROC | termios.ICANON):
        attributes[_LFLAG] = flags | _EXTPROC
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
    return bool(attributes[_LFLAG] & _EXTPROC)


def read_settings(slave: int) -> LineSettings:
    """How the host set up its end."""
    attributes = termios.tcgetattr(slave)
    flags = attributes[_CFLAG]
    flow_control = FlowControl.NONE
    if flags & termios.CRTSCTS:
        flow_control = FlowControl.HARDWARE
    elif attributes[_IFLAG] & (termios.IXON | termios.IXOFF):
        flow_control = FlowControl.SOFTWARE
    return LineSettings(
        baud_rate=_speed(slave, attributes[_OSPEED]),
        stop_bits=2 if flags & termios.CSTOPB else 1,
        flow_control=flow_control,
    )


def _speed(slave: int, code: int) -> int | None:
    """The speed behind a number of termios; None for one that nobody can name, and for 0, which hangs up."""
    if _IS_LINUX and code not in _SPEEDS:
        try:
            octets = bytearray(_TERMIOS2.size)
            fcntl.ioctl(slave, _TCGETS2, octets)
        except OSError:
            return None
        return int(_TERMIOS2.unpack(octets)[-1]) or None
    return _SPEEDS.get(code, code) or None
