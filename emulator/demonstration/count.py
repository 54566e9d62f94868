"""Counts handshakes: so many requests in one signature mode against one server, beside what theory demands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from emulator.demonstration import theory
from emulator.demonstration.modes import Mode
from emulator.demonstration.stage import http_get
from emulator.diagnosis.binomial import Interval, interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.demonstration.serial_host import Reply
    from emulator.demonstration.stage import MappedServer, Stage
    from firmware_model.events import SignatureMade

MODES: Final = tuple(Mode)
_TLS_FAILED: Final = "AT-S.Http Client Error:2"


class Outcome(Enum):
    """How one request ended, as the host sees it."""

    ACCEPTED = auto()
    """``AT-S.OK``."""
    REFUSED = auto()
    """``Http Client Error:2``: no TLS connection."""
    OTHER = auto()


class Handshake(NamedTuple):
    """One request; ``signature`` is None when the module was not asked for one."""

    outcome: Outcome
    signature: SignatureMade | None


@dataclass(frozen=True, slots=True)
class Row:
    """The handshakes of one mode with one server; ``words`` are the server's, one for each refusal it noticed."""

    server: str
    mode: Mode
    handshakes: tuple[Handshake, ...]
    words: tuple[str, ...] = ()

    @property
    def accepted(self) -> int:
        """Requests that succeeded."""
        return self._count(Outcome.ACCEPTED)

    @property
    def refused(self) -> int:
        """Requests that ended in a failed handshake."""
        return self._count(Outcome.REFUSED)

    @property
    def lengths(self) -> Counter[int]:
        """How many signatures had how many octets."""
        return Counter(len(signature.encoded) for signature in self.signatures)

    @property
    def signatures(self) -> list[SignatureMade]:
        """The signatures that were made, in order."""
        return [made.signature for made in self.handshakes if made.signature is not None]

    @property
    def expected(self) -> Interval:
        """The counts of accepted handshakes that theory allows."""
        return interval(len(self.handshakes), float(theory.accepted(self.mode)))

    @property
    def trouble(self) -> str | None:
        """What did not come out as it should, if anything."""
        total = len(self.handshakes)
        if other := self._count(Outcome.OTHER):
            return f"{other} of {total} requests failed for a reason that is not TLS"
        if missing := total - len(self.signatures):
            return f"{missing} of {total} handshakes went without a signature of the module"
        if self.accepted not in self.expected:
            return f"{self.accepted} of {total} accepted, theory allows {self.expected}"
        if wrong := self._contradicting(Outcome.REFUSED, strict=True):
            return f"{wrong} signatures in strict DER were refused"
        if wrong := self._contradicting(Outcome.ACCEPTED, strict=False):
            return f"{wrong} signatures that are no strict DER were accepted"
        if len(self.words) != self.refused:
            return f"the server spoke of {len(self.words)} refusals, the module of {self.refused}"
        return None

    def _count(self, outcome: Outcome) -> int:
        return sum(made.outcome is outcome for made in self.handshakes)

    def _contradicting(self, outcome: Outcome, *, strict: bool) -> int:
        return sum(
            made.outcome is outcome and made.signature is not None and made.signature.strict_der is strict
            for made in self.handshakes
        )


async def count(stage: Stage, mapped: MappedServer, mode: Mode, trials: int, tick: Callable[[], None]) -> Row:
    """Send ``trials`` requests in one mode; ``tick`` is called after each. Raises HostError."""
    already = len(mapped.server.refusals)
    handshakes = []
    for _ in range(trials):
        handshakes.append(await shake_hands(stage, mapped, mode))
        tick()
    stage.arm(Mode.NONE)
    row = Row(mapped.name, mode, tuple(handshakes))
    words = await mapped.words(already, row.refused) if row.refused else []
    return Row(row.server, row.mode, row.handshakes, tuple(words))


async def shake_hands(stage: Stage, mapped: MappedServer, mode: Mode = Mode.NONE) -> Handshake:
    """Send one request, unseen by the reader. Raises HostError."""
    stage.arm(mode)
    reply = await stage.command(http_get(mapped.port), quiet=True)
    return Handshake(_outcome(reply), stage.signatures[-1] if stage.signatures else None)


def _outcome(reply: Reply) -> Outcome:
    if reply.ok:
        return Outcome.ACCEPTED
    return Outcome.REFUSED if _TLS_FAILED in reply.lines else Outcome.OTHER
