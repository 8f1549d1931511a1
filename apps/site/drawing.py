"""What is drawn on a tenant's pages: a chance beside the market's, a win rate beside its price."""

from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import charts, formats, marks
from apps.rulebook.statistics import Interval

# One scale for every pick, so that two cards can be compared; the whole one where it is left.
_USUAL: Final = (0.3, 0.7)
_WHOLE: Final = (0.0, 1.0)
CARD_WIDTH, RECORD_WIDTH = 300, 340


class ChanceBar(charts.Drawing):
    """The model's chance and the market's on one fixed scale, and what the price asks for."""

    wide = CARD_WIDTH
    HEIGHT, EDGE, AXIS, STEPS = 38, 12, 12, 4

    def __init__(self, *, model: float, market: float, break_even: float) -> None:
        self.model, self.market, self.break_even = model, market, break_even
        values = (model, market, break_even)
        self.low, self.high = (
            _USUAL if all(_USUAL[0] <= value <= _USUAL[1] for value in values) else _WHOLE
        )

    @property
    def label(self) -> str:
        said = formats.compared(self.model, self.market)
        return (
            f"Model {said.model}, market {said.market}; the price needs"
            f" {formats.probability(self.break_even)} to break even. The scale runs from"
            f" {self.low:.0%} to {self.high:.0%}."
        )

    def __call__(self, width: int) -> SafeString:
        def x(value: float) -> float:
            return self.EDGE + (width - 2 * self.EDGE) * (value - self.low) / (self.high - self.low)

        y = self.AXIS
        parts = [marks.line(x(self.low), y, x(self.high), y, "bv-c-zero")]
        for step in range(self.STEPS + 1):
            value = self.low + (self.high - self.low) * step / self.STEPS
            parts += [
                marks.line(x(value), y - 3, x(value), y + 3, "bv-c-zero"),
                marks.label(x(value), self.HEIGHT - 4, f"{value:.0%}", "middle"),
            ]
        parts += [
            marks.line(x(self.break_even), y - 9, x(self.break_even), y + 7, "bv-c-need"),
            marks.line(x(self.market), y, x(self.model), y, "bv-c-lead"),
            format_html(
                '<circle class="bv-c-market" cx="{}" cy="{}" r="4.75"/>',
                marks.number(x(self.market)),
                y,
            ),
            marks.shape(_diamond(x(self.model), y), "bv-c-model"),
        ]
        return marks.svg(width, self.HEIGHT, self.label, parts)


class RateBar(charts.Drawing):
    """A win rate with its interval on the scale of all of them, against break-even."""

    WIDTH, HEIGHT = 116, 16

    def __init__(self, rate: Interval, break_even: float | None) -> None:
        self.rate, self.break_even = rate, break_even

    @property
    def label(self) -> str:
        said = formats.interval(self.rate.value, self.rate.low, self.rate.high, n=self.rate.n)
        return f"Win rate {said}; break-even {formats.probability(self.break_even)}."

    def __call__(self, width: int = WIDTH) -> SafeString:
        low, high = _USUAL

        def x(value: float) -> float:
            """What lies outside the scale ends at its edge: the figures say the rest."""
            return 4 + (width - 8) * (min(max(value, low), high) - low) / (high - low)

        y = self.HEIGHT / 2
        parts = [
            marks.line(4, y, width - 4, y, "bv-c-zero"),
            marks.line(x(self.rate.low), y, x(self.rate.high), y, "bv-c-lead"),
        ]
        if self.break_even is not None:
            at = x(self.break_even)
            parts.append(marks.line(at, 0.5, at, self.HEIGHT - 0.5, "bv-c-need"))
        parts.append(marks.dot(x(self.rate.value), y))
        return marks.svg(width, self.HEIGHT, self.label, parts)


class BoardBand(charts.ProfitBand):
    """The profit's path at the width of the board's second column."""

    wide = RECORD_WIDTH


def _diamond(x: float, y: float, half: float = 5.5) -> list[tuple[float, float]]:
    return [(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
