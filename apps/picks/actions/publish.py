"""Making picks visible: through the gate, re-checked against the market, within limits."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.picks.actions.locks import hold_ideas
from apps.picks.actions.moving import Before, Move, write_moves
from apps.picks.actions.owing import owe_publications
from apps.picks.actions.refusals import DuplicatePublication, PickUnknown, PublicationHeld
from apps.picks.actions.telling import tell_of_blocked
from apps.picks.actions.weighing import Outcome, Scales, Weighed
from apps.picks.kinds import publish_scopes
from apps.picks.limits import Hold
from apps.picks.models import LineTracking, Pick
from apps.rulebook import lifecycle
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import QuoteStatus, Side
from apps.rulebook.thresholds import Tier
from apps.rulebook.validity import Now, judge
from apps.snapshots.models import MarketSnapshot

SWITCHES = (switches.PUBLISH, switches.PUBLISH_APP)


@dataclass(frozen=True, slots=True)
class PublishedReady:
    """What one turn of publishing did for one tenant; everything that was due is in it once."""

    due: int = 0
    published: int = 0
    expired: dict[str, int] = field(default_factory=dict)
    blocked: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def publish_pick(*, pick_id: UUID, by: Actor, at: datetime) -> Pick:
    """Publish a waiting pick, or end it where the re-check finds that it is too late.

    The returned pick is PUBLISHED, EXPIRED (the quote moved, is stale, or the game began) or
    BLOCKED (the game is not what it was).

    Raises:
        switches.Halted: publishing is closed in one of the pick's scopes, or to its tier.
        TenantInactive: the tenant has been suspended.
        lifecycle.MoveRefused: the pick is not waiting to be published.
        PublicationHeld: a limit, quiet hours, a cool-down, or at today's price its tier may not
            go out: it goes on waiting.
        PickUnknown: there is no such pick.
    """
    pick = Pick.objects.filter(pk=pick_id).first()
    if pick is None:
        raise PickUnknown(pick_id)
    mode = switches.hold_open(SWITCHES, scopes=pick.scopes(), tier=pick.tier)
    hold_ideas()
    pick = Pick.objects.locked().get(pk=pick_id)
    lifecycle.require_move(pick.status, PickStatus.PUBLISHED)
    before = {pick.pk: Before.of(pick)}
    weighed = Scales([pick], at=at).weigh(pick, mode=mode)
    if weighed.outcome is Outcome.HOLD:
        assert weighed.held is not None
        raise PublicationHeld(weighed.held)
    settle([weighed], before, by=by, at=at)
    return pick


@transaction.atomic
def publish_ready(*, by: Actor, at: datetime) -> PublishedReady:
    """Publish what waits, best expected value first, as far as switches and limits allow.

    Picks behind a closed switch or an alert wait as they are; the others are re-checked against
    the market.

    Raises:
        TenantInactive: the tenant has been suspended.
    """
    schema = current_schema()
    scopes = {
        pk: publish_scopes(schema, league, market_type)
        for pk, league, market_type in Pick.objects.waiting().values_list(
            "pk", "league", "market_type"
        )
    }
    if not scopes:
        return PublishedReady()
    asked = sorted({scope for each in scopes.values() for scope in each})
    held = switches.hold(SWITCHES, asked)
    hold_ideas()
    picks = best_first(Pick.objects.waiting().filter(pk__in=scopes).locked())
    found = {pick.pk: held.at(scopes[pick.pk]) for pick in picks}
    free = [pick for pick in picks if found[pick.pk].lets(pick.tier)]
    weighed: list[Weighed] = []
    if free:
        before = {pick.pk: Before.of(pick) for pick in free}
        scales = Scales(free, at=at)
        weighed = [scales.weigh(pick, mode=found[pick.pk].mode) for pick in free]
        settle(weighed, before, by=by, at=at)
    waiting = _counted(weighed, Outcome.HOLD)
    for pick in picks:
        if not found[pick.pk].lets(pick.tier):
            why = _held_by(found[pick.pk])
            waiting[why] = waiting.get(why, 0) + 1
    return PublishedReady(
        due=len(picks),
        published=sum(1 for one in weighed if one.outcome is Outcome.PUBLISH),
        expired=_counted(weighed, Outcome.EXPIRE),
        blocked=_counted(weighed, Outcome.BLOCK),
        waiting=dict(sorted(waiting.items())),
    )


def _held_by(found: switches.Explanation) -> str:
    turned_off = any(one.state in switches.OFF_STATES for one in found.consulted)
    return (Hold.SWITCH_OFF if turned_off else Hold.ALERT_OPEN).value


def best_first(picks: Iterable[Pick]) -> list[Pick]:
    """Order by value; ties by price, then by key, so that two runs agree."""
    return sorted(picks, key=lambda pick: (-pick.ev, -pick.price, pick.pk))


def settle(
    weighed: Sequence[Weighed], before: dict[UUID, Before], *, by: Actor, at: datetime
) -> None:
    """Write what was decided; picks that are held stay as they are.

    Raises:
        DuplicatePublication: an idea has a published pick already.
    """
    moves = [
        _move(one, before[one.pick.pk], at) for one in weighed if one.outcome is not Outcome.HOLD
    ]
    with refusing({"pick_is_published_once": DuplicatePublication()}):
        write_moves(moves, by=by, at=at)
    blocked = [one.pick.block_reasons for one in weighed if one.outcome is Outcome.BLOCK]
    tell_of_blocked(blocked, by=by, at=at)
    published = [one for one in weighed if one.outcome is Outcome.PUBLISH]
    if published:
        _track(published)
        owe_publications([one.pick for one in published], by=by, at=at)


def _move(weighed: Weighed, before: Before, at: datetime) -> Move:
    pick = weighed.pick
    if weighed.outcome is Outcome.EXPIRE:
        pick.status, pick.expiry_reason = PickStatus.EXPIRED.value, str(weighed.reason)
        return Move(pick, before, "pick.expired", str(weighed.reason), quote=weighed.quote)
    if weighed.outcome is Outcome.BLOCK:
        block(pick, [str(reason) for reason in weighed.reasons])
        return Move(pick, before, "pick.blocked", str(weighed.reason), quote=weighed.quote)
    pick.status, pick.published_at = PickStatus.PUBLISHED.value, at
    pick.settlement_ruleset_id = weighed.ruleset_id
    _judge(weighed, at)
    return Move(
        pick, before, "pick.published", pick.validity_reason, quote=weighed.quote, ev=pick.ev
    )


def block(pick: Pick, reasons: Sequence[str]) -> None:
    pick.status, pick.tier = PickStatus.BLOCKED.value, Tier.BLOCKED.value
    pick.block_reason, pick.block_reasons = reasons[0], list(reasons)


def _judge(weighed: Weighed, at: datetime) -> None:
    """Give a pick its first validity, by the rule that watches it from now on."""
    pick, quote = weighed.pick, weighed.quote
    assert quote is not None
    assert pick.playable_to_price is not None
    line = None if pick.line is None else float(pick.line)
    judged = judge(
        Now(
            side=Side(pick.side),
            status=QuoteStatus(quote.status),
            out_s=0.0,
            age_s=(at - quote.last_seen_at).total_seconds(),
            line=line,
            price=float(pick.price),
            ev=pick.ev,
            inputs_changed=False,
            taken_line=line,
            playable_price=float(pick.playable_to_price),
            playable_line=None if pick.playable_to_line is None else float(pick.playable_to_line),
        ),
        max_quote_age_s=quote.feed.max_quote_age_s,
        ev_min=weighed.ev_min,
    )
    pick.validity_state, pick.validity_reason = judged.validity.value, judged.reason.value
    pick.validity_at = at


def _track(published: Sequence[Weighed]) -> None:
    """Begin to follow the lines: what opened, and the taken quote as the best so far."""
    firsts = {
        (first.selection_id, first.book_id): first
        for first in MarketSnapshot.objects.first_of_each_book(
            {one.pick.selection_id for one in published}
        ).select_related("poll")
    }
    rows = []
    for one in published:
        pick = one.pick
        row = LineTracking(
            pick=pick,
            best_book_id=pick.book_id,
            best_line=pick.line,
            best_price=pick.price,
            best_observed_at=pick.observed_at,
            best_seq=pick.snapshot_seq,
            best_last_seen_at=pick.last_seen_at,
            best_age_s=_seconds_since(pick.last_seen_at, pick.published_at),
        )
        first = firsts.get((pick.selection_id, pick.book_id))
        if first is not None:
            row.open_line, row.open_price = first.line, first.price_decimal
            row.open_observed_at, row.open_seq = first.observed_at, first.seq
            row.open_age_s = _seconds_since(first.observed_at, first.poll.captured_at)
        rows.append(row)
    LineTracking.objects.bulk_create(rows)


def _seconds_since(earlier: datetime, later: datetime | None) -> int:
    assert later is not None
    return round((later - earlier).total_seconds())


def _counted(weighed: Sequence[Weighed], outcome: Outcome) -> dict[str, int]:
    found = Counter(str(one.reason) for one in weighed if one.outcome is outcome)
    return dict(sorted(found.items()))
