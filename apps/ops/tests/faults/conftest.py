"""One sandbox a module, the real adapter, and the real stages that fetch, read and look."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from apps.catalog.actions import install_sandbox_league
from apps.core.actor import Actor
from apps.governance.models import OpsAlert
from apps.snapshots import actions
from apps.snapshots.models import (
    Feed,
    FeedKind,
    LatestQuote,
    MarketSnapshot,
    PayloadReading,
    ProviderPoll,
)
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi import client
from conftest import RunningSandbox

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 2, 25, 22, 0, tzinfo=UTC)  # five in New York: six games this evening
MINUTE = timedelta(minutes=1)
CLOCK = Actor.job("tests.clock")


@pytest.fixture(scope="module")
def outside(module_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    return module_sandbox(epoch=EPOCH, calls_a_second=100_000)


@dataclass
class Feeding:
    """The league's feed of odds, asked a minute after the minute before."""

    world: RunningSandbox
    odds: Feed
    at: datetime = AFTERNOON

    def fetch(self, *faults: dict[str, Any], after: timedelta = MINUTE) -> ProviderPoll:
        """Let time pass, let things go wrong, and ask; a feed that is not due is not asked."""
        self.at += after
        self.world.stand(self.at)
        self.world.plan(*faults)
        actions.fetch_due(by=CLOCK, at=self.at)
        newest = ProviderPoll.objects.filter(feed=self.odds).order_by("-captured_at").first()
        assert newest is not None
        return newest

    def read(self, *faults: dict[str, Any], after: timedelta = MINUTE) -> PayloadReading:
        """Fetch and read; every fault has to have struck, or the test is about nothing."""
        poll = self.fetch(*faults, after=after)
        actions.read_unread(by=CLOCK, at=self.at)
        assert all(self.world.struck()), self.world.struck()
        return PayloadReading.objects.get(poll=poll)

    def look(self) -> set[str]:
        """Look at the feed as the job does; give back the kinds of alerts that are open."""
        actions.check_facts(by=CLOCK, at=self.at)
        return set(OpsAlert.across_tenants.filter(resolved_at=None).values_list("kind", flat=True))

    def answer(self, *, after: tuple[int, ...]) -> set[str]:
        """Read and look again after so many minutes each: one look that is well proves little."""
        found: set[str] = set()
        for minutes in after:
            self.read(after=minutes * MINUTE)
            found = self.look()
        return found

    def due_in(self) -> timedelta:
        self.odds.refresh_from_db()
        assert self.odds.next_due_at is not None
        return self.odds.next_due_at - self.at


@pytest.fixture(scope="module")
def known_board(outside: RunningSandbox, ground: Callable[[], Any]) -> Any:
    """The league installed, its feed asked once and read: a board is known. Gives the feed's id."""
    key, address = outside.key, outside.address
    with ground(), override_settings(ODDS_API_KEY=key, ODDS_API_URL=address):
        registry.forget()
        install_sandbox_league(by=CLOCK, at=AFTERNOON)
        odds = actions.register_feed(
            adapter=registry.ODDS_API,
            provider="the_odds_api",
            kind=FeedKind.ODDS,
            league="SFL",
            rhythm_s=60,
            by=CLOCK,
            at=AFTERNOON,
        )
        receipt = Feeding(outside, odds).read(after=timedelta(0))
        assert receipt.written == receipt.prices > 150
    return odds.pk


@pytest.fixture
def feeding(
    outside: RunningSandbox,
    known_board: Any,
    settings: Any,
    queued: Any,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Feeding:
    """The league's feed, to be asked again."""
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.01)  # politeness between tries: short here
    monkeypatch.setattr(client, "_TOO_FAST_S", 0.02)
    registry.forget()
    settings.ODDS_API_KEY, settings.ODDS_API_URL = outside.key, outside.address
    return Feeding(outside, Feed.objects.get(pk=known_board))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> float:
    """The total deadline of a call, short enough to wait for it."""
    monkeypatch.setitem(client.Client.__init__.__kwdefaults__, "deadline_s", 0.6)
    registry.forget()
    return 0.6


def rows() -> int:
    return MarketSnapshot.objects.count()


def open_quotes() -> int:
    return LatestQuote.objects.filter(status="OPEN").count()
