"""The first version of every configuration, as data (docs/domain.md sections 3 to 7).

These are the documents that a fresh installation stores as its first config versions. Nothing
reads them afterwards: what is in force is what the stored version says. The model's weights and
gates are those of docs/model.md section 3.
"""

from collections.abc import Mapping
from decimal import Decimal as D
from typing import Final, NamedTuple

from apps.rulebook.markets import MARKET_SIDES, MarketType, Period
from apps.rulebook.thresholds.market import (
    LineRange,
    MarginMethod,
    MarketConfig,
    MarketRule,
    OverroundLimits,
    ResultsRhythm,
)
from apps.rulebook.thresholds.model import (
    BlendBasis,
    BlendWeight,
    EdgeGate,
    ModelConfig,
    ModelVariant,
    SimulationConfig,
)
from apps.rulebook.thresholds.opinion import (
    OpinionConfig,
    PointsThreshold,
    PublishLimits,
    StakePlan,
    Tier,
    TierThreshold,
)

MEASURED: Final = "measured"  # production's default
RAW: Final = "raw"  # rehearsals and research: never above LEAN
PROFILES: Final = (MEASURED, RAW)

# Nobody plays in the last one: the sandbox makes it up.
LEAGUES: Final = (
    *("NFL", "NCAAF", "NBA", "WNBA", "NCAAB", "MLB", "NHL"),
    *("EPL", "WORLDCUP", "SFL"),
)
_FOOTBALL_LEAGUES: Final = frozenset({"EPL", "WORLDCUP"})  # 90 minutes, three-way

SPREAD, TOTAL = MarketType.SPREAD, MarketType.TOTAL
MONEYLINE, MONEYLINE_3WAY = MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY


def main_period(league: str) -> Period:
    """Return the period of the league's main markets: league football ends after 90 minutes.

    Source: docs/domain.md section 1.
    """
    return Period.REGULATION if league in _FOOTBALL_LEAGUES else Period.FULL_GAME


def main_markets(league: str) -> tuple[tuple[MarketType, Period], ...]:
    """Return the league's main markets, each with its period. Source: docs/domain.md section 1."""
    winner = MONEYLINE_3WAY if league in _FOOTBALL_LEAGUES else MONEYLINE
    return tuple((market, main_period(league)) for market in (SPREAD, winner, TOTAL))


# -- market ---------------------------------------------------------------------------------

# Low and high of spread and total. Wide enough for every closing line of the archives, narrow
# enough that a swapped spread and total is seen.
_RANGES: Mapping[str, tuple[D, D, D, D]] = {
    "NFL": (D("-28"), D("28"), D("28"), D("70")),
    "NCAAF": (D("-66"), D("66"), D("24"), D("100")),
    "NBA": (D("-30"), D("30"), D("150"), D("280")),
    "WNBA": (D("-30"), D("30"), D("120"), D("220")),
    "NCAAB": (D("-60"), D("60"), D("95"), D("200")),
    "MLB": (D("-4.5"), D("4.5"), D("5"), D("18")),
    "NHL": (D("-4.5"), D("4.5"), D("3.5"), D("9.5")),
    "EPL": (D("-4.5"), D("4.5"), D("1"), D("6.5")),
    "WORLDCUP": (D("-6.5"), D("6.5"), D("1"), D("8.5")),
    "SFL": (D("-28"), D("28"), D("24"), D("74")),
}

# Whose close stands in for a missing one, and minutes from the final to the grades.
_SHARP_BOOKS: Mapping[str, tuple[str, ...]] = {"SFL": ("palisade",)}
_GRADED_AFTER_MIN: Mapping[str, int] = {"SFL": 1}


def line_ranges(league: str) -> tuple[LineRange, ...]:
    """Return the plausible main lines that a new league row starts with.

    Source: docs/domain.md section 3.
    """
    spread_low, spread_high, total_low, total_high = _RANGES[league]
    return (
        LineRange(market_type=SPREAD, low=spread_low, high=spread_high),
        LineRange(market_type=TOTAL, low=total_low, high=total_high),
    )


def default_method(outcomes: int) -> MarginMethod:
    """Additive (which is Shin) for two outcomes, power for more: docs/domain.md section 3."""
    return MarginMethod.ADDITIVE if outcomes == 2 else MarginMethod.POWER


def market_config(league: str) -> MarketConfig:
    """Return how a league's market is read at first: margins, consensus, closes, results.

    Source: docs/domain.md section 3.
    """
    return MarketConfig(
        league=league,
        markets=tuple(
            MarketRule(
                market_type=market_type,
                period=period,
                margin_method=default_method(len(MARKET_SIDES[market_type])),
            )
            for market_type, period in main_markets(league)
        ),
        consensus_books_min=3,
        close_consensus_books_min=3,
        sharp_books=_SHARP_BOOKS.get(league, ("pinnacle",)),
        price_offered_above=D("1.01"),
        overround=OverroundLimits(
            store_low=D("0.98"),
            store_high=D("1.25"),
            evaluate_above=D("1.00"),
            evaluate_up_to=D("1.20"),
        ),
        volatility_window_h=24,
        results=ResultsRhythm(
            grade_after_final_min=_GRADED_AFTER_MIN.get(league, 30),
            recheck_h=72,
            graded_within_min=120,
            graded_share=D("0.99"),
        ),
    )


# -- model ----------------------------------------------------------------------------------


class _Measured(NamedTuple):
    """One weight of docs/model.md section 3: its fit, standard error, what is used of it."""

    market_type: MarketType
    opening: bool
    estimate: str
    error: str
    weight: str
    games: int | None = None


# Baseball's lines know pitchers that the model does not; the sandbox's are to be judged, not read.
_RESULTS_ONLY: Final = frozenset({"MLB", "SFL"})

# Only two moments were measured, the open and the close. Until own snapshots tell more, the
# close's weight holds from twelve hours before the start.
_OPEN_FROM_H = 12

_WEIGHTS: Mapping[str, tuple[_Measured, ...]] = {
    "NFL": (
        _Measured(MONEYLINE, False, "0.19", "0.10", "0"),
        _Measured(SPREAD, False, "0.12", "0.09", "0"),
        _Measured(TOTAL, False, "0.13", "0.11", "0"),
        _Measured(SPREAD, True, "0.39", "0.15", "0.09"),
        _Measured(TOTAL, True, "0.47", "0.17", "0.13"),
    ),
    "NBA": (
        _Measured(MONEYLINE, False, "0.21", "0.07", "0.07"),
        _Measured(SPREAD, False, "0.18", "0.07", "0.04"),
        _Measured(TOTAL, False, "0.00", "0.08", "0"),
        _Measured(SPREAD, True, "0.34", "0.08", "0.17"),
        _Measured(TOTAL, True, "0.57", "0.09", "0.39"),
    ),
    "MLB": (
        _Measured(MONEYLINE, False, "-0.21", "0.10", "0"),
        _Measured(TOTAL, False, "0.04", "0.08", "0"),
        _Measured(MONEYLINE, True, "0.00", "0.11", "0"),
        _Measured(TOTAL, True, "0.07", "0.08", "0"),
    ),
    "NHL": (_Measured(MONEYLINE, False, "0.16", "0.19", "0"),),
    # Nobody plays it, so as many seasons as one likes were measured.
    "SFL": (
        _Measured(MONEYLINE, False, "0.277", "0.037", "0.20", 16793),
        _Measured(MONEYLINE, True, "0.411", "0.034", "0.34", 16793),
        _Measured(SPREAD, False, "0.286", "0.035", "0.21", 16480),
        _Measured(SPREAD, True, "0.390", "0.032", "0.32", 16462),
        _Measured(TOTAL, False, "0.284", "0.040", "0.20", 16673),
        _Measured(TOTAL, True, "0.397", "0.037", "0.32", 16640),
    ),
}

# Games of each team, warm-up seasons, steady variance of a margin (points squared). A variance
# that nobody measured keeps EDGE shut.
_GATES: Mapping[str, tuple[int, int, D | None]] = {
    "NFL": (4, 3, D("33")),
    "NCAAF": (8, 1, None),
    "NBA": (10, 3, D("7.7")),
    "WNBA": (10, 1, None),
    "NCAAB": (10, 1, None),
    "MLB": (15, 1, D("0.29")),
    "NHL": (10, 1, D("0.035")),
    "EPL": (6, 1, None),
    "WORLDCUP": (6, 1, None),
    "SFL": (4, 0, D("10.5")),
}


def _weights(league: str, profile: str) -> tuple[BlendWeight, ...]:
    if profile == RAW:
        return tuple(
            BlendWeight(
                market_type=market_type,
                hours_before_start=0,
                weight=D(1),
                estimate=None,
                standard_error=None,
                games=None,
            )
            for market_type, _period in main_markets(league)
        )
    return tuple(
        BlendWeight(
            market_type=row.market_type,
            hours_before_start=_OPEN_FROM_H if row.opening else 0,
            weight=D(row.weight),
            estimate=D(row.estimate),
            standard_error=D(row.error),
            games=row.games,
        )
        for row in _WEIGHTS.get(league, ())
    )


def model_config(league: str, profile: str = MEASURED) -> ModelConfig:
    """Return how far a league's model is trusted at first, under one profile.

    Source: docs/model.md section 3.
    """
    games, seasons, steady = _GATES[league]
    return ModelConfig(
        league=league,
        simulation=SimulationConfig(
            variant=(
                ModelVariant.RESULTS_ONLY if league in _RESULTS_ONLY else ModelVariant.LINE_INFORMED
            ),
            sim_count=100_000,
            fail_probability=D("0.000001"),
            horizon_h=240,
        ),
        basis=BlendBasis.RAW if profile == RAW else BlendBasis.MEASURED,
        weights=_weights(league, profile),
        edge_gate=EdgeGate(
            team_games_min=games,
            warmup_seasons_min=seasons,
            margin_variance_steady=steady,
            variance_ratio_max=D("1.5"),
            evaluated_games_min=1_000,
        ),
        # Probable pitchers are not ingested, so baseball's winner is the market's to name.
        aligned_only=(MONEYLINE, SPREAD) if league == "MLB" else (),
    )


# Where two models were fitted, the other one is the candidate; where one was, it is drawn finer.
_OTHER_VARIANT: Mapping[str, ModelVariant] = {
    "NFL": ModelVariant.RESULTS_ONLY,
    "NBA": ModelVariant.RESULTS_ONLY,
    "NHL": ModelVariant.RESULTS_ONLY,
}


def candidate_config(own: ModelConfig) -> ModelConfig:
    """Return the model that may run in the shadow of a league's own, for comparison.

    Source: docs/model.md section 3.
    """
    other = _OTHER_VARIANT.get(own.league)
    change = {"variant": other} if other else {"sim_count": 2 * own.simulation.sim_count}
    return own.model_copy(update={"simulation": own.simulation.model_copy(update=change)})


# -- opinion --------------------------------------------------------------------------------

# LEAN and EDGE in points, spread then total.
_POINTS: Mapping[str, tuple[D, D, D, D]] = {
    "NBA": (D("3"), D("4.5"), D("4"), D("6")),
    "NFL": (D("3"), D("4.5"), D("3.5"), D("5")),
    "NCAAB": (D("4.5"), D("6"), D("5.5"), D("7")),
    "NCAAF": (D("4"), D("6"), D("4.5"), D("6.5")),
    "MLB": (D("1"), D("1.5"), D("1.5"), D("2.5")),
    "NHL": (D("0.5"), D("0.8"), D("0.5"), D("0.8")),
    "SFL": (D("1"), D("1.5"), D("1"), D("1.5")),
}

_LIMITS = PublishLimits(
    per_day=8,
    spreads_per_day=4,
    totals_per_day=3,
    moneylines_per_day=2,
    per_event=1,
    per_team=2,
)
# A league that plays every few minutes, around the clock.
_LIMITS_OF_MANY_GAMES = PublishLimits(
    per_day=96,
    spreads_per_day=48,
    totals_per_day=36,
    moneylines_per_day=24,
    per_event=1,
    per_team=32,
)


def _points(league: str) -> tuple[PointsThreshold, ...]:
    if league not in _POINTS:
        return ()
    spread_lean, spread_edge, total_lean, total_edge = _POINTS[league]
    return (
        PointsThreshold(market_type=SPREAD, lean_points=spread_lean, edge_points=spread_edge),
        PointsThreshold(market_type=TOTAL, lean_points=total_lean, edge_points=total_edge),
    )


def opinion_config(league: str) -> OpinionConfig:
    """Return the thresholds and limits that every tenant starts with.

    Source: docs/domain.md section 4.
    """
    return OpinionConfig(
        league=league,
        market_profile=MEASURED,
        model_profile=MEASURED,
        edge=TierThreshold(edge_prob_min=D("0.050"), ev_min=D("0.010")),
        lean=TierThreshold(edge_prob_min=D("0.025"), ev_min=D("0")),
        points=_points(league),
        published_tiers=(Tier.EDGE, Tier.LEAN),
        sims_min=20_000,
        books_min=3,
        books=(),
        limits=_LIMITS_OF_MANY_GAMES if league == "SFL" else _LIMITS,
        quiet_hours=None,
        cool_down_min=0,
        stake=StakePlan(kelly_fraction=D("0.25"), most=D("0.02")),
    )
