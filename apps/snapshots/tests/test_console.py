"""Feeds, polls, quotes and results as an operator's browser sees them."""

import json
import re
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client

from apps.rulebook import keys
from apps.rulebook.markets import QuoteStatus
from apps.snapshots.models import Feed, LatestQuote, ProviderPoll, RawPayload
from apps.snapshots.tests.factories import NIGHT, SATURDAY, changed, golden, scores
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
