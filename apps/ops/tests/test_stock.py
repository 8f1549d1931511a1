"""Stock is taken of every stage and tenant, from the rows themselves."""

from datetime import timedelta

import pytest
from celery import current_app

from apps.core.stages import HOURS, by_hour
from apps.core.tenancy import PUBLIC, tenant_scope
from apps.governance.models import JobRun
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, end, published
from apps.ops.models import StageStanding, TenantStanding
from apps.ops.pipeline import PIPELINE, STEPS
from apps.ops.stock import take_stock
from apps.picks.models import Pick
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, make_pick

LATER = DUE_AT + timedelta(minutes=1)
TENANTS_STAGES = {"propose", "publish", "deliver", "watch", "close", "grade"}


def standing(stage: str, schema: str) -> StageStanding:
    return StageStanding.objects.get(stage=stage, tenant_schema=schema)


@pytest.mark.django_db
class TestTakeStock:
    def test_covers_every_stage_that_is_built_once(self, ops):
        take_stock(by=ops, at=LATER)
        take_stock(by=ops, at=LATER + timedelta(minutes=1))

        counted = set(StageStanding.objects.values_list("stage", "tenant_schema"))
        built = {step.stage for step in PIPELINE if step.built}
        assert {stage for stage, _ in counted} == built | {"results"}
        assert {stage for stage, schema in counted if schema == PUBLIC} == {
            *(built - TENANTS_STAGES),
            "results",
        }
        assert StageStanding.objects.count() == 6 + 6 * TenantStanding.objects.count()
        assert set(StageStanding.objects.values_list("taken_at", flat=True)) == {
            LATER + timedelta(minutes=1)
        }

    def test_says_what_waits_and_since_when(self, acme, ops):
        with tenant_scope(acme):
            make_pick(at=NOON_BEFORE)

        take_stock(by=ops, at=NOON_BEFORE + timedelta(minutes=4))

        publish = standing("publish", acme)
        assert (publish.due, publish.done, publish.waiting) == (1, 0, 1)
        assert publish.oldest_waiting_at == NOON_BEFORE
        assert TenantStanding.objects.get(tenant_schema=acme).proposed == 1
        assert standing("publish", "rival").waiting == 0

    def test_says_what_was_done_in_each_hour(self, acme, ops):
        with tenant_scope(acme):
            game = Game()
            published(game)
            end(game, 24, 17)
            grade_due(by=ops, at=DUE_AT)

        take_stock(by=ops, at=DUE_AT + timedelta(hours=2, minutes=30))

        grade = standing("grade", acme)
        assert (grade.due, grade.done, grade.done_24h) == (1, 1, 1)
        assert grade.oldest_waiting_at is None
        assert grade.by_hour == [0] * 21 + [1, 0, 0]

    def test_keeps_the_record_until_a_grade_is_written(self, acme, ops, monkeypatch):
        with tenant_scope(acme):
            game, other = Game(), Game()
            published(game)
            published(other)
            end(game, 24, 17)
            grade_due(by=ops, at=DUE_AT)
        take_stock(by=ops, at=LATER)
        asked = []
        import apps.ops.stock as stock

        real = stock.record
        monkeypatch.setattr(stock, "record", lambda: asked.append(1) or real())

        take_stock(by=ops, at=LATER + timedelta(minutes=1))
        again = TenantStanding.objects.get(tenant_schema=acme)
        assert (asked, again.won, again.lost) == ([], 1, 0)
        assert again.taken_at == LATER + timedelta(minutes=1)

        with tenant_scope(acme):
            end(other, 20, 20)
            grade_due(by=ops, at=LATER + timedelta(minutes=2))
        take_stock(by=ops, at=LATER + timedelta(minutes=3))
        newer = TenantStanding.objects.get(tenant_schema=acme)
        assert (asked, newer.won, newer.lost) == ([1], 1, 1)
        assert newer.tiers
        assert len(newer.path) == 2

    def test_of_a_tenant_that_cannot_be_counted_leaves_the_old_count(self, acme, ops, monkeypatch):
        take_stock(by=ops, at=LATER)
        import apps.ops.stock as stock

        real = stock.picks.due_and_done

        def broken(at):
            if Pick.objects.exists():
                raise ValueError("a row that nobody understands")
            return real(at)

        monkeypatch.setattr(stock.picks, "due_and_done", broken)
        with tenant_scope(acme):
            published()

        counted = take_stock(by=ops, at=LATER + timedelta(minutes=1))

        assert counted.failed == {acme: "ValueError: a row that nobody understands"}
        assert standing("publish", acme).taken_at == LATER
        assert standing("publish", "rival").taken_at == LATER + timedelta(minutes=1)

    def test_is_a_job_with_a_receipt(self, acme):
        current_app.loader.import_default_modules()

        current_app.tasks["ops.take_stock"].apply()

        runs = JobRun.across_tenants.filter(job="ops.take_stock")
        assert [(run.outcome, run.counts["tenants"]) for run in runs] == [("DONE", 2)]


class TestPipeline:
    def test_has_twelve_stages_in_order(self):
        assert (
            [step.stage for step in PIPELINE]
            == list(STEPS)
            == [
                *("fetch", "read", "rate", "simulate", "evaluate", "propose"),
                *("publish", "deliver", "watch", "close", "grade", "roll_up"),
            ]
        )

    def test_rings_with_jobs_that_beat_knows(self, settings):
        assert {step.job for step in PIPELINE if step.job} <= set(settings.BEAT_DEFAULTS)

    def test_is_busy_before_it_is_late(self):
        assert all(step.busy_s < step.late_s for step in PIPELINE)


@pytest.mark.django_db
class TestHours:
    @pytest.mark.parametrize(
        ("ago", "hour"),
        [
            (timedelta(0), 23),
            (timedelta(minutes=59, seconds=59), 23),
            (timedelta(hours=1), 22),
            (timedelta(hours=23, minutes=59), 0),
            (timedelta(hours=24), None),
            (timedelta(seconds=-1), None),
        ],
    )
    def test_end_at_the_instant_and_go_back_a_day(self, in_acme, ago, hour):
        make_pick(at=KICKOFF - timedelta(days=3))

        counted = by_hour(Pick.objects.all(), "proposed_at", KICKOFF - timedelta(days=3) + ago)

        expected = [0] * HOURS
        if hour is not None:
            expected[hour] = 1
        assert counted == expected
