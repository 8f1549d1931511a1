"""Line and price history as a drawing: SVG from the server, at the size it is shown.

Two panels over one axis of time: the line, where the market has one, and the chance with the
margin removed. Consensus is strong, single books are faint, the model is dashed, picks are
diamonds on the line that they took. Every change is a point that leads to the bytes it came in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import formats
from apps.ops.pages import svg
from apps.ops.pages.history import Agreed, Chance, MarketHistory
from apps.rulebook.markets import MarketType, Side

_LINE_STEPS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
_CHANCE_STEPS: Final = (0.01, 0.02, 0.04, 0.05, 0.1, 0.2)
_LABELLED: Final = 2  # picks whose words stand in the drawing; the others are diamonds only
_POINTS_AT_MOST: Final = 600  # of single books; with more of them only the consensus has points
_CHARACTER: Final = 6.1  # px, on average, of the 11 px that labels have


@dataclass(frozen=True)
class Mark:
    """One published pick in the drawing."""

    at: datetime
    line: float | None  # as given to the shown side
    fair_prob: float  # of the shown side
    is_edge: bool
    words: str
    below: str
    same_side: bool
    playable_line: float | None = None
    playable_words: str = ""


@dataclass(frozen=True)
class Size:
    width: int
    left: int
    right: int
    line_height: int
    chance_height: int
    ticks: int


WIDE: Final = Size(width=926, left=44, right=92, line_height=190, chance_height=104, ticks=7)
PHONE: Final = Size(width=324, left=36, right=72, line_height=150, chance_height=96, ticks=4)
_TOP: Final = 30
_BETWEEN: Final = 38
_FOOT: Final = 24


def draw(
    history: MarketHistory,
    *,
    model: Sequence[Chance],
    marks: Sequence[Mark],
    until: datetime,
    begins_at: datetime,
    size: Size,
    payload_at: Callable[[int | None], str],
) -> SafeString:
    """Draw one market; empty where nothing was agreed on before the game."""
    agreed = [one for one in history.agreed if one.at <= until]
    if not agreed:
        return SafeString("")
    drawing = _Drawing(history, agreed, model, marks, until, begins_at, size, payload_at)
    return drawing.whole()


class _Drawing:
    def __init__(
        self,
        history: MarketHistory,
        agreed: Sequence[Any],
        model: Sequence[Chance],
        marks: Sequence[Mark],
        until: datetime,
        begins_at: datetime,
        size: Size,
        payload_at: Callable[[int | None], str],
    ) -> None:
        self.history, self.agreed, self.size = history, agreed, size
        self.payload_at = payload_at
        self.until, self.begins_at = until, begins_at
        self.since = min(agreed[0].at, *(mark.at for mark in marks)) if marks else agreed[0].at
        self.model = [one for one in model if one.at <= until]
        self.marks = [mark for mark in marks if self.since <= mark.at <= until]
        self.end = size.width - size.right
        self.x = svg.Scale(self.since.timestamp(), until.timestamp(), size.left, self.end)
        self.is_lined = history.is_lined
        self.line_top = _TOP
        self.line_foot = _TOP + size.line_height if self.is_lined else 0
        self.chance_top = self.line_foot + _BETWEEN if self.is_lined else _TOP
        grown = 0 if self.is_lined else 80
        self.chance_foot = self.chance_top + size.chance_height + grown
        self.height = self.chance_foot + _FOOT

    def whole(self) -> SafeString:
        parts = [self._time_axis()]
        if self.is_lined:
            parts.append(self._lines())
        parts += [self._chances(), self._start()]
        return format_html(
            '<svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="group" aria-label="{2}">{3}'
            "</svg>",
            self.size.width,
            self.height,
            self._sentence(),
            svg.joined(parts),
        )

    # What it says without being seen.

    def _sentence(self) -> str:
        first, last = self.agreed[0], self.agreed[-1]
        kind = self.history.market_type
        parts = []
        if self.is_lined:
            parts.append(
                f"Consensus line from {formats.line(kind, first.line)}"
                f" to {formats.line(kind, last.line)}"
            )
        if first.fair_prob is not None and last.fair_prob is not None:
            parts.append(
                f"chance of {self._who()} from {formats.probability(first.fair_prob)}"
                f" to {formats.probability(last.fair_prob)}, margin removed"
            )
        if self.model and self.model[-1].probability is not None:
            parts.append(f"model {formats.probability(self.model[-1].probability)}")
        if self.marks:
            parts.append(formats.plural(len(self.marks), "published pick"))
        return "; ".join(parts) + "."

    def _who(self) -> str:
        side = self.history.selection.side
        names = {Side.HOME.value: self.history.event.home.name, Side.OVER.value: "over"}
        return str(names.get(side, side.lower()))

    # The axis of time.

    def _time_axis(self) -> SafeString:
        parts = []
        for at, words in svg.moments(self.since, self.until, self.size.ticks):
            x = self.x(at.timestamp())
            if x > self.end - 50:
                continue
            top = self.line_top if self.is_lined else self.chance_top
            parts.append(svg.line(x, top, x, self.chance_foot, "grid"))
            parts.append(svg.text(x + 4, self.chance_foot + 17, words))
        return svg.joined(parts)

    def _start(self) -> SafeString:
        top = self.line_top if self.is_lined else self.chance_top
        begun = self.begins_at <= self.until
        words = f"{formats.time_of_day(self.until, seconds=False)} {'start' if begun else 'now'}"
        return svg.joined(
            [
                svg.line(self.end, top, self.end, self.chance_foot, "start" if begun else "axis"),
                svg.text(self.end + 4, self.chance_foot + 17, words, "t-ink2"),
            ]
        )

    # The line.

    def _lines(self) -> SafeString:
        up = -1.0 if self.history.market_type == MarketType.SPREAD else 1.0
        values = [float(one.line) for one in self.agreed if one.line is not None]
        low, high = min(values), max(values)
        near = max(1.5, (high - low) or 1.0)
        for quotes in self.history.books.values():
            shown = [float(q.line) for q in quotes if q.line is not None and q.at <= self.until]
            inside = [value for value in shown if low - near <= value <= high + near]
            low, high = min([low, *inside]), max([high, *inside])
        for mark in self.marks:
            if mark.line is not None:
                low, high = min(low, mark.line), max(high, mark.line)
        step = svg.step(high - low, _LINE_STEPS, 6)
        ticks = svg.ticks(low - step / 2, high + step / 2, step)
        ends = sorted((up * ticks[0], up * ticks[-1]))
        y = svg.Scale(ends[0], ends[1], self.line_foot, self.line_top + 16)
        kind = self.history.market_type
        parts = [
            svg.text(self.size.left, self.line_top - 8, self._line_title(), "t-ink"),
            svg.text(self.end, self.line_top - 8, self._up(), anchor="end"),
        ]
        for tick in ticks:
            place = y(up * tick)
            parts.append(svg.line(self.size.left, place, self.end, place, "grid"))
            parts.append(
                svg.text(self.size.left - 6, place + 4, formats.line(kind, tick), anchor="end")
            )
        parts += self._playable(y, up)

        def placed(line: Any) -> float | None:
            if line is None or not ticks[0] <= float(line) <= ticks[-1]:
                return None
            return y(up * float(line))

        for quotes in self.history.books.values():
            parts.append(self._path([(q.at, placed(q.line)) for q in quotes], "book"))
        parts.append(self._path([(a.at, placed(a.line)) for a in self.agreed], "market"))
        parts += self._line_points(placed)
        parts += self._diamonds(lambda mark: placed(mark.line), labelled=True)
        last = next((a for a in reversed(self.agreed) if a.line is not None), None)
        if last is not None:
            place = placed(last.line) or self.line_foot
            written = formats.line(kind, last.line)
            short = self.size is PHONE
            words = f"Books {written}" if short else f"Consensus {written}"
            of = f"{last.books} of {last.books_total}"
            parts.append(svg.text(self.end + 6, place + 4, words, "t-ink"))
            parts.append(
                svg.text(self.end + 6, place + 17, of if short else f"{of} books", "t-ink2")
            )
        return svg.joined(parts)

    def _line_title(self) -> str:
        if self.size is PHONE:
            return "Line"
        if self.history.market_type == MarketType.SPREAD:
            return f"Line for {self.history.event.home.name}"
        return "Line"

    def _up(self) -> str:
        if self.history.market_type == MarketType.SPREAD:
            return "up = stronger favourite"
        return "up = more points"

    def _playable(self, y: svg.Scale, up: float) -> list[SafeString]:
        """The side of the newest pick's playable line on which it may still be taken."""
        marks = [mark for mark in self.marks if mark.playable_line is not None]
        if not marks:
            return []
        mark = marks[-1]
        assert mark.playable_line is not None
        edge = min(max(up * mark.playable_line, y.low), y.high)
        # The chart goes up where the shown side's line gets worse for whoever takes it.
        better_is_down = mark.same_side
        top, foot = (y(edge), y(y.low)) if better_is_down else (y(y.high), y(edge))
        x = self.x(mark.at.timestamp())
        if foot - top < 2 or self.end - x < 2:
            return []
        drawn = format_html(
            '<rect class="play" x="{}" y="{}" width="{}" height="{}"/>',
            x,
            top,
            round(self.end - x, 1),
            round(foot - top, 1),
        )
        words = mark.playable_words
        if self.end - x < len(words) * _CHARACTER or foot - top < 16:
            return [drawn]
        return [drawn, svg.text(self.end - 8, foot - 6, words, "halo", anchor="end")]

    # The chance.

    def _chances(self) -> SafeString:
        agreed = [(one.at, one.fair_prob) for one in self.agreed]
        model = [(one.at, one.probability) for one in self.model]
        values = [value for _, value in (*agreed, *model) if value is not None]
        values += [mark.fair_prob for mark in self.marks]
        if not values:
            return SafeString("")
        low, high = min(values), max(values)
        step = svg.step(max(high - low, 0.04), _CHANCE_STEPS, 4)
        ticks = svg.ticks(low - step / 3, high + step / 3, step)
        y = svg.Scale(ticks[0], ticks[-1], self.chance_foot, self.chance_top)
        parts = [svg.text(self.size.left, self.chance_top - 10, self._chance_title(), "t-ink halo")]
        for tick in ticks:
            place = y(tick)
            parts.append(svg.line(self.size.left, place, self.end, place, "grid"))
            written = formats.probability(tick, 0)
            parts.append(svg.text(self.size.left - 6, place + 4, written, anchor="end"))

        def placed(value: float | None) -> float | None:
            return None if value is None or not ticks[0] <= value <= ticks[-1] else y(value)

        for chances in self.history.chances.values():
            parts.append(self._path([(c.at, placed(c.probability)) for c in chances], "book"))
        parts.append(self._path([(at, placed(value)) for at, value in agreed], "market"))
        parts.append(self._path([(at, placed(value)) for at, value in model], "ours"))
        for one in self.agreed:
            words = f"{self._told(one)}, chance {formats.probability(one.fair_prob)}"
            parts.append(self._point(one.at, placed(one.fair_prob), one.payload_id, words, "dot"))
        parts += self._diamonds(lambda mark: placed(mark.fair_prob), labelled=False)
        places = 0 if self.size is PHONE else 1
        ends = [
            (placed(series[-1][1]), f"{name} {formats.probability(series[-1][1], places)}", style)
            for name, series, style in (("Model", model, "t-ink"), ("Market", agreed, "t-ink2"))
            if series and series[-1][1] is not None
        ]
        parts += svg.labels(self.end + 6, ends)
        return svg.joined(parts)

    def _chance_title(self) -> str:
        if self.size is PHONE:
            return "Chance, margin removed"
        if not self.is_lined:
            return f"Chance of {self._who()}, margin removed"
        verb = "covering" if self.history.market_type == MarketType.SPREAD else "going over"
        return f"Chance of {verb} the line of the moment, margin removed"

    # Pieces.

    def _path(self, steps: Iterable[tuple[datetime, float | None]], style: str) -> SafeString:
        """A quote holds until the next: steps, broken where there was none."""
        written, before = [], None
        for at, place in steps:
            if at > self.until:
                break
            x = self.x(max(at, self.since).timestamp())
            if before is not None:
                written.append(f"H{x}")
            if place is None:
                before = None
                continue
            written.append(f"V{place}" if before is not None else f"M{x} {place}")
            before = place
        if before is not None:
            written.append(f"H{self.end}")
        if not written:
            return SafeString("")
        return format_html('<path class="{}" d="{}"/>', style, "".join(written))

    def _line_points(self, placed: Callable[[Any], float | None]) -> list[SafeString]:
        parts = []
        quoted = sum(len(quotes) for quotes in self.history.books.values())
        if quoted <= _POINTS_AT_MOST:
            for book, quotes in self.history.books.items():
                for q, following in zip(quotes, [*quotes[1:], None], strict=True):
                    if following is not None and following.at <= self.since:
                        continue  # no longer stood where the drawing begins
                    line = formats.line(self.history.market_type, q.line)
                    words = f"{book} {line}, {formats.time_of_day(q.at)} UTC"
                    parts.append(self._point(q.at, placed(q.line), q.payload_id, words, "dot-book"))
        for one in self.agreed:
            parts.append(
                self._point(one.at, placed(one.line), one.payload_id, self._told(one), "dot")
            )
        return parts

    def _told(self, one: Agreed) -> str:
        line = formats.line(self.history.market_type, one.line)
        books = f"{one.books} of {one.books_total} books"
        return f"Consensus {line}".strip() + f", {books}, {formats.time_of_day(one.at)} UTC"

    def _point(
        self, at: datetime, y: float | None, payload_id: int | None, words: str, style: str
    ) -> SafeString:
        """A change, which leads to the payload that brought it."""
        if y is None or at > self.until:
            return SafeString("")
        dot = format_html(
            '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
            style,
            self.x(max(at, self.since).timestamp()),
            y,
            3 if style == "dot" else 2,
            words,
        )
        there = self.payload_at(payload_id)
        if not there:
            return dot
        return format_html('<a href="{}" aria-label="{}">{}</a>', there, f"{words}: payload", dot)

    def _diamonds(
        self, placed: Callable[[Mark], float | None], *, labelled: bool
    ) -> list[SafeString]:
        parts: list[SafeString] = []
        for number, mark in enumerate(self.marks):
            y, x = placed(mark), self.x(mark.at.timestamp())
            if y is None:
                continue
            if labelled and number < _LABELLED:
                parts += self._pick_label(mark, x, y, above=number % 2 == 0)
            parts.append(
                format_html(
                    '<path class="{}" d="M{} {}l6 6-6 6-6-6z"><title>{}</title></path>',
                    "pick" if mark.is_edge else "pick-open",
                    x,
                    round(y - 6, 1),
                    f"{mark.words}, {mark.below}",
                )
            )
        return parts

    def _pick_label(self, mark: Mark, x: float, y: float, *, above: bool) -> list[SafeString]:
        above = (above and y - 44 > self.line_top) or y + 44 > self.line_foot
        top = y - 44 if above else y + 24
        longest = max(len(mark.words) * 1.06, len(mark.below)) * _CHARACTER
        right = x + longest > self.end
        anchor, at = ("end", x + 4) if right else ("start", x)
        lead = (y - 27, y - 6) if above else (y + 6, y + 14)
        return [
            svg.line(x, lead[0], x, lead[1], "lead"),
            svg.text(at, top, mark.words, "t-ink halo", anchor=anchor),
            svg.text(at, top + 13, mark.below, "t-ink2 halo", anchor=anchor),
        ]
