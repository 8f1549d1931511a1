import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance.models import JobRun
from apps.grading import tasks
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, end, published
from apps.grading.verdicts import Rhythms
from apps.picks.tests.factories import Game


@pytest.fixture
def at_due(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: DUE_AT)


@pytest.mark.usefixtures("at_due")
class TestTheJob:
    def test_rings_once_for_all_active_tenants(self, acme, queued):
        tasks.grade.apply().get()

        [(job, kwargs, schema)] = queued
        assert (job, schema) == ("grading.grade_tenants", "public")
        assert kwargs["schemas"] == ["acme", "rival"]
        assert kwargs["slot"] == DUE_AT.strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_grades_for_each_tenant_in_turn_and_leaves_a_receipt(self, acme, rival):
        for schema in (acme, rival):
            with tenant_scope(schema):
                game = Game()
                published(game)
                end(game, 24, 17)

        tasks.grade_tenants.apply(kwargs={"slot": "one", "schemas": [acme, rival]}).get()

        for schema in (acme, rival):
            with tenant_scope(schema):
                assert Grade.objects.get().outcome == "WIN"
                run = JobRun.objects.get(job=tasks.JOB, slot="one", tenant_schema=schema)
                assert (run.outcome, run.counts["written"]) == ("DONE", 1)

    def test_asks_for_the_configuration_of_a_league_once_for_all_tenants(self, acme, rival):
        for schema in (acme, rival):
            with tenant_scope(schema):
                game = Game()
                published(game)
                end(game, 24, 17)

        with CaptureQueriesContext(connection) as said:
            tasks.grade_tenants.apply(kwargs={"slot": "one", "schemas": [acme, rival]}).get()

        asked = [one["sql"] for one in said if 'FROM "config_version"' in one["sql"]]
        assert len(asked) == 1


@pytest.mark.django_db
class TestRhythms:
    def test_are_nothing_for_a_league_that_nobody_configured(self, django_assert_num_queries):
        rhythms = Rhythms(DUE_AT)

        with django_assert_num_queries(1):
            assert (rhythms.of("XFL"), rhythms.of("XFL")) == (None, None)
