"""The commands that take a piece of content and give one back, for the module and for what stands in its place."""

from __future__ import annotations

import re

_STORE = re.compile(rb"AT\+S\.FSC=1:/bulk,(\d+)\r")
_FETCH = re.compile(rb"AT\+S\.FSP=1:/bulk,0,(\d+)\r")


def store(size: int) -> bytes:
    """The command that stores so many octets, and they themselves."""
    return b"AT+S.FSC=1:/bulk,%d\r" % size + b"x" * size


def fetch(size: int) -> bytes:
    """The command that gives so many of them back."""
    return b"AT+S.FSP=1:/bulk,0,%d\r" % size


def stored(octets: bytes) -> int:
    """How many octets a command to store has, with what it stores; 0 for any other."""
    match = _STORE.match(octets)
    return 0 if match is None else match.end() + int(match[1])


def fetched(octets: bytes) -> int:
    """How many octets a command asks for."""
    match = _FETCH.fullmatch(octets)
    return 0 if match is None else int(match[1])
