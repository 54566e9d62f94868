"""What proves the verdict on one handshake."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from emulator.diagnosis.judging.algorithms import spoken
from emulator.diagnosis.judging.verdict import Defect, EcdsaFit, EdwardsFit, RsaFit
from emulator.diagnosis.names import alert_name
from emulator.diagnosis.reading.conversation import End
from emulator.diagnosis.report.servers import ALERTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.diagnosis.judging.verdict import Judgement

_PEM_LINE: Final = 64


def evidence(judgement: Judgement) -> Iterator[str]:
    """Give sentences."""
    fit = judgement.fit
    if judgement.flip is not None:
        yield "With that bit flipped back it is the right signature by the certificate's key, in strict DER."
    elif isinstance(fit, EcdsaFit):
        yield from _of_ecdsa(judgement, fit)
    elif isinstance(fit, RsaFit):
        yield from _of_rsa(judgement, fit)
    elif isinstance(fit, EdwardsFit):
        yield f'It is the signature by the key of "{fit.signer.name}" of the handshake {fit.transcript.mistake}'.strip()
    elif Defect.UNEXPLAINED in judgement.defects or Defect.FOREIGN_KEY in judgement.defects:
        yield from _of_nothing(judgement)
    if Defect.NONCE_REUSED in judgement.defects and judgement.note:
        yield f"{judgement.note[0].upper()}{judgement.note[1:]}, and the digests differ."


def what_happened(judgement: Judgement) -> str:
    """Say how the handshake went on."""
    outcome = judgement.outcome
    # An alert behind the client's back answers its leaving, not what it signed.
    unheard = outcome.by == "client"
    sent = [alert for alert in outcome.alerts if alert.fatal and not (unheard and alert.sender == "server")]
    if outcome.accepted:
        return "went on: it accepted the signature" + (", being lenient" if _should_be_refused(judgement) else "")
    if sent:
        alert = sent[-1]
        text = f"{'refused' if alert.sender == 'server' else 'was left by the client'}: alert "
        return text + alert_name(alert.description)
    if outcome.by == "client":
        return f"had not answered when the client {'reset' if outcome.end is End.RESET else 'closed'} the connection"
    if outcome.end is End.RESET:
        return "did not accept: the connection was reset, an alert may have been lost with it"
    if outcome.end is End.CLOSED:
        return "did not accept: the connection was closed without an alert"
    return "its answer is not in the input"


def hint(judgement: Judgement) -> str:
    """Say what an alert means when the signature is right; empty when there is nothing to say."""
    alerts = [alert for alert in judgement.outcome.alerts if alert.fatal and alert.sender == "server"]
    return ALERTS.get(alerts[-1].description, "") if judgement.correct and alerts else ""


def _should_be_refused(judgement: Judgement) -> bool:
    return bool(set(judgement.defects) - {Defect.NONCE_REUSED, Defect.NOT_OFFERED})


def _of_ecdsa(judgement: Judgement, fit: EcdsaFit) -> Iterator[str]:
    encoded = judgement.encoding is not None and not judgement.encoding.strict
    numbers = "r and s" if not fit.numbers.defects else "Put right, r and s"
    yield (
        f'{"Read leniently, " + numbers if encoded else numbers} are the signature by the key of "{fit.signer.name}" '
        f"of {_of_what(fit)}."
    )


def _of_what(fit: EcdsaFit) -> str:
    handshake = f"the handshake {fit.digest.transcript.mistake}".strip()
    return f"{handshake}, hashed with {spoken(fit.digest.hash_name)} {fit.digest.turned}".strip()


def _of_rsa(judgement: Judgement, fit: RsaFit) -> Iterator[str]:
    by = f'The key of "{fit.signer.name}" opens it: padding of {"PSS" if fit.scheme == "rsa-pss" else "PKCS #1 v1.5"}'
    if fit.digest is None:
        yield f"{by}, with a digest that is not of this handshake."
    else:
        what = f"the handshake {fit.digest.transcript.mistake}".strip()
        yield f"{by}, with the {spoken(fit.digest.hash_name)} digest of {what}."
    del judgement


def _of_nothing(judgement: Judgement) -> Iterator[str]:
    yield (
        "It was tried with every hash, every transcript with one or two mistakes, every key of both chains, exchanged "
        "and reversed numbers and every flipped bit."
    )
    likely = [candidate for candidate in judgement.candidates if candidate.hash_name == _claimed(judgement)]
    if likely and Defect.UNEXPLAINED in judgement.defects:
        keys = " or ".join(public_key(judgement.key_info, candidate.key) for candidate in likely)
        yield f"If another key signed as claimed, 'openssl pkey -pubout' shows it as {keys}"


def public_key(info: bytes, point: bytes) -> str:
    """Write a key on the curve of another one, given as SubjectPublicKeyInfo, as PEM has it between its two lines."""
    text = b64encode(info[: -len(point)] + point).decode("ascii")
    return " ".join(text[start : start + _PEM_LINE] for start in range(0, len(text), _PEM_LINE))


def _claimed(judgement: Judgement) -> str:
    return judgement.claimed.hash_name if judgement.claimed else ""
