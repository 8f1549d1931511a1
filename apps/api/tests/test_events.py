"""The games over HTTP: by their start, without those that were merged, with believed scores."""

from datetime import timedelta

import pytest

from apps.catalog.models import Event
from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.tests.factories import drift, end, finish, tell
from apps.picks.tests.factories import KICKOFF, Game

pytestmark = pytest.mark.django_db

LIST = "/api/v1/events/"
ALL = f"{LIST}?starts_from=2025-01-01T00:00:00Z"


@pytest.fixture
def play(acme):
    """A game, as a feed made it known."""

    def played(*does, **said) -> Game:
        with tenant_scope(acme):
            game = Game(**said)
            game.event  # noqa: B018 - made when it is first asked for
            for what in does:
                what(game)
        return game

    return played


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [event["event"] for event in answer.json()["results"]]


class TestList:
    def test_shows_games_by_their_start(self, program, play):
        later = play(kickoff=KICKOFF + timedelta(days=1))
        sooner = play()

        assert ids(program.get(ALL)) == [str(sooner.event.pk), str(later.event.pk)]

    def test_names_teams_with_their_abbreviations(self, program, play):
        play()

        (shown,) = program.get(ALL).json()["results"]

        assert shown["home"] == {"name": "Kansas City Chiefs", "abbreviation": "KC"}
        assert shown["away"] == {"name": "Buffalo Bills", "abbreviation": "BUF"}
        assert (shown["starts_at"], shown["league"]) == ("2025-10-12T17:00:00Z", "NFL")

    def test_begins_a_day_back_where_nobody_says(self, program, play, monkeypatch):
        long_past = play(kickoff=KICKOFF - timedelta(hours=26))
        yesterday = play(kickoff=KICKOFF - timedelta(hours=20))
        ahead = play(kickoff=KICKOFF + timedelta(days=9))
        monkeypatch.setattr(clock, "now", lambda: KICKOFF)

        assert ids(program.get(LIST)) == [str(yesterday.event.pk), str(ahead.event.pk)]
        assert str(long_past.event.pk) in ids(program.get(ALL))

    def test_leaves_out_what_was_merged_into_another(self, program, play):
        kept, gone = play(), play()
        Event.objects.filter(pk=gone.event.pk).update(merged_into=kept.event.pk)

        assert ids(program.get(ALL)) == [str(kept.event.pk)]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("league=NFL", True),
            ("league=NBA", False),
            ("status=SCHEDULED", True),
            ("status=FINAL", False),
            ("starts_to=2025-10-12T17:00:00Z", False),
            ("starts_to=2025-10-12T17:00:01Z", True),
        ],
    )
    def test_is_filtered(self, asked, found, program, play):
        play()

        assert bool(ids(program.get(f"{ALL}&{asked}"))) is found

    @pytest.mark.parametrize("asked", ["status=OVER", "starts_from=2025-10-12", "tier=EDGE"])
    def test_refuses_what_it_cannot_read(self, asked, program):
        answer = program.get(f"{LIST}?{asked}")

        assert answer.json()["code"] == "PARAMETER_INVALID"

    def test_comes_in_pages_that_show_everything_once(self, program, play):
        made = [play(kickoff=KICKOFF + timedelta(hours=n // 3)) for n in range(7)]

        told, path = [], f"{ALL}&limit=3"
        while path:
            answer = program.get(path)
            told += ids(answer)
            path = answer.json()["next"]

        assert sorted(told) == sorted(str(game.event.pk) for game in made)
        assert told == ids(program.get(ALL))

    def test_is_a_fixed_number_of_questions(self, program, play, django_assert_num_queries):
        play(lambda game: end(game, 24, 17))
        program.get(ALL)
        with django_assert_num_queries(5):
            program.get(ALL)

        for _ in range(6):
            play(lambda game: end(game, 24, 17))
        with django_assert_num_queries(5):
            assert len(ids(program.get(ALL))) == 7


class TestOneEvent:
    def test_is_exactly_what_its_list_shows(self, program, play):
        game = play(lambda game: end(game, 24, 17))

        (listed,) = program.get(ALL).json()["results"]

        assert program.get(f"{LIST}{game.event.pk}/").json() == listed
        assert listed["score"] == {"home": 24, "away": 17}
        assert listed["final_at"] == "2025-10-12T20:30:00Z"

    def test_shows_no_score_that_is_not_believed(self, program, play):
        def doubtful(game: Game) -> None:
            finish(game)
            tell(game, 0, 0, suspect="SCORELESS")

        game = play(doubtful)

        shown = program.get(f"{LIST}{game.event.pk}/").json()

        assert (shown["status"], shown["score"]) == ("FINAL", None)

    def test_shows_the_last_score_that_is_believed(self, program, play):
        def corrected(game: Game) -> None:
            end(game, 24, 17)
            tell(game, 24, 20, at=KICKOFF + timedelta(hours=9))

        game = play(corrected)

        assert program.get(f"{LIST}{game.event.pk}/").json()["score"] == {"home": 24, "away": 20}

    def test_that_was_merged_says_into_which(self, program, play):
        kept, gone = play(), play()
        Event.objects.filter(pk=gone.event.pk).update(merged_into=kept.event.pk)

        shown = program.get(f"{LIST}{gone.event.pk}/").json()

        assert shown["merged_into"] == str(kept.event.pk)

    def test_that_is_in_doubt_says_so(self, program, play):
        game = play(drift)
        Event.objects.filter(pk=game.event.pk).update(frozen_code="MAPPING_DRIFT")

        assert program.get(f"{LIST}{game.event.pk}/").json()["frozen"] == "MAPPING_DRIFT"

    def test_answers_304_to_who_has_it(self, program, play):
        game = play()
        first = program.get(f"{LIST}{game.event.pk}/")

        again = program.get(
            f"{LIST}{game.event.pk}/", headers={"if-none-match": first.headers["ETag"]}
        )

        assert again.status_code == 304
