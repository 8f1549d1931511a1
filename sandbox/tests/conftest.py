"""A small world to ask, and a server of it to talk to. No database, no Django."""

import gzip
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.protocol.account import Account
from sandbox.server import Sandbox, SandboxServer
from sandbox.world import World

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
KEY = "a-key-for-tests"
SFL = "/v4/sports/americanfootball_sfl"


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def make_world(**changes: Any) -> World:
    return World(**{"seed": 7, "epoch": EPOCH, **changes})


@pytest.fixture(scope="session")
def world() -> World:
    return make_world()


@dataclass
class Reply:
    status: int
    headers: Message
    raw: bytes

    @property
    def body(self) -> Any:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return json.loads(gzip.decompress(self.raw) if packed else self.raw)

    @property
    def quota(self) -> tuple[int, int, int]:
        names = ("used", "remaining", "last")
        used, remaining, last = (int(self.headers[f"x-requests-{name}"]) for name in names)
        return used, remaining, last


@dataclass
class Client:
    """Asks over a socket, one connection each time, as somebody outside would."""

    sandbox: Sandbox
    port: int

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as line:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return Reply(answer.status, answer.headers, answer.read())

    def get(self, path: str, *, key: str | None = KEY, **asked: str) -> Reply:
        parameters = {**asked, **({} if key is None else {"apiKey": key})}
        return self.send("GET", f"{path}?{urlencode(parameters)}")

    def set_clock(self, at: str | None) -> Reply:
        return self.put_clock({"at": at})

    def put_clock(self, clock: dict[str, Any]) -> Reply:
        return self.send("PUT", "/sandbox/clock", json.dumps(clock).encode())


@pytest.fixture
def serve() -> Iterator[Callable[..., Client]]:
    """Start servers that end with the test."""
    running: list[tuple[SandboxServer, Thread]] = []

    def start(*worlds: World, **account: Any) -> Client:
        sandbox = Sandbox(worlds, Account(KEY, **{"calls_a_second": 10_000, **account}))
        server = SandboxServer(("127.0.0.1", 0), sandbox)
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        running.append((server, serving))
        return Client(sandbox, server.server_address[1])

    yield start
    for server, serving in running:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.fixture
def client(serve: Callable[..., Client], world: World) -> Client:
    """A server whose clock stands shortly before the epoch, with games on its board."""
    client = serve(world)
    client.set_clock("2026-03-03T20:00:00Z")
    return client
