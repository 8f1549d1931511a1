"""An answer on its way out, and the ways in which a line can carry it badly."""

import gzip
import json
import select
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

JSON: Final = "application/json; charset=utf-8"
WORTH_PACKING: Final = 512  # bytes
_MEGABYTE: Final = 1_000_000
_PIECE: Final = 64 * 1024

Wire = Callable[["Reply", socket.socket], None]


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and bytes. ``wire`` carries it where it is not to arrive whole."""

    status: int
    body: bytes
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    wire: Wire | None = None

    def packed(self) -> "Reply":
        """Return it compressed, where that is worth it."""
        if len(self.body) < WORTH_PACKING or "Content-Encoding" in self.headers:
            return self
        # No time stamp inside: the same answer is the same bytes.
        return self.encoded(gzip.compress(self.body, mtime=0), "gzip")

    def encoded(self, body: bytes, encoding: str) -> "Reply":
        return replace(self, body=body, headers={**self.headers, "Content-Encoding": encoding})

    def head(self, **more: str) -> bytes:
        """Return the status line and the headers, for a wire that writes them itself."""
        told = {"Content-Type": self.kind, "Connection": "close", **self.headers, **more}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
        return f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n{lines}\r\n".encode()


def reply_json(status: int, body: Any, headers: dict[str, str] | None = None) -> Reply:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Reply(status, text.encode(), headers=headers or {})


def hang_up(reply: Reply, line: socket.socket) -> None:
    """Say nothing and go."""


def silence(seconds: float) -> Wire:
    """Say nothing until the other side has had enough."""

    def carry(reply: Reply, line: socket.socket) -> None:
        _wait(line, seconds)

    return carry


def silence_after_headers(seconds: float) -> Wire:
    def carry(reply: Reply, line: socket.socket) -> None:
        line.sendall(reply.head(Content_Length=str(len(reply.body))))
        _wait(line, seconds)

    return carry


def dripping(every: float, *, headers_too: bool = False) -> Wire:
    """One byte at a time, for as long as somebody listens."""

    def carry(reply: Reply, line: socket.socket) -> None:
        head = reply.head(Content_Length=str(len(reply.body)))
        line.sendall(b"" if headers_too else head)
        for byte in (head if headers_too else b"") + reply.body:
            line.sendall(bytes([byte]))
            if _wait(line, every):
                return

    return carry


def cut_at(share: float) -> Wire:
    """Promise the whole body and hang up in the middle of it."""

    def carry(reply: Reply, line: socket.socket) -> None:
        line.sendall(reply.head(Content_Length=str(len(reply.body))))
        line.sendall(reply.body[: int(share * len(reply.body))])

    return carry


def cut_chunks(share: float) -> Wire:
    """The same in chunks: one whole, one promised and never finished."""

    def carry(reply: Reply, line: socket.socket) -> None:
        sent = reply.body[: int(share * len(reply.body))]
        line.sendall(reply.head(Transfer_Encoding="chunked"))
        line.sendall(f"{len(sent):x}\r\n".encode() + sent + b"\r\nffff\r\n[")

    return carry


def bomb(megabytes: int) -> Wire:
    """A small gzip stream that unpacks to so many megabytes of nothing."""

    def carry(reply: Reply, line: socket.socket) -> None:
        line.sendall(reply.head(Content_Encoding="gzip", Transfer_Encoding="chunked"))
        for piece in _zeros(megabytes):
            line.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        line.sendall(b"0\r\n\r\n")

    return carry


def endless(megabytes: int) -> Wire:
    """So many megabytes of blanks, their length told beforehand."""

    def carry(reply: Reply, line: socket.socket) -> None:
        line.sendall(reply.head(Content_Length=str(megabytes * _MEGABYTE)))
        for _ in range(megabytes * _MEGABYTE // _PIECE + 1):
            line.sendall(b" " * _PIECE)

    return carry


def _zeros(megabytes: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(megabytes):
        if piece := packer.compress(bytes(_MEGABYTE)):
            yield piece
    yield packer.flush()


def _wait(line: socket.socket, seconds: float) -> bool:
    """Wait; true as soon as the other side has gone."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        readable, _, _ = select.select([line], [], [], left)
        if not readable:
            return False
        if not line.recv(4096):
            return True
    return False
