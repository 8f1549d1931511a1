"""What a pick owes its channels because something happened to it: rows, written with the happening.

One message for each pick, channel and happening, by a constraint. What needs action while the
game is ahead is an edit and a new message in reply, because an edit notifies nobody; all else is
an edit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.queue import enqueue_on_commit
from apps.core.tenancy import current_schema
from apps.governance import audit
from apps.picks.card import label
from apps.picks.kinds import FAILED, Channel, DeliveryKind, DeliveryStatus
from apps.picks.message import Cause
from apps.picks.models import Delivery, Pick, PickChange
from apps.picks.versions import Said
from apps.rulebook.lifecycle import Validity
from apps.tenants.models import Channel as Place

BELL = "picks.deliver"


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a pick which is out, for everybody who was told of it."""

    pick_id: UUID
    cause: Cause
    facts: Mapping[str, Any]
    turn: int = 0
    calls: bool = False  # it needs action: a message of its own besides the edit


def owe_publications(picks: Sequence[Pick], *, by: Actor, at: datetime) -> None:
    """Tell the app, which reads the picks themselves, and owe every channel that wants them.

    A new version answers the message of the one it replaces.
    """
    earlier = _told([pick.supersedes_id for pick in picks if pick.supersedes_id])
    places = list(Place.objects.of_tenant(current_schema()).open().filter(opened_at__lte=at))
    rows = []
    for pick in picks:
        before = earlier.get(pick.supersedes_id, {}) if pick.supersedes_id else {}
        said = before.get("")
        rows.append(
            Delivery(
                pick=pick,
                channel=Channel.APP.value,
                kind=(DeliveryKind.REPLY if said else DeliveryKind.NEW).value,
                cause=Cause.PUBLISHED.value,
                answers=said,
                due_at=at,
                status=DeliveryStatus.SENT.value,
                attempts=1,
                sent_at=at,
            )
        )
        for place in places:
            if place.wants(league=pick.league, tier=pick.tier):
                said = before.get(str(place.pk))
                rows.append(
                    Delivery(
                        pick=pick,
                        channel=place.kind,
                        recipient=str(place.pk),
                        kind=(DeliveryKind.REPLY if said else DeliveryKind.NEW).value,
                        cause=Cause.PUBLISHED.value,
                        answers=said,
                        due_at=at,
                    )
                )
    _write(rows, by=by, at=at)


def owe_validities(changes: Sequence[int], *, by: Actor, at: datetime) -> None:
    """Owe the news of a sweep, which looks only at games that are still ahead."""
    owe(
        [
            Happened(
                pick_id=change.pick_id,
                cause=Cause(change.to_validity),
                facts=_market_of(change),
                turn=change.pk,
                calls=change.to_validity == Validity.INVALIDATED,
            )
            for change in PickChange.objects.filter(pk__in=changes).order_by("pk")
        ],
        by=by,
        at=at,
    )


def owe_withdrawal(pick: Pick, *, begun: bool, by: Actor, at: datetime) -> None:
    facts = {"at": at.isoformat(), "reason": pick.withdrawn_reason}
    owe([Happened(pick.pk, Cause.WITHDRAWN, facts, calls=not begun)], by=by, at=at)


def owe_replacement(old: Pick, new: Pick, *, by: Actor, at: datetime) -> None:
    """Owe the edit of the old message; the new version's own message answers it."""
    facts = {
        "at": at.isoformat(),
        "version": new.pick_version,
        "pick": str(new.pk),
        **_differences(old, new),
    }
    owe([Happened(old.pk, Cause.SUPERSEDED, facts)], by=by, at=at)


@transaction.atomic
def owe_results(
    results: Mapping[UUID, Mapping[str, Any]],
    *,
    revisions: Mapping[UUID, int],
    by: Actor,
    at: datetime,
) -> None:
    """Owe the last edits: how picks ended, as their grades have it. For the grading room."""
    owe(
        [
            Happened(pick_id, Cause.GRADED, facts, turn=revisions[pick_id])
            for pick_id, facts in results.items()
        ],
        by=by,
        at=at,
    )


def owe(happenings: Iterable[Happened], *, by: Actor, at: datetime) -> None:
    """Owe each happening to everybody who was told of its pick, or will be."""
    happened = list(happenings)
    told = _told([one.pick_id for one in happened]) if happened else {}
    rows = []
    for one in happened:
        for recipient, said in told.get(one.pick_id, {}).items():
            if not recipient:
                continue  # the app reads the pick itself
            kinds = [DeliveryKind.EDIT, *([DeliveryKind.REPLY] if one.calls else [])]
            rows += [
                Delivery(
                    pick_id=one.pick_id,
                    channel=said.channel,
                    recipient=recipient,
                    kind=kind.value,
                    cause=one.cause.value,
                    turn=one.turn,
                    facts=dict(one.facts),
                    answers=said,
                    due_at=at,
                )
                for kind in kinds
            ]
    _write(rows, by=by, at=at)


def _told(pick_ids: Iterable[UUID]) -> dict[UUID, dict[str, Delivery]]:
    """Find each pick's own message by recipient; what never went out is no message."""
    found: dict[UUID, dict[str, Delivery]] = {}
    said = Delivery.objects.filter(pick_id__in=list(pick_ids), cause=Cause.PUBLISHED)
    for row in said.exclude(status__in=FAILED):
        found.setdefault(row.pick_id, {})[row.recipient] = row
    return found


def _write(rows: Sequence[Delivery], *, by: Actor, at: datetime) -> None:
    if not rows:
        return
    Delivery.objects.bulk_create(rows)
    audit.record_set(
        [
            audit.Row(
                action="delivery.sent" if row.sent_at else "delivery.owed",
                object_type="Delivery",
                object_id=str(row.pk),
                before=None,
                after=row.audit_state(),
            )
            for row in rows
        ],
        by=by,
        at=at,
    )
    if any(row.sent_at is None for row in rows):
        enqueue_on_commit(BELL)


def _market_of(change: PickChange) -> dict[str, Any]:
    seen = change.quote_last_seen_at
    return {
        "at": change.changed_at.isoformat(),
        "reason": change.reason,
        "line": None if change.line is None else str(change.line),
        "price": None if change.price is None else str(change.price),
        "ev": change.ev,
        "seen_at": None if seen is None else seen.isoformat(),
    }


def _differences(old: Pick, new: Pick) -> dict[str, Any]:
    """Say what the new version says otherwise, as it was kept with it: from what to what."""
    told = {one["what"]: [one["was"], one["now"]] for one in new.changed}
    if Said.SIDE in told:
        told[Said.SIDE] = [label(old), label(new)]
    to = [_text(old.playable_to_price), _text(new.playable_to_price)]
    changed = {
        **{name: told[name] for name in (Said.SIDE, Said.LINE, Said.PRICE) if name in told},
        **({Said.PROBABILITY: told[Said.PROBABILITY]} if Said.PROBABILITY in told else {}),
    }
    return {
        "changed": {
            **{str(name).lower(): pair for name, pair in changed.items()},
            **({"playable_to": to} if to[0] != to[1] else {}),
        },
        "simulated_anew": Said.RUN in told,
    }


def _text(x: Any) -> str | None:
    return None if x is None else str(x)
