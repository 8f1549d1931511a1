"""Our scores against numbers that others published for the same forecasts."""

import csv
import json
from collections import defaultdict

import numpy as np
import pytest

from apps.rulebook.statistics import (
    brier,
    brier_multiclass,
    ece_test,
    ignorance,
    log_loss,
    reliability,
    rps,
)

SEED = 20251012


def rows_of(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def rules(shared_data):
    return json.loads((shared_data / "reference" / "metrics" / "scoring_rules.json").read_text())


@pytest.fixture(scope="module")
def forecasters(shared_data):
    return shared_data / "reference" / "forecasters"


class TestScoringRules:
    def test_over_classes_give_the_published_briers(self, rules):
        for case in rules["multiclass_brier"]:
            assert brier_multiclass(case["p"], case["y"]) == pytest.approx(case["expected"])

        assert len(rules["multiclass_brier"]) == 4

    def test_give_the_published_ignorance(self, rules):
        (case,) = rules["ignorance_log2"]

        assert ignorance(case["p"], case["y"]) == pytest.approx(case["expected"])

    def test_give_the_published_ranked_score(self, rules):
        (case,) = rules["rps"]
        low, high = case["expected_between"]

        assert low <= rps([case["p"]], [case["y"]]) <= high + 1e-12


class TestFiveThirtyEight:
    @pytest.mark.parametrize("league", ["nba", "mlb", "nhl", "wnba", "nfl"])
    def test_scores_in_every_season_what_it_is_known_for(self, league, forecasters):
        seasons = defaultdict(list)
        for row in rows_of(forecasters / f"fivethirtyeight_{league}_games.csv"):
            seasons[row["season"]].append((float(row["prob1"]), float(row["prob1_outcome"])))
        known = [
            row
            for row in rows_of(forecasters / "known_scores.csv")
            if row["file"] == f"{league}_games" and row["season"] in seasons
        ]

        compared = 0
        for row in known:
            p, y = zip(*seasons[row["season"]], strict=True)
            if set(y) == {0.0, 1.0}:  # the published scores count a tie as half a win
                compared += 1
                assert brier(p, y) == pytest.approx(float(row["brier"]), abs=6e-6)
                assert log_loss(p, y) == pytest.approx(float(row["logloss"]), abs=6e-6)

        assert compared >= 1

    def test_scores_in_football_what_it_is_known_for(self, forecasters):
        leagues = defaultdict(list)
        for row in rows_of(forecasters / "fivethirtyeight_spi_matches_2016_2019.csv"):
            home, away = float(row["score1"]), float(row["score2"])
            chances = np.array([float(row[name]) for name in ("prob1", "probtie", "prob2")])
            came = 0 if home > away else 1 if home == away else 2
            leagues[row["league"]].append((chances / chances.sum(), came))
            leagues["ALL"].append((chances / chances.sum(), came))
        known = {
            row["season"]: row
            for row in rows_of(forecasters / "known_scores.csv")
            if row["file"].startswith("spi_matches")
        }

        for league, row in known.items():
            p, came = zip(*leagues[league], strict=True)
            assert brier_multiclass(p, came) == pytest.approx(float(row["brier"]), abs=2e-5)
            assert rps(p, came) == pytest.approx(float(row["rps"]), abs=2e-5)

        assert len(known) == 9

    def test_shows_the_known_reliability_diagram(self, forecasters):
        played = rows_of(forecasters / "fivethirtyeight_nba_games.csv")
        p = [float(row[team]) for row in played for team in ("prob1", "prob2")]
        y = [float(row[f"{team}_outcome"]) for row in played for team in ("prob1", "prob2")]
        known = {
            round(float(row["bin_low"]) * 20): row
            for row in rows_of(forecasters / "calibration_538_20bins.csv")
            if row["file"] == "nba_games"
        }

        bars = {round(bar.low * 20): bar for bar in reliability(p, y, bins=20)}

        assert bars.keys() == known.keys()
        for index, bar in bars.items():
            row = known[index]
            assert bar.n == int(row["n"])
            assert bar.mean_p == pytest.approx(float(row["mean_p"]), abs=6e-6)
            assert bar.mean_y == pytest.approx(float(row["mean_y"]), abs=6e-6)

    def test_is_told_from_a_perfect_model_only_where_it_should_be(self, forecasters):
        played = rows_of(forecasters / "fivethirtyeight_wnba_games.csv")
        p = np.array([float(row["prob1"]) for row in played])
        y = np.array([float(row["prob1_outcome"]) for row in played])

        as_published, mirrored = ece_test(p, y, seed=SEED), ece_test(1 - p, y, seed=SEED)

        assert as_published.p_value > 0.01
        assert mirrored.p_value < 0.001
