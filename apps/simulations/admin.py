"""What people see of models, strengths, runs and evaluations: everything, and nothing to change."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from apps.core.admin import ReadOnlyAdmin
from apps.simulations.models import (
    EvaluationBatch,
    MarketEvaluation,
    ModelReport,
    ModelVersion,
    RatedGame,
    RatingDay,
    SimulationRun,
    TeamRating,
)

BEST = 60  # evaluations shown of a batch: they have no page of their own (two-column key)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["code", "league", "variant", "independent_of_market", "registered_at"]
    list_filter = ["league", "variant"]
    list_select_related = ["league"]


@admin.register(ModelReport)
class ModelReportAdmin(ReadOnlyAdmin):
    list_display = ["model_version", "market_type", "state", "games", "reported_at"]
    list_filter = ["state", "market_type"]
    list_select_related = ["model_version"]


@admin.register(RatingDay)
class RatingDayAdmin(ReadOnlyAdmin):
    list_display = [
        *("league_day", "model_version", "revision", "games"),
        *("home_advantage", "mean_total", "rated_at"),
    ]
    list_filter = ["model_version"]
    list_select_related = ["model_version"]
    date_hierarchy = "league_day"
    exclude = ["state"]


@admin.register(RatedGame)
class RatedGameAdmin(ReadOnlyAdmin):
    list_display = [
        *("event", "rating_day", "home_score", "away_score", "expected_margin"),
        *("closing_home_spread", "expected_total", "closing_total"),
    ]
    list_select_related = ["event__home", "event__away", "rating_day"]
    search_fields = ["event__home__name", "event__away__name", "=event__id"]
    ordering = ["-rating_day__league_day", "-id"]


@admin.register(TeamRating)
class TeamRatingAdmin(ReadOnlyAdmin):
    list_display = [
        *("team", "day", "margin", "offence", "defence", "margin_sd", "games", "season_games"),
    ]
    list_filter = ["rating_day__model_version"]
    list_select_related = ["team", "rating_day"]
    search_fields = ["team__name"]
    ordering = ["-rating_day__league_day", "-rating_day_id", "-margin"]

    @admin.display(description="After", ordering="rating_day__league_day")
    def day(self, rating: TeamRating) -> Any:
        return rating.rating_day.league_day


@admin.register(SimulationRun)
class SimulationRunAdmin(ReadOnlyAdmin):
    list_display = ["event", "status", "reason", "model_version", "sim_count", "simulated_at"]
    list_filter = ["status", "reason", "model_version"]
    list_select_related = ["event__home", "event__away", "model_version"]
    search_fields = ["=id", "=event__id", "event__home__name", "event__away__name"]
    date_hierarchy = "simulated_at"
    exclude = ["distribution", "inputs", "outputs"]
    readonly_fields = ["what_went_in", "what_came_out"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SimulationRun]:
        return super().get_queryset(request).defer("distribution")

    @admin.display(description="What went in")
    def what_went_in(self, run: SimulationRun) -> str:
        return _pretty(run.inputs)

    @admin.display(description="What came out")
    def what_came_out(self, run: SimulationRun) -> str:
        return _pretty(run.outputs)


@admin.register(EvaluationBatch)
class EvaluationBatchAdmin(ReadOnlyAdmin):
    list_display = [
        *("captured_at", "league", "quotes", "evaluated", "why_not", "overtaken", "evaluated_at"),
    ]
    list_filter = ["league", "overtaken"]
    list_select_related = ["league"]
    date_hierarchy = "captured_at"
    exclude = ["looks", "skipped"]
    readonly_fields = ["why_not", "best"]

    @admin.display(description="Not evaluated, and why")
    def why_not(self, batch: EvaluationBatch) -> str:
        return ", ".join(f"{count} {reason}" for reason, count in batch.skipped.items()) or "-"

    @admin.display(description=f"The {BEST} evaluations of highest expected value")
    def best(self, batch: EvaluationBatch) -> str:
        rows = (
            MarketEvaluation.objects.of_batch(batch.pk)
            .select_related("selection__event__home", "selection__event__away", "book")
            .order_by("-ev", "selection_id", "book_id")[:BEST]
        )
        cells = (
            (
                str(row.selection.event),
                f"{row.selection.market_type} {row.selection.side}",
                "" if row.line is None else f"{row.line:+}",
                row.book.key,
                f"{row.price_decimal:.3f}",
                f"{row.model_prob:.1%}",
                f"{row.fair_prob:.1%}",
                f"{row.decision_prob:.1%}",
                f"{row.ev:+.1%}",
            )
            for row in rows
        )
        body = format_html_join("", f"<tr>{'<td>{}</td>' * 9}</tr>", cells)
        return format_html(
            "<table><thead><tr><th>Game</th><th>Selection</th><th>Line</th><th>Book</th>"
            "<th>Price</th><th>Model</th><th>Market</th><th>Judged by</th><th>EV</th></tr></thead>"
            "<tbody>{}</tbody></table>",
            body,
        )


def _pretty(value: Any) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=1, ensure_ascii=False))
