"""The past asked of the provider itself, over sockets: its account pays, the rows are live's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.catalog.actions import install_sandbox_league
from apps.core import clock
from apps.ops import backfill as module
from apps.ops.tests.test_backfill import facts
from apps.snapshots import actions
from apps.snapshots.actions import payloads
from apps.snapshots.models import Feed, FeedKind, ProviderAccount, ProviderPoll
from apps.snapshots.providers import registry
from apps.snapshots.tests.factories import CLOCK
from conftest import RunningSandbox

EPOCH = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 2, 25, 22, 0, tzinfo=UTC)
MOMENTS = [AFTERNOON + timedelta(minutes=5 * n) for n in range(4)]  # as often as history is kept
NOW = AFTERNOON + timedelta(days=1)
CREDITS = 200  # with half of them kept, two answers may be paid for after the live boards
PAST = 30  # credits: ten times those of a live board of three markets
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(
    sandbox: Callable[..., RunningSandbox],
    settings: Any,
    queued: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> RunningSandbox:
    """The provider a day later, and the league with the feed whose markets are asked for."""
    started = sandbox(epoch=EPOCH, credits=CREDITS)
    started.stand(NOW)
    registry.forget()
    settings.ODDS_API_KEY, settings.ODDS_API_URL = started.key, started.address
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(module, "_make_room", lambda first, last: None)  # outside the test's own
    install_sandbox_league(by=CLOCK, at=AFTERNOON)
    actions.register_feed(
        adapter=registry.ODDS_API,
        provider="the_odds_api",
        kind=FeedKind.ODDS,
        league="SFL",
        rhythm_s=10 * 86_400,  # the plan fits the few credits of this file
        by=CLOCK,
        at=AFTERNOON,
    )
    return started


def fetch_the_past() -> str:
    said = StringIO()
    call_command(
        "backfill",
        *("--league", "sfl", "--from", AFTERNOON.isoformat(), "--to", MOMENTS[-1].isoformat()),
        "--every=300",
        stdout=said,
    )
    return said.getvalue()


def keep(share: str) -> None:
    """Let the account know what was bought, and hold a share of it back."""
    ProviderAccount.objects.filter(adapter=registry.ODDS_API).update(
        monthly_credits=CREDITS, reserve_share=share
    )


def polls() -> list[tuple[datetime, bytes]]:
    stored = ProviderPoll.objects.order_by("captured_at")
    return [(poll.captured_at, bytes(payloads.load(poll.payload_id))) for poll in stored]


def seen_live(world: RunningSandbox) -> tuple[list[tuple[datetime, bytes]], Any]:
    """What the live feed reads while these moments last; nothing of it stays with us."""
    with transaction.atomic():
        for moment in MOMENTS:
            world.stand(moment)
            Feed.objects.update(next_due_at=moment)
            actions.fetch_due(by=CLOCK, at=moment)
            actions.read_unread(by=CLOCK, at=moment)
        told = polls(), facts()
        transaction.set_rollback(True)
    world.stand(NOW)
    return told


class TestHistoryOverSockets:
    def test_cut_off_by_the_budget_and_resumed_it_writes_the_rows_of_live_ingest(self, world):
        live_bodies, live = seen_live(world)
        keep("0.5")

        with pytest.raises(CommandError, match="BUDGET_RESERVED"):
            fetch_the_past()
        half = polls()
        keep("0")
        said = fetch_the_past()

        assert half == live_bodies[:2]
        assert "2 polls stored and read, 0 known already" in said
        assert f"{2 * PAST} credits" in said
        assert polls() == live_bodies
        assert [captured_at for captured_at, _ in live_bodies] == MOMENTS
        assert len(live["snapshots"]) > len(live["latest"]) > 150
        assert facts() == live

    def test_it_passes_the_account_which_counts_what_the_provider_says(self, world):
        said = fetch_the_past()

        account = ProviderAccount.objects.get(adapter=registry.ODDS_API)
        spent = PAST * len(MOMENTS)
        assert f"{spent} credits" in said
        assert (account.credits_used, account.credits_left) == (spent, CREDITS - spent)

    def test_called_again_it_asks_and_pays_for_nothing_that_is_stored(self, world):
        fetch_the_past()
        before = polls(), facts()
        said = fetch_the_past()

        assert "0 polls stored and read, 0 known already" in said
        assert " 0 credits" in said
        assert (polls(), facts()) == before
