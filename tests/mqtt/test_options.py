"""What MQTT goes over, and what it costs those who do not use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emulator.configuration import Settings

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("text", "over_websocket"), [("websocket", True), ("tcp", False)])
def test_the_option(text: str, over_websocket: bool) -> None:
    assert Settings(mqtt=text).profile.mqtt_over_websocket is over_websocket


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValueError, match="MQTT does not go over 'udp'; known: websocket, tcp"):
        Settings(mqtt="udp")


def test_start_up_loads_neither_mqtt_nor_web_sockets() -> None:
    program = (
        "import sys, emulator.running, firmware_model.commands.mqtt, firmware_model.commands.websocket; "
        "print(sorted({'aiomqtt', 'paho', 'wsproto', 'tempfile'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("[]\n", "")
