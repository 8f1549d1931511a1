"""Leagues, books and doubts as an operator's browser sees and decides them."""

import json
import re
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.test import Client

from apps.catalog.actions import ask
from apps.catalog.models import (
    Book,
    League,
    ReviewItem,
    ReviewKind,
    ReviewStatus,
    SettlementRuleset,
    Team,
    TeamAlias,
)
from apps.catalog.tests.factories import (
    BRONCOS,
    JETS,
    READER,
    SATURDAY,
    nfl,
    reported,
    sync,
    team,
    the_event,
)
from apps.catalog.tests.test_reviews import question
from apps.core import clock
from apps.governance import configs
from apps.governance.models import AuditEntry, Section
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    operator = OperatorFactory(email="olivia@beatvegas.test")
    answer = client.post(
        "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
    )
    assert answer.status_code == 302
    return client


def page(*parts: object) -> str:
    return "/".join(["/admin/catalog", *map(str, parts), ""])


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form_of(league: League) -> dict[str, object]:
    """The league's form as the browser sends it back."""
    sent = {
        "name": league.name,
        "sport": league.sport,
        "provider_keys": json.dumps(league.provider_keys),
        "archive_provider": league.archive_provider,
        "timezone": league.timezone,
        "winner_market": league.winner_market,
        "period": league.period,
        "regulation_minutes": league.regulation_minutes,
        "maximum_minutes": league.maximum_minutes,
        "line_ranges": json.dumps(league.line_ranges),
        "status": league.status,
    }
    ticks = ("can_tie", "can_end_scoreless", "has_scores")
    return sent | {name: "on" for name in ticks if getattr(league, name)}


class TestLists:
    @pytest.mark.parametrize(
        "model",
        [
            *("league", "team", "teamalias", "book", "event", "eventsource"),
            *("selection", "settlementruleset", "reviewitem"),
        ],
    )
    def test_show_every_table(self, model, console):
        sync(reported())

        assert "Catalog" in text_of(console.get(page(model), headers=HOST))

    def test_show_where_an_event_comes_from(self, console):
        sync(reported("game1"))

        shown = text_of(console.get(page("event", the_event().pk, "change"), headers=HOST))

        assert "game1" in shown
        assert "the_odds_api" in shown


class TestHandEdits:
    def test_of_a_league_keep_operator_and_reason(self, console):
        console.post(
            page("league", nfl().pk, "change"),
            form_of(nfl()) | {"maximum_minutes": 360, "reason": "Weather."},
            headers=HOST,
        )

        newest = nfl().history.first()
        assert (nfl().maximum_minutes, newest.history_change_reason) == (360, "Weather.")
        assert "olivia@beatvegas.test" in newest.history_user_id

    def test_want_a_reason(self, console):
        answer = console.post(
            page("league", nfl().pk, "change"),
            form_of(nfl()) | {"maximum_minutes": 360, "reason": ""},
            headers=HOST,
        )

        assert "required" in text_of(answer)
        assert nfl().maximum_minutes == 300

    def test_show_their_history_in_a_tab(self, console):
        shown = text_of(console.get(page("league", nfl().pk, "history"), headers=HOST))

        assert "Shipped with the platform." in shown

    def test_classify_a_new_book(self, console):
        console.post(
            page("book", "add"),
            {
                "key": "newbook",
                "title": "New",
                "group": "newbook",
                "kind": "EXCHANGE",
                "reason": "Seen in the feed.",
            },
            headers=HOST,
        )

        assert Book.objects.get(key="newbook").history.get().history_change_reason == (
            "Seen in the feed."
        )

    def test_add_a_spelling(self, console):
        console.post(
            page("teamalias", "add"),
            {
                "provider": "the_odds_api",
                "spelling": "Jets, NY",
                "team": team(JETS),
                "reason": "Short.",
            },
            headers=HOST,
        )

        assert TeamAlias.objects.get(spelling="Jets, NY").team.name == JETS

    def test_show_a_refusal_instead_of_failing(self, console):
        answer = console.post(
            page("teamalias", "add"),
            {"provider": "the_odds_api", "spelling": JETS, "team": team(BRONCOS), "reason": "No."},
            headers=HOST,
            follow=True,
        )

        assert "TEAM_ALIAS_TAKEN" in text_of(answer) or "spells a team" in text_of(answer)
        assert TeamAlias.objects.filter(provider="the_odds_api", spelling=JETS).count() == 1


class TestNewLeague:
    EUROLEAGUE: ClassVar = {
        "code": "EUROLEAGUE",
        "name": "Euroleague",
        "sport": "basketball",
        "provider_keys": '{"the_odds_api": "basketball_euroleague"}',
        "identity_provider": "the_odds_api",
        "archive_provider": "",
        "timezone": "Europe/Berlin",
        "winner_market": "MONEYLINE",
        "period": "FULL_GAME",
        "regulation_minutes": 40,
        "maximum_minutes": 200,
        "has_scores": "on",
        "line_ranges": "",
        "status": "ACTIVE",
        "reason": "A customer asks for it.",
    }

    def add(self, console: Client, **said: object) -> Any:
        like = League.objects.get(code="NCAAB").pk
        form = {**self.EUROLEAGUE, "played_like": like, **said}
        return console.post(page("league", "add"), form, headers=HOST, follow=True)

    def test_is_added_without_a_line_of_code(self, console):
        self.add(console)

        league = League.objects.get(code="EUROLEAGUE")
        ncaab = League.objects.get(code="NCAAB")
        assert league.line_ranges == ncaab.line_ranges
        assert SettlementRuleset.objects.filter(league=league).count() == 3
        assert configs.resolve(Section.MARKET, league="EUROLEAGUE", at=clock.now())
        entry = AuditEntry.across_tenants.get(action="league.created", object_id=str(league.pk))
        assert (entry.actor_id, entry.reason) == (
            "public/olivia@beatvegas.test",
            "A customer asks for it.",
        )

    def test_is_refused_with_a_sentence(self, console):
        refused = self.add(console, timezone="Europe/Gotham")

        assert "LEAGUE_INVALID" in text_of(refused)
        assert not League.objects.filter(code="EUROLEAGUE").exists()

    def test_is_for_those_who_may(self, console, client):
        reader = OperatorFactory(email="rita@beatvegas.test", is_superuser=False)
        client.logout()
        client.post("/admin/login/", {"username": reader.email, "password": PASSWORD}, headers=HOST)

        assert self.add(client).status_code in {403, 404}
        assert not League.objects.filter(code="EUROLEAGUE").exists()


class TestTeams:
    def test_show_their_colour(self, console):
        shown = console.get(page("team") + "?q=Jets", headers=HOST).content.decode()

        assert 'fill="#125740"' in shown

    def test_change_it_with_a_reason(self, console):
        said = {"abbreviation": "NYJ", "colour": "#00338D", "status": "ACTIVE", "reason": "New."}

        console.post(page("team", team(JETS), "change"), said, headers=HOST)

        assert Team.objects.get(pk=team(JETS)).colour == "#00338D"


class TestReviews:
    @pytest.fixture
    def unknown(self, console) -> ReviewItem:
        with transaction.atomic():
            ask([question()], seen_at=SATURDAY, by=READER, at=SATURDAY)
        return ReviewItem.objects.get()

    def test_offer_what_fits_the_question(self, console, unknown):
        shown = text_of(console.get(page("reviewitem", unknown.pk, "change"), headers=HOST))

        assert "It is the first suggestion" in shown
        assert "The event is right" not in shown

    def test_take_a_suggestion_with_a_reason(self, console, unknown):
        console.post(
            page("reviewitem", unknown.pk, "suggestion"), {"reason": "Short form."}, headers=HOST
        )

        assert TeamAlias.objects.get(spelling="NY Jets").team.name == JETS
        unknown.refresh_from_db()
        assert (unknown.status, unknown.reason) == (ReviewStatus.APPROVED, "Short form.")

    def test_take_any_team_of_the_league(self, console, unknown):
        console.post(
            page("reviewitem", unknown.pk, "team"),
            {"team": str(team(BRONCOS)), "reason": "A slip of theirs."},
            headers=HOST,
        )

        assert TeamAlias.objects.get(spelling="NY Jets").team.name == BRONCOS

    def test_make_a_new_team(self, console, unknown):
        console.post(
            page("reviewitem", unknown.pk, "new"),
            {"abbreviation": "NYX", "reason": "Expansion."},
            headers=HOST,
        )

        made = Team.objects.get(name="NY Jets")
        assert made.abbreviation == "NYX"
        assert ReviewItem.objects.get().decision == {"team": str(made.pk)}

    def test_reject_a_question(self, console, unknown):
        console.post(page("reviewitem", unknown.pk, "reject"), {"reason": "Rugby."}, headers=HOST)

        unknown.refresh_from_db()
        assert unknown.status == ReviewStatus.REJECTED

    def test_thaw_an_event(self, console):
        sync(reported())
        sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY.replace(minute=1))
        item = ReviewItem.objects.get(kind=ReviewKind.MAPPING_DRIFT)

        console.post(page("reviewitem", item.pk, "confirm"), {"reason": "A slip."}, headers=HOST)

        assert the_event().frozen_code == ""

    def test_are_answered_once(self, console, unknown):
        console.post(page("reviewitem", unknown.pk, "reject"), {"reason": "Rugby."}, headers=HOST)

        again = console.post(
            page("reviewitem", unknown.pk, "reject"), {"reason": "Again."}, headers=HOST
        )

        assert again.status_code == 403
