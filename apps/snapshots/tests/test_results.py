from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog.models import Event, EventSource, League, ReviewItem, ReviewKind
from apps.core.canonical import fingerprint
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus
from apps.snapshots import actions
from apps.snapshots.models import ResultSnapshot
from apps.snapshots.stages import due_and_done
from apps.snapshots.tests.factories import (
    BRONCOS,
    CLOCK,
    JETS,
    JETS_GAME,
    KICKOFF,
    MINUTE,
    NIGHT,
    PAYLOADS,
    SATURDAY,
    golden,
    receipt_at,
    scores,
)

CALLED_FINAL = datetime(2025, 10, 12, 20, 11, 40, tzinfo=UTC)


def final(home: object = "11", away: object = "13", **change):
    games = scores()
    games[0]["scores"] = [{"name": JETS, "score": home}, {"name": BRONCOS, "score": away}]
    games[0].update(change)
    return games


@pytest.fixture
def season(feeds):
    feeds.odds()
    feeds.results()
    feeds.show((SATURDAY, golden()))
    return feeds


def jets() -> Event:
    return Event.objects.get(home__name=JETS)


class TestFinal:
    def test_ends_its_game_when_the_provider_said_so(self, season):
        season.show((NIGHT, scores()), source="results")

        result = ResultSnapshot.objects.get()
        assert (result.event, result.source_event_id) == (jets(), JETS_GAME)
        assert (result.home_score, result.away_score, result.status) == (11, 13, "FINAL")
        assert (jets().status, jets().final_at) == (EventStatus.FINAL, CALLED_FINAL)
        assert Event.objects.get(home__name="Atlanta Falcons").status == EventStatus.SCHEDULED
        assert AuditEntry.across_tenants.filter(action="event.final").count() == 1
        assert AuditEntry.across_tenants.filter(action="result_snapshot.stored").count() == 1

    def test_is_known_by_a_hash_of_what_a_grade_depends_on(self, season):
        season.show((NIGHT, scores()), source="results")

        assert ResultSnapshot.objects.get().result_sha256 == fingerprint(
            {
                "event": jets().pk,
                "status": "FINAL",
                "home_score": 11,
                "away_score": 13,
                "periods": [],
                "overtime": None,
            }
        )

    def test_told_again_is_no_new_result(self, season):
        season.show((NIGHT, scores()), (NIGHT + MINUTE, scores()), source="results")

        assert ResultSnapshot.objects.count() == 1
        receipt = receipt_at(NIGHT + MINUTE)
        assert (receipt.prices, receipt.written, receipt.unchanged) == (1, 0, 1)

    def test_corrected_is_a_new_row_and_the_current_one(self, season):
        season.show(
            (NIGHT, final()),
            (NIGHT + MINUTE, final("17")),
            (NIGHT + 2 * MINUTE, final()),
            source="results",
        )

        assert [row.home_score for row in ResultSnapshot.objects.all()] == [11, 17, 11]
        [current] = ResultSnapshot.objects.current()
        assert (current.home_score, current.captured_at) == (11, NIGHT + 2 * MINUTE)
        assert jets().final_at == CALLED_FINAL

    def test_does_not_move_the_start_that_a_scores_feed_rewrites(self, season):
        season.show((NIGHT, scores()), source="results")

        assert jets().start_time == KICKOFF

    def test_of_no_game_of_ours_is_set_aside(self, season):
        games = final(id="f" * 32)

        season.show((NIGHT, games), source="results")

        assert receipt_at(NIGHT).quarantined == {"UNKNOWN_EVENT": 1}
        assert not EventSource.objects.filter(source_event_id="f" * 32).exists()

    def test_of_an_unknown_team_is_set_aside_and_never_matched_by_likeness(self, season):
        games = final(home_team="NY Jets", scores=[{"name": "NY Jets", "score": "11"}])

        season.show((NIGHT, games), source="results")

        assert receipt_at(NIGHT).quarantined == {"UNKNOWN_TEAM": 1}
        assert jets().status != EventStatus.FINAL

    def test_with_swapped_sides_is_set_aside_and_freezes_the_game(self, season):
        season.show((NIGHT, final(home_team=BRONCOS, away_team=JETS)), source="results")

        assert receipt_at(NIGHT).quarantined == {"MAPPING_DRIFT": 1}
        assert jets().frozen_code == "MAPPING_DRIFT"
        assert not ResultSnapshot.objects.exists()


class TestSuspect:
    @pytest.mark.parametrize(
        ("games", "why"),
        [
            (final(scores=None), "SCORES_MISSING"),
            (final(scores=[{"name": JETS, "score": "11"}]), "SCORES_MISSING"),
            (final("0", "0"), "SCORELESS_IMPOSSIBLE"),
        ],
    )
    def test_result_ends_nothing_and_asks_a_person(self, games, why, season):
        season.show((NIGHT, games), source="results")

        result = ResultSnapshot.objects.get()
        assert (result.status, result.suspect_code) == ("SUSPECT", why)
        assert jets().status != EventStatus.FINAL
        assert not ResultSnapshot.objects.believed().exists()
        item = ReviewItem.objects.get()
        assert (item.kind, item.evidence["why"]) == (ReviewKind.RESULT_SUSPECT, why)

    def test_result_before_the_game_began_is_not_believed(self, season):
        early = KICKOFF - timedelta(hours=3)

        season.show((early, final(last_update=None)), source="results")

        assert ResultSnapshot.objects.get().suspect_code == "FINAL_BEFORE_START"

    def test_tie_is_a_result_where_the_league_can_tie(self, season):
        season.show((NIGHT, final("20", "20")), source="results")

        assert ResultSnapshot.objects.get().status == "FINAL"

    def test_result_is_replaced_by_a_believable_one(self, season):
        season.show((NIGHT, final(scores=None)), (NIGHT + MINUTE, final()), source="results")

        [current] = ResultSnapshot.objects.current_of([jets().pk])
        assert current.status == "FINAL"
        assert jets().status == EventStatus.FINAL


class TestArchive:
    def test_makes_games_of_the_past_with_their_results(self, feeds):
        feeds.archive(PAYLOADS / "nflverse_games.csv")

        actions.fetch_due(by=CLOCK, at=SATURDAY)
        read = actions.read_unread(by=CLOCK, at=SATURDAY)

        assert (read.polls, read.written, read.quarantined) == (1, 4, 1)
        events = Event.objects.order_by("start_time")
        assert [str(event) for event in events] == [
            "Arizona Cardinals at Buffalo Bills",
            "New York Jets at San Francisco 49ers",
            "New York Jets at Minnesota Vikings",
            "Baltimore Ravens at Cincinnati Bengals",
        ]
        assert {event.status for event in events} == {EventStatus.FINAL}
        assert events[0].pk == keys.event_id("nflverse", "2024_01_ARI_BUF")
        assert [event.neutral for event in events] == [False, False, True, False]
        assert events[3].final_at == datetime(2024, 10, 6, 21, 0, tzinfo=UTC)
        assert [row.overtime for row in ResultSnapshot.objects.order_by("event__start_time")] == [
            False,
            False,
            False,
            True,
        ]

    def test_is_read_once(self, feeds):
        feeds.archive(PAYLOADS / "nflverse_games.csv")

        for day in range(3):
            actions.fetch_due(by=CLOCK, at=SATURDAY + timedelta(days=day))
            actions.read_unread(by=CLOCK, at=SATURDAY + timedelta(days=day))

        assert ResultSnapshot.objects.count() == 4

    def test_told_twice_writes_nothing_new(self, feeds):
        feeds.archive(PAYLOADS / "nflverse_games.csv")
        feeds.archive(PAYLOADS / "nflverse_games.csv", source="copy", at=SATURDAY + MINUTE)

        actions.fetch_due(by=CLOCK, at=SATURDAY)
        actions.fetch_due(by=CLOCK, at=SATURDAY + MINUTE)
        read = actions.read_unread(by=CLOCK, at=SATURDAY + MINUTE)

        assert (read.polls, read.written, read.unchanged) == (2, 4, 4)
        assert Event.objects.count() == 4


class TestDueAndDone:
    def test_a_game_owes_its_result_once_it_is_overdue(self, season):
        overdue = KICKOFF + timedelta(minutes=300)

        before = due_and_done(overdue - MINUTE)["results"]
        after = due_and_done(overdue)["results"]
        season.show((overdue, final(last_update=None)), source="results")

        assert (before.due, before.done) == (0, 0)
        assert (after.due, after.done) == (1, 0)
        assert due_and_done(overdue)["results"].waiting == 0


class TestExtraTime:
    """A true score that bets of 90 minutes may not end on is believed, and asked about."""

    @pytest.fixture
    def cup(self, season):
        League.objects.filter(code="NFL").update(period="REGULATION", maximum_minutes=240)
        return season

    def test_is_asked_of_a_person_where_it_may_have_been_played(self, cup):
        cup.show((NIGHT, final()), source="results")

        assert ResultSnapshot.objects.get().status == "FINAL"
        item = ReviewItem.objects.get()
        assert (item.kind, item.evidence["why"]) == (ReviewKind.RESULT_SUSPECT, "EXTRA_TIME")

    def test_is_not_where_bets_count_it(self, season):
        season.show((NIGHT, final()), source="results")

        assert not ReviewItem.objects.exists()
