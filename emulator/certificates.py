"""``spwf04sx certificates``: makes the folder, and says how to load what is in it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from emulator.command_line.complaint import complain, failure_of
from emulator.peers.certificate_folder import (
    CertificateError,
    CertificateFile,
    Wish,
    make_certificates,
    write_certificates,
)
from firmware_model.tls.slots import LIMITS, Slot

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.peers.certificate_folder import CertificateSet

_SLOTS: Final = {Slot.CA: "ca.der", Slot.CERT: "client.der", Slot.KEY: "client.key.der"}
LOADING: Final = "load.txt"
"""The transcript that loads the module."""
_README: Final = "README.txt"
_WARNING: Final = (
    "WARNING: these private keys are no secret. Whoever knows the seed '{seed}' can compute them; use them for tests "
    "only."
)


def make(options: argparse.Namespace) -> int:
    """Make what the command line asks for; the result is the exit status."""
    try:
        wish = Wish(
            names=options.name,
            addresses=options.address,
            client_name=options.client_name,
            rsa=options.rsa,
            expired=options.expired,
            wrong_name=options.wrong_name,
            wrong_order=options.wrong_order,
            seed=options.seed,
        )
    except CertificateError as failure:
        return complain(str(failure), 2)
    if wish.rsa:
        print("spwf04sx: RSA keys take some seconds to make", file=sys.stderr)
    try:
        made = make_folder(wish, options.folder, force=options.force)
    except CertificateError as failure:
        return complain(str(failure), 1)
    except OSError as failure:
        return complain(failure_of(failure, str(options.folder)), 1)
    if wish.seed is not None:
        complain(_WARNING.format(seed=wish.seed), 0)
    if options.json:
        print(json.dumps(_as_json(made, options.folder), indent=2))
    else:
        print(f"{options.folder}:", *_lines(made, ""), sep="\n")
    return 0


def make_folder(wish: Wish, folder: Path, *, force: bool = False) -> CertificateSet:
    """Make the certificates and write them into ``folder``. Raises CertificateError, OSError."""
    made = make_certificates(wish)
    readme = "".join(f"{line}\n" for line in _lines(made, _WARNING if wish.seed is not None else ""))
    write_certificates(
        made,
        folder,
        CertificateFile(LOADING, _loading(made).encode("ascii"), False, "a transcript that loads the module"),
        CertificateFile(_README, readme.encode("ascii"), False, "this text"),
        force=force,
    )
    return made


def loading_lines(made: CertificateSet) -> Iterator[tuple[str, str]]:
    """Each command that loads the module, and the file whose octets follow it; no file for the first."""
    yield "AT+S.TLSCERT=content,2", ""
    for slot, name in _SLOTS.items():
        yield f"AT+S.TLSCERT={slot},{made.size(name)}", name


def _loading(made: CertificateSet) -> str:
    """The transcript; the module's clock is set too, as certificates are held against it."""
    lines = ["# Loads the module's certificates. Octets come from the files beside this one."]
    for line, name in loading_lines(made):
        lines += [f"> {line}", *([f">= {name}"] if name else ["< AT-S.Clean"])]
        if name == _SLOTS[Slot.CA]:
            lines.append(f"< AT-S.SubjectKeyId:{_key_identifier(made)}")
        lines.append("< AT-S.OK")
    return "".join(f"{line}\n" for line in (*lines, "> AT+S.TIME={now}", "< AT-S.OK"))


def _lines(made: CertificateSet, warning: str) -> Iterator[str]:
    """What there is and how to load it; the same on the screen and in the folder."""
    if warning:
        yield warning.format(seed=made.wish.seed)
        yield ""
    kind = "RSA, 2048 bits" if made.wish.rsa else "ECDSA, P-256"
    yield f"Throw-away certificates ({kind}) for {', '.join(made.wish.server_names)}."
    yield ""
    for file in made.files:
        if file.name.endswith(".pem"):
            twin = file.name.removesuffix("pem") + "der"
            yield f"  {file.name:<24}{file.meaning}; {twin}: {made.size(twin)} octets"
    yield ""
    yield "Into the module: each line ends with CR, then come the octets of the file, nothing else. (Names and commands"
    yield "here and below are meant inside this folder.)"
    yield "  AT+S.TIME=<seconds since 1970>   # it holds certificates against its clock"
    for line, name in loading_lines(made):
        yield f"  {line:<32} # {name}" if name else f"  {line:<32} # clears the store"
    yield f"  or all of it:  spwf04sx record PORT loaded.txt --commands {LOADING}"
    if made.wish.names:
        yield f"  The module compares the name in the command with the common name, {made.wish.common_name} (inferred)."
    yield ""
    yield "Into servers:"
    yield "  spwf04sx peer https --certificates ."
    yield "  openssl s_server -accept 8443 -cert direct.pem -key direct.key.pem -CAfile ca.pem -Verify 4"
    yield "  nginx:      ssl_certificate server.pem; ssl_certificate_key server.key.pem; ssl_client_certificate ca.pem;"
    yield "  mosquitto:  certfile server.pem, keyfile server.key.pem, cafile ca.pem, require_certificate true"
    yield "  compare:    curl --cacert ca.pem --cert client.pem --key client.key.pem https://127.0.0.1:8443/"


def _as_json(made: CertificateSet, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "common_name": made.wish.common_name,
        "names": list(made.wish.server_names),
        "key_identifier": _key_identifier(made),
        "secret": made.wish.seed is None,
        "files": [
            {
                "path": str(folder / file.name),
                "octets": len(file.content),
                "private_key": file.is_key,
                "meaning": file.meaning,
            }
            for file in made.files
        ],
        "loading": [
            {"command": line, "file": str(folder / name) if name else None} for line, name in loading_lines(made)
        ],
        "limits": {str(slot): LIMITS[slot] for slot in _SLOTS},
    }


def _key_identifier(made: CertificateSet) -> str:
    return made.pki.root.identity.subject_key_identifier.hex(":").upper()
