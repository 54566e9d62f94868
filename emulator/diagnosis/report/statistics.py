"""What the signatures of one client tell together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.diagnosis import theory
from emulator.diagnosis.binomial import interval
from emulator.diagnosis.clients import SETTLED
from emulator.diagnosis.report.numbers import percent
from emulator.diagnosis.report.words import NAMES
from emulator.diagnosis.theory import Encoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.clients import Client

_MOST_COUNTED: Final = 1000
"""Beyond so many signatures the exact binomial distribution takes too long, and nobody needs it."""


def statistics(client: Client) -> list[str]:
    """Say it in sentences."""
    return [*_counts(client), *_lengths(client), *_sign_octets(client), *_other(client)]


def _counts(client: Client) -> Iterator[str]:
    total, bad = client.handshakes, client.defective
    if total > 1:
        kinds = ", ".join(f"{NAMES[defect]} {count}" for defect, count in client.defects.most_common())
        yield f"{bad} of {total} handshakes {'is' if bad == 1 else 'are'} defective" + (f": {kinds}." if kinds else ".")


def _lengths(client: Client) -> Iterator[str]:
    longest = client.longest_unpadded
    if not client.signatures or client.order is None or longest is None:
        return
    counted = ", ".join(f"{length} octets {count}x" for length, count in sorted(client.lengths.items(), reverse=True))
    yield f"Lengths of the signatures: {counted}."
    chance = client.chance_of_short
    if client.missing or client.with_zero:
        return
    if chance is None:
        yield f"One with more than {longest} octets shows that this client does write sign octets."
    elif chance > SETTLED:
        times = "" if client.signatures == 1 else f" {client.signatures} times running"
        yield (
            f"A correct client stays at {longest} octets or less{times} with a probability of {percent(chance)}, so "
            f"the length alone proves nothing; {_needed(client)} captured signatures would settle whether it writes "
            "sign octets."
        )
    else:
        yield (
            f"A correct client stays at {longest} octets or less {client.signatures} times running with a probability "
            f"of {percent(chance)}: this one does not write sign octets, and these signatures are right by luck, or "
            "were chosen."
        )


def _needed(client: Client) -> int:
    """How many short signatures a correct client makes running with a chance of one in a hundred thousand."""
    share = float(theory.share_up_to(Encoder.STRICT, client.longest_unpadded or 0, client.order or theory.P256_ORDER))
    count, chance = 1, share
    while chance > SETTLED:
        count, chance = count + 1, chance * share
    return count


def _sign_octets(client: Client) -> Iterator[str]:
    if not client.missing or client.order is None or client.signatures == 1:
        return
    if client.sign_octets:
        yield (
            f"{client.sign_octets} numbers had the sign octet that they need, {client.missing} had not: it is not "
            "always forgotten."
        )
        return
    fixed = bool(client.with_zero)
    share = theory.accepted(Encoder.FIXED if fixed else Encoder.FORGOTTEN, client.order)
    how = "always writes the same number of octets" if fixed else "always forgets the sign octet"
    text = f"No number had a sign octet. An encoder that {how} is right by luck {percent(share)} of the time"
    if client.signatures > _MOST_COUNTED:
        yield f"{text}."
        return
    allowed = interval(client.signatures, float(share))
    fits = "which fits" if client.strict in allowed else "which does not fit: something chooses the numbers"
    yield f"{text}; here {client.strict} of {client.signatures} were, {fits} (99.9 % of such counts lie in {allowed})."


def _other(client: Client) -> Iterator[str]:
    if client.verified and 2**-client.verified < SETTLED and client.high_s in (0, client.verified):
        half = "upper" if client.high_s else "lower"
        yield f"s lies in the {half} half of its range in all {client.verified} signatures, so the client sees to it."
