"""One GET on one connection: whole within its time and size, or cut off.

The HTTP library limits each silence, not the sum of them, so a peer that sends a byte a second
would hold a worker for hours. Here every read of the socket knows when the call must be over.
Only the look-up of a name is not ours to cut: the system's resolver has a limit of its own.
"""

import socket
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
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

from apps.snapshots.providers.oddsapi.secrets import Key

CONNECT_S: Final = 3.0
SILENCE_S: Final = 8.0  # longest pause between two pieces of an answer
_PIECE: Final = 64 * 1024
_GZIP: Final = 31  # what zlib calls a gzip stream
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip"}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Flaw(StrEnum):
    """What was wrong with a transfer, whatever its status said."""

    NOT_CONNECTED = "NOT_CONNECTED"  # name, connection or TLS: nothing was asked
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


def get(url: str, parameters: Mapping[str, str | Key], *, ends: float, most: int) -> Reply:
    """Ask once: never on after ``ends``, never keeping more than ``most`` bytes.

    ``ends`` is an instant of the monotonic clock. Whatever the other side does is a reply.
    """
    try:
        return _get(url, parameters, ends=ends, most=most)
    except Exception as mistake:
        broke = CallBroke(f"A call to the provider ended in {type(mistake).__name__}.")
    # Out here, where nothing hangs on it any more that knows the whole address.
    raise broke


def _get(url: str, parameters: Mapping[str, str | Key], *, ends: float, most: int) -> Reply:
    with requests.Session() as session:
        # Proxies and certificates of the environment hold for the world, not for this machine.
        session.trust_env = not is_loopback(urlsplit(url).hostname or "")
        session.auth = _no_credentials
        adapter = _Adapter(ends)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            with session.get(
                url,
                params={
                    name: value.reveal() if isinstance(value, Key) else value
                    for name, value in parameters.items()
                },
                headers=_HEADERS,
                timeout=(CONNECT_S, SILENCE_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _read(response, most, ends)
        except (requests.ConnectTimeout, requests.exceptions.SSLError):
            return Reply(flaw=Flaw.NOT_CONNECTED)
        except requests.Timeout:
            return Reply(flaw=Flaw.DEADLINE)
        except requests.ConnectionError as error:
            return Reply(flaw=_flaw_of(error))
        except (requests.RequestException, HTTPError, OSError, ValueError):
            return Reply(flaw=Flaw.BROKEN)


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


def _flaw_of(error: requests.ConnectionError) -> Flaw:
    """Tell a call that never got through from one that was hung up on."""
    reason: Any = error.args[0] if error.args else None
    reason = getattr(reason, "reason", reason)
    return Flaw.NOT_CONNECTED if isinstance(reason, NewConnectionError) else Flaw.BROKEN


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the library from looking for a password of the host in the home folder."""
    return request


class _Adapter(HTTPAdapter):
    """Connects once, without retries of its own, on sockets that know when the call ends."""

    def __init__(self, ends: float) -> None:
        self._pools, self._context = _pools_until(ends), create_urllib3_context()
        self._context.sslsocket_class = _tls_until(ends)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager


class _Until:
    """A socket none of whose reads lasts beyond the end of the call."""

    ends: float

    def recv_into(self, *args: Any) -> int:
        left_s = self.ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("The call is over.")
        self.settimeout(min(left_s, SILENCE_S))  # type: ignore[attr-defined]
        received: int = super().recv_into(*args)  # type: ignore[misc]
        return received


def _tls_until(end: float) -> type[ssl.SSLSocket]:
    class Secret(_Until, ssl.SSLSocket):
        ends = end

    return Secret


def _pools_until(end: float) -> dict[str, type[HTTPConnectionPool]]:
    class Open(_Until, socket.socket):
        ends = end

    def connect(connection: HTTPConnection) -> socket.socket:
        """Try the host's addresses in turn, for as long as there is time."""
        problem: OSError = OSError("No address.")
        host, port = connection._dns_host, connection.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as unknown:
            raise NewConnectionError(connection, "Name not found.") from unknown
        for family, kind, protocol, _, address in found:
            opened = Open(family, kind, protocol)
            try:
                opened.settimeout(max(min(CONNECT_S, end - time.monotonic()), 0.001))
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
