"""Other sports: honest markets, three ways, and what makes a feed hard to follow."""

from collections import Counter
from statistics import linear_regression, mean, pstdev

import pytest

from sandbox.tests.conftest import EPOCH, make_world, unix
from sandbox.world.chance import Stream
from sandbox.world.leagues import LEAGUES, SFL, SPL, chosen
from sandbox.world.market import DRAW, H2H, SPREADS, TOTALS

OTHERS = [league for league in LEAGUES.values() if league is not SFL]
TITLES = [league.sport.title for league in OTHERS]
PLAYED = 2_500
BOARD = {"regions": "us,us2", "markets": "h2h,spreads,totals"}


def implied(american):
    return 100 / (100 + american) if american > 0 else -american / (100 - american)


@pytest.fixture(scope="module")
def worlds():
    return {title: make_world(league=league) for title, league in LEAGUES.items()}


class TestLeagues:
    def test_are_of_every_sport(self):
        sports = {league.sport.group for league in LEAGUES.values()}

        assert sports == {"American Football", "Basketball", "Baseball", "Ice Hockey", "Soccer"}

    def test_share_no_team(self):
        names = Counter(team.name for league in LEAGUES.values() for team in league.teams)

        assert max(names.values()) == 1

    @pytest.mark.parametrize("league", LEAGUES.values(), ids=LEAGUES)
    def test_have_an_hour_for_every_game_of_a_round(self, league):
        games = len(league.teams) // 2

        assert len(league.teams) % 2 == 0
        assert len(league.weekday) == len(league.weekend) == games
        assert len({team.abbreviation for team in league.teams}) == len(league.teams)

    def test_with_a_small_letter_wrong_are_none(self):
        with pytest.raises(KeyError):
            chosen(["XFL"])


@pytest.mark.parametrize("league", OTHERS, ids=TITLES)
class TestPlay:
    def test_falls_as_the_market_says(self, league):
        """Played over and over from one outlook; asked at the lines around its middle."""
        code, rules = league.rules.code, league.rules
        outlook = rules.home_advantage + rules.truth_sd[0], rules.mean_total
        expected = (outlook[1] + outlook[0]) / 2, (outlook[1] - outlook[0]) / 2
        finals = [
            code.play(expected, Stream("plays of tests", league.key, number)).final
            for number in range(PLAYED)
        ]
        margins = [home - away for home, away in finals]
        totals = [home + away for home, away in finals]

        assert mean(margins) == pytest.approx(outlook[0], abs=4 * pstdev(margins) / PLAYED**0.5)
        assert mean(totals) == pytest.approx(
            outlook[1], abs=4 * pstdev(totals) / PLAYED**0.5 + 0.02 * outlook[1]
        )
        for curve, seen in (
            (code.margins(*outlook), margins),
            (code.totals(*outlook), totals),
        ):
            middle = round(mean(seen))
            for line in (middle - 0.5, middle, middle + 1.5):
                chance = curve.above(line)
                assert sum(one > line for one in seen) / PLAYED == pytest.approx(
                    chance.win, abs=0.045
                )

    def test_ends_level_where_the_code_lets_it(self, league):
        code, rules = league.rules.code, league.rules
        sides = rules.mean_total / 2, rules.mean_total / 2
        level = sum(
            len(set(code.play(sides, Stream("levels", league.key, number)).final)) == 1
            for number in range(400)
        )

        if rules.three_way:
            assert 0.15 < level / 400 < 0.4
        else:
            assert level <= 4  # football ties, once in a thousand games
        assert code.margins(0.0, rules.mean_total).above(0).push == pytest.approx(
            level / 400, abs=0.07
        )

    def test_scores_within_the_game_and_adds_up_to_its_final(self, league):
        code, rules = league.rules.code, league.rules
        sides = rules.mean_total / 2, rules.mean_total / 2
        for number in range(60):
            played = code.play(sides, Stream("clocks", league.key, number))
            clocks = [score.clock for score in played.scores]
            assert clocks == sorted(clocks)
            assert all(0 <= clock <= played.length for clock in clocks)
            assert code.regulation <= played.length
            assert min(played.final) >= 0


@pytest.mark.parametrize("title", TITLES)
class TestMarkets:
    def test_are_whole_and_their_books_want_a_margin(self, worlds, title):
        world = worlds[title]
        seen = Counter()
        for game in world.before_epoch()[10:200:19]:
            for book, board in world.quotes(game, game.starts - 1_800):
                for quote in board:
                    chances = sum(implied(outcome.price) for outcome in quote.outcomes)
                    assert 1.01 < chances < 1.09, (book.key, quote)
                    assert len(quote.outcomes) == 2 + (
                        quote.market == H2H and world.league.rules.three_way
                    )
                    seen[quote.market] += 1
        assert min(seen[market] for market in (H2H, SPREADS, TOTALS)) > 20

    def test_of_a_run_line_never_move_it(self, worlds, title):
        world = worlds[title]
        lines = {
            abs(outcome.point)
            for game in world.before_epoch()[5:150:13]
            for _, board in world.quotes(game, game.starts - 1_800)
            for quote in board
            if quote.market == SPREADS
            for outcome in quote.outcomes
        }

        fixed = world.league.rules.fixed_line
        assert (lines == {fixed}) if fixed else len(lines) > 2

    def test_know_more_than_nothing_and_less_than_everything(self, worlds, title):
        """What is believed at the close follows the truth, and is off by a little."""
        games = [game for game in worlds[title].before_epoch() if game.is_played]
        truth = [game.truth.margin for game in games]
        close = [game.belief(game.starts - 1).margin for game in games]

        assert linear_regression(truth, close).slope == pytest.approx(1.0, abs=0.2)
        off = pstdev(a - b for a, b in zip(truth, close, strict=True))
        assert 0.05 < off / worlds[title].league.rules.margin_sd < 0.3


class TestDraw:
    def test_is_the_third_side_of_a_winner(self, worlds):
        world = worlds["SPL"]
        game = world.before_epoch()[100]
        [h2h, *_] = [
            q for _, b in world.quotes(game, game.starts - 600) for q in b if q.market == H2H
        ]

        assert {outcome.name for outcome in h2h.outcomes} == {game.home, game.away, DRAW}
        assert h2h.outcomes[-1].name == DRAW


def games_of(worlds, what):
    return [
        (world, game) for world in worlds.values() for game in world.before_epoch() if what(game)
    ]


class TestHappenings:
    def test_are_none_in_the_league_that_a_model_was_measured_on(self, worlds):
        assert all(game.eventful == type(game.eventful)() for game in worlds["SFL"].before_epoch())

    def test_come_to_it_when_they_are_asked_for(self):
        [league] = chosen(["SFL"], eventful=True)
        games = make_world(league=league).before_epoch()

        assert sum(bool(game.eventful.injuries) for game in games) > 20

    def test_an_injury_is_known_from_its_instant_on_and_moves_the_market_at_once(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.injuries and not game.eventful.steam)
        assert len(found) > 100
        for _, game in found[:40]:
            [injury] = game.eventful.injuries
            before, after = game.belief(injury.at - 1), game.belief(injury.at)
            lost = before.margin - after.margin
            assert game.injuries(injury.at - 1) == ()
            assert game.injuries(injury.at) == (injury,)
            assert (lost > 0) == (injury.side == 0)
            assert abs(lost) == pytest.approx(injury.points)

    def test_news_takes_every_price_down_for_a_while(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.suspended and game.is_played)
        for world, game in found[:20]:
            [(since, until)] = game.eventful.suspended
            rhythm = game.fixture.rhythm
            assert until - since >= 3 * rhythm.quote_every
            assert world.quotes(game, until - 1) == []
            assert world.quotes(game, until + 2 * rhythm.slowest)

    def test_steam_is_taken_back(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.steam and not game.eventful.injuries)
        assert len(found) > 100
        for _, game in found[:30]:
            steam = game.eventful.steam
            at = game.listed + int(steam.at * (game.starts - game.listed))
            rise = game.belief(at).margin - game.belief(at - 1).margin
            assert rise == pytest.approx(steam.margin, abs=1e-9)
            assert game.belief(game.starts).margin == pytest.approx(game.beliefs[-1].margin)

    def test_a_final_comes_late_and_meanwhile_the_game_is_not_over(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.final_late and game.is_played)
        assert found
        for world, game in found[:20]:
            assert game in world.awaited(game.completes - 1)
            assert game not in world.awaited(game.completes)
            assert not game.is_listed(game.ends)

    def test_a_final_is_corrected(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.mistake and game.is_played)
        assert found
        for _, game in found:
            corrected = game.ends + game.eventful.mistake.stands_for
            first, last = game.reported(game.completes), game.reported(corrected)
            assert first[1] != last[1] == game.final
            assert game.reported(corrected - 1)[1] == first[1]
            assert last[0] > first[0]

    def test_a_game_is_put_off_under_its_id(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.moved)
        assert found
        for world, game in found:
            moved = game.eventful.moved
            assert game.commence(moved.at - 1) == moved.before
            assert game.commence(moved.at) == moved.to > moved.before + 3_600
            assert game.starts >= moved.to
            assert game in world.listed(moved.at)
            assert game in world.listed(moved.to - 60)

    def test_a_game_is_put_off_under_another_id(self, worlds):
        found = games_of(worlds, lambda game: game.eventful.again)
        assert found
        for world, game in found:
            left = game.eventful.withdrawn
            [anew] = [
                other
                for other in world.before_epoch()
                if other.fixture.key == f"{game.fixture.key}-again"
            ]
            assert game in world.listed(left - 1)
            assert game not in world.listed(left)
            assert anew in world.listed(left)
            assert anew.id != game.id
            assert (anew.home, anew.away) == (game.home, game.away)
            assert game not in world.ended(game.ends + 10, since=game.ends - 10)

    def test_a_game_is_cancelled(self, worlds):
        found = games_of(worlds, lambda g: not g.is_played and g.eventful.again is None)

        assert found
        for world, game in found:
            assert game not in world.listed(game.eventful.withdrawn)
            assert game.reported(game.ends + 86_400) is None

    def test_a_pair_meets_twice_in_a_day(self, worlds):
        days = Counter(
            (game.fixture.day, game.home, game.away) for game in worlds["SBL"].before_epoch()
        )

        assert 2 in days.values()


@pytest.fixture(scope="module")
def shown(worlds):
    return list(worlds.values())


class TestOverHttp:
    @pytest.fixture
    def client(self, serve, shown):
        client = serve(*shown)
        client.set_clock("2026-02-28T20:00:00Z")  # a Saturday
        return client

    def test_every_league_is_a_sport(self, client):
        assert {one["title"] for one in client.get("/v4/sports").body} == set(LEAGUES)

    @pytest.mark.parametrize("league", OTHERS, ids=TITLES)
    def test_every_league_has_odds_scores_and_participants(self, client, league):
        path = f"/v4/sports/{league.key}"

        odds = client.get(f"{path}/odds", **BOARD).body
        assert {game["sport_key"] for game in odds} == {league.key}
        assert any(game["completed"] for game in client.get(f"{path}/scores", daysFrom="3").body)
        named = {one["full_name"] for one in client.get(f"{path}/participants").body}
        assert {game["home_team"] for game in odds} <= named

    def test_what_is_next_is_of_all_of_them(self, client):
        body = client.get("/v4/sports/upcoming/odds", **BOARD).body

        assert len({game["sport_key"] for game in body}) > 2
        starts = [game["commence_time"] for game in body]
        assert starts == sorted(starts)

    def test_one_game_is_asked_for_in_its_league(self, client):
        game = client.get(f"/v4/sports/{SPL.key}/events").body[0]

        assert client.get(f"/v4/sports/{SPL.key}/events/{game['id']}/odds", **BOARD).status == 200
        assert (
            client.get(f"/v4/sports/basketball_sba/events/{game['id']}/odds", **BOARD).status == 404
        )

    def test_who_is_hurt_is_told_beside_the_provider(self, client):
        told = client.get("/sandbox/injuries").body

        assert told
        names = {team.name for league in OTHERS for team in league.teams}
        assert {one["team"] for one in told} <= names
        assert all(unix(one["reported_at"]) <= unix("2026-02-28T20:00:00Z") for one in told)

    def test_a_page_is_there_for_each(self, client):
        page = client.get("/sandbox/", league=SPL.key).raw.decode()
        first = client.get("/sandbox/").raw.decode()

        assert SPL.sport.description in page
        assert f'href="?league={SPL.key}"' in first

    def test_the_epoch_is_one(self, client, shown):
        assert client.get("/sandbox/clock").body["epoch"].startswith(EPOCH.strftime("%Y-%m-%dT%H"))
        assert len({world.calendar.epoch for world in shown}) == 1
