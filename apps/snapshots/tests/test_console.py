"""Feeds, polls, quotes and results as an operator's browser sees them."""

import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client

from apps.catalog.models import League
from apps.core import clock
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import QuoteStatus
from apps.snapshots.actions import register_feed
from apps.snapshots.models import (
    Feed,
    FeedKind,
    LatestQuote,
    LeagueBreaker,
    ProviderAccount,
    ProviderPoll,
    RawPayload,
)
from apps.snapshots.planning import month_after
from apps.snapshots.tests.factories import CLOCK, NIGHT, SATURDAY, changed, golden, scores
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}


@pytest.fixture
def console(acme: str, feeds: Any, client: Client) -> Client:
    feeds.odds()
    feeds.results()
    feeds.show((SATURDAY, changed(lambda board: board[1].update(home_team="Falcons"))))
    feeds.show((NIGHT, scores()), source="results")
    operator = OperatorFactory(email="olivia@beatvegas.test")
    client.post("/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST)
    return client


def page(*parts: object) -> str:
    return "/".join(["/admin/snapshots", *map(str, parts), ""])


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestConsole:
    @pytest.mark.parametrize(
        ("model", "shows"),
        [
            ("provideraccount", "sportradar no key, no contract Not configured"),
            ("feed", "NFL odds"),
            ("providerpoll", "Credits left"),
            ("rawpayload", "Raw payloads"),
            ("payloadreading", "Left the board"),
            ("quarantinedrow", "UNKNOWN_TEAM"),
            ("latestquote", "Denver Broncos at New York Jets"),
            ("consensus", "moneyline"),
            ("resultsnapshot", "Final"),
        ],
    )
    def test_lists_every_table(self, model, shows, console):
        assert shows in text_of(console.get(page(model), headers=HOST))

    def test_shows_what_became_of_a_poll(self, console):
        poll = ProviderPoll.objects.get(captured_at=SATURDAY)

        shown = text_of(console.get(page("providerpoll", poll.pk, "change"), headers=HOST))

        assert "UNKNOWN_TEAM" in shown

    def test_leads_from_a_poll_to_the_bytes_as_they_came(self, console):
        poll = ProviderPoll.objects.get(captured_at=SATURDAY)
        there = page("rawpayload", poll.payload_id, "change")

        assert there in console.get(page("providerpoll", poll.pk, "change"), headers=HOST).text
        shown = console.get(there, headers=HOST).text
        came = console.get(page("rawpayload", poll.payload_id, "body"), headers=HOST)

        assert poll.payload.sha256 in shown
        assert "&quot;home_team&quot;: &quot;Falcons&quot;" in shown
        assert sha256(came.content).hexdigest() == poll.payload.sha256
        assert came.headers["Content-Disposition"].startswith("attachment")

    def test_shows_no_tenant_the_bytes(self, console):
        payload = RawPayload.objects.first()
        there = f"/t/acme/admin/snapshots/rawpayload/{payload.pk}"

        shown = text_of(console.get(f"{there}/change/", headers=HOST))

        assert "Bodies are shown on the platform" in shown
        assert console.get(f"{there}/body/", headers=HOST).status_code == 403

    def test_shows_every_change_of_a_books_quote_under_its_snapshots_id(self, console):
        quote = LatestQuote.objects.select_related("selection", "book", "feed").first()
        name = keys.snapshot_id(
            *(quote.selection.uuid, quote.feed.provider, quote.book.key, quote.observed_at),
            *(quote.line, quote.price_decimal, QuoteStatus.OPEN),
        )

        shown = console.get(page("latestquote", quote.pk, "change"), headers=HOST).text

        assert f'id="s-{name}"' in shown

    def test_retimes_a_feed_with_a_reason(self, console):
        feed = Feed.objects.get(kind="ODDS")

        console.post(
            page("feed", feed.pk, "change"),
            {
                "rhythm_s": 300,
                "frozen_after_polls": 60,
                "near_games": "[]",
                "max_quote_age_s": feed.max_quote_age_s,
                "max_close_age_s": feed.max_close_age_s,
                "odds_format": feed.odds_format,
                "options": json.dumps(feed.options),
                "enabled": "on",
                "reason": "Credits.",
            },
            headers=HOST,
        )

        feed.refresh_from_db()
        assert feed.rhythm_s == 300

    def test_lets_nobody_change_a_fact(self, console):
        poll = ProviderPoll.objects.get(captured_at=SATURDAY)

        answer = console.post(
            page("providerpoll", poll.pk, "change"), {"outcome": "EMPTY"}, headers=HOST
        )

        assert answer.status_code == 403
        assert golden()


class TestProviders:
    @pytest.fixture
    def bought(self, console, settings) -> Client:
        settings.ODDS_API_KEY = "a key"
        ProviderAccount.objects.filter(adapter="oddsapi").update(
            monthly_credits=20_000,
            credits_used=12_000,
            credits_left=8000,
            told_at=clock.now(),
        )
        return console

    def feed(self) -> Feed:
        return register_feed(
            adapter="oddsapi",
            provider="the_odds_api",
            kind=FeedKind.ODDS,
            league="NFL",
            rhythm_s=600,
            by=CLOCK,
            at=SATURDAY,
        )

    def test_shows_spent_left_forecast_and_the_day_it_runs_out(self, bought):
        self.feed()

        shown = text_of(bought.get(page("provideraccount"), headers=HOST))

        assert "8,000 12,000 spent" in shown
        assert "20,000 a month 2,000 in reserve" in shown
        assert "432 a day 12,960 in 30 days" in shown
        assert "renewed" in shown
        month = month_after(clock.now()) - clock.now()
        if month > timedelta(days=18.6):
            assert "runs out on" in shown
        if month < timedelta(days=18.4):
            assert "left then" in shown

    def test_shows_what_a_feed_costs(self, bought):
        self.feed()

        assert "12,960 3 a call" in text_of(bought.get(page("feed"), headers=HOST))

    def test_shows_which_league_a_provider_is_not_asked_about(self, bought):
        self.feed()
        nfl = League.objects.get(code="NFL")
        LeagueBreaker.objects.create(
            adapter="oddsapi", league=nfl, failed_as="GONE", opened_at=clock.now()
        )

        providers = text_of(bought.get(page("provideraccount"), headers=HOST))
        feeds = text_of(bought.get(page("feed"), headers=HOST))

        assert "Asked not about NFL" in providers
        assert "NFL left alone for" in feeds

    def test_shows_a_provider_that_is_left_alone_and_why(self, bought):
        self.feed()
        refused = {"failed_as": "AUTH", "failures": 5}
        ProviderAccount.objects.filter(adapter="oddsapi").update(opened_at=clock.now(), **refused)

        alone = text_of(bought.get(page("provideraccount"), headers=HOST))
        ProviderAccount.objects.update(opened_at=clock.now() - timedelta(minutes=11))
        tried = text_of(bought.get(page("provideraccount"), headers=HOST))

        assert "Left alone Key refused" in alone
        assert "Tried again Key refused" in tried
        assert "oddsapi left alone for 11 min" in text_of(bought.get(page("feed"), headers=HOST))

    def test_refuses_a_rhythm_beyond_the_budget_and_says_why(self, bought):
        feed = self.feed()

        answer = bought.post(
            page("feed", feed.pk, "change"), form_of(feed, rhythm_s=60), headers=HOST, follow=True
        )

        assert "costs 129,600 credits in 30 days" in text_of(answer)
        feed.refresh_from_db()
        assert feed.rhythm_s == 600

    def test_takes_an_adaptive_rhythm(self, bought):
        feed = self.feed()
        steps = '[{"within_s": 3600, "every_s": 300}]'

        bought.post(
            page("feed", feed.pk, "change"),
            form_of(feed, rhythm_s=1800, near_games=steps),
            headers=HOST,
        )

        feed.refresh_from_db()
        assert feed.near_games == [{"within_s": 3600, "every_s": 300}]
        assert "within 1 h" in text_of(bought.get(page("feed"), headers=HOST))

    def test_changes_a_budget_with_a_reason(self, bought):
        account = ProviderAccount.objects.get(adapter="oddsapi")
        told = {
            "monthly_credits": 100_000,
            "reserve_share": "0.2",
            "calls_per_second": "10",
            "failures_to_open": 5,
            "open_for_s": 60,
        }

        bought.post(
            page("provideraccount", account.pk, "change"),
            {**told, "reason": "A larger plan."},
            headers=HOST,
        )

        account.refresh_from_db()
        assert (account.monthly_credits, account.reserve) == (100_000, 20_000)
        entry = AuditEntry.across_tenants.get(action="provider_account.changed")
        assert (entry.reason, entry.actor_id) == ("A larger plan.", "public/olivia@beatvegas.test")


class TestNewFeed:
    def said(self, **changes: object) -> dict[str, Any]:
        return {
            "adapter": "files",
            "provider": "the_odds_api",
            "kind": "INJURIES",
            "league": League.objects.get(code="NBA").pk,
            "source": "nba.csv",
            "rhythm_s": 300,
            "near_games": "[]",
            "max_quote_age_s": 180,
            "max_close_age_s": 600,
            "odds_format": "AMERICAN",
            "options": "{}",
            "reason": "The trainers keep a list.",
            **changes,
        }

    def test_is_asked_from_now_on(self, console):
        console.post(page("feed", "add"), self.said(), headers=HOST)

        feed = Feed.objects.get(league__code="NBA")
        assert (feed.kind, feed.source, feed.rhythm_s) == ("INJURIES", "nba.csv", 300)
        assert feed.next_due_at is not None
        entry = AuditEntry.across_tenants.get(action="feed.registered", object_id=str(feed.pk))
        assert entry.reason == "The trainers keep a list."
        assert "NBA injuries" in text_of(console.get(page("feed"), headers=HOST))

    def test_is_refused_where_its_cost_does_not_fit(self, console):
        ProviderAccount.objects.filter(adapter="oddsapi").update(monthly_credits=20_000)
        said = self.said(adapter="oddsapi", kind="ODDS", source="", rhythm_s=60)

        answer = console.post(page("feed", "add"), said, headers=HOST, follow=True)

        assert "costs 129,600 credits in 30 days" in text_of(answer)
        assert not Feed.objects.filter(league__code="NBA").exists()

    def test_says_what_is_wrong_with_its_steps(self, console):
        steps = '[{"within_s": 3600, "every_s": 600}]'

        answer = console.post(
            page("feed", "add"), self.said(near_games=steps), headers=HOST, follow=True
        )

        assert "RHYTHM_UNFIT" in text_of(answer)


def form_of(feed: Feed, **changes: object) -> dict[str, Any]:
    columns = "rhythm_s", "frozen_after_polls", "max_quote_age_s", "max_close_age_s", "odds_format"
    told = {name: getattr(feed, name) for name in columns}
    return {
        **told,
        "near_games": "[]",
        "options": "{}",
        "enabled": "on",
        "reason": "Tried.",
        **changes,
    }
