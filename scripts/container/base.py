"""A base image made of this machine's own Python, for places where no registry can be reached."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.container.engine import ContainerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.container.engine import Engine

LOCAL_BASE: Final = "spwf04sx-base:local"
_PROGRAMS: Final = ("/bin/sh", "/bin/cat", "/bin/ls", "/bin/mkdir", "/bin/rm", "/usr/bin/env", "/usr/bin/id")
_FILES: Final = ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/ssl/openssl.cnf")
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_LIBRARY: Final = re.compile(r"(/\S+\.so\S*)")
_LEFT_OUT: Final = ("test", "__pycache__", "idlelib", "tkinter", "turtledemo", "config-3*", "libpython*.a")


def make_local_base(engine: Engine) -> str:
    """Make the image and return its name; takes some seconds and 100 MB. Raises ContainerError."""
    prefix = Path(sys.base_prefix)
    with tempfile.TemporaryDirectory(prefix="spwf04sx-base-") as folder:
        root = Path(folder)
        try:
            _fill(root, prefix)
        except OSError as failure:
            raise ContainerError(f"no base image of this machine's Python: {failure}") from failure
        archive = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
        path = f"ENV PATH={prefix}/bin:/usr/local/bin:/usr/bin:/bin PIP_CERT={_AUTHORITIES}"
        with archive:
            output = archive.stdout.fileno() if archive.stdout else None
            engine.run("import", "-c", path, "-c", 'CMD ["python3"]', "-", LOCAL_BASE, stdin=output)
    return LOCAL_BASE


def _fill(root: Path, prefix: Path) -> None:
    for folder in ("tmp", "root", "etc/ssl/certs"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    for file in (*_PROGRAMS, *_FILES, _AUTHORITIES):
        if Path(file).exists():
            _copy(Path(file), root)
    target = root / prefix.relative_to("/")
    (target / "bin").mkdir(parents=True)
    for program in (*prefix.glob("bin/python3*"), *prefix.glob("bin/pip*")):
        shutil.copy2(program, target / "bin", follow_symlinks=False)
    shutil.copytree(prefix / "lib", target / "lib", symlinks=True, ignore=_only_what_runs)
    programs = [prefix / "bin" / "python3", *map(Path, _PROGRAMS), *prefix.glob("lib/python3.*/lib-dynload/*.so")]
    for library in sorted(set(_libraries(programs))):
        if not library.is_relative_to(prefix) and library.exists():
            _copy(library, root)


def _copy(file: Path, root: Path) -> None:
    target = root / file.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file.resolve(), target)


def _only_what_runs(folder: str, names: list[str]) -> set[str]:
    left_out = set(shutil.ignore_patterns(*_LEFT_OUT)(folder, names))
    if Path(folder).name == "site-packages":
        left_out |= {name for name in names if not name.startswith("pip")}
    return left_out


def _libraries(programs: list[Path]) -> Iterator[Path]:
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line[:1].isspace() and (match := _LIBRARY.search(line)):
            yield Path(match[1])
    # Names are looked up by libraries that nothing links.
    yield from Path("/lib").glob("*-linux-gnu/libnss_*.so.2")
