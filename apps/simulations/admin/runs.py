"""Runs and evaluations, each with a page: what went in, what came out, what the market said."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import Event
from apps.core import formats, words
from apps.core.listing import recent, two_lines
from apps.core.shapes import state
from apps.core.subject import SubjectAdmin
from apps.rulebook.markets import MarketType, Side
from apps.simulations.admin.drawing import draw_margins
from apps.simulations.admin.models import pretty
from apps.simulations.models import (
    EvaluationBatch,
    MarketEvaluation,
    ModelVersion,
    NotEvaluated,
    RatingDay,
    RunStatus,
    SimulationRun,
)
from apps.snapshots.models import ProviderPoll

BEST = 60  # evaluations shown of a batch: they have no page of their own (two-column key)


@admin.register(SimulationRun)
class SimulationRunAdmin(SubjectAdmin):
    list_display = ["game", "standing", "num_games", "num_spread", "num_home", "simulated"]
    list_filter = ["status", "model_version", recent("simulated_at")]
    list_select_related = ["event__home", "event__away", "event__league", "model_version"]
    search_ids = ["id", "event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-simulated_at", "-id"]
    page_template = "console/simulations/run.html"
    nothing_yet = (
        "A game ahead is simulated as soon as its league has ratings, and again when an input"
        " changes."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SimulationRun]:
        return super().get_queryset(request).defer("distribution", "inputs")

    @display(description="Event")
    def game(self, run: SimulationRun) -> SafeString:
        model = run.model_version or "no model"
        return two_lines(run.event, f"{run.event.league.code} · {model}")

    @display(description="State", ordering="status")
    def standing(self, run: SimulationRun) -> SafeString:
        word = formats.words(run.reason) if run.reason else ""
        return state("run", run.status, word)

    @display(description="Games", ordering="sim_count")
    def num_games(self, run: SimulationRun) -> str:
        return formats.count(run.sim_count) if run.sim_count else formats.MISSING

    @display(description="Fair spread, total")
    def num_spread(self, run: SimulationRun) -> SafeString:
        return two_lines(
            _fair(run, "fair_home_spread", MarketType.SPREAD),
            _fair(run, "fair_total", MarketType.TOTAL),
        )

    @display(description="Home wins")
    def num_home(self, run: SimulationRun) -> str:
        return formats.probability(run.outputs.get("home_win"))

    @display(description="Simulated", ordering="simulated_at")
    def simulated(self, run: SimulationRun) -> SafeString:
        return formats.when(run.simulated_at)

    # Its own page.

    def titled(self, row: SimulationRun) -> str:
        return f"Run of {row.event}"

    def shown(self, request: HttpRequest, row: SimulationRun) -> dict[str, Any]:
        done = row.status == RunStatus.DONE
        seed = "" if row.seed is None else f"0x{int(row.seed):x}"
        return {
            "run": row,
            "state": self.standing(row),
            "event": self.link(Event, row.event_id, row.event),
            "model": self.link(ModelVersion, row.model_version_id, row.model_version or "none"),
            "ratings": self.link(RatingDay, row.rating_day_id, "team strengths")
            if row.rating_day_id
            else "none",
            "seed": seed,
            "figures": _figures(row) if done else [],
            "wide": draw_margins(row, width=926) if done else "",
            "phone": draw_margins(row, width=324) if done else "",
            "outputs": [
                (name, formats.total(round(value, 3)) if isinstance(value, float) else value)
                for name, value in sorted(row.outputs.items())
            ],
            "inputs": pretty(row.inputs),
        }


def _figures(run: SimulationRun) -> list[dict[str, str]]:
    home, away = run.event.home, run.event.away
    tie = run.outputs.get("tie") or 0
    return [
        {
            "name": f"{home.abbreviation or home.name} wins",
            "figure": formats.probability(run.outputs.get("home_win")),
            "below": f"ties {formats.probability(tie, 2)}",
        },
        {
            "name": f"{away.abbreviation or away.name} wins",
            "figure": formats.probability(run.outputs.get("away_win")),
            "below": "",
        },
        {
            "name": "Fair spread",
            "figure": _fair(run, "fair_home_spread", MarketType.SPREAD),
            "below": f"for {home.name}",
        },
        {
            "name": "Fair total",
            "figure": _fair(run, "fair_total", MarketType.TOTAL),
            "below": "points of both teams",
        },
        {
            "name": "Games",
            "figure": formats.count(run.sim_count),
            "below": f"margin ± {run.outputs.get('margin_sd', 0):.1f} points",
        },
        {
            "name": "Off the exact",
            "figure": formats.probability(run.worst_gap, 2),
            "below": f"worst line; limit {formats.probability(run.gap_bound, 2)}",
        },
    ]


def _fair(run: SimulationRun, name: str, market: MarketType) -> str:
    value = run.outputs.get(name)
    return formats.MISSING if value is None else formats.line(market, round(value, 1))


@admin.register(EvaluationBatch)
class EvaluationBatchAdmin(SubjectAdmin):
    list_display = ["looked", "num_quotes", "num_evaluated", "num_skipped", "why_not", "evaluated"]
    list_filter = ["league", "overtaken", recent("captured_at")]
    list_select_related = ["league"]
    search_ids = ["id"]
    ordering = ["-poll_id", "-id"]
    page_template = "console/simulations/batch.html"
    nothing_yet = "Each poll that was read is evaluated once under every pair of configurations."

    @display(description="Poll of", ordering="poll_id")
    def looked(self, batch: EvaluationBatch) -> SafeString:
        return two_lines(formats.when(batch.captured_at), batch.league.code)

    @display(description="Quotes", ordering="quotes")
    def num_quotes(self, batch: EvaluationBatch) -> str:
        return formats.count(batch.quotes)

    @display(description="Evaluated", ordering="evaluated")
    def num_evaluated(self, batch: EvaluationBatch) -> str:
        return formats.count(batch.evaluated)

    @display(description="Not evaluated", ordering="skipped_total")
    def num_skipped(self, batch: EvaluationBatch) -> str:
        return formats.count(batch.skipped_total)

    @display(description="Why not")
    def why_not(self, batch: EvaluationBatch) -> str:
        if batch.overtaken:
            return "overtaken by a newer poll"
        return ", ".join(
            f"{formats.count(count)} {words.sentence(reason)}"
            for reason, count in sorted(batch.skipped.items(), key=lambda pair: -pair[1])
        )

    @display(description="Evaluated at", ordering="evaluated_at")
    def evaluated(self, batch: EvaluationBatch) -> SafeString:
        return formats.when(batch.evaluated_at)

    # Its own page.

    def titled(self, row: EvaluationBatch) -> str:
        return f"{row.league.code} evaluated, poll of {formats.instant(row.captured_at)}"

    def shown(self, request: HttpRequest, row: EvaluationBatch) -> dict[str, Any]:
        asked = _uuid(request.GET.get("event", ""))
        found = (
            MarketEvaluation.objects.of_batch(row.pk)
            .select_related("selection__event__home", "selection__event__away", "book")
            .order_by("-ev", "selection_id", "book_id")
        )
        if asked:
            found = found.filter(selection__event_id=asked)
        rows = list(found if asked else found[:BEST])
        return {
            "batch": row,
            "league": row.league,
            "poll": self.link_id(ProviderPoll, row.poll_id),
            "of_event": rows[0].selection.event if asked and rows else None,
            "best": BEST,
            "rows": [self._evaluation(one) for one in rows],
            "skipped": [
                (formats.words(reason), reason, count, _MEANS.get(reason, ""))
                for reason, count in sorted(row.skipped.items(), key=lambda pair: -pair[1])
            ],
        }

    def _evaluation(self, row: MarketEvaluation) -> dict[str, Any]:
        selection = row.selection
        return {
            "anchor": f"e-{row.selection_id}-{row.book_id}",
            "event": self.link(Event, selection.event_id, selection.event),
            "selection": _side(selection),
            "line": formats.column_line(selection.market_type, row.line),
            "book": row.book.title,
            "price": formats.odds(row.price_decimal),
            "model": formats.probability(row.model_prob),
            "compared": formats.compared(row.decision_prob, row.fair_prob),
            "ev": formats.ev(row.ev),
            "flags": ", ".join(words.sentence(flag) for flag in row.flags) or "none",
        }


_MEANS = {
    NotEvaluated.UNCHANGED.value: "nothing about its market is new since the batch before",
    NotEvaluated.QUOTE_STALE.value: "last seen longer ago than its feed allows",
    NotEvaluated.SIMULATION_MISSING.value: "its event has no run",
    NotEvaluated.PERIOD_NOT_SIMULATED.value: "its run is of another part of the game",
    NotEvaluated.OPPOSITE_MISSING.value: "the book shows no other side at the same line",
    NotEvaluated.TOO_FEW_BOOKS.value: "for a consensus on its market",
    NotEvaluated.NO_FAIR_PRICE.value: "the margin cannot be taken out",
    NotEvaluated.BOOK_NOT_EVALUATED.value: "no sportsbook, or retired",
    NotEvaluated.MARKET_NOT_CONFIGURED.value: "its league does not evaluate the market",
    NotEvaluated.OVERROUND_OUT_OF_RANGE.value: "the book's margin is not one to trust",
    NotEvaluated.CERTAIN.value: "no simulated game, or every one, wins",
}


def _side(selection: Any) -> str:
    event = selection.event
    names = {Side.HOME.value: event.home.name, Side.AWAY.value: event.away.name}
    name = names.get(selection.side, formats.words(selection.side))
    return f"{name}, {words.market(selection.market_type)}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
