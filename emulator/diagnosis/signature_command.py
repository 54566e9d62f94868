"""``spwf04sx signature``: the encoding of ECDSA signatures, judged without the handshake that they belong to."""

from __future__ import annotations

import json
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from emulator.diagnosis.clients import Client
from emulator.diagnosis.judging.curves import Curve, curve_named
from emulator.diagnosis.judging.encoding import Encoding, read_encoding
from emulator.diagnosis.printing import complain, print_lines
from emulator.diagnosis.report.as_json import marks, slug
from emulator.diagnosis.report.hexdump import marked
from emulator.diagnosis.report.octets import lengths, table, what_it_proves
from emulator.diagnosis.report.statistics import statistics
from emulator.diagnosis.signature_input import NoSignature, Pasted, from_arguments, from_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

CURVES: Final = ("P-256", "P-384", "P-521")
_SIZES: Final = {"P-256": 32, "P-384": 48, "P-521": 66}
_LARGEST_INPUT: Final = 1 << 22
_SHOWN: Final = 20
"""Signatures that are shown octet by octet."""
_WIDTH: Final = 110


@dataclass(frozen=True, slots=True)
class Judged:
    """One signature's encoding."""

    pasted: Pasted
    curve: Curve
    encoding: Encoding

    @property
    def flaws(self) -> list[str]:
        """What is wrong, in clauses; empty for a signature that a strict decoder takes."""
        found = [flaw.value + ("" if where == "signature" else f" ({where})") for flaw, where in self.encoding.flaws]
        return [*found, *(clause for _, clause in self.out_of_range)]

    @property
    def out_of_range(self) -> list[tuple[str, str]]:
        """Which numbers no signature has."""
        found = []
        for name, number in (("r", self.encoding.r), ("s", self.encoding.s)):
            if number == 0:
                found.append((name, f"{name} is zero"))
            elif number is not None and number >= self.curve.order:
                found.append((name, f"{name} is not below the order of {self.curve.name}"))
        return found


def judge_signatures(options: argparse.Namespace) -> int:
    """Judge what the command line or standard input holds; the result is the exit status.

    0: all are strict DER; 1: at least one is not; 2: there is something that is no signature.
    """
    try:
        pasted = _pasted(options.signatures)
    except NoSignature as reason:
        complain(str(reason))
        return 2
    judged = [_judge(one, options.curve) for one in pasted]
    if options.json:
        print_lines([json.dumps(_as_json(judged), indent=2)])
    else:
        print_lines(_report(judged))
    return int(any(one.flaws for one in judged))


def _pasted(arguments: Sequence[str]) -> list[Pasted]:
    if arguments and list(arguments) != ["-"]:
        return from_arguments(arguments)
    octets = sys.stdin.buffer.read(_LARGEST_INPUT + 1)
    if len(octets) > _LARGEST_INPUT:
        raise NoSignature(f"more than {_LARGEST_INPUT} octets on standard input are no signatures")
    return from_text(octets.decode("utf-8", "replace"))


def _judge(pasted: Pasted, curve: str | None) -> Judged:
    name = curve or _likely_curve(pasted.octets)
    return Judged(pasted, curve_named(name), read_encoding(pasted.octets, _SIZES[name]))


def _likely_curve(octets: bytes) -> str:
    """Return the smallest curve that the numbers fit; by their length when they stand there raw."""
    for name, size in _SIZES.items():
        encoding = read_encoding(octets, size)
        numbers = (encoding.r_octets, encoding.s_octets)
        if all(number is not None and len(number) <= size for number in numbers):
            return name
    return CURVES[0]


def _verdict(judged: Sequence[Judged]) -> str:
    bad = [one for one in judged if one.flaws]
    if len(judged) == 1:
        (one,) = judged
        head = f"{len(one.encoding.octets)} octets"
        if not bad:
            return f"CORRECT: {head} of strict DER; whether it verifies only the whole handshake shows."
        return f"DEFECT: {head}, no strict DER: {', and '.join(one.flaws)}."
    if not bad:
        return f"CORRECT: all {len(judged)} signatures are strict DER; whether they verify only the handshakes show."
    return f"DEFECT: {len(bad)} of {len(judged)} signatures are no strict DER."


def _report(judged: Sequence[Judged]) -> Iterator[str]:
    yield _verdict(judged)
    for number, one in enumerate(judged[:_SHOWN], 1):
        yield ""
        yield from _one(number, one)
    if len(judged) > _SHOWN:
        yield ""
        yield f"{len(judged) - _SHOWN} more are counted but not shown."
    for client in _together(judged):
        yield ""
        yield f"Taken together, if one client made them (on {client.key}):"
        curve = curve_named(client.key)
        for sentence in (*statistics(client), lengths(curve)):
            yield from textwrap.wrap(sentence, _WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _one(number: int, one: Judged) -> Iterator[str]:
    claimed = f", from a CertificateVerify that claims {one.pasted.claimed}" if one.pasted.claimed else ""
    words = ", and ".join(one.flaws) or "strict DER"
    yield f"Signature {number}: {len(one.encoding.octets)} octets, {one.curve.name}{claimed}: {words}"
    yield from (f"  {line}" for line in marked(one.encoding))
    yield from (f"  {line}" for line in table(one.encoding))
    if one.encoding.s is not None and one.encoding.s > one.curve.order // 2:
        yield "  s lies in the upper half of its range, which TLS allows."
    for sentence in what_it_proves(one.encoding, one.curve):
        yield from textwrap.wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _together(judged: Sequence[Judged]) -> list[Client]:
    """Count the signatures of each curve as if one client had made them."""
    clients: dict[str, Client] = {}
    for one in judged:
        name = one.curve.name
        client = clients.setdefault(name, Client("", name, one.curve.order))
        client.take_encoding(one.encoding)
    return [client for client in clients.values() if client.signatures]


def _as_json(judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "format": "spwf04sx signature",
        "version": 1,
        "verdict": "defect" if any(one.flaws for one in judged) else "correct",
        "headline": _verdict(judged),
        "signatures": [_one_as_json(one) for one in judged],
        "together": [
            {
                "curve": client.key,
                "signatures": client.signatures,
                "lengths": {str(length): count for length, count in sorted(client.lengths.items())},
                "sign_octets": client.sign_octets,
                "sign_octets_missing": client.missing,
                "chance_of_lengths": client.chance_of_short,
                "statistics": statistics(client),
            }
            for client in _together(judged)
        ],
    }


def _one_as_json(one: Judged) -> dict[str, Any]:
    encoding = one.encoding
    return {
        "octets": encoding.octets.hex(),
        "length": len(encoding.octets),
        "curve": one.curve.name,
        "strict_der": encoding.strict,
        "flaws": [{"flaw": slug(flaw), "field": where} for flaw, where in encoding.flaws]
        + [{"flaw": "out-of-range", "field": name} for name, _ in one.out_of_range],
        "r": None if encoding.r is None else f"{encoding.r:x}",
        "s": None if encoding.s is None else f"{encoding.s:x}",
        "marks": marks(encoding),
        "text": list(what_it_proves(encoding, one.curve)),
    }
