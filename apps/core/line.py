"""One question on one connection: whole within its time and size, or cut off.

The HTTP library limits each silence, not the sum of them, so a peer that sends a byte a second
would hold a worker for hours. Here every read of the socket knows when the call must be over.
Only the look-up of a name is not ours to cut: the system's resolver has a limit of its own.
A reply says whether anything was written before it failed: what was not written was not heard.
"""

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

CONNECT_S: Final = 3.0
SILENCE_S: Final = 8.0  # longest pause between two pieces of an answer
_PIECE: Final = 64 * 1024
_GZIP: Final = 31  # what zlib calls a gzip stream
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip"}
Admits = Callable[[str], bool]  # whether an address may be connected to
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Flaw(StrEnum):
    """What was wrong with a transfer, whatever its status said."""

    NOT_CONNECTED = "NOT_CONNECTED"  # name, connection or TLS: nothing was asked
    NOT_ADMITTED = "NOT_ADMITTED"  # it leads nowhere that may be connected to: nothing was asked
    BROKEN = "BROKEN"  # it ended before there was a status
    DEADLINE = "DEADLINE"
    CUT = "CUT"  # the body ended early
    TOO_LARGE = "TOO_LARGE"
    ENCODING = "ENCODING"  # compressed in a way that was not asked for, or not at all well


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. A body with a flaw is what was read of it."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    flaw: Flaw | None = None


class CallBroke(Exception):
    """A mistake of ours, which no peer can cause: told without the address that it was made on."""


def ask(
    method: str,
    url: str,
    *,
    ends: float,
    most: int,
    params: Mapping[str, str] | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    admits: Admits | None = None,
) -> Reply:
    """Ask once: never on after ``ends``, never keeping more than ``most`` bytes.

    ``ends`` is an instant of the monotonic clock. Whatever the other side does is a reply. With
    ``admits`` only addresses that it lets through are connected to, whatever the name leads to.
    """
    try:
        return _ask(method, url, ends, most, params, body, headers, admits)
    except Exception as mistake:
        broke = CallBroke(f"A call ended in {type(mistake).__name__}.")
    # Out here nothing hangs on it any more that knows the whole address; nor may this frame, which
    # whoever reports a mistake looks into.
    del url, params, body, headers
    raise broke


def _ask(
    method: str,
    url: str,
    ends: float,
    most: int,
    params: Mapping[str, str] | None,
    body: bytes | None,
    headers: Mapping[str, str] | None,
    admits: Admits | None,
) -> Reply:
    call = _Call(ends, admits)
    with requests.Session() as session:
        # Proxies and certificates of the environment hold for the world, not for this machine;
        # and who says where a call may go does not send it through somebody else.
        session.trust_env = admits is None and not is_loopback(urlsplit(url).hostname or "")
        session.auth = _no_credentials
        adapter = _Adapter(call)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            with session.request(
                method,
                url,
                params=params,
                data=body,
                headers={**_HEADERS, **(headers or {})},
                timeout=(CONNECT_S, SILENCE_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _read(response, most, ends)
        except requests.Timeout as late:
            connecting = isinstance(late, requests.ConnectTimeout)
            return Reply(flaw=call.flaw(Flaw.NOT_CONNECTED if connecting else Flaw.DEADLINE))
        except (requests.RequestException, HTTPError, OSError, ValueError):
            return Reply(flaw=call.flaw(Flaw.BROKEN))


def is_loopback(host: str) -> bool:
    return host in _LOOPBACK or host.endswith(".localhost")


def _read(response: requests.Response, most: int, ends: float) -> Reply:
    body = bytearray()
    flaw = None
    try:
        for piece in _decoded(response, most):
            body += piece
            if len(body) > most:
                raise _Refused(Flaw.TOO_LARGE)
    except (HTTPError, OSError):
        flaw = Flaw.DEADLINE if time.monotonic() >= ends else Flaw.CUT
    except _Refused as refused:
        flaw = refused.flaw
    kept = b"" if flaw is Flaw.TOO_LARGE else bytes(body)
    return Reply(response.status_code, response.headers, kept, flaw)


class _Refused(Exception):
    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def _decoded(response: requests.Response, most: int) -> Iterator[bytes]:
    """Yield the body piece by piece; no piece grows beyond ``most`` when it is unpacked."""
    if int(_digits(response.headers.get("Content-Length"))) > most:
        raise _Refused(Flaw.TOO_LARGE)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    pieces = response.raw.stream(_PIECE, decode_content=False)
    if encoding == "identity":
        yield from pieces
    elif encoding == "gzip":
        yield from _unpacked(pieces, most)
    else:
        raise _Refused(Flaw.ENCODING)


def _unpacked(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    unpack = zlib.decompressobj(_GZIP)
    for piece in pieces:
        try:
            yield unpack.decompress(piece, most + 1)
        except zlib.error:
            raise _Refused(Flaw.ENCODING) from None
        if unpack.unconsumed_tail:
            raise _Refused(Flaw.TOO_LARGE)
        if unpack.unused_data:
            raise _Refused(Flaw.ENCODING)
    if not unpack.eof:
        raise _Refused(Flaw.CUT)


def _digits(text: str | None) -> str:
    return text if text is not None and text.isascii() and text.isdigit() else "0"


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the library from looking for a password of the host in the home folder."""
    return request


class _Call:
    """What the sockets of one call know of it: when it ends, where it may go, how far it got."""

    def __init__(self, ends: float, admits: Admits | None) -> None:
        self.ends = ends
        self.admits = admits
        self.written = False
        self.kept_out = False

    def flaw(self, otherwise: Flaw) -> Flaw:
        """Say how a call failed: what wrote nothing was not heard, whatever it was that failed."""
        if self.written:
            return Flaw.BROKEN if otherwise is Flaw.NOT_CONNECTED else otherwise
        return Flaw.NOT_ADMITTED if self.kept_out else Flaw.NOT_CONNECTED


class _Adapter(HTTPAdapter):
    """Connects once, without retries of its own, on sockets that know when the call ends."""

    def __init__(self, call: _Call) -> None:
        self._pools, self._context = _pools_of(call), create_urllib3_context()
        self._context.sslsocket_class = _tls_of(call)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _Until:
    """A socket none of whose reads lasts beyond the end of the call, and that knows if it wrote.

    A handshake does not pass here: only what is asked is written.
    """

    call: _Call

    def sendall(self, *args: Any) -> None:
        self.call.written = True
        super().sendall(*args)  # type: ignore[misc]

    def recv_into(self, *args: Any) -> int:
        left_s = self.call.ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The call is over.")
        self.settimeout(min(left_s, SILENCE_S))  # type: ignore[attr-defined]
        received: int = super().recv_into(*args)  # type: ignore[misc]
        return received


def _tls_of(one: _Call) -> type[ssl.SSLSocket]:
    class Secret(_Until, ssl.SSLSocket):
        call = one

    return Secret


def _pools_of(one: _Call) -> dict[str, type[HTTPConnectionPool]]:
    class Open(_Until, socket.socket):
        call = one

    def connect(connection: HTTPConnection) -> socket.socket:
        """Try the host's addresses in turn, for as long as there is time."""
        problem: OSError = OSError("No address.")
        host, port = connection._dns_host, connection.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as unknown:
            raise NewConnectionError(connection, "Name not found.") from unknown
        for family, kind, protocol, _, address in found:
            if one.admits is not None and not one.admits(str(address[0])):
                one.kept_out = True
                continue
            opened = Open(family, kind, protocol)
            try:
                opened.settimeout(max(min(CONNECT_S, one.ends - time.monotonic()), 0.001))
                opened.connect(address)
            except OSError as failed:
                opened.close()
                problem = failed
            else:
                return opened
        raise NewConnectionError(connection, "Not connected.") from problem

    class Plain(HTTPConnection):
        _new_conn = connect

    class Secure(HTTPSConnection):
        _new_conn = connect

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
