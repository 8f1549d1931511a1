"""A day's message: which delivery opens it, which are added to it by an edit, and what it says.

A publication is placed once, when it is first sent, and stays there; so nothing is told twice or
not at all when the roll-out is turned on or off in between. A delivery in doubt holds up what
would be added to its message, and nothing else.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.queue import enqueue_on_commit
from apps.governance import audit
from apps.picks.actions.delivering.leasing import still_leased
from apps.picks.actions.delivering.outcomes import Outcome, release, retry
from apps.picks.actions.delivering.told import note
from apps.picks.actions.owing import BELL
from apps.picks.kinds import FAILED, Channel, DeliveryKind, DeliveryStatus
from apps.picks.message import PICKS_OF_A_PART, House, SlateSubject, Subject
from apps.picks.models import Delivery, Pick, SlateMessage
from apps.picks.reached import Fate, Reached

LOCK_CLASS: Final = 0x736C6174  # "slat": the first half of the advisory lock of a message
# The message is there no more, or too old to be edited.
_GONE: Final = frozenset({"MESSAGE_TO_EDIT_NOT_FOUND", "MESSAGE_CAN_T_BE_EDITED"})
_NOBODY_KNOWS_YET: Final = frozenset({DeliveryStatus.LEASED.value, DeliveryStatus.UNKNOWN.value})


def belongs(row: Delivery, in_slates: bool) -> bool:
    """Whether a row is told in its day's message: as it was begun, and else as it is wanted now."""
    new = row.kind == DeliveryKind.NEW and row.channel == Channel.TELEGRAM
    return new and (in_slates or row.slate_id is not None)


@transaction.atomic(durable=True)
def place(row: Delivery, *, by: Actor, at: datetime) -> bool:
    """Find the message that a leased row is told in, or let it open one.

    False: another row is opening it, or nobody knows whether it did. An opener that waits itself
    gives way: it certainly did not arrive, and is added when its turn comes.
    """
    if not still_leased(row):
        return True  # whoever sends it finds out
    slate = row.slate = _locked_slate(row, by=by, at=at)
    opener = Delivery.objects.get(pk=slate.opener_id)
    if opener.pk == row.pk or _is_open(opener):
        return True
    if opener.status in _NOBODY_KNOWS_YET:
        return False
    _make_opener(slate, row, by=by, at=at)
    return True


@transaction.atomic(durable=True)
def wait(row: Delivery, *, by: Actor, at: datetime) -> Outcome:
    if not still_leased(row):
        return Outcome.LOST
    return step_back(row, by=by, at=at)


def step_back(row: Delivery, *, by: Actor, at: datetime) -> Outcome:
    """Give a row back that comes after another, and ring: that one may be done already.

    It is not leased while the other is, so that nobody runs in circles.
    """
    enqueue_on_commit(BELL)
    return release(row, by=by, at=at)


def hold(row: Delivery) -> bool:
    """Keep others from writing the same message until the transaction ends; False: one does.

    What it says is read after this, so that an older text never follows a newer one.
    """
    slate = _slate_written(row)
    if slate is None:
        return True
    [(held,)] = fetch_all(
        "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_CLASS, str(slate.pk)]
    )
    if not held:
        return False
    if row.slate_id is None:
        return True
    row.slate = SlateMessage.objects.select_related("opener").get(pk=slate.pk)
    return row.slate.opener_id == row.pk or _is_open(row.slate.opener)


def number_edited(row: Delivery) -> int | None:
    """Say which message a row changes; None: it is a message of its own."""
    if row.kind == DeliveryKind.EDIT:
        return row.answers.message_id if row.answers else None
    if row.slate is not None and row.slate.opener_id != row.pk:
        return row.slate.opener.message_id
    return None


def subject_of(row: Delivery, pick: Pick, house: House) -> SlateSubject | None:
    """Read what the day's message says once a row is told in it; None: it is not.

    Of each pick the last that was sent, and of this row's pick what it brings: nothing of another
    pick goes out with it that waits for its own turn, or behind a switch.
    """
    slate = _slate_written(row)
    if slate is None:
        return None
    number = number_edited(row)
    first = row if row.kind == DeliveryKind.NEW else row.answers
    assert first is not None
    others = (
        Delivery.objects.filter(
            slate=slate, status=DeliveryStatus.SENT.value, message_id=number
        ).exclude(pk=first.pk)
        if number is not None
        else Delivery.objects.none()
    )
    news = _last_news(others.values_list("pk", flat=True))
    told = [(first, pick, row)]
    told += [(one, read_pick(one.pick_id), news.get(one.pk, one)) for one in others]
    told.sort(key=lambda one: (one[1].expires_at, one[0].due_at, one[0].pk))
    return SlateSubject(
        house=house,
        league=slate.league,
        day=slate.day,
        part=slate.part,
        picks=[
            Subject.of(its_pick, cause=last.cause, facts=last.facts, house=house)
            for _, its_pick, last in told
        ],
    )


def is_gone(row: Delivery, reached: Reached) -> bool:
    """Whether a publication could not be added because the message is there no more."""
    added = row.slate is not None and row.slate.opener_id != row.pk
    return added and reached.fate is Fate.REFUSED and reached.code in _GONE


def open_anew(row: Delivery, code: str, *, by: Actor, at: datetime) -> Outcome:
    """Let a row open the day's message anew, with its next attempt."""
    assert row.slate is not None
    slate = SlateMessage.objects.select_for_update(no_key=True).get(pk=row.slate.pk)
    _make_opener(slate, row, by=by, at=at)
    return retry(row, code, seconds=0, by=by, at=at)


def read_pick(pick_id: UUID) -> Pick:
    pick: Pick = Pick.objects.select_related("event__home", "event__away", "book", "selection").get(
        pk=pick_id
    )
    return pick


def _slate_written(row: Delivery) -> SlateMessage | None:
    """The day's message that a row writes to; a reply is a message of its own."""
    if row.kind == DeliveryKind.EDIT:
        return row.answers.slate if row.answers else None
    return row.slate


def _is_open(opener: Delivery) -> bool:
    return opener.status == DeliveryStatus.SENT and opener.message_id is not None


def _last_news(firsts: Collection[UUID]) -> dict[UUID, Delivery]:
    edits = Delivery.objects.filter(
        answers__in=firsts, kind=DeliveryKind.EDIT, status=DeliveryStatus.SENT.value
    )
    return {edit.answers_id: edit for edit in edits.order_by("due_at", "pk") if edit.answers_id}


def _locked_slate(row: Delivery, *, by: Actor, at: datetime) -> SlateMessage:
    slates = SlateMessage.objects.select_for_update(no_key=True)
    if row.slate_id is not None:
        return slates.get(pk=row.slate_id)
    event = Pick.objects.select_related("event__league").get(pk=row.pick_id).event
    day = event.league.day_of(event.begins_at)
    key: dict[str, Any] = {"recipient": row.recipient, "league": event.league.code, "day": day}
    slate = slates.filter(**key).order_by("-part").first()
    if slate is None or _is_full(slate):
        part = slate.part + 1 if slate else 1
        made = SlateMessage(**key, part=part, opener=row)
        SlateMessage.objects.bulk_create([made], ignore_conflicts=True)
        slate = slates.get(**key, part=part)
        if slate.pk == made.pk:
            audit.record("slate.opened", slate, by=by, at=at)
    before = row.audit_state()
    row.slate = slate
    row.save(update_fields=["slate"])
    note("delivery.placed", [row], before={row.pk: before}, by=by, at=at)
    return slate


def _is_full(slate: SlateMessage) -> bool:
    return slate.deliveries.exclude(status__in=FAILED).count() >= PICKS_OF_A_PART


def _make_opener(slate: SlateMessage, row: Delivery, *, by: Actor, at: datetime) -> None:
    with audit.recording("slate.opened_anew", slate, by=by, at=at):
        slate.opener = row
        slate.save(update_fields=["opener"])
