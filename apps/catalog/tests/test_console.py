"""Leagues, books and doubts as an operator's browser sees and decides them."""

import json
import re
from datetime import timedelta
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
    BILLS,
    BRONCOS,
    JETS,
    KICKOFF,
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


class TestMergingEvents:
    @pytest.fixture
    def twice(self, console) -> None:
        sync(reported("game1"), reported("game2", start=KICKOFF + timedelta(hours=3)))

    def press(self, console: Client, *games: str, **said: str) -> Any:
        chosen = {"_selected_action": [str(the_event(game).pk) for game in games]}
        return console.post(
            page("event"), {"action": "merge", **chosen, **said}, headers=HOST, follow=True
        )

    @pytest.mark.usefixtures("twice")
    def test_asks_which_one_stays_and_why(self, console):
        asked = text_of(self.press(console, "game1", "game2"))

        assert "Are these one game" in asked
        assert "17:00" in asked
        assert "20:00" in asked
        assert "This is not undone." in asked

    @pytest.mark.usefixtures("twice")
    def test_merges_the_other_into_it(self, console):
        stays = the_event("game1")
        said = {"stays": str(stays.pk), "reason": "Listed twice.", "answered": "1"}

        told = text_of(self.press(console, "game1", "game2", **said))

        assert the_event("game2").merged_into == stays
        assert "is one event now" in told
        assert "Merged" in told

    @pytest.mark.usefixtures("twice")
    def test_wants_two_of_them(self, console):
        told = text_of(self.press(console, "game1"))

        assert "Select the two events that are one game." in told

    @pytest.mark.usefixtures("twice")
    def test_is_for_those_who_may(self, console, client):
        reader = OperatorFactory(email="rita@beatvegas.test", is_superuser=False)
        client.logout()
        client.post("/admin/login/", {"username": reader.email, "password": PASSWORD}, headers=HOST)
        said = {"stays": str(the_event("game1").pk), "reason": "No.", "answered": "1"}

        self.press(client, "game1", "game2", **said)

        assert the_event("game2").merged_into is None


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

    def test_take_the_sides_of_the_provider(self, console):
        sync(reported())
        sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY.replace(minute=1))
        item = ReviewItem.objects.get(kind=ReviewKind.MAPPING_DRIFT)

        shown = text_of(console.get(page("reviewitem", item.pk, "change"), headers=HOST))
        asked = text_of(console.get(page("reviewitem", item.pk, "sides"), headers=HOST))
        console.post(page("reviewitem", item.pk, "sides"), {"reason": "Moved."}, headers=HOST)

        assert "The provider is right" in shown
        assert "The event is right" in shown
        assert "published ones are invalidated" in asked
        assert the_event().home.name == BRONCOS

    def test_offer_no_sides_where_other_teams_play(self, console):
        sync(reported())
        sync(reported(away=BILLS), seen_at=SATURDAY.replace(minute=1))
        item = ReviewItem.objects.get(kind=ReviewKind.MAPPING_DRIFT)

        shown = text_of(console.get(page("reviewitem", item.pk, "change"), headers=HOST))

        assert "The provider is right" not in shown

    @pytest.fixture
    def replaced(self, console) -> ReviewItem:
        """An id that stands on the board instead of another one."""
        sync(reported("game1"), listed=frozenset({"game1"}))
        later = SATURDAY.replace(minute=1)
        sync(reported("game2"), seen_at=later, listed=frozenset({"game2"}))
        return ReviewItem.objects.get(kind=ReviewKind.EVENT_AMBIGUOUS)

    def test_choose_the_event_of_an_id(self, console, replaced):
        shown = text_of(console.get(page("reviewitem", replaced.pk, "change"), headers=HOST))
        assert "It is an event of ours" in shown
        assert "It is a game of its own" in shown
        listed = text_of(console.get(page("reviewitem"), headers=HOST))
        assert f"{BRONCOS} at {JETS}" in listed

        console.post(
            page("reviewitem", replaced.pk, "place"),
            {"event": str(the_event("game1").pk), "reason": "Relisted."},
            headers=HOST,
        )

        assert the_event("game2").merged_into == the_event("game1")

    def test_make_a_game_of_an_id(self, console, replaced):
        console.post(page("reviewitem", replaced.pk, "own"), {"reason": "Leg two."}, headers=HOST)

        assert the_event("game2").merged_into is None

    def test_say_where_an_id_fits_nowhere(self, console):
        sync(reported("their7"), provider="sportradar")
        item = ReviewItem.objects.get(kind=ReviewKind.EVENT_AMBIGUOUS)

        shown = text_of(console.get(page("reviewitem", item.pk, "change"), headers=HOST))
        told = text_of(console.get(page("reviewitem", item.pk, "place"), headers=HOST, follow=True))

        assert "It is a game of its own" not in shown  # another provider makes no events
        assert "No event of these teams starts within a week of it." in told

    def test_are_answered_once(self, console, unknown):
        console.post(page("reviewitem", unknown.pk, "reject"), {"reason": "Rugby."}, headers=HOST)

        again = console.post(
            page("reviewitem", unknown.pk, "reject"), {"reason": "Again."}, headers=HOST
        )

        assert again.status_code == 403
