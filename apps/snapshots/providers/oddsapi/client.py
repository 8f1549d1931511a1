"""Asks until there is an answer worth having, within one deadline and with one layer of retries."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from apps.rulebook.errors import RuleBroken
from apps.snapshots.providers.oddsapi import line
from apps.snapshots.providers.oddsapi.line import Reply
from apps.snapshots.providers.oddsapi.meaning import (
    LONGEST_DETAIL,
    detail_of,
    meaning_of,
    worth_repeating,
)
from apps.snapshots.providers.oddsapi.secrets import Key
from apps.snapshots.providers.ports import Outcome, Quota

DEADLINE_S: Final = 10.0
MOST_BYTES: Final = 10_000_000  # decoded
TRIES: Final = 3
KEY_ECHOED: Final = "KEY_ECHOED"
_TOO_FAST_S: Final = 2.0  # least pause after the provider said so
_FIRST_PAUSE_S: Final = 0.5  # doubled from try to try, and drawn between nothing and that
_SHORTEST_TRY_S: Final = 0.05


class AddressRefused(RuleBroken):
    """The key would travel unprotected: only a loopback or a neighbour is asked without TLS."""

    code = "PROVIDER_ADDRESS_REFUSED"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address!r} is no address to send a key to: it must be https.")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question ended, and everything it cost."""

    outcome: Outcome
    code: str
    detail: str
    status: int | None
    body: bytes | None
    quota: Quota
    duration_ms: int
    wait_s: float | None = None  # how long it asked to be left in peace


class Client:
    """One provider's address with one key. Every feed of a process shares it."""

    def __init__(self, address: str, key: Key, *, deadline_s: float = DEADLINE_S) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if not host or parts.username or parts.query or parts.fragment:
            raise AddressRefused(_without_credentials(address))
        # A name without a dot is a neighbour in the same private network.
        near = line.is_loopback(host) or ("." not in host and ":" not in host)
        if parts.scheme != "https" and not (parts.scheme == "http" and near):
            raise AddressRefused(_without_credentials(address))
        self.address = address.rstrip("/")
        self.deadline_s = deadline_s
        self._key = key

    def __repr__(self) -> str:
        return f"Client({self.address})"

    def get(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """Ask for ``path``; whatever happens is an answer, and none of them holds the key."""
        started = time.monotonic()
        reply, outcome, code = self._asked(path, parameters, started)
        detail = self._key.redact(detail_of(reply, outcome))[:LONGEST_DETAIL]
        body = _kept(reply, outcome)
        if body is not None and self._key.is_in(body):
            # A body is kept as it came, for good: one that holds the key is not kept at all.
            outcome, code, body = Outcome.UNREADABLE, KEY_ECHOED, None
            detail = "The body holds our own key."
        return Answer(
            outcome=outcome,
            code=code,
            detail=detail,
            status=reply.status,
            body=body,
            quota=_quota(reply.headers),
            duration_ms=round((time.monotonic() - started) * 1000),
            wait_s=None
            if outcome is Outcome.OK
            else _retry_after(reply.headers.get("Retry-After")),
        )

    def _asked(
        self, path: str, parameters: Mapping[str, str], started: float
    ) -> tuple[Reply, Outcome, str]:
        ends = started + self.deadline_s
        for tries_left in reversed(range(TRIES)):
            reply = line.get(
                f"{self.address}{path}",
                {"apiKey": self._key, **parameters},
                ends=ends,
                most=MOST_BYTES,
            )
            outcome, code = meaning_of(reply)
            if not tries_left or not worth_repeating(reply, outcome):
                break
            pause_s = _pause(TRIES - tries_left, outcome, reply.headers)
            if time.monotonic() + pause_s + _SHORTEST_TRY_S >= ends:
                break
            time.sleep(pause_s)
        return reply, outcome, code


def _kept(reply: Reply, outcome: Outcome) -> bytes | None:
    """Keep what can be read, and what was cut off as evidence; an error's text is no board."""
    if outcome is Outcome.OK:
        return reply.body
    return (reply.body or None) if outcome is Outcome.UNREADABLE else None


def _pause(tries: int, outcome: Outcome, headers: Mapping[str, str]) -> float:
    """Seconds until the next try: as long as it was told to wait, else a random while."""
    asked_for = _retry_after(headers.get("Retry-After"))
    jitter = random.uniform(0, _FIRST_PAUSE_S * 2 ** (tries - 1))
    if asked_for is not None:
        return asked_for
    return _TOO_FAST_S + jitter if outcome is Outcome.FREQUENCY else jitter


def _retry_after(text: str | None) -> float | None:
    """Read seconds or a date; what is neither was not said."""
    if not text:
        return None
    try:
        return max(Retry().parse_retry_after(text.strip()), 0.0)
    except (InvalidHeader, OverflowError, ValueError):
        return None


def _quota(headers: Mapping[str, str]) -> Quota:
    return Quota(
        cost=_whole(headers.get("x-requests-last")),
        used=_whole(headers.get("x-requests-used")),
        remaining=_whole(headers.get("x-requests-remaining")),
    )


def _whole(text: str | None) -> int | None:
    """Read a count of credits; it was seen negative, and once with a decimal point."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return int(number) if abs(number) < 2**31 else None


def _without_credentials(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}"
