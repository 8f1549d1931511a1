"""A provider on loopback that misbehaves as told, one script per connection."""

import contextlib
import gzip
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread

Script = Callable[[socket.socket], None]

ALL_THE_TIME_S = 10.0


@dataclass
class FaultyServer:
    """Answers each connection by the next script and remembers what it was asked."""

    scripts: list[Script]
    tls: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def calls(self) -> int:
        return len(self.asked)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(ALL_THE_TIME_S)
        with contextlib.suppress(OSError), self._secured(connection) as connection:
            head = b""
            while b"\r\n\r\n" not in head:
                heard = connection.recv(4096)
                if not heard:
                    return
                head += heard
            self.asked.append(head.decode("latin-1"))
            self.scripts[min(len(self.asked), len(self.scripts)) - 1](connection)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection


@contextlib.contextmanager
def faulty(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[FaultyServer]:
    server = FaultyServer(list(scripts), tls)
    try:
        yield server
    finally:
        server.close()


def answer(
    status: int = 200, body: bytes = b"[]", *, length: int | None = None, **headers: str
) -> Script:
    """A whole answer; ``length`` claims another size than the body has."""
    told = {"Content-Length": str(len(body) if length is None else length), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
    return raw(f"HTTP/1.1 {status} Word\r\nConnection: close\r\n{head}\r\n".encode() + body)


def raw(everything: bytes) -> Script:
    def play(connection: socket.socket) -> None:
        connection.sendall(everything)

    return play


def hang_up(connection: socket.socket) -> None:
    """Say nothing and go."""


def say_nothing(connection: socket.socket) -> None:
    """Wait until the other side has had enough."""
    connection.recv(1)


def drip(head: bytes, drop: bytes = b" ", every_s: float = 0.02) -> Script:
    """Send ``head``, then a drop at a time for as long as somebody listens."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head)
        ends = time.monotonic() + ALL_THE_TIME_S
        while time.monotonic() < ends:
            connection.sendall(drop)
            time.sleep(every_s)

    return play


def zipped(body: bytes, *, most_sent: int | None = None) -> Script:
    packed = gzip.compress(body)
    return answer(200, packed[:most_sent], Content_Encoding="gzip")
