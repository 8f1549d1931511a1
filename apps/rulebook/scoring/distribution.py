"""The joint distribution of (home score, away score), from which every market is priced.

One histogram per simulated game: spreads, moneylines, totals and team totals are lines on
its axes, and combinations within the game are sums over its cells. Stored compactly, so
that any line can be priced later, and read again by closing line value, without a new run.

Source: docs/domain.md section 4.
"""

import struct
import zlib
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.scoring.axis import Abv, Axis, AxisDistribution, Floats, Line, axis_of

# Version, lowest home and away score, number of home and away scores, simulated games.
_HEADER: Final = struct.Struct(">BhhHHI")
_FORMAT: Final = 1

Table = NDArray[np.int64] | Floats


class DistributionUnreadable(RuleBroken):
    """Stored bytes are not a distribution that this version can read back whole."""

    code = "DISTRIBUTION_UNREADABLE"


class NotSampled(RuleBroken):
    """An exact distribution has no counts; it is recomputed from its inputs, never stored."""

    code = "DISTRIBUTION_NOT_SAMPLED"


class ScoreDistribution:
    """A joint histogram of final scores: ``weights[i, j]`` of (low_home + i, low_away + j)."""

    def __init__(
        self, weights: ArrayLike, *, low_home: int = 0, low_away: int = 0, sims: int = 0
    ) -> None:
        """Take counts of ``sims`` simulated games; when it is 0, weights of an exact table.

        Exact weights are normalised to sum to 1.
        """
        self.weights: Table
        if sims:
            self.weights = np.asarray(weights, dtype=np.int64)
        else:
            exact = np.asarray(weights, dtype=np.float64)
            self.weights = exact / exact.sum()
        self.low_home = low_home
        self.low_away = low_away
        self.sims = sims

    @property
    def probabilities(self) -> Floats:
        """The joint probabilities, summing to 1."""
        return np.asarray(self.weights / self.sims if self.sims else self.weights)

    @cached_property
    def margin(self) -> AxisDistribution:
        """Home margin: home score minus away score."""
        low = self.low_home - self.low_away - (self.weights.shape[1] - 1)
        return AxisDistribution(Axis.HOME_MARGIN, low, margin_sums(self.weights))

    @cached_property
    def total(self) -> AxisDistribution:
        """Points of both teams."""
        low = self.low_home + self.low_away
        return AxisDistribution(Axis.TOTAL, low, total_sums(self.weights))

    @cached_property
    def home_points(self) -> AxisDistribution:
        return AxisDistribution(Axis.HOME_POINTS, self.low_home, self.weights.sum(axis=1))

    @cached_property
    def away_points(self) -> AxisDistribution:
        return AxisDistribution(Axis.AWAY_POINTS, self.low_away, self.weights.sum(axis=0))

    def axis(self, market_type: MarketType, team: Side | None = None) -> AxisDistribution:
        """Return the axis that a market's lines are drawn on."""
        return {
            Axis.HOME_MARGIN: lambda: self.margin,
            Axis.TOTAL: lambda: self.total,
            Axis.HOME_POINTS: lambda: self.home_points,
            Axis.AWAY_POINTS: lambda: self.away_points,
        }[axis_of(market_type, team)]()

    def price(
        self,
        market_type: MarketType,
        side: Side,
        line: Line | None = None,
        *,
        team: Side | None = None,
    ) -> Abv:
        """Price one bet; ``team`` (HOME or AWAY) says whose points a team total counts."""
        return self.axis(market_type, team).price(market_type, side, line)

    def price_lines(
        self,
        market_type: MarketType,
        side: Side,
        lines: Sequence[Line | None] | Floats,
        *,
        team: Side | None = None,
    ) -> Floats:
        """Price many lines of one selection: an array of rows (a, b, v)."""
        return self.axis(market_type, team).price_lines(market_type, side, lines)

    def to_bytes(self) -> bytes:
        """Write the counts compactly; the same counts give the same bytes.

        Raises:
            NotSampled: the distribution is exact and has no counts.
        """
        plain = self._plain()
        return plain[: _HEADER.size] + zlib.compress(plain[_HEADER.size :], level=9)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "ScoreDistribution":
        """Read back what ``to_bytes`` wrote.

        Raises:
            DistributionUnreadable: another format, or bytes that do not add up.
        """
        try:
            version, low_home, low_away, rows, columns, sims = _HEADER.unpack_from(stored)
            planes = zlib.decompress(stored[_HEADER.size :])
        except (struct.error, zlib.error) as error:
            raise DistributionUnreadable(f"Not a stored score distribution: {error}.") from error
        if version != _FORMAT or len(planes) != 4 * rows * columns:
            raise DistributionUnreadable(
                f"Format {version} with {len(planes)} bytes for {rows} x {columns} cells."
            )
        bytewise = np.frombuffer(planes, dtype=np.uint8).reshape(4, rows * columns)
        counts = np.ascontiguousarray(bytewise.T).view("<u4").astype(np.int64)
        if int(counts.sum()) != sims or not sims:
            raise DistributionUnreadable(f"The cells hold {counts.sum()} games, not {sims}.")
        return cls(counts.reshape(rows, columns), low_home=low_home, low_away=low_away, sims=sims)

    def digest(self) -> str:
        """Fingerprint the counts (sha256 hex of the bytes before compression)."""
        return sha256(self._plain()).hexdigest()

    def _plain(self) -> bytes:
        if not self.sims:
            raise NotSampled("An exact distribution is recomputed from its inputs, not stored.")
        rows = np.flatnonzero(self.weights.any(axis=1))
        columns = np.flatnonzero(self.weights.any(axis=0))
        box = self.weights[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        header = _HEADER.pack(
            _FORMAT,
            self.low_home + int(rows[0]),
            self.low_away + int(columns[0]),
            *box.shape,
            self.sims,
        )
        # Low bytes first, then the nearly empty high ones: an eighth of the counts' own size.
        cells = box.astype("<u4").reshape(-1, 1).view(np.uint8)
        return header + np.ascontiguousarray(cells.T).tobytes()


def total_sums(table: Table) -> Table:
    """Sum the cells with equal row + column: every row is moved right by its own number.

    Source: docs/domain.md section 4.
    """
    rows, columns = table.shape
    padded = np.zeros((rows, rows + columns), dtype=table.dtype)
    padded[:, :columns] = table
    slanted = padded.reshape(-1)[:-rows].reshape(rows, rows + columns - 1)
    sums: Table = np.add.reduce(slanted, axis=0)
    return sums


def margin_sums(table: Table) -> Table:
    """Sum the cells with equal row - column, the lowest difference first.

    With the rows turned round, cells of equal difference are cells of equal sum.
    Source: docs/domain.md section 4.
    """
    return total_sums(table[::-1])[::-1]
