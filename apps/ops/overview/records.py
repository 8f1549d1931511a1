"""How punctually picks are graded, and what came of them: each figure with n and its interval."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from apps.core import charts, formats
from apps.core.formats import Measure
from apps.grading.record import DELAYS_UP_TO, PRICE_BASIS, SLA_MINUTES
from apps.ops.models import TenantStanding
from apps.ops.overview import links
from apps.rulebook.statistics import Interval, wilson
from apps.tenants.models import Tenant

GOAL = 0.99  # docs/domain.md section 7: graded within two hours of the final
_BAR_NAMES = ("15m", "30m", "45m", "1h", "90m", "2h", "3h", "more")
_WITHIN = DELAYS_UP_TO.index(SLA_MINUTES) + 1  # bars of grades that were in time


@dataclass(frozen=True, slots=True)
class Grading:
    """All tenants together: a promise is kept to every one of them."""

    in_time: int
    graded: int  # of 30 days
    share: float | None
    goal: float
    equation: str
    waits_for: str
    waiting: int
    chart: SafeString
    href: str


@dataclass(frozen=True, slots=True)
class Record:
    """One tenant's bets to date."""

    schema: str
    name: str
    bets: int
    decided: int
    pushed: int
    score: str
    counted: str  # where every published pick is, so that a reader can add it up
    period: str
    basis: str
    win_rate: Interval | None
    verdict: str  # what the interval says about break-even
    whiskers: SafeString
    profit: str
    bounds: str
    promise: str
    clv: str
    clv_missing: int
    band: SafeString
    live: int
    waiting: int
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A tenant whose record can be shown."""

    schema: str
    name: str
    chosen: bool


def grading(standings: Sequence[TenantStanding]) -> Grading:
    bars = [0] * len(_BAR_NAMES)
    for standing in standings:
        bars = [bar + n for bar, n in zip(bars, standing.delays or [0] * len(bars), strict=True)]
    in_time, graded = sum(bars[:_WITHIN]), sum(bars)
    reasons: Counter[str] = Counter()
    for standing in standings:
        reasons.update(standing.ungraded)
    label = (
        f"Of {formats.plural(graded, 'grade')} in 30 days {formats.count(in_time)} came within two"
        " hours of the final: "
        + ", ".join(f"{name} {n}" for name, n in zip(_BAR_NAMES, bars, strict=True))
        + "."
    )
    return Grading(
        in_time=in_time,
        graded=graded,
        share=in_time / graded if graded else None,
        goal=GOAL,
        equation=equation(standings),
        waits_for=", ".join(
            f"{formats.words(reason).lower()} {n}" for reason, n in sorted(reasons.items())
        ),
        waiting=reasons.total(),
        chart=charts.both(charts.DelayBars(bars, _BAR_NAMES, within=_WITHIN, label=label))
        if graded
        else SafeString(""),
        href=links.listed("ops_stagestanding", stage="grade"),
    )


def equation(standings: Sequence[TenantStanding]) -> str:
    """Say where every pick that is due stands, so that a reader can add it up."""
    graded = sum(standing.bets for standing in standings)
    waiting = sum(standing.waiting for standing in standings)
    void = sum(standing.void for standing in standings)
    ungradeable = sum(standing.ungradeable for standing in standings)
    return (
        f"Due {formats.count(graded + waiting + void + ungradeable)}"
        f" = graded {formats.count(graded)} + waiting {formats.count(waiting)}"
        f" + void {formats.count(void)} + ungradeable {formats.count(ungradeable)}."
    )


def choices(standings: Sequence[TenantStanding], asked: str) -> list[Choice]:
    """The tenants with the most bets, the one that is asked for among them and chosen."""
    names = dict(Tenant.objects.values_list("schema_name", "name"))
    ranked = sorted(standings, key=lambda one: (-one.bets, one.tenant_schema))
    known = {one.tenant_schema for one in ranked}
    chosen = asked if asked in known else (ranked[0].tenant_schema if ranked else "")
    shown = [one for one in ranked if one.tenant_schema == chosen] + [
        one for one in ranked if one.tenant_schema != chosen
    ][:4]
    shown.sort(key=lambda one: names.get(one.tenant_schema, ""))
    return [
        Choice(
            one.tenant_schema,
            names.get(one.tenant_schema, one.tenant_schema),
            one.tenant_schema == chosen,
        )
        for one in shown
    ]


def record(standing: TenantStanding, name: str) -> Record:
    whole = wilson(standing.won, standing.decided) if standing.decided else None
    return Record(
        schema=standing.tenant_schema,
        name=name,
        bets=standing.bets,
        decided=standing.decided,
        pushed=standing.pushed,
        score=formats.record(standing.won, standing.lost, standing.pushed),
        counted=counted(standing),
        period=period_of(standing),
        basis=PRICE_BASIS,
        win_rate=whole,
        verdict=_verdict(whole, standing.break_even),
        whiskers=_whiskers(standing, whole),
        profit=formats.units(standing.profit, 1),
        bounds=reach_of(standing),
        promise=formats.units(standing.promised, 1),
        clv=formats.interval(
            standing.clv_mean, standing.clv_low, standing.clv_high, measure=Measure.RETURN
        ),
        clv_missing=standing.clv_missing,
        band=_band(standing),
        live=standing.live,
        waiting=standing.waiting,
        href=links.of_tenant(standing.tenant_schema, "grading_grade"),
    )


def counted(standing: TenantStanding) -> str:
    """Write ``412 published = 404 bets + 3 void + 1 ungradeable + 4 open``."""
    parts = (
        f"{formats.plural(standing.bets, 'bet')}",
        f"{formats.count(standing.void)} void",
        f"{formats.count(standing.ungradeable)} ungradeable",
        f"{formats.count(standing.open)} open",
    )
    return f"{formats.count(standing.published)} published = {' + '.join(parts)}"


def period_of(standing: TenantStanding) -> str:
    """Write the days of the first and the last game in the record; empty where it has none."""
    first, last = standing.first_game_at, standing.last_game_at
    if first is None or last is None:
        return ""
    return f"{day_of(first)} to {day_of(last)}"


def day_of(at: datetime | None) -> str:
    """Write a day of a period, without its weekday: ``4 Sep 2025``."""
    return formats.day(at, year=True).partition(" ")[2]


def reach_of(standing: TenantStanding) -> str:
    """Write where the profit may lie; empty where it is too little to tell."""
    if standing.profit_low is None:
        return ""
    return formats.bounds(standing.profit_low, standing.profit_high, Measure.UNITS)


def _verdict(rate: Interval | None, break_even: float | None) -> str:
    """Say what the interval says, and no more."""
    if rate is None or break_even is None:
        return ""
    if rate.low <= break_even <= rate.high:
        return "The interval includes break-even."
    if rate.low > break_even:
        return "The interval lies above break-even."
    return "The interval lies below break-even."


def _whiskers(standing: TenantStanding, whole: Interval | None) -> SafeString:
    if whole is None:
        return SafeString("")
    rows = [_whisker("All", whole)]
    rows += [
        _whisker(tier["tier"], wilson(tier["won"], tier["won"] + tier["lost"]))
        for tier in standing.tiers
    ]
    mark = standing.break_even
    label = "Win rates: " + "; ".join(
        f"{row.name} {formats.interval(row.value, row.low, row.high)}, {row.note}" for row in rows
    )
    return charts.both(
        charts.Whiskers(
            rows,
            mark=mark,
            mark_name="" if mark is None else f"break-even {formats.probability(mark)}",
            label=f"{label}. Break-even is {formats.probability(mark)}.",
        )
    )


def _whisker(name: str, rate: Interval) -> charts.Whisker:
    return charts.Whisker(name, f"n = {formats.count(rate.n)}", rate.value, rate.low, rate.high)


def _band(standing: TenantStanding) -> SafeString:
    if not standing.path:
        return SafeString("")
    path = [charts.Step(*point) for point in standing.path]
    return charts.both(
        charts.ProfitBand(
            path,
            label=f"Profit after {formats.plural(standing.bets, 'bet')}:"
            f" {formats.units(standing.profit, 1)}; the published probabilities promised"
            f" {formats.units(standing.promised, 1)}, give or take"
            f" {formats.units(1.96 * standing.deviation, 1).lstrip('+')} in 95 of 100 cases.",
        )
    )
