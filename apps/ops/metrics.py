"""The platform's own figures for Prometheus, read from the database at the moment of asking.

Every process of the web server gives the same answer, because none of them counts anything in
its memory: what is due and done are rows (``apps.ops.stock``), and so are polls, alerts, runs.
"""

import hmac
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.db.models import Count, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from apps.core import clock
from apps.governance.models import FeatureFlag, JobRun, OpsAlert
from apps.ops.models import StageStanding, TenantStanding
from apps.snapshots.models import Feed, LeagueBreaker, ProviderAccount, ProviderPoll
from apps.snapshots.providers.ports import READABLE, Outcome
from apps.snapshots.spending import forecast_of
from apps.tenants.middleware import not_found

JOBS_OF = timedelta(hours=1)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scraper that may ask; to everybody else there is no such page."""
    if not may_ask(request):
        return not_found(request)
    registry = CollectorRegistry()
    registry.register(Figures(at=clock.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_ask(request: HttpRequest) -> bool:
    """Whoever has the token; where none is set, a program on this machine itself.

    A proxy on the same machine would make strangers look local: what it passed on is none.
    """
    token: str = settings.METRICS_TOKEN
    if token:
        sent = request.headers.get("Authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class Figures:
    """A collector: one query for each kind of figure, however many tenants there are."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at

    def describe(self) -> Iterable[Metric]:
        """Nothing to ask the database when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily(
            "beatvegas_build", "Version of the code.", value={"version": settings.APP_VERSION}
        )
        yield from self._stages()
        yield from self._record()
        yield from self._feeds()
        yield from self._providers()
        yield from self._alerts()
        yield from self._jobs()
        yield self._switches()

    def _stages(self) -> Iterator[Metric]:
        due, done, waiting, oldest = (
            GaugeMetricFamily(f"beatvegas_stage_{name}", says, labels=["stage"])
            for name, says in (
                ("due", "Units of work that ought to have an outcome by now, all tenants."),
                ("done", "Units of work that have one."),
                ("waiting", "Units due and not done."),
                ("oldest_waiting_seconds", "Age of the oldest unit that waits; 0: none does."),
            )
        )
        behind = GaugeMetricFamily(
            "beatvegas_tenant_stage_waiting",
            "Units due and not done, of tenants where some wait.",
            labels=["stage", "tenant"],
        )
        taken: list[datetime] = []
        for row in StageStanding.objects.values("stage").annotate(
            due_of_all=Sum("due"),
            done_of_all=Sum("done"),
            since=Min("oldest_waiting_at"),
            taken=Min("taken_at"),
        ):
            stage = [row["stage"]]
            due.add_metric(stage, row["due_of_all"])
            done.add_metric(stage, row["done_of_all"])
            waiting.add_metric(stage, row["due_of_all"] - row["done_of_all"])
            oldest.add_metric(stage, self._age(row["since"]) if row["since"] else 0)
            taken.append(row["taken"])
        for standing in StageStanding.objects.filter(due__gt=F("done")):
            behind.add_metric([standing.stage, standing.tenant_schema], standing.waiting)
        yield from (due, done, waiting, oldest, behind)
        yield self._gauge(
            "stock_age_seconds",
            "Since stock was taken of the stage counted longest ago.",
            self._age(min(taken)) if taken else None,
        )

    def _record(self) -> Iterator[Metric]:
        found = TenantStanding.objects.aggregate(live=Sum("live"), proposed=Sum("proposed"))
        yield self._gauge("picks_live", "Published picks that are not settled.", found["live"])
        yield self._gauge("picks_proposed", "Picks that wait for publication.", found["proposed"])
        ungraded = GaugeMetricFamily(
            "beatvegas_picks_ungraded", "Published picks due for a grade.", labels=["waits_for"]
        )
        reasons: dict[str, int] = {}
        for by_reason in TenantStanding.objects.values_list("ungraded", flat=True):
            for reason, count in by_reason.items():
                reasons[reason] = reasons.get(reason, 0) + count
        for reason, count in sorted(reasons.items()):
            ungraded.add_metric([reason], count)
        yield ungraded
        grade = StageStanding.objects.filter(stage="grade").aggregate(
            since=Min("oldest_waiting_at")
        )
        yield self._gauge(
            "grading_lag_seconds",
            "Since the game of the oldest published pick without a grade was over; 0: none waits.",
            self._age(grade["since"]) if grade["since"] else 0,
        )

    def _feeds(self) -> Iterator[Metric]:
        labels = ["league", "kind", "provider"]
        age, rhythm, failed, credits = (
            GaugeMetricFamily(f"beatvegas_feed_{name}", says, labels=labels)
            for name, says in (
                ("age_seconds", "Since the feed's newest poll."),
                ("rhythm_seconds", "Between two polls, as the feed declares it."),
                ("failing", "1 where its newest poll brought nothing readable, else 0."),
                ("credits_remaining", "Credits that the provider says are left this month."),
            )
        )
        newest = ProviderPoll.objects.filter(feed=OuterRef("pk")).order_by("-captured_at")
        feeds = Feed.objects.enabled().annotate(
            outcome=Subquery(newest.values("outcome")[:1]),
            left=Subquery(newest.values("credits_remaining")[:1]),
        )
        for feed in feeds.select_related("league").order_by("id"):
            name = [feed.league.code, feed.kind, feed.provider]
            rhythm.add_metric(name, feed.rhythm_s)
            if feed.last_captured_at:
                age.add_metric(name, self._age(feed.last_captured_at))
            if feed.outcome is not None:
                failed.add_metric(name, feed.outcome not in (*READABLE, Outcome.NOT_DUE))
            if feed.left is not None:
                credits.add_metric(name, feed.left)
        yield from (age, rhythm, failed, credits)

    def _providers(self) -> Iterator[Metric]:
        alone, left = (
            GaugeMetricFamily(f"beatvegas_provider_{name}", says, labels=["provider"])
            for name, says in (
                ("left_alone", "1 while nobody asks it because it failed several times, else 0."),
                ("credits_at_reset", "Left at the reset at the pace of now; below 0: missing."),
            )
        )
        about = GaugeMetricFamily(
            "beatvegas_league_left_alone",
            "1 while nobody asks a provider about the league because that failed several times.",
            labels=["provider", "league"],
        )
        for breaker in LeagueBreaker.objects.select_related("league"):
            about.add_metric([breaker.adapter, breaker.league.code], breaker.opened_at is not None)
        for account in ProviderAccount.objects.all():
            alone.add_metric([account.adapter], account.opened_at is not None)
            if account.monthly_credits is not None:
                told = forecast_of(account, clock.now())
                left.add_metric([account.adapter], told.at_reset or 0)
        yield from (alone, about, left)

    def _alerts(self) -> Iterator[Metric]:
        found = GaugeMetricFamily(
            "beatvegas_alerts_open", "Alerts that are not over.", labels=["kind", "severity"]
        )
        rows = OpsAlert.across_tenants.not_over().values_list("kind", "severity")
        for kind, severity, count in rows.annotate(n=Count("pk")).order_by("kind", "severity"):
            found.add_metric([kind, severity], count)
        yield found

    def _jobs(self) -> Iterator[Metric]:
        runs = GaugeMetricFamily(
            "beatvegas_job_runs", "Runs begun within the last hour.", labels=["job", "outcome"]
        )
        age = GaugeMetricFamily(
            "beatvegas_job_done_age_seconds",
            "Since a run of the job was done last, of jobs that ran within the hour.",
            labels=["job"],
        )
        recent = JobRun.across_tenants.filter(started_at__gte=self.at - JOBS_OF)
        done: dict[str, datetime] = {}
        rows = recent.values_list("job", "outcome").annotate(
            n=Count("pk"), last=Max("finished_at", filter=Q(outcome="DONE"))
        )
        for job, outcome, count, last in rows.order_by("job", "outcome"):
            runs.add_metric([job, outcome], count)
            if last is not None:
                done[job] = last
        for job, last in done.items():
            age.add_metric([job], self._age(last))
        yield from (runs, age)

    def _switches(self) -> Metric:
        off = GaugeMetricFamily(
            "beatvegas_switches_off", "Scopes at which the switch is off.", labels=["name"]
        )
        rows = FeatureFlag.objects.values_list("name").annotate(
            n=Count("pk", filter=Q(enabled=False))
        )
        for name, count in rows.order_by("name"):
            off.add_metric([name], count)
        return off

    def _gauge(self, name: str, says: str, value: float | None) -> Metric:
        family = GaugeMetricFamily(f"beatvegas_{name}", says)
        if value is not None:
            family.add_metric([], value)
        return family

    def _age(self, since: datetime) -> float:
        return max((self.at - since).total_seconds(), 0.0)
