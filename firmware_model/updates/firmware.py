"""The firmware in flash: the one that runs, and the one that waits for the next boot.

An update is only stored by AT+S.FWUPDATE. The next boot checks it, puts it into force and resets the module once
more; what is damaged, or encrypted with another key, is erased, and the old firmware goes on (F-FWU).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from firmware_model.events import Note
from firmware_model.profile import PROFILES
from firmware_model.storage.sealed import seal, unseal
from firmware_model.updates.image import Image, ImageError, Kind, parse_image

if TYPE_CHECKING:
    from firmware_model.outside import Flash, Timeline
    from firmware_model.profile import FirmwareProfile

WAITING_AREA: Final = "firmware-update"
"""The flash area of an image that was fetched."""
RUNNING_AREA: Final = "firmware"
"""The flash area that says which update is in force; empty while the module runs the firmware it came with."""
LARGEST_IMAGE: Final = 1024 * 1024
"""Octets (assumed: half the flash of the module's processor)."""

_TITLE: Final = "SPWF04Sx firmware 1"


class FirmwareFlash:
    """The firmware of one module; ``factory`` is what it came with.

    A module that is given another factory firmware than the one that an update was installed over forgets the
    update: that is what programming the flash by cable does.
    """

    def __init__(self, flash: Flash, timeline: Timeline, factory: FirmwareProfile) -> None:
        self._flash = flash
        self._timeline = timeline
        self._factory = factory

    def running(self) -> FirmwareProfile:
        """The firmware to boot; never raises."""
        try:
            record = self._flash.load(RUNNING_AREA)
            if record is None:
                return self._factory
            over, version, build = unseal(_TITLE, record).decode("ascii").split("\n")
            if over == self._factory.build:
                return self._installed(version, build)
            self._flash.erase(RUNNING_AREA)
        except (OSError, ValueError, KeyError):
            self._note("the record of the installed firmware is damaged; the module runs the one it came with")
        return self._factory

    @property
    def waiting(self) -> bool:
        """Whether an image was fetched since the last boot."""
        try:
            return self._flash.load(WAITING_AREA) is not None
        except OSError:
            return False

    def store(self, octets: bytes) -> None:
        """Keep an image for the next boot, unchecked. Raises OSError."""
        self._flash.store(WAITING_AREA, octets)

    def install(self, key: bytes) -> bool:
        """Put the waiting image into force from the next reset on, or erase it; tells which. Never raises."""
        try:
            octets = self._flash.load(WAITING_AREA) or b""
            self._flash.erase(WAITING_AREA)
            image = self._checked(octets, key)
            record = "\n".join((self._factory.build, image.version, image.build))
            self._flash.store(RUNNING_AREA, seal(_TITLE, record.encode("ascii")))
        except ImageError as failure:
            self._note(f"the new firmware is erased and the old one runs: {failure}")
            return False
        except OSError as failure:
            self._note(f"the new firmware cannot be installed, the flash fails: {failure}")
            return False
        return True

    def _checked(self, octets: bytes, key: bytes) -> Image:
        image = parse_image(octets, key)
        if image.kind is not Kind.FIRMWARE:
            raise ImageError(f"the image is one of the kind '{image.kind.value}'")
        if image.version not in PROFILES:
            raise ImageError(f"a firmware '{image.version}' is not known; known: {', '.join(PROFILES)}")
        return image

    def _installed(self, version: str, build: str) -> FirmwareProfile:
        # How long things take belongs to the hardware, and what MQTT goes over to whoever runs the module.
        factory = self._factory
        return PROFILES[version].evolve(
            build=build,
            durations=factory.durations,
            latencies=factory.latencies,
            mqtt_over_websocket=factory.mqtt_over_websocket,
        )

    def _note(self, text: str) -> None:
        self._timeline.record(Note(text))
