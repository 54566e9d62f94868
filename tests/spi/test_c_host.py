"""The host in C that the documentation shows, compiled and run."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.faces.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "faces-spi.md"
MAIN = """
#include <arpa/inet.h>
#include <stdlib.h>

static int seen = -1;

static void hear(uint8_t header[4], uint8_t *payload) {
    printf("%d:%.*s\\n", seen = header[1], header[2], payload);
}

int main(int count, char **arguments) {
    static uint8_t header[4], payload[65535];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bus = socket(AF_INET, SOCK_STREAM, 0);
    if (count != 2 || connect(bus, (struct sockaddr *)&address, sizeof address) || take(payload) != 'I') return 1;
    while (seen != 0) {
        if (!read_packet(header, payload)) return 2;
        hear(header, payload);
    }
    if (!send_frame((const uint8_t[]){2, 0, 2, 1, 0}, 5, hear)) return 3;
    do if (!read_packet(header, payload)) return 4; while (header[0] >> 4 != 3);
    printf("answer %d\\n", header[1]);
    return close(bus);
}
"""


def compiled(directory: Path) -> Path:
    source, program = directory / "host.c", directory / "host"
    source.write_text("".join(re.findall(r"```c\n(.*?)```", PAGE.read_text(), re.DOTALL)) + MAIN)
    subprocess.run(["cc", "-std=gnu11", "-Wall", "-Werror", "-o", program, source], check=True)
    return program


def run_against(program: Path, port: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, port], capture_output=True, text=True, timeout=60, check=False)


async def test_the_host_in_c(tmp_path: Path, need_program: Callable[[str], None]) -> None:
    need_program("cc")
    program = compiled(tmp_path)
    async with Emulator(Settings(spi=Endpoint("127.0.0.1"))) as emulator:
        result = await asyncio.to_thread(run_against, program, emulator.port.split(":")[1])
    assert (result.stderr, result.returncode) == ("", 0)
    lines = result.stdout.splitlines()
    assert lines[:5] == ["7:10", "1:171117-0328fe3-SPWF04S", "13:SPWF04SA", "3:20", "0:"]
    assert lines[-1] == "answer 0"
