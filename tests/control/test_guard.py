"""Who may use the control API, and who may not."""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.control.running import API, PATIENCE, Client, controlled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a token that is long enough".replace(" ", "-")
STATE = f"{API}/state"
EVIL = Origin("http://evil.example")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An emulator that demands a token which somebody chose."""
    file = tmp_path_factory.mktemp("token") / "token"
    file.write_text(f"{TOKEN}\n")
    with controlled("--control-token-file", str(file), token=TOKEN) as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_this_machine_is_known_by_its_own_names(client: Client, host: str) -> None:
    assert client.ask("GET", STATE, Host=f"{host}:{client.port}").status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.2", "localhost.evil.example"])
def test_a_page_that_lets_its_own_name_lead_here_gets_nothing(client: Client, host: str) -> None:
    answer = client.ask("GET", STATE, Host=f"{host}:{client.port}")
    assert answer.status == 421
    assert host in answer.detail


@pytest.mark.parametrize("host", ["", "a b", "127.0.0.1:80:80", "user@127.0.0.1", "127.0.0.1, evil.example"])
def test_what_is_no_host_is_refused(client: Client, host: str) -> None:
    assert client.ask("GET", STATE, Host=host).status == 400


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:{port}"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", STATE), ("POST", f"{API}/reset"), ("GET", f"{API}/events/stream")]
)
def test_pages_from_elsewhere_are_refused(client: Client, method: str, path: str, origin: str) -> None:
    answer = client.ask(method, path, Origin=origin.format(port=client.port))
    assert answer.status == 403
    assert "elsewhere" in answer.detail


def test_pages_from_elsewhere_are_refused_even_where_the_browser_names_no_origin(client: Client) -> None:
    assert client.ask("GET", STATE, Sec_Fetch_Site="cross-site").status == 403
    assert client.ask("GET", STATE, Sec_Fetch_Site="same-site").status == 403
    assert client.ask("GET", STATE, Sec_Fetch_Site="same-origin").status == 200
    assert client.ask("GET", "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


def test_our_own_page_may(client: Client) -> None:
    assert client.ask("GET", STATE, Origin=f"http://127.0.0.1:{client.port}").status == 200


def test_nobody_is_told_that_pages_from_elsewhere_may(client: Client) -> None:
    answer = client.ask("OPTIONS", STATE, Origin="http://evil.example", Access_Control_Request_Method="GET")
    assert answer.status == 403
    answers = [answer, client.ask("GET", STATE), client.ask("GET", "/")]
    assert not [name for one in answers for name in one.headers if name.startswith("access-control-")]


def test_a_terminal_is_refused_to_pages_from_elsewhere(client: Client) -> None:
    url = f"ws://127.0.0.1:{client.port}{API}/terminal"
    with pytest.raises(InvalidStatus) as refused, connect(url, origin=EVIL, open_timeout=PATIENCE):
        pass
    assert refused.value.response.status_code == 403
    assert b"elsewhere" in refused.value.response.body


def test_the_answers_forbid_what_a_page_could_be_abused_for(client: Client) -> None:
    for path in ("/", STATE, "/nothing"):
        headers = client.ask("GET", path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_without_the_token_there_is_nothing(guarded: Client) -> None:
    stranger = Client(guarded.url)
    for method, path in (("GET", STATE), ("POST", f"{API}/reset"), ("GET", f"{API}/events/stream"), ("GET", "/no")):
        answer = stranger.ask(method, path)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer TOKEN" in answer.detail


@pytest.mark.parametrize("token", [TOKEN[:-1], TOKEN + "x", "", "x", TOKEN.upper(), "schl\u00fcssel"])
def test_a_wrong_token_is_refused(guarded: Client, token: str) -> None:
    stranger = Client(guarded.url)
    assert stranger.ask("GET", STATE, Authorization=f"Bearer {token}").status == 401
    assert stranger.ask("GET", STATE, Authorization=f"Basic {TOKEN}").status == 401
    assert stranger.ask("GET", STATE, Cookie=f"spwf04sx-{guarded.port}={TOKEN}").status == 401
    assert stranger.ask("POST", f"{API}/session", {"token": token}).status == 401


def test_the_token_opens_everything(guarded: Client) -> None:
    assert Client(guarded.url).ask("GET", STATE, Authorization=f"Bearer {TOKEN}").status == 200
    assert Client(guarded.url).ask("GET", STATE, Authorization=f"bearer {TOKEN}").status == 200


def test_a_browser_shows_the_token_once_and_then_a_cookie(guarded: Client) -> None:
    browser = Client(guarded.url)
    answer = browser.ask("POST", f"{API}/session", {"token": TOKEN})
    assert answer.status == 204
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    pair = cookie.partition(";")[0]
    assert browser.ask("GET", STATE, Cookie=pair).status == 200
    assert browser.ask("GET", STATE, Cookie=f"{pair}x").status == 401
    gone = browser.ask("DELETE", f"{API}/session", Cookie=pair).headers["set-cookie"]
    assert "Max-Age=0" in gone


def test_the_page_and_the_probes_are_for_everybody(guarded: Client) -> None:
    for path in ("/", "/health", "/ready", "/openapi.json"):
        assert Client(guarded.url).ask("GET", path).status == 200


def test_where_a_token_is_demanded_any_name_will_do(guarded: Client) -> None:
    assert guarded.ask("GET", STATE, Host="emulator:8080").status == 200
    assert guarded.ask("GET", STATE, Host="emulator:8080", Origin="http://evil.example").status == 403


def test_a_terminal_demands_the_token(guarded: Client) -> None:
    url = f"ws://127.0.0.1:{guarded.port}{API}/terminal"
    with pytest.raises(InvalidStatus) as refused, connect(url, open_timeout=PATIENCE):
        pass
    assert refused.value.response.status_code == 401
    with connect(url, additional_headers=guarded.headers, open_timeout=PATIENCE) as terminal:
        assert '"type": "host"' in str(terminal.recv(PATIENCE))


def test_who_can_be_reached_from_elsewhere_makes_up_a_token_and_prints_it_once() -> None:
    with controlled("--control", "*:0") as client:
        token = client.ready["control_token"]
        assert re.fullmatch(r"[\w-]{40,}", token)
        assert Client(client.url).ask("GET", STATE).status == 401
        assert client.ask("GET", STATE).status == 200


def test_a_token_that_was_chosen_is_not_printed(guarded: Client) -> None:
    assert guarded.ready["control_token"] is None


def test_a_token_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPWF04SX_CONTROL_TOKEN", TOKEN)
    with controlled("--control", "*:0", token=TOKEN) as client:
        assert client.ready["control_token"] is None
        assert client.ask("GET", STATE).status == 200
        assert Client(client.url).ask("GET", STATE).status == 401


def test_a_body_that_is_too_long_is_refused(client: Client) -> None:
    answer = client.ask("POST", f"{API}/faults", {"fault": "x" * 70_000})
    assert answer.status == 413
    assert "65536 octets" in answer.detail
    assert client.ask("POST", f"{API}/reset", octets=b"x").status == 413


@pytest.mark.parametrize("length", [20_000, 1_000_000])
def test_a_head_that_is_too_long_is_refused(client: Client, length: int) -> None:
    connection = http.client.HTTPConnection(client.host, client.port, timeout=PATIENCE)
    try:
        connection.request("GET", STATE, headers={"X-Long": "x" * length})
        assert connection.getresponse().status in (400, 431)
    except (BrokenPipeError, ConnectionResetError):
        pass  # it hung up before it was told everything
    finally:
        connection.close()
    assert client.ask("GET", STATE).status == 200


def test_only_json_is_json(client: Client) -> None:
    octets = b'{"fault": "signature=raw"}'
    assert client.ask("POST", f"{API}/faults", octets=octets, Content_Type="text/plain").status == 415
    assert client.ask("POST", f"{API}/faults", octets=octets).status == 415
    for wrong in (b"", b"{", b"\xff", b"NaN", b"[" * 100_00, b'"\\ud800"', b"1" * 5000):
        answer = client.ask("POST", f"{API}/faults", octets=wrong, Content_Type="application/json")
        assert answer.status == 400, wrong
        assert answer.detail


def test_a_page_outside_of_the_page_is_not_there(client: Client, tmp_path: Path) -> None:
    for path in (
        "/page/../server.py",
        "/page/%2e%2e%2fserver.py",
        "/page/..%5cserver.py",
        f"/page/{tmp_path}",
        "/page/",
    ):
        assert client.ask("GET", path).status == 404
