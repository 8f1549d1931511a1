"""What operators see of grades: the record as it is, every revision of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import League
from apps.core import clock, formats, words
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import one_of, recent, two_lines
from apps.core.shapes import state
from apps.grading.kinds import GradeSource
from apps.grading.models import Grade, ParlayGrade
from apps.grading.reconciliation import Day, days
from apps.picks.admin import OfAPick
from apps.picks.models import Parlay

_SHOWN: Final = timedelta(days=7)  # of reconciliation above the list


class RevisionFilter(admin.SimpleListFilter):
    title = "revision"
    parameter_name = "revision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "Current only"), ("revised", "Revisions after the first")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "current":
            return queryset.current()  # type: ignore[attr-defined, no-any-return]
        if self.value() == "revised":
            return queryset.filter(revision_no__gt=1)
        return queryset


def _leagues() -> list[str]:
    return list(League.objects.order_by("code").values_list("code", flat=True))


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One league's day, written out."""

    league: str
    day: str
    due: str
    parts: str  # what became of what was due
    waits: list[str]
    oldest: Any
    punctual: str


def shown_days(at: datetime) -> list[ShownDay]:
    """The last days as the job and the API count them, the newest first."""
    return [_shown(one) for one in days(at, since=at.date() - _SHOWN)]


def _shown(one: Day) -> ShownDay:
    counted = one.reconciled
    if one.punctual is None:
        punctual = formats.words(formats.MISSING)
    else:
        share = f"{one.kept} of {one.promised}"
        punctual = state("job", "DONE" if one.keeps_promise else "FAILED", share)
    return ShownDay(
        league=one.league,
        day=f"{one.day:%a %d %b}",
        due=formats.count(counted.due),
        parts=f"{counted.graded} graded, {counted.void} void, {counted.ungradeable} ungradeable",
        waits=[f"{picks} {words.sentence(why).lower()}" for why, picks in counted.waiting.items()],
        oldest=counted.oldest_at,
        punctual=punctual,
    )


@admin.register(Grade)
class GradeAdmin(OfAPick):
    list_before_template = "console/grading/days.html"
    list_display = ["bet", "outcome_of", "num_profit", "num_score", "said_by", "graded"]
    list_filter = [
        RevisionFilter,
        "outcome",
        "source",
        one_of("pick__league", _leagues),
        "pick__market_type",
        recent("graded_at"),
    ]
    search_ids = ["id", "pick_id", "pick__event_id"]
    ordering = ["-graded_at", "-id"]
    list_display_links = ["graded"]
    nothing_yet = (
        "A pick is graded when its game is final and the league's settling delay has passed;"
        " every published pick is."
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        at = clock.now()
        context = {"days": shown_days(at), "days_at": at, **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description="Outcome", ordering="outcome")
    def outcome_of(self, grade: Grade) -> SafeString:
        reason = words.sentence(grade.reason) if grade.reason else ""
        again = f"revision {grade.revision_no}" if grade.revision_no > 1 else ""
        told = ", ".join(part for part in (again, reason) if part)
        return two_lines(state("outcome", grade.outcome), told)

    @display(description="Profit", ordering="profit")
    def num_profit(self, grade: Grade) -> SafeString:
        return two_lines(formats.units(grade.profit), f"at {formats.odds(grade.pick.price)}")

    @display(description="Away, home")
    def num_score(self, grade: Grade) -> str:
        if grade.home_score is None or grade.away_score is None:
            return formats.MISSING
        return f"{grade.away_score}, {grade.home_score}"

    @display(description="Decided by")
    def said_by(self, grade: Grade) -> SafeString:
        if grade.source == GradeSource.OPERATOR:
            return two_lines(grade.override_by, f"agreed by {grade.override_approved_by}")
        return two_lines("The rules", formats.identifier(grade.result_sha256))

    @display(description="Graded", ordering="graded_at")
    def graded(self, grade: Grade) -> SafeString:
        late = ""
        if grade.final_at and grade.revision_no == 1:
            late = f"{formats.age(grade.graded_at - grade.final_at)} after the final"
        return two_lines(formats.when(grade.graded_at), late)


@admin.register(ParlayGrade)
class ParlayGradeAdmin(ReadOnlyAdmin):
    list_display = ["of", "outcome_of", "num_profit", "legs", "graded"]
    list_filter = [RevisionFilter, "outcome", recent("graded_at")]
    list_select_related = ["parlay__book"]
    search_ids = ["id", "parlay_id"]
    ordering = ["-graded_at", "-id"]
    list_display_links = ["graded"]
    nothing_yet = "A parlay is settled with its last leg, and again when one of them is corrected."

    @display(description="Parlay")
    def of(self, grade: ParlayGrade) -> SafeString:
        parlay = grade.parlay
        told = two_lines(f"{parlay.legs_asked} legs, {parlay.profile}", parlay.book.title)  # type: ignore[union-attr]
        return self.link(Parlay, parlay.pk, told)

    @display(description="Outcome", ordering="outcome")
    def outcome_of(self, grade: ParlayGrade) -> SafeString:
        again = f"revision {grade.revision_no}: a leg was revised" if grade.reason else ""
        return two_lines(state("parlay_outcome", grade.outcome), again)

    @display(description="Profit", ordering="profit")
    def num_profit(self, grade: ParlayGrade) -> SafeString:
        return two_lines(formats.units(grade.profit), f"at {formats.odds(grade.parlay.price)}")

    @display(description="Legs")
    def legs(self, grade: ParlayGrade) -> str:
        return ", ".join(formats.words(outcome).lower() for outcome in grade.leg_outcomes)

    @display(description="Graded", ordering="graded_at")
    def graded(self, grade: ParlayGrade) -> SafeString:
        return formats.when(grade.graded_at)
