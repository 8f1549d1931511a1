"""What became of an attempt, written to its row: delivered, to be tried again, over, or unknown."""

import random
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.tenancy import current_schema
from apps.picks.actions.delivering.told import note, tell_failed, tell_unknown
from apps.picks.kinds import Channel as Kind
from apps.picks.kinds import DeliveryKind, DeliveryStatus
from apps.picks.models import Delivery
from apps.picks.reached import Fate, Reached, Trouble
from apps.tenants import actions as tenants
from apps.tenants.models import Channel

MOST_ATTEMPTS: Final = 8
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5, 900


class Outcome(StrEnum):
    SENT = "SENT"
    RETRY = "RETRY"
    REJECTED = "REJECTED"
    DEAD = "DEAD"
    UNKNOWN = "UNKNOWN"
    VOID = "VOID"
    HALTED = "HALTED"  # a switch is off: it waits as it was
    LOST = "LOST"  # the lease ran out before it could be sent


def act_on(
    row: Delivery,
    reached: Reached,
    place: Channel,
    *,
    version: str = "",
    sha256: str = "",
    by: Actor,
    at: datetime,
) -> Outcome:
    """Write what came of an attempt, and do what it asks for."""
    if reached.fate is Fate.SENT:
        row.sent_at, row.message_id = at, reached.message_id
        row.template_version, row.text_sha256 = version, sha256
        return _end(row, DeliveryStatus.SENT, reached.code, by=by, at=at)
    match reached.trouble:
        case Trouble.WAIT:
            seconds = reached.wait_s or 1
            tenants.pause_bot(schema=current_schema(), seconds=seconds, by=by, at=at)
            return retry(row, reached.code, seconds=seconds, counted=False, by=by, at=at)
        case Trouble.UNAUTHORIZED:
            return _bot_refused(row, reached.code, by=by, at=at)
        case Trouble.MOVED:
            tenants.move_chat(channel_id=place.pk, chat=reached.moved_to, by=by, at=at)
            return retry(row, reached.code, seconds=0, by=by, at=at)
        case Trouble.UNREADABLE if row.error_code != reached.code:
            return retry(row, reached.code, seconds=0, by=by, at=at)  # plain, the next time
        case Trouble.GONE:
            if place.is_open:
                why = f"{place.name} refuses what is sent there: {reached.code}"
                tenants.close_channel(channel_id=place.pk, by=by, at=at, reason=why)
                tell_failed(str(place.pk), f"{why}. The channel is closed.", by=by, at=at)
            return _end(row, DeliveryStatus.REJECTED, reached.code, by=by, at=at)
    if reached.fate is Fate.REFUSED or reached.trouble is Trouble.UNREADABLE:
        return reject(row, reached.code, by=by, at=at)
    if reached.fate is Fate.UNCLEAR and not may_be_repeated(row):
        return doubt(row, reached.code, by=by, at=at)
    return retry(row, reached.code, by=by, at=at)


def may_be_repeated(row: Delivery) -> bool:
    """Whether saying it again could not be a second message to anybody.

    An edit says what it said, and a pick is added to a day's message by one; a program knows a
    delivery by its id.
    """
    added = row.slate is not None and row.slate.opener_id != row.pk
    return row.kind == DeliveryKind.EDIT or row.channel == Kind.WEBHOOK or added


def retry(
    row: Delivery,
    code: str,
    *,
    seconds: int | None = None,
    counted: bool = True,
    by: Actor,
    at: datetime,
) -> Outcome:
    """Let a row that certainly did not arrive wait for another attempt, until those are spent."""
    if not counted:
        row.attempts -= 1
    if row.attempts >= MOST_ATTEMPTS:
        tell_failed(
            str(row.pk),
            f"A message of {row.pick} to {row.channel} was tried {row.attempts} times: {code}.",
            by=by,
            at=at,
        )
        return _end(row, DeliveryStatus.DEAD, code, by=by, at=at)
    if seconds is None:
        most = min(_FIRST_PAUSE_S * 2 ** (row.attempts - 1), _LONGEST_PAUSE_S)
        seconds = random.randint(1, most)
    [(row.not_before,)] = fetch_all(
        "SELECT clock_timestamp() + make_interval(secs => %s)", [seconds]
    )
    return _end(row, DeliveryStatus.RETRY, code, by=by, at=at)


def release(row: Delivery, *, by: Actor, at: datetime) -> Outcome:
    """Give back what could not be sent because something is switched off; it waits as it was."""
    row.attempts -= 1
    _end(row, DeliveryStatus.PENDING, row.error_code, by=by, at=at)
    return Outcome.HALTED


def reject(row: Delivery, code: str, *, by: Actor, at: datetime) -> Outcome:
    tell_failed(
        str(row.pk), f"A message of {row.pick} to {row.channel} was refused: {code}.", by=by, at=at
    )
    return _end(row, DeliveryStatus.REJECTED, code, by=by, at=at)


def doubt(row: Delivery, code: str, *, by: Actor, at: datetime) -> Outcome:
    outcome = _end(row, DeliveryStatus.UNKNOWN, code, by=by, at=at)
    tell_unknown(row, by=by, at=at)
    return outcome


def void(row: Delivery, code: str, *, by: Actor, at: datetime) -> Outcome:
    return _end(row, DeliveryStatus.VOID, code, by=by, at=at)


def _bot_refused(row: Delivery, code: str, *, by: Actor, at: datetime) -> Outcome:
    schema = current_schema()
    bot = tenants.refuse_bot(schema=schema, by=by, at=at, reason=code)
    tell_failed(
        f"bot {bot.number}",
        f"Telegram does not know the token of {bot} any more. Nothing is sent with it: enter the"
        " new token of the bot.",
        by=by,
        at=at,
    )
    row.attempts -= 1
    return _end(row, DeliveryStatus.RETRY, code, by=by, at=at)


def _end(row: Delivery, status: DeliveryStatus, code: str, *, by: Actor, at: datetime) -> Outcome:
    before: Mapping[str, Any] = {**row.audit_state(), "status": DeliveryStatus.LEASED.value}
    row.status, row.error_code = status.value, code
    row.lease_token = row.lease_until = None
    row.save(
        update_fields=[
            *("status", "error_code", "attempts", "lease_token", "lease_until", "not_before"),
            *("sent_at", "message_id", "template_version", "text_sha256"),
        ]
    )
    note(f"delivery.{status.value.lower()}", [row], before={row.pk: before}, by=by, at=at)
    return Outcome.HALTED if status is DeliveryStatus.PENDING else Outcome(status.value)
