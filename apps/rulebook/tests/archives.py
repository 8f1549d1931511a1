"""Past seasons of every sport as days to live through: what was played, and what the close said.

The files are read where they lie, beside the project; a test that needs one is skipped without.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np

from apps.rulebook.forecasting import ModelArtefact
from apps.rulebook.markets import HomeSpread, MarketType, Side
from apps.rulebook.odds import MarginMethod, fair_probabilities
from apps.rulebook.ratings import Expectation, Fixture, LeagueRatings, PlayedGame
from apps.rulebook.scoring import ClosingLines, MeansOutOfRange, ScoreDistribution
from apps.rulebook.statistics import brier, calibration_line

# A franchise keeps its strength when it moves.
MOVED = {"Seattle": "OklahomaCity", "NewJersey": "Brooklyn", "LOS": "LAD"}


class Row(NamedTuple):
    day: date
    fixture: Fixture
    home_score: int
    away_score: int
    close: ClosingLines
    opening_total: float | None = None

    @property
    def margin(self) -> int:
        return self.home_score - self.away_score

    @property
    def total(self) -> int:
        return self.home_score + self.away_score

    def played(self, artefact: ModelArtefact) -> PlayedGame:
        """The final as the ratings learn it, the close read as this sport reads one."""
        means = artefact.score_model().closing(self.close)
        return PlayedGame(self.fixture, self.home_score, self.away_score, means.margin, means.total)


@dataclass(frozen=True)
class Prediction:
    row: Row
    expected: Expectation
    distribution: ScoreDistribution

    @property
    def home_prob(self) -> float:
        return self.distribution.price(MarketType.MONEYLINE, Side.HOME).model_prob


def nba(games: Path) -> list[Row]:
    return [
        Row(
            date.fromisoformat(raw["date"]),
            _fixture(raw, f"{raw['date']} {raw['home']}"),
            int(raw["home_score"]),
            int(raw["away_score"]),
            ClosingLines(
                home_spread=HomeSpread(float(raw["home_close_spread"])),
                total=float(raw["close_total"]),
                home_prob=_two_way(raw["home_close_ml"], raw["away_close_ml"]),
            ),
            float(raw["open_total"]) if raw["open_total"] else None,
        )
        for raw in _rows(games / "nba_sbr_open_close_2007_2017.csv")
        if raw["home_score"] != raw["away_score"]  # an error in the source
    ]


def mlb(games: Path) -> list[Row]:
    return [
        Row(
            date.fromisoformat(raw["date"]),
            _fixture(raw, f"{raw['date']} {raw['rot']} {raw['home']}"),
            int(raw["home_score"]),
            int(raw["away_score"]),
            ClosingLines(
                total=float(raw["close_total"]),
                home_prob=_two_way(raw["home_close_ml"], raw["away_close_ml"]),
            ),
        )
        for raw in _rows(games / "mlb_sbr_open_close_2014_2016.csv")
        if raw["home_score"] and raw["home_score"] != raw["away_score"]
    ]


def nhl(games: Path) -> list[Row]:
    return [
        Row(
            date.fromisoformat(raw["date"]),
            _fixture(raw, f"{raw['date']} {raw['home']}"),
            int(raw["home_score"]),
            int(raw["away_score"]),
            ClosingLines(home_prob=_two_way(raw["home_close_ml_avg"], raw["away_close_ml_avg"])),
        )
        for raw in _rows(games / "nhl_oddsportal_2008_2019_and_2023.csv")
        if raw["home_score"] != raw["away_score"] and "All-Stars" not in raw["home"]
    ]


def soccer(games: Path) -> dict[str, list[Row]]:
    """One season of eleven divisions, each a league of its own."""
    divisions: dict[str, list[Row]] = defaultdict(list)
    for raw in _rows(games / "soccer_fd_2024_25.csv"):
        prices = [Decimal(raw[f"AvgC{side}"]) for side in "HDA" if raw[f"AvgC{side}"]]
        if len(prices) < 3:
            continue
        home, draw, _ = fair_probabilities(prices, MarginMethod.POWER)
        divisions[raw["Div"]].append(
            Row(
                date.fromisoformat(raw["Date"]),
                Fixture(
                    f"{raw['Date']} {raw['HomeTeam']}", raw["HomeTeam"], raw["AwayTeam"], False
                ),
                int(raw["FTHG"]),
                int(raw["FTAG"]),
                ClosingLines(home_prob=home, draw_prob=draw),
            )
        )
    return divisions


def predict(
    rows: Iterable[Row],
    artefact: ModelArtefact,
    *,
    counted: Callable[[Row], bool],
    played: Callable[[Row, ModelArtefact], PlayedGame] = Row.played,
) -> Iterator[Prediction]:
    """Live through the days: expect the games that count, then learn all of them."""
    by_day: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    model = artefact.score_model()
    state = LeagueRatings.start(artefact.ratings)
    for day in sorted(by_day):
        morning = state.on(day)
        rated = morning.ratings.records
        for row in by_day[day]:
            if counted(row) and {row.fixture.home, row.fixture.away} <= rated.keys():
                expected = morning.expect(row.fixture)
                with suppress(MeansOutOfRange):  # such a game is blocked, not predicted
                    yield Prediction(row, expected, model.distribution(artefact.targets(expected)))
        state = morning.learn([played(row, artefact) for row in by_day[day]])


def decided(predictions: Iterable[Prediction]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Model, close and outcome of the games that somebody won and the market priced."""
    games = [p for p in predictions if p.row.close.home_prob is not None and p.row.margin]
    return (
        np.array([p.home_prob for p in games]),
        np.array([p.row.close.home_prob for p in games]),
        np.array([p.row.margin > 0 for p in games], dtype=float),
    )


def brier_gap(predictions: Iterable[Prediction]) -> float:
    model, close, won = decided(predictions)
    return float(brier(model, won) - brier(close, won))


def slope(predictions: Iterable[Prediction]) -> float:
    model, _, won = decided(predictions)
    return float(calibration_line(model, won).slope)


def margin_pmfs(predictions: Iterable[Prediction], farthest: int) -> np.ndarray:
    """Expected number of games by each absolute margin, the farthest and beyond together."""
    expected = np.zeros(farthest + 1)
    for each in predictions:
        axis = each.distribution.margin
        by = np.minimum(np.abs(axis.support), farthest)
        np.add.at(expected, by, axis.pmf)
    return expected


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open() as lines:
        return list(csv.DictReader(lines))


def _fixture(raw: dict[str, str], key: str) -> Fixture:
    home, away = (MOVED.get(raw[side], raw[side]) for side in ("home", "away"))
    return Fixture(key, home, away, raw["neutral"] == "1")


def _two_way(home: str, away: str) -> float | None:
    """The additive method on American odds; None where a side was not quoted or no price."""
    if not home or not away:
        return None
    q = [100 / (100 + p) if p > 0 else -p / (100 - p) for p in (float(home), float(away))]
    if not 0.98 <= sum(q) <= 1.15:
        return None
    return q[0] - (sum(q) - 1) / 2
