"""What operators see of the standings: how far each stage got for whom, and every record."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.admin import ReadOnlyAdmin
from apps.core.formats import Measure
from apps.ops.models import StageStanding, TenantStanding
from apps.ops.overview import links
from apps.rulebook.statistics import wilson


@admin.register(StageStanding)
class StageStandingAdmin(ReadOnlyAdmin):
    list_display = ["stage", "tenant_schema", "num_waiting", "oldest", "num_done", "num_day", "at"]
    list_filter = ["stage"]
    search_fields = ["=tenant_schema"]
    ordering = ["stage", "tenant_schema"]

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
    def at(self, row: StageStanding) -> SafeString:
        return formats.when(row.taken_at)


@admin.register(TenantStanding)
class TenantStandingAdmin(ReadOnlyAdmin):
    list_display = ["tenant", "num_live", "record", "rate", "num_profit", "clv", "num_waiting"]
    search_fields = ["=tenant_schema"]
    ordering = ["tenant_schema"]

    @admin.display(description="Tenant", ordering="tenant_schema")
    def tenant(self, row: TenantStanding) -> SafeString:
        return formats.identifier(row.tenant_schema, links.of_tenant(row.tenant_schema, ""))

    @admin.display(description="Live", ordering="live")
    def num_live(self, row: TenantStanding) -> str:
        return formats.count(row.live)

    @admin.display(description="Record")
    def record(self, row: TenantStanding) -> str:
        return formats.record(row.won, row.lost, row.pushed)

    @admin.display(description="Win rate")
    def rate(self, row: TenantStanding) -> str:
        if not row.decided:
            return formats.MISSING
        rate = wilson(row.won, row.decided)
        return formats.interval(rate.value, rate.low, rate.high, n=rate.n)

    @admin.display(description="Profit", ordering="profit")
    def num_profit(self, row: TenantStanding) -> str:
        if not row.bets:
            return formats.MISSING
        low, high = row.profit_reach
        return formats.interval(row.profit, low, high, measure=Measure.UNITS)

    @admin.display(description="CLV (EV)", ordering="clv_mean")
    def clv(self, row: TenantStanding) -> str:
        shown = formats.interval(
            row.clv_mean, row.clv_low, row.clv_high, measure=Measure.RETURN, n=row.clv_n
        )
        return f"{shown}, {formats.missing(row.clv_missing)}"

    @admin.display(description="Ungraded")
    def num_waiting(self, row: TenantStanding) -> str:
        return formats.count(row.waiting)
