"""The keys of TLS connections as an NSS key log, which Wireshark, curl and browsers know as SSLKEYLOGFILE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.events import TlsSecrets

if TYPE_CHECKING:
    from emulator.capture.timeline import Entry
    from emulator.capture.writer import Run

BEGIN: Final = b""
"""Other programs write such files too; nothing can be said about how they begin."""


def key_log_line(event: TlsSecrets) -> bytes:
    """The line for one connection up to TLS 1.2."""
    return f"CLIENT_RANDOM {event.client_random.hex()} {event.master_secret.hex()}\n".encode()


class KeyLog:
    """Implements :class:`emulator.capture.writer.Writer`."""

    kinds = (TlsSecrets,)
    secrets = True

    def __init__(self, run: Run) -> None:
        self._run = run

    def begin(self) -> bytes:
        """A remark; the form allows them."""
        return f"# spwf04sx {self._run.version}, {self._run.date}\n".encode()

    def take(self, entry: Entry) -> bytes:
        """One connection."""
        return key_log_line(entry.event) if isinstance(entry.event, TlsSecrets) else b""

    def end(self) -> bytes:
        """Nothing more."""
        return b""
