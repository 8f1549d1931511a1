"""Every door tells of a refusal, when what it refused is rolled back."""

import pytest
from celery import shared_task

from apps.core.append_only import AppendOnlyRefused
from apps.core.tenancy import current_schema, tenant_scope
from apps.governance import audit, jobs
from apps.governance.jobs import PublicTask, TenantHeaderWrong, TenantTask
from apps.governance.models import AuditEntry, OpsAlert
from apps.governance.tests.factories import KICKOFF_EVE, Thing
from apps.rulebook.errors import RuleBroken


class Harmless(RuleBroken):
    code = "HARMLESS"


@shared_task(base=PublicTask, name="probe.refused")
def refused(**_):
    raise AppendOnlyRefused("Grade", "changed")


@shared_task(base=TenantTask, name="probe.refused_inside")
def refused_inside(**_):
    raise AppendOnlyRefused("Grade", "changed")


@shared_task(base=PublicTask, name="probe.harmless")
def harmless(**_):
    raise Harmless("No.")


def found():
    return list(
        OpsAlert.across_tenants.order_by("scope").values_list("kind", "scope", "key", "count")
    )


@pytest.mark.django_db
class TestTasks:
    def test_tell_of_a_refusal_and_raise_it(self):
        with pytest.raises(AppendOnlyRefused):
            refused.apply(throw=True)

        assert found() == [("UNAUTHORIZED_WRITE", "GLOBAL", "probe.refused APPEND_ONLY", 1)]

    def test_of_a_tenant_tell_whose_it_was(self, acme):
        with pytest.raises(AppendOnlyRefused):
            refused_inside.apply(headers={jobs.HEADER: acme}, throw=True)

        assert found() == [
            ("UNAUTHORIZED_WRITE", "tenant:acme", "probe.refused_inside APPEND_ONLY", 1)
        ]

    def test_rung_for_the_wrong_one_tell_of_that(self):
        with pytest.raises(TenantHeaderWrong):
            refused_inside.apply(headers={jobs.HEADER: "public"}, throw=True)

        assert [kind for kind, *_ in found()] == ["UNAUTHORIZED_WRITE"]

    def test_do_not_tell_of_a_plain_no(self):
        with pytest.raises(Harmless):
            harmless.apply(throw=True)

        assert found() == []


@pytest.mark.django_db
class TestWalks:
    def test_tell_of_each_tenants_refusal_and_go_on(self, acme, rival, ops):
        def work(*, by, at):
            audit.record("thing.done", Thing(), by=by, at=at)
            if current_schema() == acme:
                raise AppendOnlyRefused("Grade", "changed")

        walk = jobs.for_each_tenant("probe.walk", "s", [acme, rival], work, by=ops, at=KICKOFF_EVE)

        assert (list(walk.failed), walk.done) == ([acme], [rival])
        assert found() == [
            ("UNAUTHORIZED_WRITE", "tenant:acme", "olivia@beatvegas.test APPEND_ONLY", 1)
        ]
        done = AuditEntry.across_tenants.filter(action="thing.done")
        assert set(done.values_list("tenant_schema", flat=True)) == {rival}
        with tenant_scope(acme):
            assert OpsAlert.objects.count() == 1
