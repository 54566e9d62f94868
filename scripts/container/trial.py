"""Tries a built image as its users would: healthy, reached by RFC 2217, stopped at once, remembering its state."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import serial

from scripts.container.engine import ContainerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.container.engine import Engine

_PATIENCE: Final = 60.0
_STOPPING: Final = 2.0
"""Seconds that it may take to stop."""
_STRICT: Final = (
    "--read-only",
    "--tmpfs",
    "/tmp",  # noqa: S108 - a folder inside the container
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
)


def try_image(engine: Engine, image: str, say: Callable[[str], None]) -> None:
    """Raises ContainerError for the first thing that is not as it should be."""
    volume = engine.run("volume", "create")
    try:
        with _running(engine, image, volume, "-e", "SPWF04SX_TIME=instant") as container:
            _wait_until_healthy(engine, container)
            say("healthy")
            user = engine.run("exec", container, "id", "-u")
            if user == "0":
                raise ContainerError("the emulator runs as root in its container")
            _ask(engine, container, "SCFG=user_desc,kept", "WCFG", "STS=fw_version")
            say(f"reached by RFC 2217, as user {user}, with a read-only root")
            began = time.monotonic()
            engine.run("stop", "--time", "20", container)
            took = time.monotonic() - began
            if took > _STOPPING:
                raise ContainerError(f"it took {took:.1f} s to stop; {_STOPPING:.0f} s are allowed")
            status = engine.run("inspect", "--format", "{{.State.ExitCode}}", container)
            if status != "0":
                raise ContainerError(f"it ended with status {status} after SIGTERM")
            say("stopped by SIGTERM at once")
            engine.run("start", container)
            _wait_until_healthy(engine, container)
            _expect_kept(_ask(engine, container, "GCFG=user_desc"), "a restart")
        with _running(engine, image, volume) as container:
            _wait_until_healthy(engine, container)
            _expect_kept(_ask(engine, container, "GCFG=user_desc"), "a new container")
            say("state survives a restart and a new container")
    finally:
        engine.run("volume", "rm", volume)


@contextmanager
def _running(engine: Engine, image: str, volume: str, *options: str) -> Iterator[str]:
    ports = ("-p", "127.0.0.1::5000", "-p", "127.0.0.1::8004")
    container = engine.run("run", "-d", *ports, "-v", f"{volume}:/state", *_STRICT, *options, image)
    try:
        yield container
    finally:
        engine.run("rm", "-f", container)


def _wait_until_healthy(engine: Engine, container: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while (health := engine.run("inspect", "--format", "{{.State.Health.Status}}", container)) != "healthy":
        running = engine.run("inspect", "--format", "{{.State.Running}}", container)
        if running != "true" or time.monotonic() > deadline:
            said = " | ".join(engine.run("logs", container).splitlines()[-3:])
            raise ContainerError(f"the container is {health if running == 'true' else 'not running'}: {said}")
        time.sleep(0.2)


def _ask(engine: Engine, container: str, *commands: str) -> str:
    """Send commands over RFC 2217, each until its OK; what the module said."""
    port = engine.run("port", container, "5000/tcp").splitlines()[0].rsplit(":", 1)[1]
    said = b""
    try:
        with serial.serial_for_url(f"rfc2217://127.0.0.1:{port}", 115200, timeout=_PATIENCE) as host:
            for command in commands:
                host.write(f"AT+S.{command}\r".encode())
                answer = host.read_until(b"AT-S.OK\r\n")
                said += answer
                if not answer.endswith(b"AT-S.OK\r\n"):
                    raise ContainerError(f"AT+S.{command} was not answered with OK: {answer!r}")
    except serial.SerialException as failure:
        raise ContainerError(f"RFC 2217 does not work: {failure}") from failure
    return said.decode("latin-1")


def _expect_kept(said: str, after: str) -> None:
    if "user_desc=kept" not in said:
        raise ContainerError(f"the configuration is lost after {after}")
