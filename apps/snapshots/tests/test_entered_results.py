"""A result that a person enters: the same reader, the same guards, and the newest word counts."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.catalog.models import Event, EventSource
from apps.core import clock
from apps.governance.models import AuditEntry
from apps.rulebook.markets import EventStatus
from apps.snapshots import actions
from apps.snapshots.actions import payloads
from apps.snapshots.actions.desk import ReasonMissing
from apps.snapshots.models import InjuryReport, ProviderPoll, ResultSnapshot
from apps.snapshots.tests.factories import (
    CLOCK,
    JETS,
    KICKOFF,
    MINUTE,
    NIGHT,
    SATURDAY,
    golden,
    scores,
)
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

LATE = NIGHT + timedelta(hours=1)
HOST = {"host": OPERATORS_HOST}
RESULTS, INJURIES = "/admin/snapshots/resultsnapshot/", "/admin/snapshots/injuryreport/"


@pytest.fixture
def season(feeds):
    feeds.odds()
    feeds.results()
    feeds.show((SATURDAY, golden()))
    return feeds


def jets() -> Event:
    return Event.objects.get(home__name=JETS)


def enter(ops, home: int = 11, away: int = 13, *, at=NIGHT, **other) -> ResultSnapshot:
    return actions.enter_result(
        **{
            "event_id": jets().pk,
            "home_score": home,
            "away_score": away,
            "by": ops,
            "at": at,
            "reason": "The league's own page.",
            **other,
        }
    )


class TestEnterResult:
    def test_ends_the_game_with_the_bytes_and_the_reason_behind_it(self, season, ops):
        row = enter(ops)

        assert (row.provider, row.status) == ("operator", "FINAL")
        assert (row.home_score, row.away_score) == (11, 13)
        assert (jets().status, jets().final_at) == (EventStatus.FINAL, NIGHT)
        [told] = json.loads(payloads.load(row.poll.payload_id))
        assert told["id"] == row.source_event_id == str(jets().pk)
        entry = AuditEntry.across_tenants.get(action="result_snapshot.entered")
        assert (entry.actor_id, entry.reason) == (ops.id, "The league's own page.")
        assert EventSource.objects.get(provider="operator").event == jets()

    def test_counts_until_the_provider_says_something_newer(self, season, ops):
        enter(ops, 10, 13)
        season.show((LATE, scores()), source="results")

        newest = ResultSnapshot.objects.current_of([jets().pk]).get()
        assert (newest.provider, newest.home_score) == ("the_odds_api", 11)

    def test_contradicts_a_provider_and_stands_while_that_repeats_itself(self, season, ops):
        season.show((NIGHT, scores()), source="results")
        enter(ops, 14, 13, at=NIGHT + MINUTE)
        season.show((LATE, scores()), source="results")

        newest = ResultSnapshot.objects.current_of([jets().pk]).get()
        assert (newest.provider, newest.home_score) == ("operator", 14)

    def test_says_how_much_was_played_of_a_game_that_was_cut_short(self, season, ops):
        whole = enter(ops, 10, 10, minutes_played=54.5)
        again = enter(ops, 10, 10, minutes_played=55, at=NIGHT + MINUTE)

        assert (whole.played, again.played) == ({"minutes": 54.5}, {"minutes": 55})
        assert whole.result_sha256 != again.result_sha256
        assert whole.status == "FINAL"

    def test_is_refused_where_it_is_known_already(self, season, ops):
        season.show((NIGHT, scores()), source="results")

        with pytest.raises(actions.EntryRefused) as refused:
            enter(ops, at=LATE)

        assert "known already" in refused.value.sentence

    def test_may_be_said_again_after_a_correction(self, season, ops):
        enter(ops, 11, 13)
        corrected = scores()
        corrected[0]["scores"][0]["score"] = "12"
        season.show((NIGHT + MINUTE, corrected), source="results")

        enter(ops, 11, 13, at=LATE)

        newest = ResultSnapshot.objects.current_of([jets().pk]).get()
        assert (newest.provider, newest.home_score) == ("operator", 11)

    @pytest.mark.parametrize(
        ("home", "away", "at", "why"),
        [
            (0, 0, NIGHT, "SCORELESS_IMPOSSIBLE"),
            (11, 13, KICKOFF - MINUTE, "FINAL_BEFORE_START"),
            (1000, 13, NIGHT, "SCORE_NOT_A_NUMBER"),
            (-1, 13, NIGHT, "SCORE_NOT_A_NUMBER"),
        ],
    )
    def test_passes_the_guards_that_a_provider_passes(self, season, ops, home, away, at, why):
        with pytest.raises(actions.EntryRefused) as refused:
            enter(ops, home, away, at=at)

        assert why in refused.value.sentence
        assert not ResultSnapshot.objects.exists()
        assert ProviderPoll.objects.count() == 1  # the board's; nothing of the entry is left

    def test_needs_a_reason_and_an_event(self, season, ops):
        with pytest.raises(ReasonMissing):
            enter(ops, reason="")
        with pytest.raises(Event.DoesNotExist):
            enter(ops, event_id=uuid4())

    def test_belongs_to_the_event_that_another_one_turned_out_to_be(self, season, ops):
        other = Event.objects.exclude(pk=jets().pk).get()
        Event.objects.filter(pk=jets().pk).update(merged_into=other)

        with pytest.raises(actions.EntryRefused):
            enter(ops)

    def test_is_never_asked_for(self, season, ops):
        enter(ops)

        assert actions.fetch_due(by=CLOCK, at=LATE).polls == 0
        assert actions.check_facts(by=CLOCK, at=LATE).overdue == 0


@pytest.fixture
def console(season, acme, client, monkeypatch):
    """An operator's browser, on the night of the games."""
    operator = OperatorFactory(email="olivia@beatvegas.test")
    client.post("/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST)
    monkeypatch.setattr(clock, "now", lambda: NIGHT)
    return client


class TestConsole:
    def test_enters_a_result_that_the_list_then_shows(self, console):
        form = console.get(f"{RESULTS}add/", headers=HOST).content.decode()
        answer = console.post(
            f"{RESULTS}add/",
            {"event": jets().pk, "home_score": 11, "away_score": 13, "reason": "Seen."},
            headers=HOST,
            follow=True,
        )

        assert "Denver Broncos at New York Jets" in form
        assert "entered by hand" in answer.content.decode()
        entry = AuditEntry.across_tenants.get(action="result_snapshot.entered")
        assert (entry.actor_id, entry.reason) == ("public/olivia@beatvegas.test", "Seen.")

    def test_refuses_what_cannot_be_and_says_why(self, console):
        answer = console.post(
            f"{RESULTS}add/",
            {"event": jets().pk, "home_score": 0, "away_score": 0, "reason": "Seen."},
            headers=HOST,
            follow=True,
        )

        assert "cannot have ended 0-0" in answer.content.decode()
        assert not ResultSnapshot.objects.exists()

    def test_offers_no_game_that_is_still_to_come(self, console, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: SATURDAY)

        form = console.get(f"{RESULTS}add/", headers=HOST).content.decode()

        assert "Denver Broncos at New York Jets" not in form

    def test_enters_how_fit_a_player_is(self, console):
        team = jets().home
        said = {"team": team.pk, "player": "Sam Sampleton", "status": "OUT", "reason": "Seen."}

        answer = console.post(f"{INJURIES}add/", said, headers=HOST, follow=True)

        assert "Sam Sampleton" in answer.content.decode()
        assert InjuryReport.objects.get().team == team
