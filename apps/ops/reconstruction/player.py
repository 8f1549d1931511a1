"""Takes the steps one after the other, as those who took them live did."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction

from apps.catalog import actions as catalog
from apps.catalog.models import Event, ReviewItem, ReviewKind, ReviewStatus
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import tenant_scope
from apps.governance import configs
from apps.grading import actions as grading
from apps.ops.reconstruction.rows import (
    TENANT,
    change_row,
    decide_question,
    end_alert,
    insert_row,
    open_alert,
)
from apps.ops.reconstruction.steps import Kind, Step
from apps.ops.reconstruction.timetable import MACHINES
from apps.ops.rehearsal.stages import STAGES
from apps.picks import actions as picks
from apps.picks.kinds import WithdrawReason
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.settlement import Outcome
from apps.snapshots import actions as snapshots
from apps.snapshots.actions import payloads
from apps.snapshots.actions.reading import held_league, read_poll
from apps.snapshots.models import FeedKind, ProviderPoll
from apps.snapshots.providers.registry import OPERATOR

PLAYER: Final = "reconstruction"
PERSON: Final = Actor(type=ActorType.OPS, id=PLAYER)
_STAGES: Final = {stage.name: stage for stage in STAGES}

Told = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that the rules did not let happen again."""

    kind: str
    at: str
    tenant: str
    code: str
    sentence: str


@dataclass(slots=True)
class Replayed:
    """How many steps of each kind were taken, and which were refused."""

    steps: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)


def replay(steps: Iterable[Step], *, tell: Told) -> Replayed:
    """Take every step in its order. One that is refused is noted, and the others are taken."""
    done = Replayed()
    for step in steps:
        name = step.told.get("stage", step.kind.value.lower())
        done.steps[name] = done.steps.get(name, 0) + 1
        try:
            _TAKEN[step.kind](step)
        except RuleBroken as refusal:
            done.refused.append(_refused(step, name, refusal.code, refusal.sentence))
        except (ObjectDoesNotExist, IntegrityError) as lack:
            # What it was about has not come about, because something before it went otherwise.
            done.refused.append(_refused(step, name, type(lack).__name__, str(lack)))
        tell(step.at)
    return done


def _refused(step: Step, name: str, code: str, sentence: str) -> Refused:
    return Refused(name, step.at.isoformat(), step.tenant, code, sentence.partition("\n")[0])


def _store(step: Step) -> None:
    with connection.cursor() as cursor:
        insert_row(cursor, "provider_poll", dict(step.told))


def _read(step: Step) -> None:
    poll = ProviderPoll.objects.select_related("feed__league", "payload").get(pk=step.told["poll"])
    by = Actor.job(f"{PLAYER}.read")
    market = configs.resolve(configs.MARKET, league=poll.feed.league.code, at=step.at)
    if poll.feed.adapter == OPERATOR and poll.feed.kind == FeedKind.RESULTS:
        _attach(poll, by=by, at=step.at)
    read_poll(poll, market, by=by, at=step.at)


@transaction.atomic
def _attach(poll: ProviderPoll, *, by: Actor, at: datetime) -> None:
    """Name the event that a person entered a result of, as the desk does before it is read."""
    assert poll.payload_id is not None
    held_league(poll.feed.league)
    for entry in json.loads(payloads.load(poll.payload_id)):
        event = Event.objects.filter(pk=entry["id"]).first()
        if event is not None:
            catalog.attach_source(
                event,
                provider=OPERATOR,
                source_event_id=entry["id"],
                seen_at=poll.captured_at,
                by=by,
                at=at,
            )


def _reread(step: Step) -> None:
    snapshots.reread_explained(by=Actor.job(f"{PLAYER}.reread"), at=step.at)


def _call(step: Step) -> None:
    stage = _STAGES[step.told["stage"]]
    by = Actor.job(f"{PLAYER}.{stage.name}")
    if not stage.inside_tenant:
        stage.work(by=by, at=step.at)
        return
    with tenant_scope(step.tenant):
        stage.work(by=by, at=step.at)


def _keep(step: Step) -> None:
    table = step.told["table"]
    with connection.cursor() as cursor:
        if "make" not in step.told:
            change_row(cursor, table, step.told["key"], step.told["change"])
        elif table == TENANT:  # it is built already, and was not there yet
            row = step.told["make"]
            change_row(cursor, table, {"schema_name": row["schema_name"]}, row)
        else:
            insert_row(cursor, table, step.told["make"])


def _alert(step: Step) -> None:
    told = step.told
    with connection.cursor() as cursor:
        if told["over"]:
            end_alert(cursor, told["alert"], at=step.at)
        else:
            how = {"effect": told["effect"], "severity": told["severity"]}
            open_alert(cursor, told["alert"], at=step.at, **how)


def _decide(step: Step) -> None:
    told = step.told
    by_person = not told["decided_by"].startswith(tuple(MACHINES))
    is_approved = told["status"] == ReviewStatus.APPROVED
    signed = {"by": PERSON, "at": step.at, "reason": told["reason"]}
    if told["kind"] == ReviewKind.EVENT_MERGED:
        merged = UUID(told["subject"].partition(" ")[0])
        catalog.merge_events(event_id=merged, into_id=UUID(told["decision"]["event"]), **signed)
    elif told["kind"] == ReviewKind.EVENT_AMBIGUOUS and by_person and is_approved:
        _place(told, signed)
    else:
        with connection.cursor() as cursor:
            decide_question(cursor, told, at=step.at)


def _place(told: Mapping[str, Any], signed: dict[str, Any]) -> None:
    """Say again which event an id means, or that it is a game of its own."""
    names = ("kind", "provider", "league_id", "subject")
    item = ReviewItem.objects.get(**{name: told[name] for name in names})
    event_id = UUID(told["decision"]["event"])
    if event_id == keys.event_id(item.provider, item.subject):
        catalog.make_event(item_id=item.pk, **signed)
    else:
        catalog.place_event(item_id=item.pk, event_id=event_id, **signed)


def _act(step: Step) -> None:
    ident, note = UUID(step.told["pick"]), step.told["note"]
    with tenant_scope(step.tenant):
        match step.told["act"]:
            case "pick.published":
                picks.publish_pick(pick_id=ident, by=PERSON, at=step.at)
            case "pick.superseded":
                picks.supersede_pick(pick_id=ident, by=PERSON, at=step.at, note=note)
            case _:
                reason = WithdrawReason(step.told["reason"])
                picks.withdraw_pick(pick_id=ident, reason=reason, by=PERSON, at=step.at, note=note)


def _override(step: Step) -> None:
    told = step.told
    with tenant_scope(step.tenant):
        grading.override_grade(
            pick_id=UUID(told["pick"]),
            outcome=Outcome(told["outcome"]),
            reason=told["reason"],
            by=Actor(type=ActorType.OPS, id=told["by"]),
            approved_by=Actor(type=ActorType.OPS, id=told["approved_by"]),
            dead_heat_factor=Decimal(told["dead_heat_factor"]),
            at=step.at,
        )


def _regrade(step: Step) -> None:
    told = step.told
    with tenant_scope(step.tenant):
        grading.regrade(
            first=date.fromisoformat(told["first"]),
            last=date.fromisoformat(told["last"]),
            version=told["version"],
            tag=told["tag"],
            league=told["league"],
            by=Actor.system(PLAYER),
            at=step.at,
        )


_TAKEN: Final[dict[Kind, Callable[[Step], Any]]] = {
    Kind.POLL: _store,
    Kind.READ: _read,
    Kind.REREAD: _reread,
    Kind.STAGE: _call,
    Kind.ROW: _keep,
    Kind.ALERT: _alert,
    Kind.REVIEW: _decide,
    Kind.PICK: _act,
    Kind.GRADE: _override,
    Kind.REGRADE: _regrade,
}
