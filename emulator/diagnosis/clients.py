"""What the handshakes of one client have in common: a client is whose first certificate has the same key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulator.diagnosis import theory
from emulator.diagnosis.judging.encoding import Flaw
from emulator.diagnosis.judging.verdict import Defect, EcdsaFit
from emulator.diagnosis.theory import Encoder

if TYPE_CHECKING:
    from emulator.diagnosis.judging.encoding import Encoding
    from emulator.diagnosis.judging.verdict import Judgement

SETTLED: Final = 2e-6
"""A chance as small as this settles a question; ten captures get there."""


@dataclass(slots=True)
class Client:
    """Counts over all handshakes of one client; ``order`` is that of its curve, None for RSA and Edwards keys.

    ``lengths`` counts the signatures whose numbers were read from DER or something like it. ``sign_octets`` counts
    the numbers that had the sign octet they need, ``missing`` those that had none, ``with_zero`` the signatures with
    a needless zero, ``strict`` those in DER.
    """

    name: str
    key: str
    order: int | None
    handshakes: int = 0
    defective: int = 0
    defects: Counter[Defect] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    sign_octets: int = 0
    missing: int = 0
    with_zero: int = 0
    strict: int = 0
    high_s: int = 0
    verified: int = 0

    def take(self, judgement: Judgement) -> None:
        """Count one more handshake."""
        self.handshakes += 1
        self.defective += bool(judgement.defects)
        self.defects.update(judgement.defects)
        if judgement.encoding is not None:
            self.take_encoding(judgement.encoding)
        if isinstance(judgement.fit, EcdsaFit) and self.order:
            self.verified += 1
            self.high_s += judgement.fit.numbers.s > self.order // 2

    def take_encoding(self, encoding: Encoding) -> None:
        """Count the encoding of one more signature."""
        if encoding.s is None or encoding.flawed(Flaw.RAW):
            return
        self.lengths[len(encoding.octets)] += 1
        self.strict += encoding.strict
        self.missing += len(encoding.flawed(Flaw.SIGN_OCTET_MISSING))
        self.sign_octets += sum(mark.part == "sign octet" and mark.flaw is None for mark in encoding.marks)
        self.with_zero += bool(encoding.flawed(Flaw.NEEDLESS_ZERO))

    def add_defect(self, defect: Defect, *, was_correct: bool) -> None:
        """Give a handshake that was counted already one defect more."""
        self.defective += was_correct
        self.defects[defect] += 1

    def turns_out(self, old: Defect, new: Defect, count: int) -> None:
        """Count what ``count`` handshakes' defect turned out to be."""
        self.defects -= Counter({old: count})
        self.defects[new] += count

    @property
    def signatures(self) -> int:
        """How many signatures ``lengths`` counts."""
        return self.lengths.total()

    @property
    def longest_unpadded(self) -> int | None:
        """The most octets that a signature without sign octets can have; None where the question makes no sense."""
        if self.order is None:
            return None
        unpadded = theory.longest(Encoder.FORGOTTEN, self.order)
        return unpadded if unpadded < theory.longest(Encoder.STRICT, self.order) else None

    @property
    def chance_of_short(self) -> float | None:
        """The probability that a correct client's signatures are all as short as these; None when one is longer."""
        longest = self.longest_unpadded
        if longest is None or self.order is None or not self.signatures or max(self.lengths) > longest:
            return None
        return float(theory.share_up_to(Encoder.STRICT, longest, self.order)) ** self.signatures
