"""The record as a tenant's readers are told it: each part with n, interval and what is missing."""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import charts, formats
from apps.core.formats import Measure
from apps.core.local import Place
from apps.grading.record import (
    PRICE_BASIS,
    Period,
    Record,
    changes_with,
    published,
    record_of,
)
from apps.grading.segments import ALL, Segment, segments
from apps.rulebook.statistics import Interval
from apps.site.drawing import BoardBand, RateBar

KEPT_S = 3_600  # the key names what it is made from, the day and whose day: nothing old is shown
FEW = 100  # docs/domain.md section 11: below it nothing is said about skill


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the record in final words."""

    name: str
    score: str
    bar: SafeString
    win_rate: str
    profit: str
    clv: str
    counted: str  # where every published pick is, so that a reader can add it up
    period: str


@dataclass(frozen=True, slots=True)
class Told:
    """The record, and two sentences on what it can tell."""

    parts: list[Part]
    graded: int
    break_even: str
    basis: str
    verdict: str
    band: SafeString


def read_record(at: datetime, place: Place) -> Told:
    """Read the record of the tenant in scope; until it changes it is read once a day."""
    day = place.on(at).date()
    found: Told | None = cache.get(key := f"site-record|{changes_with()}|{day}|{place.zone}")
    if found is None:
        rows = published()
        found = _told(segments(rows, at=at), record_of(rows), place)
        cache.set(key, found, KEPT_S)
    return found


def _told(parts: list[Segment], whole: Record, place: Place) -> Told:
    every = next(part for part in parts if part.name == ALL)
    return Told(
        parts=[_part(part, place) for part in parts],
        graded=every.bets,
        break_even=formats.probability(every.break_even),
        basis=PRICE_BASIS,
        verdict=_verdict(every),
        band=_band(whole),
    )


def _part(part: Segment, place: Place) -> Part:
    rate, clv = part.win_rate, part.clv
    low, high = part.profit_reach or (None, None)
    return Part(
        name=part.name,
        score=formats.record(part.won, part.lost, part.pushed),
        bar=RateBar(rate, part.break_even)() if rate else SafeString(""),
        win_rate=_estimate(rate),
        profit=_strong(
            formats.units(part.profit, 1) if part.bets else "none yet",
            formats.bounds(low, high, Measure.UNITS) if part.profit_reach else "",
            f", n = {formats.count(part.bets)}",
        ),
        clv=_strong(
            formats.named_clv(clv.mean).removeprefix("CLV "),
            "" if clv.low is None else formats.bounds(clv.low, clv.high, Measure.RETURN),
            f", n = {formats.count(clv.n)}, {formats.missing(clv.missing)}",
        ),
        counted=_counted(part),
        period=_period(part.period, place),
    )


def _estimate(rate: Interval | None) -> SafeString:
    if rate is None:
        return format_html("<b>{}</b>, n = 0", formats.MISSING)
    return _strong(
        formats.probability(rate.value),
        formats.bounds(rate.low, rate.high),
        f", n = {formats.count(rate.n)}",
    )


def _strong(value: str, reach: str, rest: str = "") -> SafeString:
    return format_html("<b>{}</b>{}{}", value, f" ({reach})" if reach else "", rest)


def _counted(part: Segment) -> str:
    """Say where every published pick is: a void game is no bet, and is counted all the same."""
    return (
        f"{formats.count(part.published)} published: {formats.plural(part.bets, 'bet')},"
        f" {formats.count(part.void)} void, {formats.count(part.ungradeable)} ungradeable,"
        f" {formats.count(part.open)} not settled yet"
    )


def _period(period: Period | None, place: Place) -> str:
    if period is None:
        return ""
    first, last = (place.short_day(each, year=True) for each in period)
    return f"Game of {first}" if first == last else f"Games from {first} to {last}"


def _verdict(every: Segment) -> str:
    """What the sample can and cannot tell, and no more."""
    rate, even = every.win_rate, every.break_even
    if rate is None or even is None:
        return "Nothing has been decided yet: there is no record to judge by."
    n = formats.plural(rate.n, "result")
    if rate.low <= even <= rate.high:
        said = f"The win-rate interval includes break-even: {n} cannot tell skill from luck."
    elif rate.n < FEW:
        said = f"{n} are few: no interval of so small a sample is worth much."
    else:
        side = "above" if rate.low > even else "below"
        said = f"The win-rate interval lies {side} break-even after {n}."
    return f"{said} {_of_the_close(every)}".strip()


def _of_the_close(every: Segment) -> str:
    clv = every.clv
    if clv.low is None or clv.high is None:
        return "Closing line value settles sooner; there is not enough of it yet."
    if clv.low > 0:
        return "Closing line value settles sooner, and it is above zero."
    if clv.high < 0:
        return "Closing line value settles sooner, and it is below zero."
    return "Closing line value settles sooner, and its interval includes zero."


def _band(whole: Record) -> SafeString:
    if not whole.path:
        return SafeString("")
    label = (
        f"Profit after {formats.plural(whole.bets, 'bet')}: {formats.units(whole.profit, 1)};"
        f" the published probabilities promised {formats.units(whole.promised, 1)}, give or take"
        f" {formats.units(1.96 * whole.deviation, 1).lstrip('+')} in 95 of 100 cases."
    )
    return charts.both(BoardBand([charts.Step(*point) for point in whole.path], label=label))
