"""A Sunday as it was lived: recorded odds, the real stages, and people who step in all day."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.test import override_settings

from apps.catalog.actions import add_ruleset, call_off_event, change_book
from apps.catalog.models import Book, Event, SettlementRuleset
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import active_schemas, tenant_scope
from apps.governance import alerts, configs, switches
from apps.governance.jobs import for_each_tenant, run_once, slot_of
from apps.grading.actions import override_grade, regrade
from apps.ops.rehearsal.feeds import register_feeds
from apps.ops.rehearsal.player import choose_profile
from apps.ops.rehearsal.recording import Recording
from apps.ops.rehearsal.stages import STAGES
from apps.picks import actions as picks
from apps.picks.kinds import WithdrawReason
from apps.picks.models import LineTracking, Pick
from apps.rulebook.alerts import AlertKind
from apps.rulebook.markets import EventStatus, MarketType, Period
from apps.rulebook.settlement import Outcome
from apps.snapshots.actions import enter_result, register_feed
from apps.snapshots.models import FeedKind
from apps.snapshots.providers.registry import RECORDED
from apps.tenants.actions import resume_tenant, suspend_tenant
from beatvegas.settings.rehearsal import recordings

OPS = Actor(type=ActorType.OPS, id="otto@beatvegas.test")
SECOND = Actor(type=ActorType.OPS, id="olivia@beatvegas.test")
BY = {"by": OPS, "reason": "Tested."}


def on_sunday(hour: int, minute: int) -> datetime:
    return datetime(2025, 10, 19, hour, minute, tzinfo=UTC)


LAST = on_sunday(21, 15)
# When the results of the seasons before came: before a warm-up of twelve days, within one of 28.
IN_SEPTEMBER = datetime(2025, 9, 20, 9, 0, tzinfo=UTC)


def recording(data: Path) -> Recording:
    """The hour and a half before the early games, and what the ratings learned from."""
    games = data / "games"
    return Recording(
        changelogs=(str(games / "intraday_nfl_2025w07.csv"),),
        bodies=(),
        events=str(games / "intraday_events.csv"),
        histories=(str(games / "nfl_results_2024_to_2025w04.csv"),),
        results=(),
        tenant="acme",
        profile="raw",
        start="2025-10-19T15:30:00Z",
        end="2025-10-19T17:10:00Z",
    )


@contextmanager
def without_bells(played: Recording) -> Iterator[None]:
    told = recordings(json.loads(played.to_json()))
    with override_settings(RECORDINGS=told, DOORBELLS=False):
        yield


def live_through(data: Path) -> None:
    """Live it: the clock strikes, and at every hour somebody does something that matters."""
    played = recording(data)
    with without_bells(played):
        _learn(IN_SEPTEMBER)
        span = register_feeds(played)
        choose_profile(played, at=span.first)
        switches.turn_off(switches.PUBLISH, "tenant:acme", at=span.first, **BY)
        _strike(span.first)
        switches.turn_on(switches.PUBLISH, "tenant:acme", at=on_sunday(15, 38), **BY)
        _publish_by_hand(on_sunday(15, 40))
        _strike(on_sunday(15, 50))
        suspend_tenant(schema="rival", at=on_sunday(15, 51), **BY)
        _allow_more(on_sunday(15, 52))
        _strike(on_sunday(16, 5))
        resume_tenant(schema="rival", at=on_sunday(16, 10), **BY)
        _withdraw(on_sunday(16, 12))
        book = Book.objects.get(key="betrivers")
        change_book(book_id=book.pk, changes={"status": "RETIRED"}, at=on_sunday(16, 15), **BY)
        _stale_feed(on_sunday(16, 20))
        _strike(on_sunday(16, 35))
        event = _ahead()[-1]
        call_off_event(event_id=event.pk, status=EventStatus.POSTPONED, at=on_sunday(16, 40), **BY)
        _strike(on_sunday(16, 59))
        _strike(on_sunday(17, 6))
        for place, event in enumerate(_begun()):
            enter_result(
                event_id=event.pk,
                home_score=17 + place,
                away_score=13,
                at=on_sunday(20, 20 + place),
                **BY,
            )
        _strike(on_sunday(20, 55))
        _override(on_sunday(21, 10))
        _settle_again(LAST)


def _learn(at: datetime) -> None:
    register_feed(
        adapter=RECORDED,
        provider="nflverse",
        kind=FeedKind.ARCHIVE,
        league="NFL",
        source="history0",
        rhythm_s=60,
        by=OPS,
        at=at,
    )
    _strike(at)


def _strike(at: datetime) -> None:
    """One turn of every job, for the tenants that are active."""
    for stage in STAGES:
        job = f"{'picks' if stage.inside_tenant else 'facts'}.{stage.name}"
        by, slot = Actor.job(job), slot_of(at, 1)
        if stage.inside_tenant:
            walk = for_each_tenant(job, slot, active_schemas(), stage.work, by=by, at=at)
            assert not walk.failed
        else:
            assert run_once(job, slot, stage.work, by=by, at=at)


def _publish_by_hand(at: datetime) -> None:
    with tenant_scope("acme"):
        pick = Pick.objects.waiting().filter(market_type="TOTAL").order_by("ev", "pk").first()
        assert pick is not None
        picks.publish_pick(pick_id=pick.pk, by=OPS, at=at)


def _allow_more(at: datetime) -> None:
    opinion = configs.resolve(configs.OPINION, league="NFL", tenant="acme", at=at).document
    limits = opinion.limits.model_copy(update={"per_day": 20, "spreads_per_day": 10})
    configs.create_version(
        opinion.model_copy(update={"limits": limits}), tenant="acme", at=at, **BY
    )


def _withdraw(at: datetime) -> None:
    with tenant_scope("acme"):
        pick = Pick.objects.live().order_by("pk").exclude(validity_state="INVALIDATED").first()
        assert pick is not None
        picks.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=OPS, at=at)


def _stale_feed(at: datetime) -> None:
    """A check finds something that no stage raises, and finds it again no more."""
    check = Actor.job("snapshots.check")
    alert = alerts.raise_alert(
        AlertKind.FEED_STALE, scope="league:NFL", detail="Tested.", by=check, at=at
    )
    alerts.resolve(alert_id=alert.pk, at=at + timedelta(minutes=5), **BY)


def _ahead() -> list[Event]:
    return list(Event.objects.filter(status="SCHEDULED").order_by("start_time", "pk"))


def _begun() -> list[Event]:
    """The games that picks of anybody are on and that have begun."""
    with tenant_scope("acme"):
        on = set(LineTracking.objects.values_list("pick__event_id", flat=True))
    return list(Event.objects.filter(pk__in=on, begins_at__lt=on_sunday(17, 6)).order_by("pk"))


def _override(at: datetime) -> None:
    with tenant_scope("acme"):
        pick = Pick.objects.filter(status="GRADED").order_by("pk").first()
        assert pick is not None
        override_grade(
            pick_id=pick.pk,
            outcome=Outcome.VOID,
            approved_by=SECOND,
            at=at,
            dead_heat_factor=Decimal(1),
            **BY,
        )


def _settle_again(at: datetime) -> None:
    """Other rules for every market, and the day settled by them."""
    for first in SettlementRuleset.objects.filter(league__code="NFL").order_by("pk"):
        says = {**first.rules, "decided_stands": not first.rules["decided_stands"]}
        add_ruleset(
            league="NFL",
            market_type=MarketType(first.market_type),
            period=Period(first.period),
            says=says,
            effective_from=at,
            at=at,
            **BY,
        )
    sunday = at.date()
    with tenant_scope("acme"):
        again = regrade(first=sunday, last=sunday, version=2, tag="rules-v2", by=OPS, at=at)
    assert again.written
