"""One scalar-observation Kalman filter over the teams of a league.

The state holds a strength per team, a level (home advantage, or the league's total) and the
coefficient of a covariate; an observation is one number per game. Only sums of columns and
outer products are used, element by element, so that every machine gets the same bits.

Source: docs/model.md section 1.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.ratings.parameters import FilterParameters

Floats = NDArray[np.float64]

LEVEL: Final = 0
COEFFICIENT: Final = 1
TEAMS_FROM: Final = 2

# Prior variance of the covariate's coefficient, as a share of one result's noise.
_COEFFICIENT_PRIOR: Final = 0.001
# A squared standardised error counts at most nine; .985 is what a normal one then averages.
_SURPRISE_CAP: Final = 9.0
_CAPPED_MEAN: Final = 0.985


class Look(NamedTuple):
    """How one game looks at the state: which entries, with which weights."""

    home: int
    away: int
    away_sign: float  # -1 for a margin, +1 for a total
    level: float  # 0 where there is no home advantage
    covariate: float


class Forecast(NamedTuple):
    mean: float
    variance: float  # of the expectation itself (P_y), without the noise of the game
    sd: float  # of the result, the running variance included


@dataclass(frozen=True, slots=True)
class Filter:
    """A state that is never changed: every step returns the next one."""

    parameters: FilterParameters
    mean: Floats
    covariance: Floats
    inflation: float  # running ratio of squared errors to what was expected (g)

    @classmethod
    def start(cls, parameters: FilterParameters) -> Self:
        variances = [parameters.prior, _COEFFICIENT_PRIOR * parameters.noise]
        return cls(
            parameters=parameters,
            mean=np.array([parameters.level, 0.0]),
            covariance=np.diag(variances),
            inflation=1.0,
        )

    def with_teams(self, count: int) -> "Filter":
        """Add teams nobody has seen: strength 0, as uncertain as the prior."""
        size = len(self.mean)
        covariance = np.zeros((size + count, size + count))
        covariance[:size, :size] = self.covariance
        added = np.arange(size, size + count)
        covariance[added, added] = self.parameters.prior
        return replace(
            self, mean=np.concatenate((self.mean, np.zeros(count))), covariance=covariance
        )

    def new_season(self) -> "Filter":
        """Regress the teams toward the league's mean and doubt them more."""
        keep = self.parameters.carry_over
        mean, covariance = self.mean.copy(), self.covariance.copy()
        mean[TEAMS_FROM:] *= keep
        covariance[TEAMS_FROM:, :] *= keep
        covariance[:, TEAMS_FROM:] *= keep
        _add_to_diagonal(covariance, self.parameters.season_noise, self.parameters.level_per_season)
        return replace(self, mean=mean, covariance=covariance)

    def after_days(self, days: int) -> "Filter":
        """Let strengths drift for ``days``."""
        covariance = self.covariance.copy()
        drift, level = self.parameters.drift_per_day, self.parameters.level_per_day
        _add_to_diagonal(covariance, drift * days, level * days)
        return replace(self, covariance=covariance)

    def forecast(self, look: Look) -> Forecast:
        mean, variance, _ = self._seen(look)
        spread = (variance + self.parameters.noise) * self.inflation
        return Forecast(mean=mean, variance=variance, sd=sqrt(spread))

    def learning(self, look: Look, observed: float, noise: float) -> "Filter":
        """Return the state after one observation with that noise."""
        mean, variance, gain = self._seen(look)
        spread = variance + noise
        # The root keeps the subtracted table, and so the covariance, exactly symmetric.
        share = gain / sqrt(spread)
        return replace(
            self,
            mean=self.mean + gain * ((observed - mean) / spread),
            covariance=self.covariance - np.multiply.outer(share, share),
        )

    def surprised(self, forecast: Forecast, observed: float, half_life: float) -> "Filter":
        """Let the running variance learn from one error, once per game."""
        ratio = (observed - forecast.mean) ** 2 / (forecast.variance + self.parameters.noise)
        step = 1.0 - 0.5 ** (1.0 / half_life)
        news = min(ratio, _SURPRISE_CAP) / _CAPPED_MEAN
        return replace(self, inflation=self.inflation + step * (news - self.inflation))

    def _seen(self, look: Look) -> tuple[float, float, Floats]:
        """Expectation of a game, its variance, and its covariance with the state (P h)."""
        home, away, sign, level, covariate = look
        state, table = self.mean, self.covariance
        gain = table[home] + sign * table[away] + level * table[LEVEL]
        mean = state[home] + sign * state[away] + level * state[LEVEL]
        if covariate:
            gain = gain + covariate * table[COEFFICIENT]
            mean = mean + covariate * state[COEFFICIENT]
        variance = (
            gain[home] + sign * gain[away] + level * gain[LEVEL] + covariate * gain[COEFFICIENT]
        )
        return float(mean), float(variance), gain


def _add_to_diagonal(covariance: Floats, teams: float, level: float) -> None:
    rows = np.arange(TEAMS_FROM, len(covariance))
    covariance[rows, rows] += teams
    covariance[LEVEL, LEVEL] += level
