"""The sandbox over HTTP: the provider's addresses, and a few of its own under /sandbox/."""

import gzip
import json
import sys
import traceback
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sandbox.clock import SandboxClock
from sandbox.page import POLICY, page
from sandbox.protocol.account import Account, Standing
from sandbox.protocol.answers import OddsApi, Unknown
from sandbox.protocol.refusals import Refused
from sandbox.world import World
from sandbox.world.instants import iso

_JSON: Final = "application/json; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
_WORTH_PACKING: Final = 512  # bytes
_LONGEST_QUESTION: Final = 10_000  # bytes of a body somebody sends
_IDLE_S: Final = 65


class Sandbox:
    """Everything one server knows: a world, a clock, an account."""

    def __init__(self, world: World, account: Account, clock: SandboxClock | None = None) -> None:
        self.world = world
        self.account = account
        self.clock = clock or SandboxClock()
        self.provider = OddsApi(world)

    def clock_state(self) -> dict[str, Any]:
        standing = self.clock.standing
        return {
            "now": iso(self.clock.now()),
            "at": None if standing is None else iso(standing),
            "epoch": iso(self.world.calendar.epoch),
            "opening": iso(self.world.calendar.opening),
            "pace": self.world.pace,
        }


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, where: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(where, _Handler)
        self.sandbox = sandbox


class _Handler(BaseHTTPRequestHandler):
    """One connection. Nothing is logged of a question: the key is part of its address."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True
    server: SandboxServer

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def version_string(self) -> str:
        return "BeatVegasSandbox"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what cannot be read as a question; its headers may never have been read."""
        self.close_connection = True
        self.headers = getattr(self, "headers", Message())
        self.request_version = self.protocol_version
        self._send_json(code, {"message": message or HTTPStatus(code).phrase})

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, method: Any) -> None:
        if self.headers.get("Transfer-Encoding") or (
            self.command != "PUT" and self.headers.get("Content-Length", "0") != "0"
        ):
            # A body nobody reads would be taken for the next question.
            self.close_connection = True
        try:
            method(urlsplit(self.path))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except Exception:
            self.close_connection = True
            traceback.print_exc(file=sys.stderr)
            self._send_json(500, {"message": "Internal server error"})

    def _get(self, where: Any) -> None:
        sandbox = self.server.sandbox
        match where.path:
            case "/sandbox/health":
                self._send_json(200, {"status": "ok"})
            case "/sandbox/clock":
                self._send_json(200, sandbox.clock_state())
            case "/sandbox/":
                text = page(sandbox.world, sandbox.account, sandbox.clock)
                self._send(200, text.encode(), _HTML, {"Content-Security-Policy": POLICY})
            case "/" | "/sandbox":
                self._send(302, b"", _HTML, {"Location": "/sandbox/"})
            case path if path.startswith("/v4/"):
                self._ask(path, where.query)
            case _:
                self._send_json(404, {"message": "Not found"})

    def _put(self, where: Any) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_QUESTION:
            self.close_connection = True
            self._send_json(411 if not length else 413, {"message": "Send a small JSON body"})
            return
        body = self.rfile.read(int(length))
        if where.path != "/sandbox/clock":
            self._send_json(404, {"message": "Not found"})
            return
        try:
            at = _instant(json.loads(body)["at"])
        except (ValueError, KeyError, TypeError):
            example = '{"at": "2026-11-20T18:00:00Z"}, or null for real time'
            self._send_json(422, {"message": f"Send {example}"})
            return
        self.server.sandbox.clock.stand(at)
        self._send_json(200, self.server.sandbox.clock_state())

    def _ask(self, path: str, query: str) -> None:
        """Answer as the provider: the key first, then the question, then the credits."""
        sandbox = self.server.sandbox
        asked = dict(parse_qsl(query, keep_blank_values=True))
        at = sandbox.clock.now()
        try:
            sandbox.account.admit(asked.get("apiKey"))
            answer = sandbox.provider.answer(path, asked, at)
            standing = sandbox.account.charge(answer.cost, at)
        except Refused as no:
            self._send_json(no.refusal.status, no.body(), sandbox.account.standing(at))
        except Unknown:
            self._send_json(404, {"message": "Not found"}, sandbox.account.standing(at))
        else:
            self._send_json(200, answer.body, standing)

    def _send_json(self, status: int, body: Any, standing: Standing | None = None) -> None:
        text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        self._send(status, text.encode(), _JSON, standing.headers() if standing else {})

    def _send(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        more = dict(headers or {})
        if len(body) >= _WORTH_PACKING and "gzip" in self.headers.get("Accept-Encoding", ""):
            # No time stamp inside: the same answer is the same bytes.
            body = gzip.compress(body, mtime=0)
            more["Content-Encoding"] = "gzip"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in more.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _instant(text: str | None) -> int | None:
    """Raises: ValueError, where it is no instant with its offset."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("An instant says its offset.")
    return int(at.astimezone(UTC).timestamp())
