"""The surroundings file: the example of its page, every mistake in one line, DNS names."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.configuration import Settings
from emulator.emulator import Emulator
from emulator.surroundings.address_map import AddressMap
from emulator.surroundings.file import load_surroundings
from emulator.surroundings.network import MachineNetwork
from firmware_model.air import AccessPoint, EapMethod, Enterprise, Security
from firmware_model.outside import NameNotFoundError, Station
from firmware_model.radio.rates import LEGACY
from tests.tls.certificates import root

PAGE = Path(__file__).parents[2] / "docs" / "surroundings.md"


def written(directory: Path, content: str) -> Path:
    file = directory / "desk.toml"
    file.write_text(content, "utf-8")
    return file


def test_the_example_of_the_page_is_good(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    access_points, stations, names = load_surroundings(written(tmp_path, example.group(1)))
    home, office, field = access_points
    assert home == AccessPoint(
        "home",
        "98:DE:D0:EA:4C:62",
        6,
        -50,
        "secret12",
        "192.168.1.100/24",
        "192.168.1.1",
        Security.WPA2,
        50,
        "192.168.1.1",
        wps=True,
    )
    assert (office.security, office.identity, office.passphrase) == (Security.ENTERPRISE, "ali", "open sesame")
    assert (field.ad_hoc, field.security, field.passphrase, field.address) == (True, "open", "", "192.168.3.100/24")
    assert stations == (Station("02:A9:D2:A0:FF:A0", "secret12", "192.168.0.2", -40),)
    assert names == {"broker.example": "192.168.1.7"}


def test_file_and_flags_add_up(tmp_path: Path) -> None:
    file = written(tmp_path, '[[access_point]]\nssid = "Caf\u00e9"\n[[station]]\nmac = "02:00:00:00:00:0a"\n')
    settings = Settings(surroundings=file, access_points=["home"], stations=["02:00:00:00:00:0b"])
    assert [(ap.ssid, ap.address) for ap in settings.in_the_air] == [
        ("Caf\u00c3\u00a9", "192.168.1.100/24"),
        ("home", "192.168.2.100/24"),
    ]
    assert [station.mac for station in settings.joining] == ["02:00:00:00:00:0A", "02:00:00:00:00:0B"]
    emulator = Emulator(settings)
    emulator.air.set_signal("Caf\u00e9", -77)
    assert [ap.rssi for ap in emulator.air.access_points("")] == [-77, -50]


def test_an_enterprise_network_has_methods_and_certificates(tmp_path: Path) -> None:
    identity = root().issue("radius", server=True)
    (tmp_path / "radius.pem").write_text(identity.certificate_pem + root().certificate_pem)
    keys = 'eap = ["ttls-mschap", "tls"]\npeap_version = 0\nserver_certificate = "radius.pem"\nht = false\n'
    file = written(tmp_path, office(keys + f'client_authority = "{tmp_path / "radius.pem"}"\n'))
    (network,) = load_surroundings(file).access_points
    assert network.rates == LEGACY
    assert network.enterprise == Enterprise(
        (EapMethod.TTLS_MSCHAP, EapMethod.TLS),
        0,
        (identity.certificate_der, root().certificate_der),
        identity.certificate_der,
    )


def office(keys: str) -> str:
    return point(f'security = "enterprise"\n{keys}')


def point(keys: str) -> str:
    return f'[[access_point]]\nssid = "a"\n{keys}\n'


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[access_point]", "this is no TOML: "),
        ("[[access_point]]\n", "access_point[0].ssid: this key is missing"),
        ('[[access_point]]\nssid = ""\n', "access_point[0].ssid: '' is wrong; use 1..32 octets"),
        (point("") + point("channel = 99"), "access_point[1].channel: 99 is wrong; use 1..14"),
        (point("rssi = 1"), "access_point[0].rssi: 1 is wrong; use -127..0"),
        (point("rssi = true"), "access_point[0].rssi: True is wrong; use -127..0"),
        (point('bssid = "0"'), "access_point[0].bssid: '0' is wrong; write it as 98:DE:D0:EA:4C:62"),
        (point('security = "wpa3"'), "access_point[0].security: 'wpa3' is wrong; known: open, wep, wpa, "),
        (point('passphrase = "short"'), "access_point[0].passphrase: 'short' is wrong; WPA takes 8..63 printable"),
        (point('security = "wpa"'), "access_point[0].passphrase: missing; WPA takes 8..63 printable"),
        (point('security = "wep"\npassphrase = "xx"'), "access_point[0].passphrase: 'xx' is wrong; a WEP key is 10"),
        (point('security = "open"\npassphrase = "x"'), "access_point[0].passphrase: 'x' is wrong; an open network"),
        (point("passphrase = 12345678"), "access_point[0].passphrase: 12345678 is wrong; use text in quotes"),
        (point('identity = "ali"'), "access_point[0].identity: only an enterprise network has one"),
        (point('security = "enterprise"\nwps = true'), "access_point[0].wps: an enterprise network cannot offer it"),
        (point('eap = "tls"'), "access_point[0].security: only an enterprise network has eap, peap_version or"),
        (office('eap = ["tls", "peap"]'), "access_point[0].eap: ['tls', 'peap'] is wrong; known: tls, ttls-md5, "),
        (office("peap_version = 2"), "access_point[0].peap_version: 2 is wrong; use 0..1"),
        (office('server_certificate = "none.pem"'), "access_point[0].server_certificate: 'none.pem' is wrong; "),
        (office('client_authority = "desk.toml"'), "access_point[0].client_authority: 'desk.toml' is wrong; "),
        (point('address = "192.168.1.5"'), "access_point[0].address: '192.168.1.5' is wrong; write it with its prefix"),
        (point('address = "192.168.1.5/31"'), "access_point[0].address: '192.168.1.5/31' is wrong; the network is too"),
        (point('address = "x/24"'), "access_point[0].address: 'x/24' is wrong; write it as 192.168.1.100/24"),
        (point('gateway = "x"'), "access_point[0].gateway: 'x' is wrong; write it as 192.168.1.1"),
        (point("hidden = 1"), "access_point[0].hidden: 1 is wrong; use true or false"),
        (point("colour = 1"), "access_point[0].colour: there is no such key; known: ssid, bssid, "),
        ('[access_point]\nssid = "a"\n', "access_point: {'ssid': 'a'} is wrong; write it as [[table]]"),
        ("access_point = [1]\n", "access_point[0]: this must be a table"),
        ("names = 1\n", "names: 1 is wrong; write it as [table]"),
        ('[names]\n"a.b" = "c"\n', "names.a.b: 'c' is wrong; write it as 192.168.1.1"),
        ("[[station]]\n", "station[0].mac: this key is missing"),
        ("[[stations]]\n", "stations: there is no such key; known: access_point, station, names"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(tmp_path: Path, content: str, complaint: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(ValueError, match="^" + re.escape(f"{file}: {complaint}")) as failure:
        Settings(surroundings=file)
    assert "\n" not in str(failure.value)


def test_the_command_ends_with_status_2(tmp_path: Path) -> None:
    for file, complaint in (
        (written(tmp_path, point("channel = 99")), "access_point[0].channel: 99 is wrong; use 1..14"),
        (tmp_path / "missing.toml", "No such file or directory; name a file that can be read"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", "emulator.cli", "run", "--surroundings", str(file)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (result.returncode, result.stdout, result.stderr) == (2, "", f"spwf04sx: {file}: {complaint}\n")


async def test_names_lead_to_addresses_that_the_map_knows() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    network = MachineNetwork(AddressMap([f"10.0.0.7:80=127.0.0.1:{port}"]), names={"Broker.example": "10.0.0.7"})
    assert await network.resolve("broker.EXAMPLE", uplink=False) == "10.0.0.7"
    stream = await network.connect("broker.example", 80, uplink=False)
    await stream.close()
    server.close()
    await server.wait_closed()
    assert stream.remote.host == "10.0.0.7"


async def test_names_can_fail_and_come_back() -> None:
    network = MachineNetwork(AddressMap(["printer=127.0.0.1"]), names={"broker.example": "10.0.0.7"})
    network.fail_names("BROKER.example")
    with pytest.raises(NameNotFoundError, match=r"DNS does not answer for the name broker\.example"):
        await network.resolve("broker.example", uplink=True)
    assert await network.resolve("printer", uplink=True) == "127.0.0.1"
    network.fail_names()
    for call in (network.resolve("printer", uplink=True), network.connect("printer", 1, uplink=True)):
        with pytest.raises(NameNotFoundError):
            await call
    assert await network.resolve("10.0.0.7", uplink=True) == "10.0.0.7"
    network.restore_names()
    assert await network.resolve("printer", uplink=True) == "127.0.0.1"
