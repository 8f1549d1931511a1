"""How a book's margin is taken out of its prices.

Every function works on a whole board at once: ``prices`` is an array of decimal odds with one row
per market and one column per outcome, all from the same book, line and poll. Inside, outcomes are
the first axis, because adding two long rows is many times faster than adding 1,800 short ones.

With q = 1/d and B = sum q (docs/domain.md section 3; Clarke, Kovalchik and Ingram 2017, Adjusting
bookmaker's odds to allow for overround; Shin 1993; Cheung 2015 for the odds ratio):

* multiplicative  q / B
* additive        q - (B - 1)/n, refused where a long shot would fall to zero or below
* power           q ** k with the k that makes the sum one
* odds ratio      odds(p) = u * odds(q) with the u that makes the sum one
* Shin            the share z of insiders that explains the margin; on two-way markets it equals
                  additive exactly, so that closed form is used

"Logarithmic" is the odds ratio and "WPO" is additive under another name: they have no entry here.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds.market import MarginMethod, OverroundLimits

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Every iteration below approaches its root from one side and converges quadratically: real
# markets need four to six steps, prices of 1.0001 or 10,000 some twenty.
MOST_STEPS = 100
SMALL_STEP = 1e-10

# Prices carry six places, so the sum of their inverses is known to about 1e-6: -300/+300 adds up
# to 1.00000019 and has no margin.
OVERROUND_PLACES = 5


class MarginNotRemovable(RuleBroken):
    """The method has no answer for these prices, or they are no market."""

    code = "MARGIN_NOT_REMOVABLE"


def overrounds(prices: FloatArray) -> FloatArray:
    """Return B, the sum of implied probabilities, of every market; NaN where a price is none.

    Source: docs/domain.md section 3.
    """
    odds = _by_outcome(prices)
    with np.errstate(divide="ignore", invalid="ignore"):
        implied: FloatArray = (1.0 / odds).sum(axis=0)
    implied[~_are_prices(odds)] = np.nan
    return implied.round(OVERROUND_PLACES)


def evaluable(overround: FloatArray, limits: OverroundLimits) -> BoolArray:
    """Which pairs enter a consensus; the others are OVERROUND_OUT_OF_RANGE.

    Source: docs/domain.md section 3.
    """
    above, up_to = float(limits.evaluate_above), float(limits.evaluate_up_to)
    return (overround > above) & (overround <= up_to)


def fair_probabilities(prices: Sequence[Decimal], method: MarginMethod) -> tuple[float, ...]:
    """Return one market's probabilities with the margin removed, in the order of its prices.

    Source: docs/domain.md section 3.

    Raises:
        MarginNotRemovable: fewer than two prices, one not above 1, or the method has no answer.
    """
    if len(prices) < 2:
        raise MarginNotRemovable("A margin is shared by at least two outcomes.")
    row = remove_margin(np.array([[float(price) for price in prices]]), method)[0]
    if np.isnan(row[0]):
        quoted = ", ".join(str(price) for price in prices)
        raise MarginNotRemovable(f"{method} cannot remove the margin of {quoted}.")
    return tuple(row.tolist())


def remove_margin(prices: FloatArray, method: MarginMethod) -> FloatArray:
    """Return fair probabilities of every market, (m, n) like ``prices``.

    Rows add up to one. A row is NaN throughout where the method must be refused: a price that is
    not above 1, or an additive share that would make an outcome impossible.
    Source: docs/domain.md section 3.
    """
    odds = _by_outcome(prices)
    # Asked of the whole board first: it is nearly always clean, and NaN fails both comparisons.
    if odds.min(initial=2.0) > 1.0 and odds.max(initial=2.0) < np.inf:
        return _METHODS[method](1.0 / odds).T

    broken = ~_are_prices(odds)
    odds[:, broken] = 2.0  # anything solvable: these columns are blanked below
    fair = _METHODS[method](1.0 / odds)
    fair[:, broken] = np.nan
    return fair.T


def insider_shares(prices: FloatArray) -> FloatArray:
    """Return Shin's z of every market: the share of money that knows the outcome.

    Negative where the prices add up to less than one, which no bookmaker offers for long.
    Source: Shin 1993, docs/domain.md section 3.
    """
    odds = _by_outcome(prices)
    usable = _are_prices(odds)
    odds[:, ~usable] = 2.0
    shares = _insider_shares(1.0 / odds)
    shares[~usable] = np.nan
    return shares


def _by_outcome(prices: FloatArray) -> FloatArray:
    """Copy the board with outcomes as the first axis."""
    if prices.ndim != 2 or prices.shape[1] < 2:
        raise ValueError(f"A board is (markets, outcomes >= 2), not {prices.shape}.")
    return np.array(prices.T, dtype=np.float64, order="C")


def _are_prices(odds: FloatArray) -> BoolArray:
    """Which markets consist of finite prices above 1; NaN fails both comparisons."""
    are: BoolArray = (odds.min(axis=0) > 1.0) & (odds.max(axis=0) < np.inf)
    return are


def _multiplicative(implied: FloatArray) -> FloatArray:
    shares: FloatArray = implied / implied.sum(axis=0)
    return shares


def _additive(implied: FloatArray) -> FloatArray:
    shares: FloatArray = implied - (implied.sum(axis=0) - 1.0) / len(implied)
    if shares.min(initial=1.0) <= 0:
        shares[:, shares.min(axis=0) <= 0] = np.nan
    return shares


def _power(implied: FloatArray) -> FloatArray:
    """log sum q**k is convex and falling in k: Newton from the left never passes the root.

    Where B < 1 the first step lands left of the root, and the rest follows.
    """
    logs = np.log(implied)

    def step(k: FloatArray) -> FloatArray:
        powers = np.exp(k * logs)
        total = powers.sum(axis=0)
        change: FloatArray = np.log(total) * total / (powers * logs).sum(axis=0)
        return change

    return _multiplicative(np.exp(_newton(step, np.ones(implied.shape[1])) * logs))


def _odds_ratio(implied: FloatArray) -> FloatArray:
    """Sum of u o / (1 + u o) is concave and rising in u: Newton from the left never passes.

    With o the odds for an outcome, q / (1 - q), each term is below u o, so 1 / sum o lies left
    of the root: where the first step from u = 1 falls short of that, it continues from there.
    """
    odds_for = implied / (1.0 - implied)
    if len(implied) == 2:
        scaled = odds_for / np.sqrt(odds_for.prod(axis=0))  # the two fair odds are reciprocal
        return _multiplicative(scaled / (1.0 + scaled))

    floor = 1.0 / odds_for.sum(axis=0)

    def step(u: FloatArray) -> FloatArray:
        share = 1.0 / (1.0 + u * odds_for)
        excess = len(implied) - 1.0 - share.sum(axis=0)
        slope = (odds_for * share * share).sum(axis=0)
        change: FloatArray = np.minimum(excess / slope, u - floor)
        return change

    scaled = _newton(step, np.ones(implied.shape[1])) * odds_for
    return _multiplicative(scaled / (1.0 + scaled))


def _shin(implied: FloatArray) -> FloatArray:
    if len(implied) == 2:
        return _additive(implied)
    squares = implied * implied / implied.sum(axis=0)
    z = _insider_shares(implied)
    roots = np.sqrt(z * z + 4.0 * (1.0 - z) * squares)
    return _multiplicative(roots - z)


def _insider_shares(implied: FloatArray) -> FloatArray:
    """Solve sum sqrt(z^2 + 4(1-z) q^2/B) = 2 + (n-2) z for the root below 1.

    The difference of the two sides is convex with a second, spurious root at z = 1. It is not
    negative at z = 0 where B >= 1, and positive at z = -1 always: Newton from there rises to the
    smaller root and stops.
    """
    total = implied.sum(axis=0)
    squares = implied * implied / total
    others = len(implied) - 2.0

    def step(z: FloatArray) -> FloatArray:
        roots = np.sqrt(z * z + 4.0 * (1.0 - z) * squares)
        value = roots.sum(axis=0) - 2.0 - others * z
        slope = ((z - 2.0 * squares) / roots).sum(axis=0) - others
        change: FloatArray = value / slope
        return change

    return _newton(step, np.where(total < 1.0, -1.0, 0.0))


def _newton(step: Callable[[FloatArray], FloatArray], start: FloatArray) -> FloatArray:
    """Follow ``step`` (value over slope) until no market moves any more; NaN where one still does.

    A stopped market is exact to rounding: the error after a step is of the order of its square.
    """
    at = start
    for _ in range(MOST_STEPS):
        change = step(at)
        at = at - change
        moving = np.abs(change) > SMALL_STEP * np.maximum(1.0, np.abs(at))
        if not moving.any():
            return at
    at[moving] = np.nan
    return at


_METHODS: Mapping[MarginMethod, Callable[[FloatArray], FloatArray]] = {
    MarginMethod.MULTIPLICATIVE: _multiplicative,
    MarginMethod.ADDITIVE: _additive,
    MarginMethod.POWER: _power,
    MarginMethod.ODDS_RATIO: _odds_ratio,
    MarginMethod.SHIN: _shin,
}
