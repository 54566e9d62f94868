"""The image is built and tried, and the compose example runs, with a container engine of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scripts.container.__main__ import ROOT, build
from scripts.container.base import make_local_base
from scripts.container.engine import ContainerError, Engine, an_engine, can_start_one
from scripts.container.trial import try_image
from tests.conftest import REQUIRE_PEERS

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = "spwf04sx:local"
"""The name that compose.yaml gives it, so that nothing is built twice."""


@pytest.fixture
def engine_or_skip(need_program: Callable[[str], None]) -> None:
    """There is an engine, or what it takes to start one."""
    if not can_start_one() and not any(shutil.which(name) and Engine(name).answers for name in ("docker", "podman")):
        if os.environ.get(REQUIRE_PEERS) == "1":
            pytest.fail("there is no container engine, and none can be started")
        pytest.skip("there is no container engine")
    need_program("docker-compose")


@pytest.mark.timeout(480)
def test_the_image_is_healthy_and_the_example_runs(engine_or_skip: None) -> None:
    said: list[str] = []
    with an_engine() as engine:
        base = make_local_base(engine)
        build(engine, IMAGE, base)
        try_image(engine, IMAGE, said.append)
        compose = ["docker-compose", "-f", "docker/compose.yaml", "-p", "spwf04sxtest"]
        environment = {**engine.environment, "BASE_IMAGE": base}
        try:
            done = subprocess.run(
                [*compose, "up", "--no-build", "--exit-code-from", "host"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        finally:
            subprocess.run([*compose, "down", "-v"], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert said[0] == "healthy"
    assert said[-1] == "state survives a restart and a new container"
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "helloAT-S.OK" in done.stdout


def test_a_program_without_an_engine_is_one_line(tmp_path: object) -> None:
    engine = Engine("/bin/false")
    assert not engine.answers
    with pytest.raises(ContainerError, match="/bin/false build failed: no message"):
        engine.run("build")
    with pytest.raises(ContainerError, match="no/such/program"):
        Engine("/no/such/program").run("info")
