"""Which models exist, and what each was found to be worth."""

import json
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import formats, words
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import two_lines
from apps.core.shapes import state
from apps.simulations.models import ModelReport, ModelState, ModelVersion


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["named", "made_of", "learned_from", "artefact", "registered"]
    list_filter = ["league", "variant"]
    list_select_related = ["league"]
    nothing_yet = "A version is registered with the first run of a model."

    @display(description="Model", ordering="code")
    def named(self, version: ModelVersion) -> SafeString:
        return two_lines(version.code, f"{version.league.code} {version.variant.lower()}")

    @display(description="Ratings, scores")
    def made_of(self, version: ModelVersion) -> SafeString:
        return two_lines(version.ratings_version, version.score_version)

    @display(description="Learned from lines")
    def learned_from(self, version: ModelVersion) -> str:
        return "No, from results alone" if version.independent_of_market else "Yes, closing lines"

    @display(description="Artefact, sha256")
    def artefact(self, version: ModelVersion) -> SafeString:
        return formats.identifier(version.artefact_sha256)

    @display(description="Registered", ordering="registered_at")
    def registered(self, version: ModelVersion) -> SafeString:
        return formats.when(version.registered_at, year=True, seconds=False)


@admin.register(ModelReport)
class ModelReportAdmin(ReadOnlyAdmin):
    list_display = ["about", "standing", "num_games", "reason", "reported"]
    list_filter = ["state", "market_type"]
    list_select_related = ["model_version"]
    exclude = ["report"]
    readonly_fields = ["figures"]
    nothing_yet = "Without a report a market is unmeasured, and its picks never rise above LEAN."

    @display(description="Model, market")
    def about(self, report: ModelReport) -> SafeString:
        return two_lines(report.model_version, words.market(report.market_type))

    @display(description="State", ordering="state")
    def standing(self, report: ModelReport) -> SafeString:
        return state("model", ModelState(report.state))

    @display(description="Games", ordering="games")
    def num_games(self, report: ModelReport) -> str:
        return formats.count(report.games)

    @display(description="Reported", ordering="reported_at")
    def reported(self, report: ModelReport) -> SafeString:
        return formats.when(report.reported_at, year=True, seconds=False)

    @display(description="Figures")
    def figures(self, report: ModelReport) -> SafeString:
        return pretty(report.report)


def pretty(value: Any) -> SafeString:
    """A document as it is stored, in lines for reading."""
    return format_html(
        '<pre class="bv-pre" tabindex="0">{}</pre>', json.dumps(value, indent=1, ensure_ascii=False)
    )
