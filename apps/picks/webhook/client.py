"""One message to one address. Who receives it twice knows by its id, so it may be sent again.

The address was entered by somebody else. Where it leads is looked at when it is connected to:
never to this machine or its neighbours, whatever a name resolves to at that moment, and no
redirect is followed.
"""

import hmac
import time
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from apps.core import line
from apps.core.line import Flaw
from apps.picks.reached import Fate, Reached, Trouble

TOTAL_S: Final = 8.0
_MOST_BYTES: Final = 64 * 1024
_GONE: Final = frozenset({404, 410})
_NAT64: Final = IPv6Network("64:ff9b::/96")


def tell(url: str, secret: str, body: bytes, *, delivery_id: UUID, seconds: int) -> Reached:
    """Bring a signed body to an address. ``seconds`` is the instant that is signed with it."""
    if urlsplit(url).scheme != "https" and not settings.WEBHOOKS_MAY_STAY_INSIDE:
        return Reached(Fate.REFUSED, "NOT_HTTPS", Trouble.GONE)
    reply = line.ask(
        "POST",
        url,
        body=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "BeatVegas",
            "X-BeatVegas-Delivery": str(delivery_id),
            "X-BeatVegas-Signature": f"t={seconds},v1={signature(secret, seconds, body)}",
        },
        ends=time.monotonic() + TOTAL_S,
        most=_MOST_BYTES,
        admits=is_outside,
    )
    return _meaning_of(reply)


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Sign the instant and the bytes as they are sent: hex of an HMAC with SHA-256."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()


def is_outside(address: str) -> bool:
    """Whether an address is of the open internet, seen through every way of writing one inside."""
    if settings.WEBHOOKS_MAY_STAY_INSIDE:
        return True
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = _inner(found) or found
    return found.is_global and not found.is_multicast and not found.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Find the older address that a newer one stands for, if it does."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _meaning_of(reply: line.Reply) -> Reached:
    if reply.flaw is Flaw.NOT_ADMITTED:
        return Reached(Fate.REFUSED, "LEADS_INSIDE", Trouble.GONE)
    if reply.flaw is Flaw.NOT_CONNECTED:
        return Reached(Fate.NOT_SENT, str(reply.flaw))
    if reply.status is None:
        return Reached(Fate.UNCLEAR, str(reply.flaw or "NO_ANSWER"))
    if 200 <= reply.status < 300:
        return Reached(Fate.SENT)
    if reply.status in _GONE:
        return Reached(Fate.REFUSED, f"HTTP_{reply.status}", Trouble.GONE)
    if reply.status == 429 or reply.status >= 500:
        return Reached(Fate.NOT_SENT, f"HTTP_{reply.status}")
    return Reached(Fate.REFUSED, f"HTTP_{reply.status}")
