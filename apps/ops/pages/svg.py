"""The pieces that a drawing is made of: scales, round values, lines and words as SVG."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import formats

_STEPS: Final = [
    timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
]


class Scale:
    """From a value to a place on paper."""

    def __init__(self, low: float, high: float, at_low: float, at_high: float) -> None:
        self.low, self.high = low, high if high > low else low + 1.0
        self.at_low, self.at_high = at_low, at_high

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.at_low + share * (self.at_high - self.at_low), 1)


def labels(x: float, ends: Sequence[tuple[float | None, str, str]]) -> list[SafeString]:
    """Words at the end of lines, pushed apart where they would touch."""
    placed = sorted((y, words, style) for y, words, style in ends if y is not None)
    parts, last = [], -100.0
    for y, words, style in placed:
        last = max(y + 4, last + 14)
        parts.append(text(x, last, words, style))
    return parts


def moments(since: datetime, until: datetime, count: int) -> list[tuple[datetime, str]]:
    """Round moments between two instants, at most so many, with their words."""
    step = next((s for s in _STEPS if (until - since) / s <= count), _STEPS[-1])
    seconds = int(step.total_seconds())
    first = -(-int(since.timestamp()) // seconds) * seconds
    found = []
    while first <= until.timestamp():
        at = datetime.fromtimestamp(first, UTC)
        if step >= timedelta(days=1) or at.hour == at.minute == 0:
            words = f"{formats.day(at)[:3]} {at.day}"
        else:
            words = formats.time_of_day(at, seconds=False)
        found.append((at, words))
        first += seconds
    return found


def step(span: float, steps: Sequence[float], count: int) -> float:
    return next((step for step in steps if span / step <= count - 1), steps[-1])


def ticks(low: float, high: float, step: float) -> list[float]:
    """Round values from the one below ``low`` to the one above ``high``."""
    first = int(low // step)
    last = int(-(-high // step))
    return [round(number * step, 4) for number in range(first, max(last, first + 1) + 1)]


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> SafeString:
    return format_html('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>', style, x1, y1, x2, y2)


def text(x: float, y: float, words: str, style: str = "", *, anchor: str = "start") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>',
        style,
        round(x, 1),
        round(y, 1),
        anchor,
        words,
    )


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
