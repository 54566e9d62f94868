"""How long the module works on a command before it answers, in ``--time real``.

No timed log was found. A row says what takes the time on a processor of that kind (a Cortex-M4 with flash that is
erased by the sector); the number is of that order and no more than hosts put up with: MBED gives everything but
sockets, scans and joins 0.3 s. What the network, the other side or the radio take comes on top, and is real.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from firmware_model.tables.sources import Source, assumed


class Latency(NamedTuple):
    """The time that one command takes, in seconds; ``spent_on`` says what for."""

    command: str
    """Without ``AT+S.``; empty for the null command."""
    seconds: float
    spent_on: str
    source: Source


_UNTIMED: Final = assumed("no timed log was found")


def _rows(commands: str, seconds: float, spent_on: str) -> tuple[Latency, ...]:
    return tuple(Latency(command, seconds, spent_on, _UNTIMED) for command in commands.split())


LATENCIES: Final = (
    Latency("", 0.0, "nothing: the parser answers", _UNTIMED),
    Latency("RESET", 0.0, "nothing: the boot follows", _UNTIMED),
    *_rows("HELP STS GCFG SCFG TIME RANDOM SSIDTXT PEERS INPUTSSI", 0.001, "a look into memory"),
    *_rows("GPIOC GPIOR GPIOW DAC PWM PMS", 0.001, "a register of the processor"),
    *_rows("SOCKQ SOCKL SOCKDQ SOCKDL WSOCKQ WSOCKL", 0.001, "a look into memory"),
    *_rows("SOCKR SOCKW SOCKDR SOCKDW WSOCKR WSOCKW", 0.001, "copying the octets"),
    *_rows("RTOSSTS SSXSTS NVW MFGTEST CMDREQ SELFTEST", 0.001, "a look into memory"),
    *_rows("ADC", 0.002, "the conversion"),
    *_rows("SOCKON SOCKC SOCKDON SOCKDC WSOCKON WSOCKC", 0.002, "setting up or clearing away, beside the network"),
    *_rows("SCAN RENEW NTP PING", 0.002, "the request, beside the air and the network"),
    *_rows("TFTPGET TFTPPUT SMTP HTTPGET HTTPPOST", 0.002, "the request, beside the network"),
    *_rows("MQTTCONN MQTTSUB MQTTPUB MQTTUNSUB MQTTDISC", 0.002, "the request, beside the network"),
    *_rows("FSL FSP FSR FSD", 0.005, "the directory of a volume"),
    *_rows("FSC", 0.01, "programming flash, or the RAM disk's directory"),
    *_rows("TLSCERT WPAECERT", 0.01, "programming flash"),
    *_rows("HASH", 0.01, "the digest of a small file"),
    *_rows("WIFI WPS", 0.02, "talking to the radio"),
    *_rows("FSM FSU", 0.02, "reading or clearing away a volume"),
    *_rows("WCFG FCFG", 0.05, "erasing a sector of flash and programming it"),
    *_rows("PYTHON", 0.05, "setting up the interpreter's heap"),
    *_rows("FWUPDATE FSUPDATE", 0.1, "preparing flash, beside the network"),
)
"""Every command once."""
