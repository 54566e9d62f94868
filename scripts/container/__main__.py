"""The command line of ``scripts/image``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.container.base import LOCAL_BASE, make_local_base
from scripts.container.engine import ContainerError, an_engine
from scripts.container.trial import try_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.container.engine import Engine

ROOT: Final = Path(__file__).resolve().parents[2]
DEFAULT_BASE: Final = "python:3.12-slim"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, try; the result is the exit status."""
    options = _parser().parse_args(arguments)
    try:
        with an_engine() as engine:
            base = make_local_base(engine) if options.base == "local" else options.base
            _say(f"building {options.tag} on {base}")
            build(engine, options.tag, base)
            if not options.no_trial:
                try_image(engine, options.tag, _say)
            kept = not engine.is_own
    except ContainerError as failure:
        print(f"image: {failure}", file=sys.stderr)
        return 1
    ending = f"docker run -p 127.0.0.1:5000:5000 {options.tag}" if kept else "the engine that had it is gone with it"
    _say(f"{options.tag} is good; {ending}")
    return 0


def build(engine: Engine, tag: str, base: str) -> None:
    """Build the image. Raises ContainerError."""
    arguments = ("--build-arg", f"BASE_IMAGE={base}", "-f", str(ROOT / "docker" / "Dockerfile"), "-t", tag, str(ROOT))
    try:
        engine.run("build", *arguments)
    except ContainerError as failure:
        if base == LOCAL_BASE:
            raise
        raise ContainerError(f"{failure}; where no registry can be reached use --base local") from failure


def _say(text: str) -> None:
    print(f"-- {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="image",
        description="Build the container image and try it: health check, RFC 2217, SIGTERM, state. Uses the engine "
        "that runs; as root on a machine that has Docker's programs but no engine running it starts one of its own.",
        allow_abbrev=False,
    )
    parser.add_argument("--tag", default="spwf04sx:local", help="name of the image (default: %(default)s)")
    parser.add_argument(
        "--base",
        default=DEFAULT_BASE,
        metavar="IMAGE",
        help="base image; 'local' makes one of this machine's own Python (default: %(default)s)",
    )
    parser.add_argument("--no-trial", action="store_true", help="build only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
