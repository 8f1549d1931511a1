"""Feeds, polls, quotes and results as an operator's browser sees them."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from apps.snapshots.models import Feed, ProviderPoll
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
            ("feed", "the_odds_api NFL ODDS"),
            ("providerpoll", "Credits remaining"),
            ("rawpayload", "Raw payloads"),
            ("payloadreading", "reading"),
            ("quarantinedrow", "UNKNOWN_TEAM"),
            ("latestquote", "Denver Broncos at New York Jets"),
            ("consensus", "Moneyline"),
            ("resultsnapshot", "Final"),
        ],
    )
    def test_lists_every_table(self, model, shows, console):
        assert shows in text_of(console.get(page(model), headers=HOST))

    def test_shows_what_became_of_a_poll(self, console):
        poll = ProviderPoll.objects.get(captured_at=SATURDAY)

        shown = text_of(console.get(page("providerpoll", poll.pk, "change"), headers=HOST))

        assert "UNKNOWN_TEAM" in shown

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
