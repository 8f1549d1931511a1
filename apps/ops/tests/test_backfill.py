"""History fetched after the fact writes what live ingest would have, once, and within budget."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from apps.core import clock
from apps.ops import backfill as module
from apps.snapshots.models import Consensus, Feed, LatestQuote, MarketSnapshot, ProviderPoll
from apps.snapshots.providers.ports import FetchOutcome, Outcome, Quota
from apps.snapshots.tests.factories import (
    CLOCK,
    LATER,
    MINUTE,
    NEXT,
    PROVIDER,
    SATURDAY,
    Feeds,
    golden,
    moved,
    without,
)

NOW = SATURDAY + timedelta(days=40)
LAST = LATER + MINUTE
BODIES = (
    (SATURDAY, golden()),
    (NEXT, moved()),
    (LATER, without(moved(), book="fanduel", key="totals")),
    (LAST, golden()),
)


@pytest.fixture(autouse=True)
def now(db: None, queued: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(module, "_make_room", lambda first, last: None)  # outside the test's own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "recorded"
    there.mkdir()
    for at, board in BODIES:
        (there / f"{at:%Y%m%dT%H%M%SZ}.json").write_text(json.dumps(board))
    return there


def run(first: datetime = SATURDAY, last: datetime = LAST, **options: Any) -> str:
    said = StringIO()
    call_command(
        "backfill",
        *("--league", "nfl", "--from", first.isoformat(), "--to", last.isoformat()),
        *(f"--{name}={value}" for name, value in options.items()),
        stdout=said,
    )
    return said.getvalue()


def facts() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that was read, without the keys that every database counts for itself."""
    quote = ("selection__uuid", "book__key", "observed_at", "seq", "line", "price_decimal")
    return {
        "snapshots": sorted(
            MarketSnapshot.objects.values_list(
                *quote, "price_american", "status", "pre_game", "is_main", "poll__captured_at"
            ),
            key=str,
        ),
        "latest": sorted(
            LatestQuote.objects.values_list(
                *quote, "status", "status_since", "last_seen_at", "checked_at", "pre_game"
            ),
            key=str,
        ),
        "consensus": sorted(
            Consensus.objects.values_list(
                *("selection__uuid", "captured_at", "line", "fair_prob", "dispersion", "gap")
            ),
            key=str,
        ),
    }


class TestRecordedFolder:
    def test_writes_the_rows_that_live_ingest_wrote(self, folder, tmp_path, settings):
        with transaction.atomic():
            feeds = Feeds(folder=tmp_path, settings=settings)
            feeds.odds()
            feeds.show(*BODIES)
            live = facts()
            transaction.set_rollback(True)

        said = run(bodies=folder)

        assert "4 polls stored and read, 0 known" in said
        assert len(live["snapshots"]) > 34
        assert facts() == live

    def test_goes_on_where_it_was_cut_off_and_does_nothing_twice(self, folder):
        run(last=NEXT, bodies=folder)
        first = facts()
        rest = run(bodies=folder)
        whole = facts()

        assert "2 polls stored and read, 2 known" in rest
        assert len(whole["snapshots"]) > len(first["snapshots"])
        assert "0 polls stored and read, 4 known" in run(bodies=folder)
        assert facts() == whole

    def test_leaves_a_feed_that_nobody_asks_by_itself(self, folder):
        run(bodies=folder)

        feed = Feed.objects.get()
        assert not feed.enabled
        assert not Feed.objects.due(NOW).exists()

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"league": "curling"}, "no league"),
            ({"last": SATURDAY - MINUTE}, "span"),
            ({"folder": "nowhere"}, "no folder"),
        ],
    )
    def test_refuses_what_cannot_be(self, change, why, folder):
        asked = {"league": "nfl", "last": LAST, "folder": str(folder), **change}

        with pytest.raises(CommandError, match=why):
            call_command(
                "backfill",
                *("--league", asked["league"], "--from", SATURDAY.isoformat()),
                *("--to", asked["last"].isoformat(), "--bodies", asked["folder"]),
            )


class TestHistoryOfTheProvider:
    """What the provider's adapter brings is its own tests'; here it is handed over."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        from apps.snapshots.actions import register_feed

        register_feed(
            adapter="oddsapi",
            provider=PROVIDER,
            kind="ODDS",
            league="NFL",
            rhythm_s=3_600,
            by=CLOCK,
            at=SATURDAY,
        )
        moments: list[datetime] = []
        boards = dict(BODIES)

        def answer(feed: Feed, *, moment: datetime, **_: Any) -> FetchOutcome:
            moments.append(moment)
            if len(moments) > len(boards):
                return FetchOutcome(Outcome.OUT_OF_CREDITS, NOW, error_code="BUDGET_RESERVED")
            at = max(one for one in boards if one <= moment)
            later = [one for one in boards if one > at]
            envelope = {
                "timestamp": at.isoformat(),
                "next_timestamp": later[0].isoformat() if later else None,
                "data": boards[at],
            }
            return FetchOutcome(
                Outcome.OK, NOW, body=json.dumps(envelope).encode(), quota=Quota(cost=30)
            )

        monkeypatch.setattr("apps.snapshots.actions.ask_about_past", answer)
        return moments

    def test_writes_the_same_rows_from_the_envelopes(self, asked, folder):
        said = run(every=60)
        from_history = facts()

        assert "120 credits" in said
        assert asked == [SATURDAY, NEXT, LATER, LAST]
        assert set(ProviderPoll.objects.values_list("captured_at", flat=True)) == set(dict(BODIES))
        assert len(from_history["snapshots"]) > 34

    def test_stops_where_the_budget_does_and_keeps_what_came(self, asked):
        run(last=NEXT, every=60)
        asked += [SATURDAY, SATURDAY]  # as if others had spent the rest

        with pytest.raises(CommandError, match="BUDGET_RESERVED"):
            run(every=60)

        assert ProviderPoll.objects.count() == 2
