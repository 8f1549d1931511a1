"""The sandbox over HTTP: what outsiders are asked at their addresses, and its own /sandbox/."""

import sys
import traceback
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.doors import Sandbox
from sandbox.faults.reply import Reply, reply_json

__all__ = ["Sandbox", "SandboxServer"]

_LONGEST_QUESTION: Final = 100_000  # bytes of a body somebody sends
_IDLE_S: Final = 65


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, where: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(where, _Handler)
        self.sandbox = sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up in the middle of a question is no trouble of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection. Nothing is logged of a question: keys are part of addresses."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    wbufsize = -1
    disable_nagle_algorithm = True
    server: SandboxServer

    def do_GET(self) -> None:
        self._answer(lambda where: self.server.sandbox.get(where.path, where.query))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self._answer(lambda where: self._with_body(self._put, where))

    def do_POST(self) -> None:
        self._answer(lambda where: self._with_body(self._post, where))

    def version_string(self) -> str:
        return "BeatVegasSandbox"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what cannot be read as a question; its headers may never have been read."""
        self.close_connection = True
        self.headers = getattr(self, "headers", Message())
        self.request_version = self.protocol_version
        self._send(reply_json(code, {"message": message or HTTPStatus(code).phrase}))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, method: Any) -> None:
        if self.headers.get("Transfer-Encoding") or (
            self.command in ("GET", "HEAD") and self.headers.get("Content-Length", "0") != "0"
        ):
            # A body nobody reads would be taken for the next question.
            self.close_connection = True
        try:
            self._send(method(urlsplit(self.path)))
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True
        except Exception:
            self.close_connection = True
            traceback.print_exc(file=sys.stderr)
            self._send(reply_json(500, {"message": "Internal server error"}))

    def _with_body(self, method: Any, where: Any) -> Reply:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_QUESTION:
            self.close_connection = True
            return reply_json(411 if not length else 413, {"message": "Send a small body"})
        answer: Reply = method(where, self.rfile.read(int(length)))
        return answer

    def _put(self, where: Any, body: bytes) -> Reply:
        return self.server.sandbox.put(where.path, body)

    def _post(self, where: Any, body: bytes) -> Reply:
        kind = self.headers.get("Content-Type", "")
        return self.server.sandbox.post(where.path, where.query, body, kind)

    def _send(self, reply: Reply) -> None:
        if reply.wire is not None:
            # It is carried badly, and no other answer follows it on this line.
            self.close_connection = True
            reply.wire(reply, self.connection)
            return
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            reply = reply.packed()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()
