"""A model is measured on seasons by what it said before, against what the market said then."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from apps.rulebook.forecasting import ModelArtefact, model_artefact
from apps.rulebook.markets import MarketType
from apps.rulebook.statistics import BlendFit, blend_weight, calibration_line
from apps.rulebook.thresholds import ModelVariant, model_config
from apps.simulations.measured import SANDBOX_PROTOCOL, SANDBOX_REPORTS
from apps.simulations.measuring import (
    CLOSE,
    OPEN,
    Lived,
    Protocol,
    live_through,
    report_on,
    usable_weight,
)

SFL = model_artefact("SFL", ModelVariant.RESULTS_ONLY)
READS_LINES = model_artefact("NFL", ModelVariant.LINE_INFORMED)
FIRST = date(2020, 1, 6)
DAYS, LEARNED = 42, 28
NORMAL = NormalDist(0, 13)


def seasons(count: int, *, blind: float = 0.0, seed: int = 1) -> list[dict[str, Any]]:
    """Made-up seasons of eight teams in which the market errs by ``blind`` points."""
    random = np.random.default_rng(seed)
    return [{"games": list(_games(random, number, blind))} for number in range(count)]


def _games(random: np.random.Generator, season: int, blind: float) -> Iterator[dict[str, Any]]:
    strength = dict(zip("ABCDEFGH", random.normal(0, 6, 8), strict=True))
    for day in range(DAYS):
        teams = random.permutation(list("ABCDEFGH"))
        for place, (home, away) in enumerate(zip(teams[:4], teams[4:], strict=True)):
            truth = strength[home] - strength[away] + 2.0
            margin = round(random.normal(truth, 13))
            away_score = 30
            seen = truth + random.normal(0, blind)
            line = -round(seen * 2) / 2
            told = {
                "h2h": {"line": None, "home": NORMAL.cdf(seen)},
                "spreads": {"line": line, "home": NORMAL.cdf(seen + line)},
                "totals": None,
            }
            yield {
                "id": f"{season}-{day}-{place}",
                "day": (FIRST + timedelta(days=day)).isoformat(),
                "home": str(home),
                "away": str(away),
                "home_score": away_score + margin,
                "away_score": away_score,
                OPEN: told,
                CLOSE: told,
            }


def lived(
    told: list[dict[str, Any]], *, lines_from: int = DAYS, artefact: ModelArtefact = SFL
) -> Lived:
    protocol = Protocol(lines_from_day=lines_from, counted_from_day=LEARNED)
    return live_through(told, artefact, protocol)


def weight(what: Lived, market: MarketType = MarketType.MONEYLINE) -> BlendFit:
    at_close = [t for t in what.forecasts if (t.market_type, t.moment) == (market, CLOSE)]
    return blend_weight(
        [t.model for t in at_close], [t.market for t in at_close], [t.won for t in at_close]
    )


class TestLiveThrough:
    def test_counts_the_days_after_the_warm_up(self):
        what = lived(seasons(2))

        assert what.games == 2 * 4 * (DAYS - LEARNED)
        assert len(what.margin_variances) == what.games
        assert {told.market_type for told in what.forecasts} == {
            MarketType.MONEYLINE,
            MarketType.SPREAD,
        }

    def test_leaves_out_stakes_that_return(self):
        told = seasons(1)
        for game in told[0]["games"]:
            game["home_score"] = game["away_score"] - int(game[CLOSE]["spreads"]["line"])

        whole = [
            game for game in told[0]["games"] if float(game[CLOSE]["spreads"]["line"]).is_integer()
        ]
        spreads = {t.game for t in lived(told).forecasts if t.market_type is MarketType.SPREAD}
        assert whole
        assert not spreads & {game["id"] for game in whole}

    def test_forgets_one_season_before_the_next(self):
        told = seasons(2)

        both, last = lived(told), lived(told[1:])
        assert both.forecasts[-len(last.forecasts) :] == last.forecasts

    def test_never_looks_ahead(self):
        told = seasons(1)
        before = lived(told)
        for game in told[0]["games"]:
            if game["day"] >= (FIRST + timedelta(days=LEARNED + 1)).isoformat():
                game["home_score"] += 40

        after = lived(told)
        day = [t for t in before.forecasts if t.game.startswith(f"0-{LEARNED}-")]
        same = [t for t in after.forecasts if t.game.startswith(f"0-{LEARNED}-")]
        assert day == same
        assert before != after

    def test_learns_closing_lines_from_the_day_that_it_is_told(self):
        told = seasons(3, blind=0.5)

        with_lines = lived(told, lines_from=0, artefact=READS_LINES)
        without = lived(told, artefact=READS_LINES)
        assert np.mean(with_lines.margin_variances) < 0.9 * np.mean(without.margin_variances)


class TestWeight:
    def test_is_high_where_the_market_is_blind(self):
        found = weight(lived(seasons(30, blind=9)))

        assert found.lower_bound > 0.3

    def test_is_nothing_where_the_market_knows_the_truth(self):
        found = weight(lived(seasons(30, blind=0)))

        assert abs(found.weight) < 3 * found.error

    def test_of_results_of_other_games_is_learned_nothing(self):
        told = seasons(30, blind=9)
        random = np.random.default_rng(5)
        for season in told:
            scores = [game["home_score"] for game in season["games"]]
            for game, score in zip(season["games"], random.permutation(scores), strict=True):
                game["home_score"] = int(score)

        winners = [t for t in lived(told).forecasts if t.market_type is MarketType.MONEYLINE]
        line = calibration_line([t.model for t in winners], [t.won for t in winners])
        assert abs(line.slope) < 3 * line.slope_error

    @pytest.mark.parametrize(
        ("estimate", "error", "usable"),
        [("0.4444", "0.0551", "0.33"), ("0.1", "0.06", "0.00"), ("2.5", "0.1", "1.00")],
    )
    def test_that_may_be_claimed_is_the_lower_bound_rounded_down(self, estimate, error, usable):
        fit = BlendFit(weight=float(estimate), error=float(error), n=5)

        assert str(usable_weight(fit)) == usable


class TestTheSandboxsReports:
    def test_are_what_the_first_configuration_goes_by(self):
        config = model_config("SFL")
        told = {
            (market, 12 if moment == OPEN else 0): tuple(fit.values())
            for market, report in SANDBOX_REPORTS.items()
            for moment, fit in report["weights"].items()
        }
        configured = {
            (row.market_type.value, row.hours_before_start): (
                *(str(row.estimate), str(row.standard_error), str(row.weight)),
                row.games,
            )
            for row in config.weights
        }

        assert configured == told

    def test_say_that_the_model_knows_less_than_the_close_and_something_besides(self):
        for report in SANDBOX_REPORTS.values():
            brier = report["brier"]
            value, _low, high = report["decision_minus_close"]
            assert brier["decision"] < brier["close"] < brier["model"]
            assert value < high < 0

    def test_stand_on_enough_games_for_tier_edge(self):
        gate = model_config("SFL").edge_gate

        assert min(r["games"] for r in SANDBOX_REPORTS.values()) >= gate.evaluated_games_min

    def test_are_made_like_this_from_what_the_sandbox_exports(self, tmp_path):
        file = tmp_path / "seasons.json"
        command = [sys.executable, "-m", "sandbox.export", "--seasons=1", "--seed=5000", str(file)]
        subprocess.run(command, check=True, capture_output=True, cwd=settings.BASE_DIR)
        told = json.loads(file.read_text())

        what = live_through(told["seasons"], SFL, SANDBOX_PROTOCOL)
        report = report_on(what, MarketType.SPREAD)
        assert what.games == 84
        assert report.keys() == SANDBOX_REPORTS["SPREAD"].keys()
        assert report["games"] <= 84
