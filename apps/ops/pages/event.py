"""The page of an event: how each market moved, who quoted what, what was made of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.catalog.models import Event, Selection
from apps.core import clock, formats, words
from apps.core.listing import address, linked
from apps.core.shapes import pill, shape, state, tier
from apps.core.subject import SubjectAdmin
from apps.ops.pages import chart
from apps.ops.pages.board import SNAPSHOTS, board_at
from apps.ops.pages.facts import KINDS, ROWS_AT_MOST, selection_ids, side_of
from apps.ops.pages.history import (
    BookRow,
    MarketHistory,
    book_rows,
    markets_of,
    model_chances,
    read_history,
    read_runs,
)
from apps.ops.pages.published import Shown, published_on
from apps.picks.admin import standing
from apps.picks.card import who
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import EventStatus, MarketType, QuoteStatus, Side, mirror_line
from apps.rulebook.odds import american_from_price
from apps.rulebook.thresholds import Tier
from apps.simulations.models import (
    MarketEvaluation,
    ModelVersion,
    RatingDay,
    SimulationRun,
)
from apps.snapshots.models import (
    Consensus,
    LatestQuote,
    MarketSnapshot,
    RawPayload,
    ResultSnapshot,
)

COUNTED_AT_MOST = 2_000


class EventPage(SubjectAdmin):
    """Stands before the room's own admin class of events."""

    page_template = "console/event/page.html"

    def shown(self, request: HttpRequest, row: Event) -> dict[str, Any]:
        at = clock.now()
        markets = markets_of(row)
        asked = request.GET.get("tab", "")
        chosen = next((one for one in markets if _slug(one) == asked), None)
        kind = asked if asked in KINDS or asked == SNAPSHOTS else ""
        if chosen is None and not kind:
            chosen = markets[0] if markets else None
        context = {
            "event": row,
            "state": _state_of(row, at),
            "began": row.begins_at <= at,
            "when": _when(row, at),
            "sources": list(row.sources.order_by("provider")),  # type: ignore[attr-defined]
            "result": ResultSnapshot.objects.current_of([row.pk]).first(),
            "tabs": _tabs(row, markets, chosen, kind),
            "league_at": address(self.admin_site, type(row.league), row.league_id),
        }
        if kind == SNAPSHOTS:
            return {**context, "kind": kind, **board_at(row, self.admin_site, request.GET, at)}
        if kind:
            return {**context, "kind": kind, **KINDS[kind](row, self.admin_site)}
        if chosen is None:
            return {**context, "kind": "nothing"}
        return {**context, "kind": "market", **self._market(request, row, chosen, at)}

    # One market.

    def _market(
        self, request: HttpRequest, event: Event, selection: Selection, at: datetime
    ) -> dict[str, Any]:
        history = read_history(event, selection)
        runs = read_runs(event)
        published = published_on(event, self.admin_site, request)
        here = [one for one in published.picks if _is_of(one, selection)]
        until = min(at, event.begins_at)
        drawn = {
            "model": model_chances(history, runs),
            "marks": [_mark(one) for one in here],
            "until": until,
            "begins_at": event.begins_at,
            "payload_at": lambda pk: address(self.admin_site, RawPayload, pk),
        }
        as_table = request.GET.get("as") == "table"
        return {
            "history": history,
            "market": _market_words(selection),
            "as_table": as_table,
            "agreed": self._agreed(history) if as_table else [],
            "wide": "" if as_table else chart.draw(history, size=chart.WIDE, **drawn),
            "phone": "" if as_table else chart.draw(history, size=chart.PHONE, **drawn),
            "rows": [self._book(history, one) for one in book_rows(history, at)],
            "total": self._consensus(history, until),
            "side": _side_words(selection),
            "picks": [_pick_row(one) for one in published.picks],
            "published": published,
            "run": self._run(history, runs, here),
            "runs_at": "?tab=simulations",
        }

    def _agreed(self, history: MarketHistory) -> list[dict[str, Any]]:
        """The consensus' points as rows, newest first, each with the body that it came in."""
        return [
            {
                **one._asdict(),
                "payload": linked(address(self.admin_site, RawPayload, one.payload_id), "body"),
            }
            for one in list(reversed(history.agreed))[:ROWS_AT_MOST]
        ]

    def _book(self, history: MarketHistory, row: BookRow) -> dict[str, Any]:
        kind = history.selection.market_type
        quote = row.quote
        late = row.age_s > row.max_age_s
        return {
            "book": quote.book.title,
            "line": formats.column_line(kind, row.line),
            "price": _price(row.price, row.price_american),
            "other": _price(row.other, row.other_american),
            "fair": formats.probability(row.fair_prob),
            "age": formats.age(row.age_s),
            "late": formats.limit_of(row.max_age_s) if late else "",
            "off": "" if row.on_offer else state("quote", quote.status),
            "snapshot": self._snapshot(history.selection, row),
        }

    def _snapshot(self, selection: Selection, row: BookRow) -> SafeString:
        quote: Any = row.quote  # with what ``with_close`` adds
        name = keys.snapshot_id(
            selection.uuid,
            quote.feed.provider,
            quote.book.key,
            quote.close_observed_at,
            row.line,
            row.price,
            QuoteStatus.OPEN,
        )
        there = address(self.admin_site, LatestQuote, quote.pk)
        return formats.identifier(name, there and f"{there}#s-{name}")

    def _consensus(self, history: MarketHistory, until: datetime) -> dict[str, Any] | None:
        rows = Consensus.objects.newest([history.selection.pk], by=until)
        found = rows.first()
        if found is None:
            return None
        return {
            "line": formats.column_line(found.market_type, found.line),
            "fair": formats.probability(found.fair_prob),
            "books": formats.out_of(found.books, found.books_total),
            "gap": words.sentence(found.gap) if found.gap else "",
            "age": formats.age((until - found.captured_at).total_seconds()),
            "id": formats.identifier(found.pk, address(self.admin_site, Consensus, found.pk)),
        }

    def _run(
        self, history: MarketHistory, runs: Sequence[SimulationRun], here: Sequence[Shown]
    ) -> dict[str, Any] | None:
        if not runs:
            return None
        run, kind = runs[-1], history.market_type
        scores, side = run.scores(), Side(history.selection.side)
        lines: set[Any] = {one.line for one in history.agreed[-1:] if one.line is not None}
        for shown in here:
            same = shown.pick.side == side
            line = shown.pick.line if same else mirror_line(kind, shown.pick.line)
            lines.add(line)
        covers = []
        for line in sorted(lines, key=lambda one: (one is None, one or 0)) or [None]:
            try:
                abv = scores.price(kind, side, line)
            except RuleBroken:
                continue
            pushes = f" ({formats.probability(abv.v)} push)" if abv.v > 0 else ""
            covers.append(
                {
                    "name": f"{_verb(kind)} {formats.line(kind, line)}".strip(),
                    "figure": f"{formats.probability(abv.a)}{pushes}",
                }
            )
        fair = ""
        if kind in (MarketType.SPREAD, MarketType.TOTAL):
            name = "fair_home_spread" if kind == MarketType.SPREAD else "fair_total"
            fair = formats.line(kind, round(run.outputs[name], 1))
        return {
            "id": formats.identifier(run.pk, address(self.admin_site, SimulationRun, run.pk)),
            "games": formats.count(run.sim_count),
            "seed": f"0x{int(run.seed or 0):x}",
            "fair": fair,
            "covers": covers[:4],
            "ratings": linked(
                address(self.admin_site, RatingDay, run.rating_day_id),
                f"ratings of {run.rating_day.league_day:%-d %b}"
                if run.rating_day
                else "no ratings",
            ),
            "model": linked(
                address(self.admin_site, ModelVersion, run.model_version_id),
                f"model {run.model_version}",
            ),
        }


# Words and small pieces.


def _tabs(
    event: Event, markets: Sequence[Selection], chosen: Selection | None, kind: str
) -> list[dict[str, Any]]:
    ids = selection_ids(event)
    counted = {
        SNAPSHOTS: MarketSnapshot.objects.filter(selection__in=ids),
        "simulations": SimulationRun.objects.of_events([event.pk]),
        "evaluations": MarketEvaluation.objects.filter(selection__in=ids),
        "payloads": MarketSnapshot.objects.filter(selection__in=ids)
        .order_by()
        .values("poll_id")
        .distinct(),
        "schedule": event.schedule_changes.all(),  # type: ignore[attr-defined]
    }
    names = {"schedule": "Schedule changes"}
    return [
        *(
            {
                "name": _market_words(one).capitalize(),
                "href": f"?tab={_slug(one)}",
                "here": one == chosen,
            }
            for one in markets
        ),
        *(
            {
                "name": names.get(name, name.capitalize()),
                "href": f"?tab={name}",
                "here": name == kind,
                "count": _bounded(rows),
            }
            for name, rows in counted.items()
        ),
    ]


def _bounded(rows: Any) -> str:
    """How many, as far as it is worth counting."""
    counted = rows[: COUNTED_AT_MOST + 1].count()
    return f"over {COUNTED_AT_MOST:,}" if counted > COUNTED_AT_MOST else formats.count(counted)


def _slug(selection: Selection) -> str:
    return f"{selection.market_type}-{selection.period}".lower()


def _market_words(selection: Selection) -> str:
    name = words.market(selection.market_type)
    if selection.period == "FULL_GAME":
        return name
    return f"{name}, {words.period(selection.period)}"


def _side_words(selection: Selection) -> str:
    return side_of(selection.event, selection)


def _state_of(event: Event, at: datetime) -> SafeString:
    if event.frozen_code:
        return pill("event", EventStatus.POSTPONED, f"Frozen: {words.sentence(event.frozen_code)}")
    if event.status == EventStatus.SCHEDULED and event.begins_at <= at:
        return pill("event", EventStatus.LIVE, "Begun, not seen in play yet")
    return pill("event", event.status)


def _when(event: Event, at: datetime) -> str:
    apart = abs((at - event.begins_at).total_seconds())
    if event.begins_at <= at:
        return f"{formats.age(apart)} ago" if apart < 7 * 86_400 else ""
    return f"in {formats.age(apart)}"


def _is_of(one: Shown, selection: Selection) -> bool:
    return (one.pick.market_type, one.pick.period) == (selection.market_type, selection.period)


def _mark(one: Shown) -> chart.Mark:
    pick = one.pick
    same = pick.side in (Side.HOME, Side.OVER)
    kind = MarketType(pick.market_type)

    def of_shown(line: Any) -> float | None:
        turned = line if same else mirror_line(kind, line)
        return None if turned is None else float(turned)

    written = formats.line(kind, pick.line)
    side = "" if same else f"{_short_side(pick)} "
    assert pick.published_at is not None
    bound = formats.american(_american(pick.playable_to_price))
    return chart.Mark(
        at=pick.published_at,
        line=of_shown(pick.line),
        fair_prob=pick.fair_prob if same else 1 - pick.fair_prob,
        is_edge=pick.tier == Tier.EDGE,
        words=f"{pick.tier} {side}{written} {formats.american(_american(pick.price))}"
        f" · v{pick.pick_version}",
        below=f"{one.tenant}, {pick.book.title}",
        same_side=same,
        playable_line=of_shown(pick.playable_to_line),
        playable_words=f"playable to {bound} at {written}" if written else "",
    )


def _short_side(pick: Any) -> str:
    if pick.side == Side.AWAY:
        return str(pick.event.away.abbreviation or pick.event.away.name)
    return formats.words(pick.side)


def _american(price: Any) -> int | None:
    return None if price is None else american_from_price(price)


def _pick_row(one: Shown) -> dict[str, Any]:
    pick: Any = one.pick
    figure = formats.line(pick.market_type, pick.line) or words.market(pick.market_type)
    return {
        "href": one.href,
        "shape": shape("diamond" if pick.tier == Tier.EDGE else "diamond_open", "accent"),
        "name": f"{who(pick)} {figure}, {_price(pick.price, pick.price_american)}",
        "tier": tier(pick.tier),
        "below": f"{one.tenant}, {pick.book.title}, {words.market(pick.market_type)}",
        "state": state("outcome", pick.outcome) if pick.outcome else standing(pick),
        "at": formats.when(pick.published_at, seconds=False),
    }


def _price(price: Any, price_american: int | None) -> str:
    if price_american is None:
        return formats.american(_american(price))
    return formats.american(price_american)


def _verb(kind: MarketType) -> str:
    return {MarketType.SPREAD: "Covers", MarketType.TOTAL: "Over"}.get(kind, "Wins")
