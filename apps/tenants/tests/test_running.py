import time
from datetime import UTC, datetime
from threading import Event

import pytest
from django.db import transaction

from apps.core.db import fetch_all
from apps.core.tenancy import TenantInactive, active_schemas, current_schema, tenant_scope
from apps.governance import switches
from apps.governance.models import AuditEntry
from apps.tenants import actions
from apps.tenants.kinds import Provisioning
from apps.tenants.models import Domain, Tenant

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
REASON = "Their bill is unpaid."


@pytest.mark.django_db
class TestSuspendTenant:
    def test_lets_nothing_run_for_it(self, acme, rival, ops):
        actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason=REASON)

        assert active_schemas() == [rival]
        with pytest.raises(TenantInactive), tenant_scope(acme):
            pass

    def test_is_audited_and_kept_in_the_history_with_its_reason(self, acme, ops):
        actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason=REASON)

        entry = AuditEntry.across_tenants.get(action="tenant.suspended", object_id=acme)
        assert (entry.actor_id, entry.reason) == (ops.id, REASON)
        assert entry.diff == {"status": ["ACTIVE", "SUSPENDED"]}
        version = Tenant.history.filter(schema_name=acme).latest()
        assert version.status == "SUSPENDED"
        assert version.history_change_reason == REASON
        assert ops.id in version.history_user_id

    def test_can_be_taken_back(self, acme, ops):
        actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason=REASON)

        actions.resume_tenant(schema=acme, by=ops, at=NOON, reason="Paid.")

        with tenant_scope(acme):
            assert current_schema() == acme

    @pytest.mark.parametrize("schema", ["public", "template"])
    def test_leaves_the_platform_alone(self, schema, ops):
        with pytest.raises(actions.PlatformProtected):
            actions.suspend_tenant(schema=schema, by=ops, at=NOON, reason=REASON)

    def test_needs_a_reason(self, acme, ops):
        with pytest.raises(actions.ReasonMissing):
            actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason="")

        assert Tenant.objects.get(pk=acme).status == "ACTIVE"


class TestSuspensionDuringWork:
    def test_waits_for_whoever_publishes_at_that_moment(self, acme, fresh_database, ops):
        """What began before may end; after the barrier nothing of the tenant commits."""
        asked, may_commit = Event(), Event()

        def publish() -> None:
            with transaction.atomic():
                switches.hold_open(switches.PUBLISH, scopes=["GLOBAL", f"tenant:{acme}"])
                asked.set()
                assert may_commit.wait(10)

        def suspend() -> switches.Stopped:
            assert asked.wait(10)
            return actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason=REASON)

        def release() -> None:
            while not fetch_all(
                "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
            ):
                time.sleep(0.005)
            may_commit.set()

        _, stopped, _ = fresh_database.in_threads(publish, suspend, release)

        assert stopped.drained_ms is not None
        assert stopped.in_flight == 1


@pytest.mark.django_db
class TestResumeTenant:
    def test_refuses_who_was_never_built(self, ops):
        actions.request_tenant(schema="newborn", name="New", type="B2B", by=ops, at=NOON)

        with pytest.raises(actions.NotReady):
            actions.resume_tenant(schema="newborn", by=ops, at=NOON, reason="Hurry.")


@pytest.mark.django_db
class TestEditTenant:
    def test_changes_what_people_read(self, acme, ops):
        actions.edit_tenant(
            schema=acme,
            name="Acme & Sons",
            timezone="America/New_York",
            by=ops,
            at=NOON,
            reason="They moved.",
        )

        tenant = Tenant.objects.get(pk=acme)
        assert (tenant.name, tenant.timezone) == ("Acme & Sons", "America/New_York")

    def test_refuses_a_zone_that_does_not_exist(self, acme, ops):
        with pytest.raises(actions.TimezoneUnknown):
            actions.edit_tenant(
                schema=acme, name="Acme", timezone="Mars/Olympus", by=ops, at=NOON, reason="?"
            )


@pytest.mark.django_db
class TestDomains:
    def test_the_first_is_primary_and_the_next_are_not(self, acme, ops):
        added = actions.add_domain(schema=acme, domain="Picks.Example.ORG", by=ops, at=NOON)

        assert (added.domain, added.is_primary) == ("picks.example.org", False)

    def test_adding_again_changes_nothing(self, acme, ops):
        first = actions.add_domain(schema=acme, domain="a.example.org", by=ops, at=NOON)

        assert actions.add_domain(schema=acme, domain="a.example.org", by=ops, at=NOON) == first

    def test_cannot_be_taken_from_another_tenant(self, acme, rival, ops):
        actions.add_domain(schema=acme, domain="a.example.org", by=ops, at=NOON)

        with pytest.raises(actions.DomainTaken):
            actions.add_domain(schema=rival, domain="a.example.org", by=ops, at=NOON)

    def test_refuses_what_is_no_host_name(self, acme, ops):
        with pytest.raises(actions.DomainUnfit):
            actions.add_domain(schema=acme, domain="https://a.example.org/", by=ops, at=NOON)

    def test_removing_keeps_the_history(self, acme, ops):
        actions.add_domain(schema=acme, domain="a.example.org", by=ops, at=NOON)

        actions.remove_domain(domain="a.example.org", by=ops, at=NOON, reason="Typing error.")

        assert not Domain.objects.filter(domain="a.example.org").exists()
        kinds = Domain.history.filter(domain="a.example.org").values_list(
            "history_type", "history_change_reason"
        )
        assert sorted(kinds) == [("+", ""), ("-", "Typing error.")]


@pytest.mark.django_db
class TestRequestTenant:
    def test_writes_the_wish_down_and_opens_nothing(self, ops):
        tenant = actions.request_tenant(
            schema="newborn", name="New", type="B2B", timezone="Europe/Paris", by=ops, at=NOON
        )

        assert (tenant.status, tenant.provisioning) == ("SUSPENDED", "REQUESTED")
        assert "newborn" not in active_schemas()
        assert AuditEntry.across_tenants.filter(
            action="tenant.requested", object_id="newborn"
        ).exists()

    def test_asked_again_is_the_same_wish(self, ops):
        first = actions.request_tenant(schema="newborn", name="New", type="B2B", by=ops, at=NOON)

        again = actions.request_tenant(schema="newborn", name="New", type="B2B", by=ops, at=NOON)

        assert first == again

    @pytest.mark.parametrize(
        ("schema", "type", "refusal"),
        [
            ("acme", "B2B", actions.TenantExists),
            ("Acme", "B2B", actions.InvalidSchemaName),
            ("pg_mine", "B2B", actions.InvalidSchemaName),
            ("a" * 31, "B2B", actions.InvalidSchemaName),
            ("public", "INTERNAL", actions.TenantTypeReserved),
            ("mine", "TEMPLATE", actions.TenantTypeReserved),
        ],
    )
    def test_refuses_names_that_cannot_be(self, schema, type, refusal, ops):
        with pytest.raises(refusal):
            actions.request_tenant(schema=schema, name="New", type=type, by=ops, at=NOON)

    def test_steps_cannot_be_skipped(self, ops):
        actions.request_tenant(schema="newborn", name="New", type="B2B", by=ops, at=NOON)

        with pytest.raises(ValueError, match="does not follow"):
            actions.advance_tenant(schema="newborn", to=Provisioning.ACTIVE, by=ops, at=NOON)
