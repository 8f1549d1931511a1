"""What is handed over for measuring a model is what a polling client would have seen."""

import json
from datetime import date

import pytest

from sandbox.export import FORMAT, export, main
from sandbox.tests.conftest import make_world
from sandbox.world.consensus import consensus
from sandbox.world.leagues import SFL
from sandbox.world.market import FEATURED, SPREADS


@pytest.fixture(scope="module")
def exported():
    return export(2, 40)


@pytest.mark.slow
class TestExport:
    def test_is_written_as_one_file(self, exported, tmp_path, capsys):
        path = tmp_path / "seasons.json"

        assert main(["--seasons", "1", "--seed", "40", str(path)]) == 0

        written = json.loads(path.read_text())
        assert written == {**exported, "seasons": exported["seasons"][:1]}
        assert "336 games, 1 seasons" in capsys.readouterr().out

    def test_has_seasons_of_their_own_after_one_another(self, exported):
        first, second = (season["games"] for season in exported["seasons"])

        assert exported["format"] == FORMAT
        assert len(first) == len(second) > 330
        assert max(game["start"] for game in first) < min(game["start"] for game in second)
        assert [game["home_score"] for game in first] != [game["home_score"] for game in second]

    def test_has_every_fact_of_a_game(self, exported):
        names = {team.name for team in SFL.teams}
        for season in exported["seasons"]:
            for game in season["games"]:
                assert {game["home"], game["away"]} < names
                assert date.fromisoformat(game["day"])
                assert game["home_score"] >= 0 <= game["away_score"]
                for look in ("open", "mid", "close"):
                    assert set(game[look]) == set(FEATURED)

    def test_has_a_close_of_nearly_every_market(self, exported):
        closes = [
            market
            for season in exported["seasons"]
            for game in season["games"]
            for market in game["close"].values()
        ]
        there = [market for market in closes if market is not None]

        assert len(there) / len(closes) > 0.97
        assert all(0 < market.get("home", market.get("over")) < 1 for market in there)
        assert all(1 <= market["at_line"] <= market["books"] <= 8 for market in there)


class TestConsensus:
    def test_takes_the_line_of_most_books(self):
        world = make_world()
        game = world.before_epoch()[100]
        at = game.starts - 1
        home = game.home
        lines = [
            outcome.point
            for _, board in world.quotes(game, at)
            for quote in board
            if quote.market == SPREADS
            for outcome in quote.outcomes
            if outcome.name == home
        ]

        spread = consensus(world, game, at)[SPREADS]

        assert spread["books"] == len(lines)
        assert spread["at_line"] == lines.count(spread["line"])
        assert all(lines.count(line) <= spread["at_line"] for line in lines)

    def test_is_null_where_nobody_quotes(self):
        world = make_world()
        game = world.before_epoch()[0]

        assert set(consensus(world, game, game.listed - 1).values()) == {None}
