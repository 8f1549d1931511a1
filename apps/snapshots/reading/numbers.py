"""Quoted numbers into prices and lines; each is converted once."""

from decimal import Decimal
from math import isfinite

from apps.rulebook.odds import NotOdds, NotOffered, price_from_american, price_from_decimal
from apps.snapshots.reading.codes import Quarantined

NUMBERS_KEPT = 20_000
LONGEST_LINE = 9999  # points: what a column holds


class Numbers:
    """Prices and lines under the format that a feed is pinned to."""

    def __init__(self, *, american: bool, offered_above: Decimal) -> None:
        self.american = american
        self.offered_above = offered_above
        self._prices: dict[float, Decimal | Quarantined] = {}
        self._lines: dict[float, Decimal | Quarantined] = {}

    def price(self, quoted: float) -> Decimal | Quarantined:
        """Return the price, or the code that says why it is none."""
        price = self._prices.get(quoted)
        if price is None:
            if len(self._prices) >= NUMBERS_KEPT:
                self._prices.clear()
            price = self._prices[quoted] = self._price_of(quoted)
        return price

    def line(self, point: float) -> Decimal | Quarantined:
        """Return a line in points, or the code that says why it is none."""
        line = self._lines.get(point)
        if line is None:
            if len(self._lines) >= NUMBERS_KEPT:
                self._lines.clear()
            line = self._lines[point] = _line_of(point)
        return line

    def _price_of(self, quoted: float) -> Decimal | Quarantined:
        if not isfinite(quoted):
            return Quarantined.PRICE_NOT_A_NUMBER
        try:
            if self.american:
                return price_from_american(int(quoted), offered_above=self.offered_above)
            # The shortest text of a float is the text that it was read from.
            return price_from_decimal(Decimal(repr(quoted)), offered_above=self.offered_above)
        except NotOdds:
            return Quarantined.PRICE_NOT_ODDS
        except NotOffered:
            return Quarantined.PRICE_NOT_OFFERED


def _line_of(point: float) -> Decimal | Quarantined:
    if not isfinite(point) or abs(point) > LONGEST_LINE:
        return Quarantined.LINE_NOT_A_NUMBER
    if (point * 4) % 1:
        return Quarantined.LINE_NOT_QUARTER
    return Decimal(point) + 0  # quarters are exact in a float; -0.0 becomes 0
