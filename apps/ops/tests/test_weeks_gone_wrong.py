"""Recorded weeks in which the provider corrects itself, moves games and is away for four days.

Everything is written into copies of the recordings (``mishaps``) and played through the real
stages for two tenants. In the suite it is one week, cut to some of its polls; `make weeks` plays
all three.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.catalog.actions import confirm_event
from apps.catalog.models import Event, EventSource, ReviewItem
from apps.core import days as calendar
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import tenant_scope
from apps.governance import configs
from apps.governance.models import OpsAlert
from apps.grading import reconciliation
from apps.grading.kinds import Wait
from apps.grading.models import Grade
from apps.grading.reconciliation import Day, Reconciliation
from apps.grading.record import record
from apps.ops.rehearsal.feeds import FIVE_HOURS_S, ODDS_API
from apps.ops.rehearsal.player import choose_profile
from apps.ops.rehearsal.stages import STAGES, Stage, play_stages
from apps.ops.tests.mishaps import LONGEST, ONE_WEEK, THREE_WEEKS, Copies, Game
from apps.ops.tests.reckoning import wrongs
from apps.ops.tests.test_three_weeks import three_weeks
from apps.picks.models import LineTracking, Pick
from apps.rulebook.alerts import AlertKind
from apps.rulebook.markets import EventStatus, Side
from apps.rulebook.settlement import FinalScore, settle
from apps.rulebook.settlement import Outcome as Ends
from apps.rulebook.thresholds import SettlementRules
from apps.snapshots import actions as snapshots
from apps.snapshots.actions import enter_result, register_feed
from apps.snapshots.models import Feed, ProviderPoll
from apps.snapshots.providers.registry import RECORDED

WHOLE = bool(os.environ.get("WEEKS"))
TENANTS = ("acme", "rival")
PERSON = Actor(type=ActorType.OPS, id="olivia@beatvegas.test")
ASKED_EVERY_S = 3_600 if WHOLE else 6 * 3_600  # while nobody answers
LOOK_EVERY = timedelta(hours=6)
SETTLED_AFTER = timedelta(minutes=30)
FRESH_FOR = timedelta(seconds=FIVE_HOURS_S)
CHECKED = (*STAGES, Stage("check", snapshots.check_facts, inside_tenant=False))


@dataclass(frozen=True)
class Look:
    """Where a tenant's picks stood at an instant, and how many of its games were over."""

    at: datetime
    tenant: str
    whole: Reconciliation
    days: list[Day]
    over: int  # published picks whose game can be settled or is overdue, counted one by one
    published: int


@dataclass
class Lived:
    """What was played, and what every look on the way found."""

    copies: Copies
    looks: list[Look] = field(default_factory=list)

    @property
    def games(self) -> dict[UUID, Game]:
        """The games that a board has shown so far."""
        sources = EventSource.objects.filter(provider=ODDS_API)
        ids = dict(sources.values_list("event_id", "source_event_id"))
        return {event: self.copies.games[ident] for event, ident in ids.items()}

    def game_of(self, pick: Pick) -> Game:
        return self.games[pick.event_id]

    def look(self, at: datetime) -> None:
        for tenant in TENANTS:
            with tenant_scope(tenant):
                seen = list(Pick.objects.seen().select_related("event"))
                self.looks.append(
                    Look(
                        at=at,
                        tenant=tenant,
                        whole=reconciliation.reconcile(at),
                        days=reconciliation.days(at, since=date(2025, 9, 1)),
                        over=sum(_is_over(pick, at) for pick in seen),
                        published=len(seen),
                    )
                )

    def step_in(self, at: datetime) -> None:
        """What people do: enter what the provider tells no more, say that a moved game is it."""
        story = self.copies.story
        if at == story.down[1] + timedelta(hours=2):
            for event, game in self.games.items():
                if game.game_id in self.copies.lost:
                    enter_result(
                        event_id=event,
                        home_score=game.last[0],
                        away_score=game.last[1],
                        by=PERSON,
                        at=at,
                        reason="From the league's own report.",
                    )
        if at == story.confirmed_at:
            for item in ReviewItem.objects.filter(kind="MAPPING_DRIFT", status="OPEN"):
                confirm_event(item_id=item.pk, by=PERSON, at=at, reason="The same game, put off.")


def _is_over(pick: Pick, at: datetime) -> bool:
    """Whether a pick is due, said the long way and of one pick alone."""
    event = pick.event
    if pick.grades.exists():
        return True
    if event.status == EventStatus.FINAL:
        return at >= event.final_at + SETTLED_AFTER
    return at >= event.begins_at + LONGEST


@pytest.fixture
def lived(
    fresh_database: Any, queued: Any, shared_data: Path, tmp_path: Path, settings: Any
) -> Lived:
    story = THREE_WEEKS if WHOLE else ONE_WEEK
    games = shared_data / "games"
    copies = Copies(games, tmp_path, story)
    settings.DOORBELLS = False
    settings.RECORDINGS = copies.write()
    played = Lived(copies)
    first = copies.odds.log.instants[0]
    calendar.ensure_partitions(first.date(), story.until.date())
    for kind, source in (("ODDS", "odds"), ("RESULTS", "results"), ("ARCHIVE", "history0")):
        register_feed(
            adapter=RECORDED,
            provider="nflverse" if kind == "ARCHIVE" else ODDS_API,
            kind=kind,
            league="NFL",
            source=source,
            rhythm_s=ASKED_EVERY_S,
            max_quote_age_s=FIVE_HOURS_S,
            max_close_age_s=FIVE_HOURS_S,
            by=PERSON,
            at=first,
        )
    for tenant in TENANTS:
        choose_profile(replace(three_weeks(games), tenant=tenant, profile="raw"), at=first)
    _publish_less("rival", at=first)
    _play(played, first)
    return played


def _publish_less(tenant: str, *, at: datetime) -> None:
    opinion = configs.resolve(configs.OPINION, league="NFL", tenant=tenant, at=at).document
    limits = opinion.limits.model_copy(update={"per_day": 3})
    configs.create_version(
        opinion.model_copy(update={"limits": limits}),
        tenant=tenant,
        by=PERSON,
        at=at,
        reason="Fewer picks than the other tenant.",
    )


def _play(played: Lived, first: datetime) -> None:
    story = played.copies.story
    looks = {first.replace(hour=0, minute=0, second=0) + LOOK_EVERY}
    while max(looks) < story.until:
        looks.add(max(looks) + LOOK_EVERY)
    planned = {*looks, story.down[1] + timedelta(hours=2), story.confirmed_at}
    at: datetime | None = first
    while at is not None and at <= story.until:
        played.step_in(at)
        play_stages(CHECKED, TENANTS, player="rehearsal", at=at)
        if at in looks:
            played.look(at)
        ahead = [moment for moment in (*planned, *_news(at)) if moment > at]
        at = min(ahead, default=None)


def _news(after: datetime) -> Iterator[datetime]:
    """When a feed is asked next, a game begins, or a final has settled."""
    feeds = Feed.objects.enabled().filter(next_due_at__gt=after)
    starts = Event.objects.filter(status=EventStatus.SCHEDULED, begins_at__gt=after)
    finals = Event.objects.filter(status=EventStatus.FINAL, final_at__gt=after - SETTLED_AFTER)
    yield from feeds.order_by("next_due_at").values_list("next_due_at", flat=True)[:1]
    yield from starts.order_by("begins_at").values_list("begins_at", flat=True)[:1]
    for final_at in finals.order_by("final_at").values_list("final_at", flat=True)[:1]:
        yield final_at + SETTLED_AFTER


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_everything_due_is_graded_once_whatever_the_provider_did(lived):
    nothing_was_published_on_what_was_stale(lived)
    every_look_accounts_for_every_pick(lived)
    everything_is_graded_in_the_end(lived)
    each_pick_ends_as_its_game_did_and_keeps_what_it_was(lived)
    nothing_is_counted_twice(lived)
    closes_that_nobody_saw_say_why(lived)
    somebody_was_told(lived)
    if WHOLE:
        sys.stdout.write(figures(lived))


def nothing_was_published_on_what_was_stale(lived: Lived) -> None:
    down, up = lived.copies.story.down
    failed = ProviderPoll.objects.filter(captured_at__gte=down, captured_at__lt=up)
    assert set(failed.values_list("outcome", flat=True)) == {"SERVER"}
    assert failed.count() >= 2 * (up - down).total_seconds() // ASKED_EVERY_S  # of two feeds
    for tenant in TENANTS:
        with tenant_scope(tenant):
            seen = Pick.objects.seen()
            assert not seen.filter(published_at__gt=down + FRESH_FOR, published_at__lt=up).exists()
            assert seen.filter(published_at__lt=down).count() >= 3
            for pick in seen:
                assert pick.published_at - pick.last_seen_at <= FRESH_FOR
    if WHOLE:  # and afterwards it goes on by itself
        with tenant_scope("acme"):
            assert Pick.objects.seen().filter(published_at__gte=up).count() > 0


def every_look_accounts_for_every_pick(lived: Lived) -> None:
    assert len(lived.looks) > 2 * 4 * 7  # two tenants, four times a day
    for look in lived.looks:
        assert look.whole.due == look.over, look.at
        assert look.whole.due <= look.published
        for part in ("due", "graded", "void", "ungradeable"):
            parts = [getattr(day.reconciled, part) for day in look.days]
            assert sum(parts) == getattr(look.whole, part), (look.at, part)
        waits: Counter[Wait] = Counter()
        for day in look.days:
            waits.update(day.reconciled.waiting)
        assert waits == look.whole.waiting
        assert {day.league for day in look.days} <= {"NFL"}
    down, up = lived.copies.story.down
    away = [one for one in lived.looks if down + timedelta(hours=24) < one.at < up]
    assert max(one.whole.waiting.get(Wait.RESULT_OVERDUE, 0) for one in away) > 0


def everything_is_graded_in_the_end(lived: Lived) -> None:
    for look in lived.looks[-2:]:
        assert look.whole.waiting == {}
        assert look.whole.due == look.published
        assert look.whole.ungradeable == 0
    for tenant in TENANTS:
        with tenant_scope(tenant):
            assert set(Pick.objects.seen().values_list("status", flat=True)) == {"GRADED"}


def each_pick_ends_as_its_game_did_and_keeps_what_it_was(lived: Lived) -> None:
    touched: Counter[str] = Counter()
    for tenant in TENANTS:
        with tenant_scope(tenant):
            for pick in Pick.objects.seen().select_related("settlement_ruleset"):
                expected = expected_of(lived, pick)
                found = [
                    (grade.outcome, grade.profit, grade.reason)
                    for grade in pick.grades.order_by("revision_no")
                ]
                assert found == expected, (tenant, pick, lived.game_of(pick))
                touched[how_told(lived, pick)] += 1
    # Each kind of mishap fell on picks.
    assert {"plain", "corrected", "corrected twice", "corrected too late", "lost"} <= set(touched)
    assert {"moved within", "moved beyond"} <= set(touched)


def how_told(lived: Lived, pick: Pick) -> str:
    story, game = lived.copies.story, lived.game_of(pick)
    if game.game_id in story.moved_beyond:
        return "moved beyond"
    if game.game_id in story.moved_within:
        return "moved within"
    if game.game_id in lived.copies.lost:
        return "lost"
    if game.game_id in story.corrected:
        twice = len(story.corrected[game.game_id]) > 1
        return "corrected twice" if twice else "corrected"
    return "corrected too late" if game.game_id in story.corrected_too_late else "plain"


def expected_of(lived: Lived, pick: Pick) -> list[tuple[str, Decimal, str]]:
    """Every revision that this pick ought to have: outcome, profit, reason."""
    story, game = lived.copies.story, lived.game_of(pick)
    rules = SettlementRules.model_validate(pick.settlement_ruleset.rules)

    def by(score: tuple[int, int], reason: str) -> tuple[str, Decimal, str]:
        settled = settle(rules, Side(pick.side), pick.line, FinalScore(*score))
        profit = settled.profit(pick.price).quantize(Decimal("1e-8"))
        return settled.outcome.value, profit, reason

    kind = how_told(lived, pick)
    if kind == "moved beyond":
        return [(Ends.VOID.value, Decimal(0), "POSTPONED_TOO_FAR")]
    if kind == "lost":
        given_up = (Ends.UNGRADEABLE.value, Decimal(0), "RESULT_OVERDUE")
        return [given_up, by(game.last, "RESULT_CORRECTED")]
    said = [one.score for one in story.corrected.get(game.game_id, ())]
    return [by(game.first, ""), *(by(score, "RESULT_CORRECTED") for score in said)]


def nothing_is_counted_twice(lived: Lived) -> None:
    assert list(wrongs()) == []
    for tenant in TENANTS:
        with tenant_scope(tenant):
            found, seen = record(), Pick.objects.seen().count()
            assert found.bets + found.void + found.ungradeable == seen
            current = list(Grade.objects.current().values_list("pick_id", "profit"))
            assert len({pick for pick, _ in current}) == len(current) == seen
            assert found.profit == sum(profit for _, profit in current)
            assert Grade.objects.count() == seen + Grade.objects.filter(revision_no__gt=1).count()
            ideas = Pick.objects.live().values_list("event", "market_type", "period")
            assert not [idea for idea, times in Counter(ideas).items() if times > 1]


def closes_that_nobody_saw_say_why(lived: Lived) -> None:
    down, up = lived.copies.story.down
    for tenant in TENANTS:
        with tenant_scope(tenant):
            rows = LineTracking.objects.filter(pick__in=Pick.objects.seen())
            assert rows.filter(completed_at__isnull=True).count() == 0
            assert rows.filter(close_price__isnull=True, close_missing="").count() == 0
            blind = rows.filter(
                pick__event__begins_at__gt=down + FRESH_FOR, pick__event__begins_at__lt=up
            )
            assert blind.count() > 0
            assert set(blind.values_list("close_missing", flat=True)) == {"TOO_OLD"}


def somebody_was_told(lived: Lived) -> None:
    down, up = lived.copies.story.down
    alerts = list(OpsAlert.across_tenants.all())
    opened = Counter(alert.kind for alert in alerts)
    assert set(opened) >= {
        AlertKind.FEED_STALE,
        AlertKind.RESULT_OVERDUE,
        AlertKind.MAPPING_DRIFT,
        AlertKind.GRADING_LAG,
        AlertKind.REGRADE,
        AlertKind.CLOSE_SNAPSHOT_MISSING,
    }
    stale = [alert for alert in alerts if alert.kind == AlertKind.FEED_STALE]
    assert all(down <= alert.first_seen_at < up <= alert.resolved_at for alert in stale)
    over = Event.objects.filter(begins_at__gte=down, begins_at__lt=up - LONGEST)
    overdue = {alert.key for alert in alerts if alert.kind == AlertKind.RESULT_OVERDUE}
    assert {str(event) for event in over.values_list("pk", flat=True)} <= overdue
    corrected = {*lived.copies.story.corrected, *lived.copies.lost}
    regraded = {UUID(alert.key) for alert in alerts if alert.kind == AlertKind.REGRADE}
    assert {lived.games[event].game_id for event in regraded} <= corrected


def figures(lived: Lived) -> str:
    """The tables of docs/rehearsal.md."""
    lines = []
    for tenant in TENANTS:
        with tenant_scope(tenant):
            found = record()
            touched = Counter(how_told(lived, pick) for pick in Pick.objects.seen())
            missing = Counter(
                LineTracking.objects.exclude(close_missing="").values_list(
                    "close_missing", flat=True
                )
            )
            outcomes = Counter(Grade.objects.current().values_list("outcome", flat=True))
            lines += [
                f"{tenant}: {dict(touched)}",
                f"  outcomes {dict(outcomes)}, units {found.profit}",
                f"  revisions {Grade.objects.count()}, closes missing {dict(missing)}",
            ]
    kinds = Counter(alert.kind for alert in OpsAlert.across_tenants.all())
    lines.append(f"alerts {dict(sorted(kinds.items()))}")
    polls = Counter(ProviderPoll.objects.values_list("outcome", flat=True))
    lines.append(f"polls {dict(polls)}")
    for look in lived.looks:
        waits = {wait.value: n for wait, n in look.whole.waiting.items()}
        lines.append(
            f"{look.at:%m-%d %H} {look.tenant}: published {look.published}, due {look.whole.due},"
            f" graded {look.whole.graded}, void {look.whole.void},"
            f" ungradeable {look.whole.ungradeable}, {waits}"
        )
    for day in lived.looks[-2].days:
        lines.append(f"{day.day}: promised {day.promised}, kept {day.kept}")
    return "\n".join(["", *lines, ""])
