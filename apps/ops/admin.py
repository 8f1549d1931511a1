"""What operators see of the standings: how far each stage got for whom, and every record."""

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.admin import ReadOnlyAdmin
from apps.core.formats import Measure
from apps.core.listing import two_lines
from apps.core.tenancy import PUBLIC
from apps.grading.record import PRICE_BASIS
from apps.ops.models import StageStanding, TenantStanding
from apps.ops.overview import links, records
from apps.ops.pipeline import PIPELINE, STEPS
from apps.rulebook.statistics import wilson


@admin.register(StageStanding)
class StageStandingAdmin(ReadOnlyAdmin):
    list_display = ["title", "whose", "num_waiting", "oldest", "num_done", "num_day", "counted"]
    list_filter = ["stage"]
    search_fields = ["=tenant_schema"]

    def get_ordering(self, request: HttpRequest) -> list[str]:
        return ["turn", "tenant_schema"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StageStanding]:
        turns = [When(stage=step.stage, then=Value(at)) for at, step in enumerate(PIPELINE)]
        turn = Case(*turns, default=Value(len(turns)), output_field=IntegerField())
        return StageStanding.objects.annotate(turn=turn)

    @admin.display(description="Stage", ordering="turn")
    def title(self, row: StageStanding) -> str:
        step = STEPS.get(row.stage)
        return step.title if step else formats.words(row.stage)

    @admin.display(description="Whose", ordering="tenant_schema")
    def whose(self, row: StageStanding) -> str | SafeString:
        if row.tenant_schema == PUBLIC:
            return "facts"
        return formats.identifier(row.tenant_schema, links.of_tenant(row.tenant_schema, ""))

    @admin.display(description="Due")
    def num_waiting(self, row: StageStanding) -> str:
        return formats.count(row.waiting)

    @admin.display(description="Oldest", ordering="oldest_waiting_at")
    def oldest(self, row: StageStanding) -> str:
        if row.oldest_waiting_at is None:
            return formats.MISSING
        return formats.age(row.taken_at - row.oldest_waiting_at)

    @admin.display(description="Done of due", ordering="done")
    def num_done(self, row: StageStanding) -> str:
        return formats.out_of(row.done, row.due)

    @admin.display(description="Done 24 h", ordering="done_24h")
    def num_day(self, row: StageStanding) -> str:
        return formats.count(row.done_24h)

    @admin.display(description="Counted", ordering="taken_at")
    def counted(self, row: StageStanding) -> SafeString:
        return formats.when(row.taken_at)


@admin.register(TenantStanding)
class TenantStandingAdmin(ReadOnlyAdmin):
    list_display = [
        *("tenant", "num_live", "num_record", "period", "num_profit", "num_clv"),
        "num_waiting",
    ]
    search_fields = ["=tenant_schema"]
    ordering = ["tenant_schema"]

    @admin.display(description="Tenant", ordering="tenant_schema")
    def tenant(self, row: TenantStanding) -> SafeString:
        return formats.identifier(row.tenant_schema, links.of_tenant(row.tenant_schema, ""))

    @admin.display(description="Live", ordering="live")
    def num_live(self, row: TenantStanding) -> SafeString:
        return two_lines(formats.count(row.live), f"{formats.count(row.published)} ever")

    @admin.display(description="Record")
    def num_record(self, row: TenantStanding) -> SafeString:
        score = formats.record(row.won, row.lost, row.pushed)
        score += f", {formats.count(row.void)} void"
        if not row.decided:
            return two_lines(score, "nothing decided")
        rate = wilson(row.won, row.decided)
        return two_lines(score, formats.interval(rate.value, rate.low, rate.high, n=rate.n))

    @admin.display(description="Games", ordering="last_game_at")
    def period(self, row: TenantStanding) -> SafeString:
        if row.first_game_at is None:
            return two_lines("none yet")
        first, last = (records.day_of(at) for at in (row.first_game_at, row.last_game_at))
        return two_lines(f"from {first}", f"to {last}")

    @admin.display(description="Profit", ordering="profit")
    def num_profit(self, row: TenantStanding) -> SafeString | str:
        if not row.bets:
            return formats.MISSING
        promised = f"promised {formats.units(row.promised, 1)}"
        told = [part for part in (records.reach_of(row), promised) if part]
        return two_lines(formats.units(row.profit, 1), ", ".join(told), title=PRICE_BASIS)

    @admin.display(description="CLV (EV)", ordering="clv_mean")
    def num_clv(self, row: TenantStanding) -> SafeString:
        reach = formats.bounds(row.clv_low, row.clv_high, Measure.RETURN)
        told = f"{reach}, n = {formats.count(row.clv_n)}, {formats.missing(row.clv_missing)}"
        return two_lines(formats.clv(row.clv_mean), told)

    @admin.display(description="Ungraded")
    def num_waiting(self, row: TenantStanding) -> SafeString:
        reasons = [f"{formats.words(why).lower()} {n}" for why, n in sorted(row.ungraded.items())]
        if row.ungradeable:
            reasons.append(f"besides {formats.count(row.ungradeable)} ungradeable")
        return two_lines(formats.count(row.waiting), ", ".join(reasons))
