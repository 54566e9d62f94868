"""What the operations do, seen from outside: at the module's serial port, in its state, in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import serial

from firmware_model.air import IncidentKind
from tests.control.own_server import served
from tests.control.running import API, controlled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.control.running import Client

MAC = "02:A9:D2:A0:FF:A0"
HOME = "98:DE:D0:EA:4C:62"


@pytest.fixture
def host(client: Client) -> Iterator[serial.Serial]:
    """The serial port of a module that has just booted."""
    with serial.Serial(client.ready["port"], 115200, timeout=20) as host:
        before = last(client)
        client.do("POST", "/reset")
        client.wait_for("indicated", before, number=32)
        host.read_until(b"+WIND:32:WiFi Hardware Started\r\n")
        yield host


def say(host: serial.Serial, *lines: str) -> str:
    """Give commands; what the module says to the last one."""
    said = b""
    for line in lines:
        host.write(f"AT+S.{line}\r".encode())
        said = host.read_until(b"AT-S.OK\r\n")
        assert said.endswith(b"AT-S.OK\r\n"), said
    return said.decode("latin-1")


def last(client: Client) -> int:
    return int(client.get("/state")["last_event"])


def test_the_state_tells_what_runs_and_how_to_reach_it(client: Client, host: serial.Serial) -> None:
    host.write(b"AT\r")
    host.read_until(b"OK\r\n")
    state = client.get("/state")
    assert (state["model"], state["firmware"], state["seed"], state["time"]) == ("SPWF04SA", "1.1.0", 7, "instant")
    assert state["is_on"] is True
    assert state["faces"] == [{"kind": "pty", "url": client.ready["port"]}]
    assert state["host"] == f"pty {client.ready['port']}"
    assert state["mac"] == "00:80:E1:BD:00:39"


def test_health_and_readiness(client: Client) -> None:
    for path in ("/health", "/ready"):
        answer = client.ask("GET", path)
        assert (answer.status, answer.json) == (200, {"ready": True, "is_on": True})


def test_a_module_that_waits_for_its_host_is_ready_and_off() -> None:
    with controlled() as client:
        assert client.ask("GET", "/ready").json == {"ready": True, "is_on": False}
        answer = client.ask("POST", f"{API}/reset")
        assert answer.status == 409
        assert "the module is off" in answer.detail
        assert client.get("/heap")["history"] == []


def test_the_reset_pin_lets_it_boot(client: Client) -> None:
    before = client.get("/state")
    client.do("POST", "/reset")
    client.wait_for("powered_on", before["last_event"], reason="reset")
    client.wait_for("indicated", before["last_event"], number=32)
    assert client.get("/state")["restarts"] == before["restarts"] + 1


@pytest.mark.parametrize(("kind", "number"), [("hard-fault", 8), ("watchdog", 6)])
def test_the_firmware_breaks_down(client: Client, kind: str, number: int) -> None:
    before = last(client)
    client.do("POST", "/breakdown", {"kind": kind})
    client.wait_for("indicated", before, number=number)
    client.wait_for("powered_on", before, reason="watchdog")
    client.wait_for("indicated", before, number=32)


def test_faults_are_armed_counted_and_disarmed(own_client: Client) -> None:
    client = own_client
    armed = client.do("POST", "/faults", {"fault": "serial=lost-indication@on=GPIO,times=1"})
    assert [(one["name"], one["conditions"], one["fired"]) for one in armed] == [
        ("serial=lost-indication", "on=GPIO,times=1", 0)
    ]
    client.do("POST", "/faults", {"fault": "network=reset:300@nth=2"})
    assert client.get("/state")["faults"] == [one["fault"] for one in client.get("/faults")]
    assert client.get("/faults")[1]["value"] == 300
    assert client.do("DELETE", "/faults?fault=network=reset") == {"disarmed": 1}
    assert client.ask("DELETE", f"{API}/faults?fault=network=reset").status == 404
    assert client.do("DELETE", "/faults") == {"disarmed": 1}
    assert client.get("/faults") == []


def test_a_fault_that_fires_is_counted(client: Client, host: serial.Serial) -> None:
    fault = client.do("POST", "/faults", {"fault": "module=heap:0@on=SOCKON,times=1"})[-1]["fault"]
    before = last(client)
    host.write(b"AT+S.SOCKON=192.168.0.2,80,,t\r")
    client.wait_for("fault_fired", before)
    assert [one["fired"] for one in client.get("/faults") if one["fault"] == fault] == [1]
    client.do("DELETE", f"/faults?fault={fault}")


def test_the_catalogue_has_every_fault_with_its_source(client: Client) -> None:
    rows = {row["name"]: row for row in client.get("/faults/catalogue")}
    assert rows["network=reset"]["value"]
    assert rows["signature=nonpadded"]["point"] == "signature"
    assert all(row["effect"] and row["peer"] and row["confidence"] for row in rows.values())


def test_a_pin_that_is_driven_reaches_the_host(client: Client, host: serial.Serial) -> None:
    say(host, "GPIOC=6,in,r")
    pins = client.do("PUT", "/pins/6", {"level": 1})["pins"]
    assert (pins[6]["level"], pins[6]["driven"], pins[6]["is_output"]) == (1, 1, False)
    assert pins[6]["role"] == "wake up"
    assert host.read_until(b"+WIND:52:GPIO Interrupt:6\r\n").endswith(b":6\r\n")
    assert "AT-S.Gpio:6:1:0\r\n" in say(host, "GPIOR=6")
    assert client.do("PUT", "/pins/6", {"level": None})["pins"][6]["driven"] is None
    assert client.ask("PUT", f"{API}/pins/25", {"level": 1}).status == 404


def test_a_pin_that_the_module_drives_is_seen(client: Client, host: serial.Serial) -> None:
    say(host, "GPIOC=8,out", "GPIOW=8,1", "PWM=0,1000,25")
    found = client.get("/pins")
    assert (found["pins"][8]["level"], found["pins"][8]["is_output"]) == (1, True)
    assert found["pins"][2]["pwm"] == {"frequency": 1000, "duty": 25}


def test_the_adc_measures_what_is_put_on_it(client: Client, host: serial.Serial) -> None:
    assert client.do("PUT", "/adc", {"millivolts": 1234})["adc"] == 1234
    assert "1234" in say(host, "ADC")
    client.do("PUT", "/adc", {"millivolts": None})
    host.write(b"AT+S.ADC\r")
    assert b"ERROR:47:" in host.read_until(b"failed\r\n")


def test_an_access_point_is_joined_weak_and_gone(client: Client, host: serial.Serial) -> None:
    there = client.do("POST", "/access-points", {"ssid": "home", "bssid": HOME, "passphrase": "secret12"})
    assert [(ap["ssid"], ap["security"], ap["dhcp"], ap["has_module"]) for ap in there] == [
        ("home", "wpa2", True, False)
    ]
    assert "secret12" not in str(there)
    say(host, "WIFI=0", "SCFG=wifi_mode,1", "SCFG=wifi_wpa_psk_text,secret12", "SSIDTXT=home", "WIFI=1")
    host.read_until(b"+WIND:24:")
    assert client.get("/access-points")[0]["has_module"] is True
    assert client.get("/state")["address"] == "192.168.1.100"
    assert client.do("PUT", "/access-points/home/signal", {"rssi": -80})[0]["rssi"] == -80
    assert client.do("DELETE", "/access-points/home/dhcp")[0]["dhcp"] is False
    assert client.do("POST", "/access-points/home/dhcp")[0]["dhcp"] is True
    client.do("POST", "/access-points/home/deauthentication", {"code": 3})
    host.read_until(b"+WIND:40:")
    host.read_until(b"+WIND:24:")
    before = last(client)
    assert client.do("DELETE", f"/access-points/{HOME}") == []
    client.wait_for("indicated", before, number=33)
    say(host, "WIFI=0")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"ssid": ""}, "ssid: '' is wrong; use 1..32 octets"),
        ({"ssid": "x", "security": "wep"}, "passphrase: missing; a WEP key is 10 or 26 hex digits"),
        ({"ssid": "x", "address": "192.168.1.1/33"}, "address: '192.168.1.1/33' is wrong"),
        ({"ssid": "x", "channel": 15}, "channel: 15 is wrong; use 1..14"),
        ({"ssid": "x", "identity": "me"}, "only an enterprise network has one"),
        ({"name": "x"}, "name: there is no such field"),
    ],
)
def test_an_access_point_that_cannot_be_is_refused(client: Client, body: dict[str, object], told: str) -> None:
    answer = client.ask("POST", f"{API}/access-points", body)
    assert answer.status == 400
    assert told in answer.detail


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "", None),
        ("PUT", "/signal", {"rssi": -5}),
        ("POST", "/deauthentication", {"code": 3}),
        ("PUT", "/association", {}),
        ("POST", "/welcome", None),
        ("POST", "/wps", {}),
    ],
)
def test_an_access_point_that_is_not_there_is_refused(client: Client, method: str, path: str, body: object) -> None:
    answer = client.ask(method, f"{API}/access-points/nobody{path}", body)
    assert answer.status == 404
    assert "nobody" in answer.detail


def test_stations_join_fall_silent_and_leave(client: Client, host: serial.Serial) -> None:
    say(host, "WIFI=0", "SCFG=wifi_mode,3", "SCFG=wifi_priv_mode,0", "SSIDTXT=mine", "WIFI=1")
    host.read_until(b"+WIND:24:")
    there = client.do("POST", "/stations", {"mac": MAC.lower(), "address": "192.168.0.2"})
    assert (there[0]["mac"], there[0]["silent"]) == (MAC, False)
    host.read_until(b"+WIND:28:Station Associated:" + MAC.encode())
    assert client.get("/stations")[0]["joined"] is True
    assert client.do("PUT", f"/stations/{MAC}/signal", {"rssi": -70})[0]["rssi"] == -70
    assert client.do("PUT", f"/stations/{MAC}/silence", {"silent": True})[0]["silent"] is True
    assert client.do("PUT", f"/stations/{MAC}/silence", {"silent": False})[0]["silent"] is False
    assert client.do("DELETE", f"/stations/{MAC.lower()}") == []
    host.read_until(b"+WIND:72:")
    assert client.ask("DELETE", f"{API}/stations/{MAC}").status == 404
    say(host, "WIFI=0")


def test_the_radio_is_hindered_confused_and_broken(client: Client, host: serial.Serial) -> None:
    before = last(client)
    assert client.do("PUT", "/radio/hindrances/scan") == {"radio": ["scan"]}
    assert client.do("DELETE", "/radio/hindrances/scan") == {"radio": []}
    client.do("POST", "/radio/confusion", {"kind": "exception"})
    client.wait_for("indicated", before, number=31)
    client.do("POST", "/radio/bad-frame", {"kind": "illegal-frame"})
    client.do("POST", "/radio/failure", {"code": 2})
    client.wait_for("indicated", before, number=5)


async def test_frames_go_unacknowledged_and_in_parts() -> None:
    async with served(access_points=["home"]) as here:
        air = here.emulator.air
        (home,) = air.networks("home")
        for acknowledges in (False, True):
            await here.do("PUT", "/radio/acknowledgements/home", {"acknowledges": acknowledges})
            assert air.transmit(home.bssid, 1, guarded=False) is acknowledges
        before = air.version
        await here.do("POST", "/access-points/home/fragment")
        assert [incident.kind for incident in air.incidents_since(before)] == [IncidentKind.FRAGMENT]


def test_frames_of_nobody_are_not_there(client: Client) -> None:
    assert client.ask("PUT", f"{API}/radio/acknowledgements/nobody", {"acknowledges": True}).status == 404
    assert client.ask("POST", f"{API}/access-points/nobody/fragment").status == 404


def test_names_fail_and_come_back(client: Client) -> None:
    assert client.do("POST", "/names/failures", {"names": ["B.example", "a.example"]})["failing"] == [
        "a.example",
        "b.example",
    ]
    assert client.do("POST", "/names/failures", {})["all_fail"] is True
    assert client.do("DELETE", "/names/failures") == {"resolver": "works", "all_fail": False, "failing": []}
    assert client.do("PUT", "/names/resolver", {"resolver": "busy"})["resolver"] == "busy"
    client.do("PUT", "/names/resolver", {"resolver": "works"})


def test_addresses_are_mapped(client: Client) -> None:
    maps = client.do("POST", "/maps", {"map": "192.168.0.2:443=127.0.0.1:8443"})["maps"]
    assert maps == client.get("/maps")["maps"]
    assert "192.168.0.2:443=127.0.0.1:8443" in maps
    assert "is no address mapping" in client.ask("POST", f"{API}/maps", {"map": "x"}).detail


def test_a_broadcast_reaches_nobody_where_nobody_listens(client: Client) -> None:
    assert client.do("POST", "/broadcast", {"port": 5000, "octets": "68656c6c6f"}) == {"heard": False}


def test_flash_fails_and_is_repaired(client: Client, host: serial.Serial) -> None:
    client.do("PUT", "/flash?area=user-flash", {"failure": "writing"})
    answer = client.ask("PUT", f"{API}/files/1/x.txt", octets=b"x")
    assert answer.status == 409
    assert answer.detail == "101 Flash write failed" or "101" in answer.detail
    client.do("DELETE", "/flash")
    assert client.ask("PUT", f"{API}/files/1/x.txt", octets=b"x").status == 200
    client.do("DELETE", "/files/1/x.txt")


def test_the_http_client_is_hindered(client: Client) -> None:
    assert client.do("PUT", "/hindrances/taken") == {"http": ["taken"]}
    assert client.get("/hindrances") == {"http": ["taken"]}
    assert client.do("DELETE", "/hindrances/taken") == {"http": []}


def test_files_are_written_read_and_deleted(client: Client, host: serial.Serial) -> None:
    content = bytes(range(256))
    volumes = client.ask("PUT", f"{API}/files/2/a%20b.bin", octets=content).json
    assert {"name": "a b.bin", "size": 256} in next(one["files"] for one in volumes if one["number"] == 2)
    answer = client.ask("GET", f"{API}/files/2/a%20b.bin")
    assert answer.body == content
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a%20b.bin"
    assert "a b.bin" in say(host, "FSL")
    client.do("DELETE", "/files/2/a%20b.bin")
    answer = client.ask("GET", f"{API}/files/2/a%20b.bin")
    assert answer.status == 404
    assert "51" in answer.detail
    assert client.ask("PUT", f"{API}/files/3/x", octets=b"x").status == 409
    assert client.ask("PUT", f"{API}/files/2/x", octets=b"x" * 100_000).status == 409
    assert client.ask("PUT", f"{API}/files/7/x", octets=b"x").status == 400


def test_the_heap_and_its_history(client: Client) -> None:
    heap = client.get("/heap")
    assert heap["history"][0]["free"] >= heap["minimum"]
    assert heap["history"][-1]["free"] == heap["free"]


def test_the_transcript_is_the_dialogue(client: Client, host: serial.Serial) -> None:
    say(host, "STS=free_heap")
    answer = client.ask("GET", f"{API}/transcript")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert b"> AT+S.STS=free_heap\n< AT-S.Var:free_heap=" in answer.body


def test_captures_are_begun_fetched_and_forgotten(client: Client, host: serial.Serial) -> None:
    started = [client.do("POST", "/captures", {"form": form}) for form in ("pcapng", "jsonl", "text", "transcript")]
    assert all(one["running"] for one in started)
    say(host, "STS=free_heap")
    contents = {}
    for one in started:
        stopped = client.do("POST", f"/captures/{one['id']}/stop")
        assert (stopped["running"], stopped["failure"]) == (False, None)
        answer = client.ask("GET", f"{API}/captures/{one['id']}")
        assert len(answer.body) == stopped["octets"] == int(answer.headers["content-length"])
        contents[one["form"]] = answer.body
    assert contents["pcapng"].startswith(b"\x0a\x0d\x0d\x0a")
    assert b'"event":"command_received"' in contents["jsonl"]
    assert b"AT+S.STS=free_heap" in contents["text"]
    assert b"> AT+S.STS=free_heap\n" in contents["transcript"]
    assert [one["id"] for one in client.get("/captures")] == [one["id"] for one in started]
    for one in started:
        client.do("DELETE", f"/captures/{one['id']}")
    assert client.get("/captures") == []
    assert client.ask("GET", f"{API}/captures/{started[0]['id']}").status == 404


def test_there_is_an_end_to_captures(own_client: Client) -> None:
    for _ in range(16):
        own_client.do("POST", "/captures", {"form": "jsonl"})
    assert "delete one" in own_client.ask("POST", f"{API}/captures", {"form": "jsonl"}).detail


def test_events_are_listed_from_a_number_on(client: Client) -> None:
    everything = client.get("/events?limit=5000")
    assert everything["first"] == everything["entries"][0]["entry"]
    third = everything["entries"][2]
    assert client.get(f"/events?after={everything['entries'][1]['entry']}&limit=1")["entries"] == [third]
    kinds = {entry["event"] for entry in client.get("/events?kinds=indicated,powered_on")["entries"]}
    assert kinds == {"indicated", "powered_on"}
    assert client.get(f"/events?after={everything['last'] + 1000}")["entries"] == []
