"""The fitted numbers behind the ratings, as versioned artefacts: never edited, only followed.

Source: docs/model.md section 1. The logarithms are the fit's own output (maximum of the
Gaussian predictive likelihood on past seasons, named in each version), written unrounded.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import exp
from typing import Final, Self


class Covariate(StrEnum):
    """What a filter is told about a game besides who plays where."""

    NONE = "NONE"
    REST_DIFFERENCE = "REST_DIFFERENCE"  # days, home minus away, each within 4 to 14
    BACK_TO_BACK_DIFFERENCE = "BACK_TO_BACK_DIFFERENCE"  # played yesterday: home minus away
    BACK_TO_BACK_COUNT = "BACK_TO_BACK_COUNT"  # teams that played yesterday, 0 to 2


@dataclass(frozen=True, slots=True)
class FilterParameters:
    """One scalar Kalman filter; variances are in points squared."""

    noise: float  # of one result around its expectation (R)
    line_noise: float | None  # of a closing line, R_line; None: lines are not learned from
    drift_per_day: float  # added to a team's variance (q_day)
    carry_over: float  # share of a strength that survives the summer (rho)
    season_noise: float  # added to a team's variance each season (V_season)
    prior: float  # variance of a team never seen (P0)
    level_per_season: float  # added to the variance of home advantage or total (q_HS)
    level_per_day: float  # the same, per day (q_Hd)
    level: float  # home advantage or total at the start, points
    covariate: Covariate

    @classmethod
    def from_fit(
        cls,
        logs: tuple[float, ...],
        *,
        level: float,
        covariate: Covariate = Covariate.NONE,
    ) -> Self:
        """Read the order of the fit.

        ln R, ln q_day, ln V_season, ln P0, ln q_H per season, ln q_H per day, logit rho and,
        where lines are learned from, ln R_line.
        """
        noise, drift, season, prior, level_season, level_day, survival, *line = logs
        return cls(
            noise=exp(noise),
            line_noise=exp(line[0]) if line else None,
            drift_per_day=exp(drift),
            carry_over=1.0 / (1.0 + exp(-survival)),
            season_noise=exp(season),
            prior=exp(prior),
            level_per_season=exp(level_season),
            level_per_day=exp(level_day),
            level=level,
            covariate=covariate,
        )


@dataclass(frozen=True, slots=True)
class RatingParameters:
    """Both filters of a league and what they share."""

    version: str
    margin: FilterParameters
    total: FilterParameters
    variance_half_life: float  # games after which half of the running variance is new
    season_turns_in_month: int  # a game from this month on belongs to that year's season

    def season_of(self, league_day: date) -> int:
        """Return the year in which the season of a league day began."""
        return league_day.year - (league_day.month < self.season_turns_in_month)


_A_SEASON_OF_NFL: Final = 256.0

# Play-offs, the other covariate of NFL totals, were fitted at .05 points, and no feed says
# which game is one: left out.
NFL_LINES_2015: Final = RatingParameters(
    version="nfl-lines-2015",
    margin=FilterParameters.from_fit(
        (
            *(5.02440374962485, -0.6602154408763887, 2.5939071952378163, 3.286386680968712),
            *(-4.6844334480389325, -10.804721314687793, 0.5410614435059307, 3.9555395293672007),
        ),
        level=2.5,
        covariate=Covariate.REST_DIFFERENCE,
    ),
    total=FilterParameters.from_fit(
        (
            *(5.124548883792044, -2.1449024666881487, 1.5338074573710752, 3.382191054374215),
            *(-2.003491322832706, -4.777308955252201, 0.7129388876327133, 4.420592453484337),
        ),
        level=42.0,
    ),
    variance_half_life=_A_SEASON_OF_NFL,
    season_turns_in_month=6,
)

NFL_RESULTS_2015: Final = RatingParameters(
    version="nfl-results-2015",
    margin=FilterParameters.from_fit(
        (
            *(5.098371742932106, -2.9088510025898335, 2.5705952393407587, 4.996567818092622),
            *(-4.918073792123076, -11.018258120724063, 0.5700402343226458),
        ),
        level=2.5,
        covariate=Covariate.REST_DIFFERENCE,
    ),
    total=FilterParameters.from_fit(
        (
            *(5.14525490190927, -3.388878332061541, 1.1042683420008501, 4.344690151549626),
            *(-2.273555328606948, -6.086867024788164, 0.8712905585953222),
        ),
        level=42.0,
    ),
    variance_half_life=_A_SEASON_OF_NFL,
    season_turns_in_month=6,
)

# Not fitted: guessed from the NFL, and in need of last season as a prior.
NCAAF_LINES_2015: Final = RatingParameters(
    version="ncaaf-lines-2015",
    margin=FilterParameters(
        noise=240.0,
        line_noise=52.0,
        drift_per_day=0.3,
        carry_over=0.7,
        season_noise=20.0,
        prior=200.0,
        level_per_season=0.0,
        level_per_day=0.0,
        level=2.7,
        covariate=Covariate.NONE,
    ),
    total=FilterParameters(
        noise=240.0,
        line_noise=83.0,
        drift_per_day=0.1,
        carry_over=0.7,
        season_noise=10.0,
        prior=50.0,
        level_per_season=0.0,
        level_per_day=0.005,
        level=54.0,
        covariate=Covariate.NONE,
    ),
    variance_half_life=800.0,
    season_turns_in_month=6,
)

# Fitted on made-up seasons of the sandbox's league, and rounded: the likelihood is flat around
# these. That league has no summer. Lines are not learned from, so that what the model sees in a
# market is its own, and little.
SFL_RESULTS_1: Final = RatingParameters(
    version="sfl-results-1",
    margin=FilterParameters(
        noise=164.0,
        line_noise=None,
        drift_per_day=0.13,
        carry_over=1.0,
        season_noise=0.0,
        prior=27.0,
        level_per_season=0.0,
        level_per_day=1e-5,
        level=2.2,
        covariate=Covariate.NONE,
    ),
    total=FilterParameters(
        noise=198.0,
        line_noise=None,
        drift_per_day=0.07,
        carry_over=1.0,
        season_noise=0.0,
        prior=14.0,
        level_per_season=0.0,
        level_per_day=1e-5,
        level=44.5,
        covariate=Covariate.NONE,
    ),
    variance_half_life=500.0,
    season_turns_in_month=1,
)
