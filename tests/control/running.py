"""A running ``spwf04sx run --control`` and a client for it, made of Python's own http.client."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PATIENCE = 30.0
API = "/api/v1"


class Answer(NamedTuple):
    """One response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        """What a refusal says; that it is one is checked."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        problem = self.json
        assert problem.keys() == {"title", "status", "detail"}
        assert problem["status"] == self.status
        return str(problem["detail"])


class Client:
    """Asks for one thing at a time, each over a connection of its own."""

    def __init__(self, url: str, ready: Mapping[str, Any] | None = None) -> None:
        self.url = url
        self.ready = ready or {}
        """What the ready line said."""
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.stop: Callable[[], None] = lambda: None
        """Lets the emulator end."""
        self.headers: dict[str, str] = {}
        """Sent with everything."""

    def ask(
        self, method: str, path: str, body: object = None, *, octets: bytes | None = None, **headers: str
    ) -> Answer:
        """``body`` goes as JSON, ``octets`` as they are; underscores in header names are hyphens."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            octets = json.dumps(body).encode()
            sent = {"Content-Type": "application/json", **sent}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, octets, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """JSON of something that must be there."""
        answer = self.ask("GET", API + path)
        assert answer.status == 200, answer.body
        return answer.json

    def do(self, method: str, path: str, body: object = None) -> Any:
        """Do something that must work; its JSON, None for none."""
        answer = self.ask(method, API + path, body)
        assert answer.status in (200, 201, 204), answer.body
        return answer.json if answer.body else None

    def events(self, after: int = 0, kinds: str = "") -> Iterator[dict[str, Any]]:
        """Follow the event stream from an entry on, until patience ends."""
        end = time.monotonic() + PATIENCE
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", f"{API}/events/stream?after={after}&kinds={kinds}", headers=self.headers)
            response = connection.getresponse()
            assert response.status == 200, response.read()
            for line in response:
                if time.monotonic() > end:
                    return
                if line.startswith(b"data: ") and (event := json.loads(line[6:])).get("event"):
                    yield event
        finally:
            connection.close()

    def wait_for(self, kind: str, after: int = 0, **fields: object) -> dict[str, Any]:
        """Wait for an event whose fields are these."""
        seen = []
        for event in self.events(after, kind):
            if all(event[name] == value for name, value in fields.items()):
                return event
            seen.append(event)
        raise AssertionError(f"there was no {kind} with {fields}, only {seen}")


@contextmanager
def controlled(*arguments: str, token: str | None = None) -> Iterator[Client]:
    """An emulator that runs with these arguments beside ``--control``, and a client that knows its token."""
    where = () if "--control" in arguments else ("--control", "0")
    command = [sys.executable, "-m", "emulator.cli", "run", "--json", *where, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            ready = json.loads(line)
            client = Client(ready["control"], ready)
            client.stop = process.terminate
            if token := token or ready["control_token"]:
                client.headers["Authorization"] = f"Bearer {token}"
            yield client
            process.terminate()
            _, complaints = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, complaints
            assert "Traceback" not in complaints, complaints
        finally:
            process.kill()
