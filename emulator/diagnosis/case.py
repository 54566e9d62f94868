"""Everything that was found, put together: what single handshakes cannot tell, and how much of what there was.

Memory is bounded: reports are kept for the first hundred handshakes with the same defects, all others are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.clients import Client
from emulator.diagnosis.handshakes.handshake import Handshake, Reason, Unjudged
from emulator.diagnosis.judging.certificates import readable
from emulator.diagnosis.judging.curves import EcKey
from emulator.diagnosis.judging.judge import judge
from emulator.diagnosis.judging.verdict import Defect, Judgement
from emulator.diagnosis.memory import Memory
from emulator.diagnosis.reading.octets import Notes

if TYPE_CHECKING:
    from emulator.diagnosis.handshakes.handshake import Finding
    from emulator.diagnosis.judging.verdict import Nonce

KEPT: Final = 100
"""Reports of the same kind that are kept."""
MOST_KEPT: Final = 1000
"""Reports of all kinds that are kept."""
_REMEMBERED: Final = 1 << 15
_MOST_CLIENTS: Final = 1000
_FURTHER: Final = b"further clients"


@dataclass(slots=True)
class OtherKey:
    """A key that fits signatures though their own certificates do not have it.

    Several signatures share it, or a certificate elsewhere in the input has it: then ``name`` says whose it is.
    """

    key: bytes
    hash_name: str
    numbers: list[int] = field(default_factory=list)
    """The first handshakes with it."""
    clients: Counter[bytes] = field(default_factory=Counter)
    """How often which client was concerned."""
    name: str = ""

    @property
    def count(self) -> int:
        """How many signatures it fits."""
        return self.clients.total()


@dataclass(slots=True)
class _SeenNonce:
    """The first signature with a nonce."""

    number: int
    e: int
    client: bytes
    was_correct: bool
    reused: bool = False


@dataclass(slots=True)
class Case:
    """Collects findings by :meth:`tell`; after :meth:`close` the fields are the result.

    ``file`` is the name of the input that is being read, empty when there is only one. ``judged`` counts handshakes
    with a judgement, copies of the same handshake aside. ``judgements`` and ``unjudged`` are those that were kept,
    ``clients`` are by SubjectPublicKeyInfo.
    """

    file: str = ""
    notes: Notes = field(default_factory=Notes)
    judged: int = 0
    copies: int = 0
    judgements: dict[int, Judgement] = field(default_factory=dict)
    unjudged: list[tuple[str, Unjudged]] = field(default_factory=list)
    reasons: Counter[Reason] = field(default_factory=Counter)
    clients: dict[bytes, Client] = field(default_factory=dict)
    other_keys: list[OtherKey] = field(default_factory=list)
    _kept: Counter[object] = field(default_factory=Counter)
    _copied: Memory[bytes, int] = field(default_factory=lambda: Memory(_REMEMBERED))
    _nonces: Memory[tuple[bytes, int], _SeenNonce] = field(default_factory=lambda: Memory(_REMEMBERED))
    _candidates: Memory[bytes, OtherKey] = field(default_factory=lambda: Memory(_REMEMBERED))
    _known: Memory[bytes, str] = field(default_factory=lambda: Memory(_REMEMBERED))

    def tell(self, finding: Finding) -> None:
        """Take one handshake, or the news that there was none to judge."""
        if isinstance(finding, Handshake) and self._is_copy(finding):
            return
        result = judge(finding) if isinstance(finding, Handshake) else finding
        if isinstance(result, Unjudged):
            self.reasons[result.reason] += 1
            if self._keep(result.reason):
                self.unjudged.append((self.file, result))
        elif isinstance(finding, Handshake):
            self._remember_keys(finding)
            self._take(result)

    def close(self) -> None:
        """Draw the conclusions that need all handshakes together."""
        for key, other in self._candidates.items():
            other.name = self._known.get(key) or ""
            if other.count > 1 or other.name:
                self.other_keys.append(other)
        for other in self.other_keys:
            for client, count in other.clients.items():
                self.clients[client].turns_out(Defect.UNEXPLAINED, Defect.FOREIGN_KEY, count)
            for number in other.numbers:
                if (judgement := self.judgements.get(number)) is not None:
                    judgement.turns_out(Defect.UNEXPLAINED, Defect.FOREIGN_KEY)

    @property
    def defective(self) -> int:
        """Handshakes with a defect."""
        return sum(client.defective for client in self.clients.values())

    @property
    def correct(self) -> int:
        """Handshakes with a correct signature."""
        return self.judged - self.defective

    @property
    def defects(self) -> Counter[Defect]:
        """How many handshakes have each defect."""
        return sum((client.defects for client in self.clients.values()), Counter())

    def _take(self, judgement: Judgement) -> None:
        self.judged += 1
        judgement.number = self.judged
        judgement.file = self.file
        key = self._client_key(judgement)
        self.clients[key].take(judgement)
        for candidate in judgement.candidates:
            other = self._candidates.get(candidate.key) or OtherKey(candidate.key, candidate.hash_name)
            other.clients[key] += 1
            if len(other.numbers) < KEPT:
                other.numbers.append(judgement.number)
            self._candidates.put(candidate.key, other)
        if len(self.judgements) < MOST_KEPT and self._keep(judgement.defects):
            self.judgements[judgement.number] = judgement
        if judgement.nonce is not None:
            self._compare_nonce(key, judgement, judgement.nonce)

    def _client_key(self, judgement: Judgement) -> bytes:
        key = judgement.key_info
        if key not in self.clients and len(self.clients) >= _MOST_CLIENTS:
            key = _FURTHER
            self.clients.setdefault(key, Client("further clients", "", None))
        self.clients.setdefault(key, Client(judgement.chain[0], judgement.key, judgement.order))
        return key

    def _keep(self, kind: object) -> bool:
        self._kept[kind] += 1
        return self._kept[kind] <= KEPT

    def _is_copy(self, handshake: Handshake) -> bool:
        """Whether the same handshake was seen before, as when two captures hold it."""
        verify = handshake.verify.octets if handshake.verify else b""
        key = sha256(handshake.hello.random + handshake.answer.random + verify).digest()[:16]
        if self._copied.get(key) is not None:
            self.copies += 1
            return True
        self._copied.put(key, self.judged + 1)
        return False

    def _remember_keys(self, handshake: Handshake) -> None:
        for chain in (handshake.chain, handshake.server_chain):
            for _, certificate in readable(chain):
                if isinstance(certificate.key, EcKey):
                    self._known.put(certificate.key.octets, certificate.name)

    def _compare_nonce(self, client: bytes, judgement: Judgement, nonce: Nonce) -> None:
        """The same r by the same key means the same nonce; over different digests that gives the key away."""
        first = self._nonces.get((nonce.key, nonce.r))
        if first is None:
            seen = _SeenNonce(judgement.number, nonce.e, client, judgement.correct)
            self._nonces.put((nonce.key, nonce.r), seen)
            return
        if first.e == nonce.e:
            return
        if not first.reused:
            first.reused = True
            self._blame_nonce(first.client, first.number, self.judgements.get(first.number), first.was_correct)
        self._blame_nonce(client, first.number, judgement, judgement.correct)

    def _blame_nonce(self, client: bytes, first: int, judgement: Judgement | None, was_correct: bool) -> None:
        self.clients[client].add_defect(Defect.NONCE_REUSED, was_correct=was_correct)
        if judgement is not None:
            judgement.add(Defect.NONCE_REUSED)
            if first != judgement.number:
                judgement.note = f"r is the same as in handshake {first}"
