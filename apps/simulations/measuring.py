"""What a model is worth, held against the market on seasons that it was not fitted on.

Seasons come as JSON, whoever made them; every forecast is made on the morning of its day, from
results and lines of earlier days alone. Source: docs/model.md sections 1, 3 and 5.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import numpy as np

from apps.rulebook import statistics
from apps.rulebook.forecasting import ModelArtefact
from apps.rulebook.markets import HomeMargin, MarketType, Side
from apps.rulebook.ratings import Fixture, LeagueRatings, MatchDay, PlayedGame, TeamUnrated
from apps.rulebook.statistics import BlendFit

OPEN: Final = "open"
CLOSE: Final = "close"
MOMENTS: Final = (OPEN, CLOSE)

# As the seasons name a market, what it is to us, and the side whose chance they state.
MARKETS: Final = (
    ("h2h", MarketType.MONEYLINE, Side.HOME, "home"),
    ("spreads", MarketType.SPREAD, Side.HOME, "home"),
    ("totals", MarketType.TOTAL, Side.OVER, "over"),
)
_SEED: Final = 7  # of the calibration test's draws
_BOUND_PLACES: Final = Decimal("0.01")  # of a weight, rounded down
_FIT_PLACES: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a season is lived through: days are counted from its first, 0."""

    lines_from_day: int  # before it nobody recorded closes: results alone are learned
    counted_from_day: int  # before it the ratings warm up, and nothing is counted


@dataclass(frozen=True, slots=True)
class Forecast:
    """One market of one game at one moment, and how it ended. Pushes are left out."""

    game: str
    market_type: MarketType
    moment: str
    model: float  # a / (a + b)
    market: float  # no-vig
    won: bool


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of the seasons: every forecast, and how unsure the ratings were of the margin."""

    forecasts: tuple[Forecast, ...]
    margin_variances: tuple[float, ...]  # points squared, one per counted game
    games: int


def live_through(
    seasons: Iterable[Mapping[str, Any]], artefact: ModelArtefact, protocol: Protocol
) -> Lived:
    """Forecast and learn day by day, each season from nothing."""
    forecasts: list[Forecast] = []
    variances: list[float] = []
    for season in seasons:
        for told, variance in _season(season["games"], artefact, protocol):
            forecasts += told
            variances.append(variance)
    return Lived(tuple(forecasts), tuple(variances), len(variances))


def _season(
    games: Sequence[Mapping[str, Any]], artefact: ModelArtefact, protocol: Protocol
) -> Iterator[tuple[list[Forecast], float]]:
    by_day: dict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for game in games:
        by_day[date.fromisoformat(game["day"])].append(game)
    state = LeagueRatings.start(artefact.ratings)
    first = min(by_day)
    for day in sorted(by_day):
        morning = state.on(day)
        number = (day - first).days
        if number >= protocol.counted_from_day:
            yield from (_forecast(game, morning, artefact) for game in by_day[day])
        with_lines = number >= protocol.lines_from_day
        state = morning.learn([_played(game, with_lines) for game in by_day[day]])


def _forecast(
    game: Mapping[str, Any], morning: MatchDay, artefact: ModelArtefact
) -> tuple[list[Forecast], float]:
    try:
        expected = morning.expect(_fixture(game))
    except TeamUnrated:
        return [], float("nan")
    scores = artefact.score_model().distribution(artefact.targets(expected))
    found = []
    for moment in MOMENTS:
        for key, market_type, side, named in MARKETS:
            told = game[moment][key]
            if told is None:
                continue
            line = None if told["line"] is None else Decimal(str(told["line"]))
            won = _won(game, market_type, line)
            if won is not None:
                price = scores.price(market_type, side, line)
                found.append(
                    Forecast(game["id"], market_type, moment, price.model_prob, told[named], won)
                )
    return found, expected.margin_variance


def _won(game: Mapping[str, Any], market_type: MarketType, line: Decimal | None) -> bool | None:
    """Whether the side that is named won; None where stakes were returned."""
    home, away = game["home_score"], game["away_score"]
    over = Decimal(home + away) - (line or 0)
    ahead = over if market_type is MarketType.TOTAL else Decimal(home - away) + (line or 0)
    return None if ahead == 0 else ahead > 0


def _fixture(game: Mapping[str, Any]) -> Fixture:
    return Fixture(key=game["id"], home=game["home"], away=game["away"], neutral=False)


def _played(game: Mapping[str, Any], with_lines: bool) -> PlayedGame:
    spread, total = (game[CLOSE][key] if with_lines else None for key in ("spreads", "totals"))
    return PlayedGame(
        fixture=_fixture(game),
        home_score=game["home_score"],
        away_score=game["away_score"],
        closing_margin=None if spread is None else HomeMargin(-float(spread["line"])),
        closing_total=None if total is None else float(total["line"]),
    )


def report_on(lived: Lived, market_type: MarketType) -> dict[str, Any]:
    """Say what the model is worth on a market: the report that is stored beside its version."""
    at_close = [told for told in lived.forecasts if _is(told, market_type, CLOSE)]
    p, f, y = _columns(at_close)
    fit = statistics.blend_weight(p, f, y)
    used = float(usable_weight(fit))
    judged = statistics.blended(p, f, used)
    line = statistics.calibration_line(p, y)
    test = statistics.ece_test(p, y, seed=_SEED)
    gap = statistics.clustered_mean((judged - y) ** 2 - (f - y) ** 2, [t.game for t in at_close])
    return {
        "games": len({told.game for told in at_close}),
        "forecasts": len(at_close),
        "brier": {
            "model": _rounded(statistics.brier(p, y)),
            "close": _rounded(statistics.brier(f, y)),
            "decision": _rounded(statistics.brier(judged, y)),
        },
        "decision_minus_close": [_rounded(x) for x in (gap.value, gap.low, gap.high)],
        "log_loss": {
            "model": _rounded(statistics.log_loss(p, y)),
            "close": _rounded(statistics.log_loss(f, y)),
            "decision": _rounded(statistics.log_loss(judged, y)),
        },
        "slope": [_rounded(line.slope), _rounded(line.slope_error)],
        "ece": [_rounded(test.ece), _rounded(test.p_value)],
        "weights": {moment: _weight(lived, market_type, moment) for moment in MOMENTS},
    }


def usable_weight(fit: BlendFit) -> Decimal:
    """What a configuration may claim: the lower bound of the fit as it is written down."""
    estimate, error = (Decimal(x).quantize(_FIT_PLACES) for x in (fit.weight, fit.error))
    bound = max(estimate - 2 * error, Decimal(0))
    return min(bound, Decimal(1)).quantize(_BOUND_PLACES, rounding="ROUND_DOWN")


def _weight(lived: Lived, market_type: MarketType, moment: str) -> dict[str, Any]:
    columns = _columns([told for told in lived.forecasts if _is(told, market_type, moment)])
    fit = statistics.blend_weight(*columns)
    return {
        "estimate": str(Decimal(fit.weight).quantize(_FIT_PLACES)),
        "standard_error": str(Decimal(fit.error).quantize(_FIT_PLACES)),
        "weight": str(usable_weight(fit)),
        "games": fit.n,
    }


def _is(told: Forecast, market_type: MarketType, moment: str) -> bool:
    return told.market_type is market_type and told.moment == moment


def _columns(told: Sequence[Forecast]) -> tuple[Any, Any, Any]:
    return (
        np.array([each.model for each in told]),
        np.array([each.market for each in told]),
        np.array([each.won for each in told], dtype=np.float64),
    )


def _rounded(number: float) -> float:
    return round(number, 5)
