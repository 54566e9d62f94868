"""The container engine: one that runs already, or one of our own for a machine that has only its programs.

Debian's ``docker.io`` starts no engine where services are not allowed to start. As root we can run ``dockerd``
ourselves, with all its data in a folder of its own; what it does to the machine's network is undone at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTING: Final = 30.0
"""Seconds that an engine may take to start."""
_FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
_PROGRAMS: Final = ("/usr/bin/docker", "docker", "podman")
"""The first is Debian's: another ``docker`` on PATH may lack BuildKit."""


class ContainerError(Exception):
    """The image cannot be built or does not do what it should; the text is one line that says what to do."""


class Engine:
    """A container engine by its command line."""

    def __init__(self, program: str, environment: dict[str, str] | None = None) -> None:
        self.program = program
        self.is_own = environment is not None
        """Whether it ends with us, and all images with it."""
        self.environment = {**os.environ, "DOCKER_BUILDKIT": "1", **(environment or {})}

    def run(self, *arguments: str, timeout: float = 600.0, stdin: int | None = None) -> str:
        """Run a command of the engine; what it printed. Raises ContainerError."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                env=self.environment,
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise ContainerError(f"{self.program} {arguments[0]}: {failure}") from failure
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise ContainerError(f"{self.program} {arguments[0]} failed: {last}")
        return done.stdout.strip()

    @property
    def answers(self) -> bool:
        """Whether an engine runs behind the program."""
        try:
            self.run("info", timeout=20.0)
        except ContainerError:
            return False
        return True


@contextmanager
def an_engine() -> Iterator[Engine]:
    """An engine that runs, for as long as the context. Raises ContainerError when there is none to be had."""
    for program in _PROGRAMS:
        if shutil.which(program) and (engine := Engine(program)).answers:
            yield engine
            return
    if not can_start_one():
        raise ContainerError(
            "no container engine answers: start Docker or Podman; as root on Debian, 'apt-get install docker.io "
            "iptables' lets this script start one of its own"
        )
    with _own_engine() as engine:
        yield engine


def can_start_one() -> bool:
    """Whether this machine has what an engine of our own needs."""
    return (
        os.geteuid() == 0 and all(map(shutil.which, ("dockerd", "iptables-save"))) and Path("/usr/bin/docker").exists()
    )


@contextmanager
def _own_engine() -> Iterator[Engine]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spwf04sx-docker-")))
        socket = f"unix://{folder}/docker.sock"
        stack.enter_context(_alone_on_this_machine())
        print("-- starting a container engine of our own", file=sys.stderr)
        log = stack.enter_context((folder / "log").open("wb"))
        roots = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-p", f"{folder}/pid", "-H", socket)
        stack.callback(_restore_network, _network())
        stack.callback(_remove_remains, folder)
        process = stack.enter_context(subprocess.Popen(["dockerd", *roots], stdout=log, stderr=log))
        stack.callback(process.terminate)
        engine = Engine("/usr/bin/docker", {"DOCKER_HOST": socket})
        deadline = time.monotonic() + _STARTING
        while not engine.answers:
            if process.poll() is not None or time.monotonic() > deadline:
                last = (folder / "log").read_text("utf-8", "replace").strip().splitlines()[-1:]
                raise ContainerError(f"dockerd does not start: {' '.join(last)}")
            time.sleep(0.1)
        yield engine


@contextmanager
def _alone_on_this_machine() -> Iterator[None]:
    """Wait for engines that others have started so: their bridge has the same name, and their end takes it away."""
    import fcntl

    with (Path(tempfile.gettempdir()) / "spwf04sx-docker.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Network(NamedTuple):
    """What dockerd changes: the packet filter, and whether packets are forwarded."""

    rules: bytes
    forwarding: str


def _network() -> _Network:
    rules = subprocess.run(["iptables-save"], capture_output=True, check=False).stdout
    return _Network(rules, _FORWARDING.read_text("ascii"))


def _restore_network(before: _Network) -> None:
    for table in (b"filter", b"nat"):
        if b"*" + table not in before.rules:
            # The table did not exist; what is in it now is dockerd's.
            for flag in ("-F", "-X"):
                subprocess.run(["iptables", "-t", table, flag], capture_output=True, check=False)
    subprocess.run(["iptables", "-P", "FORWARD", "ACCEPT"], capture_output=True, check=False)
    subprocess.run(["iptables-restore"], input=before.rules, capture_output=True, check=False)
    _FORWARDING.write_text(before.forwarding, "ascii")


def _remove_remains(folder: Path) -> None:
    for command in (("ip", "link", "del", "docker0"), ("umount", f"{folder}/exec/netns/default")):
        if shutil.which(command[0]):
            subprocess.run(command, capture_output=True, check=False)
