"""Charts drawn on the server as inline SVG: no script, printable, in the page's own colours.

Each has a sentence that says its result, and its exact values as labels. It is drawn at the width
at which it is shown, so that the text of an axis stays as large as other small text; a phone gets a
drawing of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import formats, marks

THIRD, NARROW, PHONE = 274, 356, 324  # widths in px: a third, the narrow column, a phone


class Whisker(NamedTuple):
    """One estimate between 0 and 1 with its interval."""

    name: str
    note: str
    value: float
    low: float
    high: float


class Step(NamedTuple):
    """One point of a profit's path: bets so far, units, promised units and their deviation."""

    bets: int
    profit: float
    promised: float
    deviation: float


class Drawing:
    """A chart that can be drawn at more than one width."""

    wide = THIRD

    def __call__(self, width: int) -> SafeString:
        raise TypeError(f"{type(self).__name__} does not say how it is drawn.")


def both(draw: Drawing) -> SafeString:
    """Draw a chart twice: as wide as its card, and for a phone."""
    return format_html(
        '<div class="bv-on-wide">{}</div><div class="bv-on-phone">{}</div>',
        draw(draw.wide),
        draw(PHONE),
    )


class HourBars(Drawing):
    """What was done in each of the last hours; the newest hours may be in trouble."""

    def __init__(self, values: Sequence[int], *, label: str) -> None:
        self.values, self.label = values, label

    def __call__(self, width: int) -> SafeString:
        most = max([*self.values, 1])
        pitch = 60 / len(self.values)
        bars = format_html_join(
            "",
            '<rect class="bv-c-bar" x="{}" y="{}" width="{}" height="{}"/>',
            (
                (
                    marks.number(i * pitch),
                    marks.number(14 - tall),
                    marks.number(pitch - 0.5),
                    marks.number(tall),
                )
                for i, value in enumerate(self.values)
                if (tall := max(1.0, 14 * value / most) if value else 0)
            ),
        )
        return format_html(
            '<svg class="bv-spark" viewBox="0 0 60 14" preserveAspectRatio="none" role="img"'
            ' aria-label="{}">{}</svg>',
            self.label,
            bars,
        )


class DelayBars(Drawing):
    """How many took how long; what took longer than the limit stands right of a dashed line."""

    HEIGHT, TOP, FOOT = 118, 18, 20

    def __init__(
        self, counts: Sequence[int], names: Sequence[str], *, within: int, label: str
    ) -> None:
        self.counts, self.names, self.within, self.label = counts, names, within, label

    def __call__(self, width: int) -> SafeString:
        most, pitch = max([*self.counts, 1]), width / len(self.counts)
        ground = self.HEIGHT - self.FOOT
        parts = [marks.line(0, ground, width, ground, "bv-c-zero")]
        for i, (n, name) in enumerate(zip(self.counts, self.names, strict=True)):
            tall = max(1.5, (ground - self.TOP) * n / most) if n else 0
            tone = "bv-c-late" if i >= self.within else "bv-c-bar"
            middle = (i + 0.5) * pitch
            parts += [
                marks.box(i * pitch + 1.5, ground - tall, pitch - 3, tall, tone),
                marks.label(middle, ground - tall - 4, formats.count(n), "middle", "bv-c-value"),
                marks.label(middle, self.HEIGHT - 5, name, "middle"),
            ]
        edge = self.within * pitch
        parts.append(marks.line(edge, 2, edge, ground, "bv-c-mark"))
        return marks.svg(width, self.HEIGHT, self.label, parts)


class Whiskers(Drawing):
    """Estimates with their intervals on one scale, against the value that would be no news."""

    ROW, TOP, FOOT, NAMES = 34, 18, 20, 74

    def __init__(
        self, rows: Sequence[Whisker], *, mark: float | None, mark_name: str, label: str
    ) -> None:
        self.rows, self.mark, self.mark_name, self.label = rows, mark, mark_name, label

    def __call__(self, width: int) -> SafeString:
        ends = [end for row in self.rows for end in (row.low, row.high)]
        ends += [self.mark] if self.mark is not None else []
        low, high, step = _scale(min(ends), max(ends), most=4)
        height = self.TOP + self.ROW * len(self.rows) + self.FOOT
        ground = height - self.FOOT

        def at(value: float) -> float:
            return self.NAMES + (width - self.NAMES - 18) * (value - low) / (high - low)

        parts = []
        for tick in _ticks(low, high, step):
            parts += [
                marks.line(at(tick), self.TOP, at(tick), ground, "bv-c-grid"),
                marks.label(at(tick), height - 5, f"{tick:.0%}", "middle"),
            ]
        if self.mark is not None:
            parts += [
                marks.line(at(self.mark), self.TOP - 4, at(self.mark), ground, "bv-c-mark"),
                marks.halo(at(self.mark), 10, self.mark_name, _anchor(at(self.mark), width)),
            ]
        for i, row in enumerate(self.rows):
            y = self.TOP + (i + 0.5) * self.ROW
            parts += [
                marks.label(0, y - 2, row.name, "start", "bv-c-name"),
                marks.label(0, y + 12, row.note, "start"),
                marks.line(at(row.low), y, at(row.high), y, "bv-c-ours"),
                marks.line(at(row.low), y - 4, at(row.low), y + 4, "bv-c-ours"),
                marks.line(at(row.high), y - 4, at(row.high), y + 4, "bv-c-ours"),
                marks.dot(at(row.value), y),
            ]
        return marks.svg(width, height, self.label, parts)


class ProfitBand(Drawing):
    """Profit as it grew, inside the band that the published probabilities predict."""

    HEIGHT, LEFT, RIGHT, TOP, FOOT = 150, 30, 56, 8, 20

    def __init__(self, path: Sequence[Step], *, label: str) -> None:
        self.path, self.label = [Step(0, 0, 0, 0), *path], label

    def __call__(self, width: int) -> SafeString:
        edges = [
            step.promised + sign * 1.96 * step.deviation for step in self.path for sign in (1, -1)
        ]
        profits = [step.profit for step in self.path]
        low, high, tick = _scale(min([*edges, *profits]), max([*edges, *profits]), most=4)
        ground, end = self.HEIGHT - self.FOOT, width - self.RIGHT
        last = self.path[-1]

        def x(bets: int) -> float:
            return self.LEFT + (end - self.LEFT) * bets / max(last.bets, 1)

        def y(units: float) -> float:
            return ground - (ground - self.TOP) * (units - low) / (high - low)

        band = [(x(step.bets), y(step.promised + 1.96 * step.deviation)) for step in self.path]
        band += [
            (x(step.bets), y(step.promised - 1.96 * step.deviation)) for step in reversed(self.path)
        ]
        parts = [marks.shape(band, "bv-c-band")]
        for value in _ticks(low, high, tick):
            at = y(value)
            parts += [
                marks.line(self.LEFT, at, end, at, "bv-c-grid" if value else "bv-c-zero"),
                marks.label(self.LEFT - 5, at + 4, _signed_tick(value), "end"),
            ]
        ours = y(last.profit)
        # The two labels at the end of the lines must not lie on each other.
        theirs = y(last.promised)
        if abs(ours - theirs) < 14:
            theirs = ours - 14 if theirs <= ours else ours + 14
        parts += [
            marks.path([(x(step.bets), y(step.promised)) for step in self.path], "bv-c-dash"),
            marks.path([(x(step.bets), y(step.profit)) for step in self.path], "bv-c-ours"),
            marks.dot(x(last.bets), ours),
            marks.label(end + 7, theirs + 4, "promised", "start"),
            marks.label(end + 7, ours + 4, formats.units(last.profit, 1), "start", "bv-c-value"),
            marks.label(self.LEFT, self.HEIGHT - 5, "0", "middle"),
            marks.label(end, self.HEIGHT - 5, formats.plural(last.bets, "bet"), "end"),
        ]
        return marks.svg(width, self.HEIGHT, self.label, parts)


class CreditsLine(Drawing):
    """Credits left in the period, against spending them evenly, and where this pace leads."""

    wide = NARROW
    HEIGHT, LEFT, RIGHT, TOP, FOOT = 120, 38, 66, 10, 20

    def __init__(
        self,
        points: Sequence[tuple[datetime, int]],
        *,
        allowance: int,
        begins: datetime,
        resets: datetime,
        ends_with: int,
        label: str,
    ) -> None:
        self.points, self.allowance, self.label = points, allowance, label
        self.begins, self.resets, self.ends_with = begins, resets, ends_with

    def __call__(self, width: int) -> SafeString:
        ground, end = self.HEIGHT - self.FOOT, width - self.RIGHT

        def x(at: datetime) -> float:
            return self.LEFT + (end - self.LEFT) * (
                (at - self.begins) / (self.resets - self.begins)
            )

        def y(left: float) -> float:
            return ground - (ground - self.TOP) * max(0.0, left) / self.allowance

        parts = []
        for share in (0.0, 0.5, 1.0):
            at = y(share * self.allowance)
            parts += [
                marks.line(self.LEFT, at, end, at, "bv-c-grid" if share else "bv-c-zero"),
                marks.label(self.LEFT - 5, at + 4, _thousands(share * self.allowance), "end"),
            ]
        newest, left = self.points[-1]
        ends = y(self.ends_with)
        parts += [
            marks.line(self.LEFT, y(self.allowance), end, y(0), "bv-c-dash"),
            marks.path([(x(at), y(value)) for at, value in self.points], "bv-c-ours"),
            marks.line(x(newest), y(left), end, ends, "bv-c-ahead"),
            marks.dot(x(newest), y(left)),
            marks.label(
                end + 6, ends + 4, f"{_thousands(self.ends_with)} left", "start", "bv-c-value"
            ),
            marks.label(self.LEFT, self.HEIGHT - 5, _short_day(self.begins), "start"),
            marks.label(end, self.HEIGHT - 5, _short_day(self.resets), "end"),
        ]
        if ends < ground - 26:
            parts.append(marks.label(end + 6, ground + 4, "even pace", "start"))
        return marks.svg(width, self.HEIGHT, self.label, parts)


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The first instants of an instant's month and of the next."""
    begins = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(days=32)).replace(day=1)


# Scales


def _scale(low: float, high: float, *, most: int) -> tuple[float, float, float]:
    """Round a span outwards to steps of 1, 2, 2.5 or 5, so that at most ``most`` lines cross it."""
    span = max(high - low, 1e-9)
    size = 10.0 ** _floor_log(span / most)
    step = next(
        (size * factor for factor in (1, 2, 2.5, 5, 10, 20) if span / (size * factor) <= most - 1),
        size * 50,
    )
    first, last = (low // step) * step, -((-high) // step) * step
    return first, last if last > first else first + step, step


def _floor_log(value: float) -> int:
    power = 0
    while 10.0**power > value:
        power -= 1
    while 10.0 ** (power + 1) <= value:
        power += 1
    return power


def _ticks(low: float, high: float, step: float) -> list[float]:
    return [round(low + i * step, 10) for i in range(round((high - low) / step) + 1)]


def _signed_tick(value: float) -> str:
    text = f"{value:g}".replace("-", formats.MINUS)
    return f"+{text}" if value > 0 else text


def _thousands(value: float) -> str:
    if value < 1_000:
        return formats.count(round(value))
    if value >= 1_000_000:
        return f"{value / 1_000_000:.2f}".rstrip("0").rstrip(".") + "M"
    return f"{value / 1_000:.1f}".removesuffix(".0") + "k"


def _short_day(at: datetime) -> str:
    return formats.day(at).partition(" ")[2]


def _anchor(x: float, width: int) -> str:
    """Where a label over a mark may stand without leaving the drawing."""
    return "end" if x > width - 60 else "middle" if x > 60 else "start"
