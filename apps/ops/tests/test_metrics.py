"""Figures for Prometheus: the rows' own numbers, and only for whoever may ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from apps.catalog.models import League
from apps.core import clock
from apps.core.actor import Actor
from apps.governance import alerts, jobs, switches
from apps.ops.models import StageStanding
from apps.rulebook.alerts import AlertKind
from apps.snapshots import actions
from apps.snapshots.models import Feed, FeedKind, LeagueBreaker, ProviderAccount, ProviderPoll
from apps.tenants import hosts
from apps.tenants.tests.factories import OPERATORS_HOST

NOW = datetime(2025, 10, 5, 18, tzinfo=UTC)
TOKEN = "a-scraper-token-of-some-length"
JOB = Actor.job("probe")


@pytest.fixture(autouse=True)
def at_six(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    hosts.forget()


def ask(token: str = "", host: str = OPERATORS_HOST, **extra: Any) -> Any:
    headers = {"host": host} | ({"authorization": f"Bearer {token}"} if token else {})
    return Client().get("/metrics", headers={**headers, **extra.pop("headers", {})}, **extra)


def figures() -> dict[tuple[str, ...], float]:
    """Every sample as (name, values of its labels in the order of their names) -> value."""
    answer = ask()
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def standing(stage: str, schema: str, due: int, done: int, since: datetime | None = None) -> None:
    StageStanding.objects.update_or_create(
        stage=stage,
        tenant_schema=schema,
        defaults={
            "taken_at": NOW - timedelta(seconds=30),
            "due": due,
            "done": done,
            "oldest_waiting_at": since,
            "done_24h": done,
            "by_hour": [0] * 24,
        },
    )


@pytest.mark.django_db
class TestWhoMayAsk:
    def test_a_program_of_this_machine_where_no_token_is_set(self):
        assert ask().status_code == 200

    @pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
    def test_nobody_whom_a_proxy_passed_on(self, header):
        assert ask(headers={header: "203.0.113.9"}).status_code == 404

    @pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.3", "", "unix:"])
    def test_nobody_from_elsewhere(self, address):
        assert ask(REMOTE_ADDR=address).status_code == 404

    def test_whoever_has_the_token_from_anywhere(self, settings):
        settings.METRICS_TOKEN = TOKEN

        assert ask(TOKEN, REMOTE_ADDR="203.0.113.9").status_code == 200

    @pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x"])
    def test_nobody_without_it_once_it_is_set(self, token, settings):
        settings.METRICS_TOKEN = TOKEN

        assert ask(token).status_code == 404

    def test_nobody_on_a_tenants_host(self, acme):
        assert ask(host="acme.localhost").status_code == 404

    def test_nobody_to_write(self):
        assert Client().post("/metrics", headers={"host": OPERATORS_HOST}).status_code == 405


@pytest.mark.django_db
class TestFigures:
    def test_of_stages_are_sums_over_tenants(self):
        StageStanding.objects.all().delete()
        standing("publish", "acme", 10, 7, NOW - timedelta(minutes=5))
        standing("publish", "rival", 5, 5)
        standing("grade", "acme", 9, 8, NOW - timedelta(hours=3))

        found = figures()

        assert found["beatvegas_stage_due", "publish"] == 15
        assert found["beatvegas_stage_done", "publish"] == 12
        assert found["beatvegas_stage_waiting", "publish"] == 3
        assert found["beatvegas_stage_oldest_waiting_seconds", "publish"] == 300
        assert found["beatvegas_tenant_stage_waiting", "publish", "acme"] == 3
        assert ("beatvegas_tenant_stage_waiting", "publish", "rival") not in found
        assert found["beatvegas_grading_lag_seconds",] == 3 * 3600
        assert found["beatvegas_stock_age_seconds",] == 30

    def test_of_a_feed_are_its_age_and_what_its_newest_poll_said(self):
        feed = self.feed(last_captured_at=NOW - timedelta(seconds=75))
        self.poll(feed, NOW - timedelta(seconds=200), "NETWORK", left=480)
        self.poll(feed, NOW - timedelta(seconds=75), "AUTH", left=-3)

        found = figures()

        name = ("ODDS", "NFL", "the_odds_api")
        assert found["beatvegas_feed_age_seconds", *name] == 75
        assert found["beatvegas_feed_rhythm_seconds", *name] == 60
        assert found["beatvegas_feed_failing", *name] == 1
        assert found["beatvegas_feed_credits_remaining", *name] == -3

    def test_of_a_feed_that_never_was_asked_leave_out_what_is_not_known(self):
        self.feed()

        found = figures()

        name = ("ODDS", "NFL", "the_odds_api")
        assert found["beatvegas_feed_rhythm_seconds", *name] == 60
        for figure in ("age_seconds", "failing", "credits_remaining"):
            assert (f"beatvegas_feed_{figure}", *name) not in found

    def test_of_a_provider_are_what_is_left_at_the_reset_and_whether_it_is_left_alone(self):
        ProviderAccount.objects.filter(adapter="oddsapi").update(
            monthly_credits=20_000,
            credits_left=1000,
            told_at=NOW,
            opened_at=NOW,
        )

        nfl = League.objects.get(code="NFL")
        LeagueBreaker.objects.create(adapter="sportradar", league=nfl, opened_at=NOW)

        found = figures()

        assert found["beatvegas_league_left_alone", "NFL", "sportradar"] == 1
        assert found["beatvegas_provider_left_alone", "oddsapi"] == 1
        assert found["beatvegas_provider_left_alone", "sportradar"] == 0
        assert found["beatvegas_provider_credits_at_reset", "oddsapi"] == 1000  # no feed asks it
        assert ("beatvegas_provider_credits_at_reset", "sportradar") not in found

    def test_of_alerts_count_what_is_not_over(self):
        for key in ("one", "two"):
            alerts.raise_alert(
                AlertKind.RESULT_OVERDUE,
                scope="league:NFL",
                key=key,
                detail="Late.",
                by=JOB,
                at=NOW,
            )

        counted = {key: n for key, n in figures().items() if key[0] == "beatvegas_alerts_open"}

        assert counted["beatvegas_alerts_open", "RESULT_OVERDUE", "WARN"] == 2

    def test_of_jobs_are_their_runs_of_an_hour(self, acme):
        slots = iter(range(10))

        def fail(*, by: Actor, at: datetime) -> None:
            raise ZeroDivisionError

        for _ in range(2):
            jobs.run_once("probe.work", f"{next(slots)}", lambda *, by, at: None, by=JOB, at=NOW)
        with pytest.raises(ZeroDivisionError):
            jobs.run_once("probe.work", f"{next(slots)}", fail, by=JOB, at=NOW)

        found = figures()

        assert found["beatvegas_job_runs", "probe.work", "DONE"] == 2
        assert found["beatvegas_job_runs", "probe.work", "FAILED"] == 1
        assert found["beatvegas_job_done_age_seconds", "probe.work"] == 0

    def test_of_switches_count_the_scopes_where_they_are_off(self, ops):
        before = figures()["beatvegas_switches_off", "PUBLISH"]
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=NOW, reason="Lines look wrong.")

        assert figures()["beatvegas_switches_off", "PUBLISH"] == before + 1

    def test_cost_a_fixed_number_of_queries(self, django_assert_max_num_queries):
        for number in range(50):
            standing("publish", f"tenant{number}", 10, 7)
        ask()

        with django_assert_max_num_queries(14):
            ask()

    def feed(self, **travels: Any) -> Feed:
        feed = actions.register_feed(
            adapter="recorded",
            provider="the_odds_api",
            kind=FeedKind.ODDS,
            league="NFL",
            source="a-recording",
            rhythm_s=60,
            by=JOB,
            at=NOW - timedelta(days=1),
        )
        if travels:
            Feed.objects.filter(pk=feed.pk).update(**travels)
        return feed

    def poll(self, feed: Feed, at: datetime, outcome: str, *, left: int) -> None:
        ProviderPoll.objects.create(
            feed=feed, captured_at=at, outcome=outcome, credits_remaining=left, duration_ms=20
        )
