"""The world is a pure function of its seed, its epoch and the instant asked for."""

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from sandbox.protocol.answers import OddsApi
from sandbox.tests.conftest import SFL, make_world, unix
from sandbox.world import World
from sandbox.world.calendar import HISTORY_DAYS
from sandbox.world.leagues import SFL as LEAGUE

BEFORE = unix("2026-02-20T18:00:00Z")
AFTER = unix("2026-03-04T16:10:00Z")
DAY = 86_400
BOARD = {"regions": "us,us2", "markets": "h2h,spreads,totals", "oddsFormat": "american"}


def asked(world: World, at: int) -> object:
    provider = OddsApi([world])
    return [
        provider.answer(f"{SFL}/odds", BOARD, at).body,
        provider.answer(f"{SFL}/scores", {"daysFrom": "3"}, at).body,
    ]


class TestTheSameInstant:
    @pytest.mark.parametrize("at", [BEFORE, AFTER])
    def test_says_the_same_twice(self, world, at):
        assert asked(world, at) == asked(world, at)

    def test_says_the_same_after_a_restart_whatever_was_asked_before(self, world):
        instants = [BEFORE + step * 4_391 for step in range(20)] + [
            AFTER + 97 * s for s in range(20)
        ]
        first = [asked(world, at) for at in instants]
        mixed = random.Random(3).sample(range(len(instants)), len(instants))
        again = make_world()

        answers = {number: asked(again, instants[number]) for number in mixed}

        assert [answers[number] for number in range(len(instants))] == first

    def test_says_the_same_to_many_at_once(self):
        fresh = make_world()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda at: asked(fresh, at), [AFTER] * 16))

        assert all(answer == asked(make_world(), AFTER) for answer in answers)

    @pytest.mark.parametrize("change", [{"seed": 8}, {"pace": 2.0}])
    def test_of_another_world_says_something_else(self, world, change):
        assert asked(make_world(**change), AFTER) != asked(world, AFTER)


class TestBeforeTheEpoch:
    def test_is_the_same_at_every_pace(self, world):
        assert asked(make_world(pace=30.0), BEFORE) == asked(world, BEFORE)

    def test_six_games_are_played_a_day(self, world):
        games = world.before_epoch()
        days = {game.fixture.day for game in games}

        assert len(days) >= HISTORY_DAYS
        assert all(sum(g.fixture.day == day for g in games) == 6 for day in range(HISTORY_DAYS))

    def test_every_team_meets_every_other_at_home_and_away(self, world):
        games = [game.fixture for game in world.before_epoch()]
        met = {(fixture.home, fixture.away) for fixture in games}

        assert len(met) == len(LEAGUE.teams) * (len(LEAGUE.teams) - 1)

    def test_no_team_plays_twice_a_day(self, world):
        for day in range(HISTORY_DAYS):
            games = [g.fixture for g in world.before_epoch() if g.fixture.day == day]
            assert len({team for f in games for team in (f.home, f.away)}) == len(LEAGUE.teams)

    def test_every_game_has_ended_when_the_world_begins_to_live_faster(self, world):
        assert max(game.ends for game in world.before_epoch()) < world.calendar.epoch


class TestAfterTheEpoch:
    def test_a_game_starts_every_eight_to_ten_minutes_and_lasts_about_four(self, world):
        live = list(world.calendar.since_epoch(world.calendar.epoch, world.calendar.epoch + DAY))
        gaps = [later.scheduled - earlier.scheduled for earlier, later in pairwise(live)]

        assert len(live) == pytest.approx(DAY / 540, abs=2)
        assert 7 * 60 <= min(gaps) <= max(gaps) <= 11 * 60
        ended = world.ended(AFTER + DAY, since=AFTER)
        assert all(210 <= game.ends - game.starts <= 300 for game in ended)

    def test_the_board_shows_the_next_games(self, world):
        boards = [
            [game for game in world.listed(at) if not game.in_play(at)]
            for at in range(world.calendar.epoch, world.calendar.epoch + DAY, 601)
        ]

        assert all(8 <= len(board) <= 12 for board in boards)

    def test_goes_on_for_months_without_slowing_down(self, world):
        at = world.calendar.epoch + 90 * DAY

        assert 8 <= len(world.listed(at)) <= 12

    def test_a_quicker_pace_starts_and_ends_a_game_within_half_a_minute(self):
        quick = make_world(pace=30.0)
        since = quick.calendar.epoch

        ended = quick.ended(since + 600, since=since)

        assert len(ended) >= 600 / 18 - 3
        assert max(game.ends - game.fixture.scheduled for game in ended) <= 14
        assert all(8 <= len(quick.listed(at)) <= 13 for at in range(since, since + 600, 7))


class TestAGame:
    def test_is_told_under_one_id_everywhere(self, world):
        provider = OddsApi([world])
        odds = provider.answer(f"{SFL}/odds", BOARD, AFTER).body
        events = provider.answer(f"{SFL}/events", {}, AFTER).body
        scores = provider.answer(f"{SFL}/scores", {}, AFTER).body

        ids = [[one["id"] for one in body] for body in (odds, events, scores)]
        assert ids[0] == ids[1] == ids[2]
        assert len(set(ids[0])) == len(ids[0])

    def test_begins_when_it_was_said_last_and_is_in_play_from_then_on(self, world):
        for game in world.before_epoch():
            before, after = game.starts - 1, game.starts
            assert not game.in_play(before)
            assert game.commence(before) >= game.starts - 60
            assert game.in_play(after)
            assert game.commence(after) == game.starts

    def test_counts_up_to_its_final_and_leaves_the_board(self, world):
        for game in world.before_epoch()[:60]:
            told = [game.reported(at) for at in range(game.starts, game.ends + 1, 30)]
            points = [score for _, score in told]
            assert points[0] == (0, 0)
            assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in pairwise(points))
            assert game.reported(game.ends)[1] == game.final
            assert game.is_listed(game.ends - 1)
            assert not game.is_listed(game.ends)
