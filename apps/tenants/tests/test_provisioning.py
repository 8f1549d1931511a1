"""Building tenants for real: everything here commits."""

import re
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core import ddl, schemas
from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.roles import tenant_role
from apps.core.tenancy import active_schemas, tenant_scope
from apps.governance.models import AuditEntry, FeatureFlag
from apps.tenants import actions, artefact, hosts, parity, provisioning, tasks
from apps.tenants.models import Domain, SchemaArtefact, Tenant, User

pytestmark = pytest.mark.usefixtures("fresh_database")

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
BUILDER = Actor.system("tests.builder")
STEPS = ["REQUESTED", "SCHEMA", "ROLE", "SEEDED", "ACTIVE"]


def provision(schema: str = "newborn", **said) -> Tenant:
    return provisioning.provision_tenant(
        schema=schema, name="New", type="B2B", **said, by=BUILDER, at=NOON
    )


def request(schema: str = "newborn") -> None:
    actions.request_tenant(schema=schema, name="New", type="B2B", by=BUILDER, at=NOON)


def steps_noted(schema: str) -> list[str]:
    entries = AuditEntry.across_tenants.filter(object_type="Tenant", object_id=schema)
    ordered = entries.order_by("recorded_at", "id")
    return [entry.diff["provisioning"][1] for entry in ordered if "provisioning" in entry.diff]


class TestProvisionTenant:
    def test_makes_a_tenant_that_can_be_entered_and_found(self):
        tenant = provision()

        assert (tenant.status, tenant.provisioned_at) == ("ACTIVE", NOON)
        assert "newborn" in active_schemas()
        assert hosts.tenant_of_host("newborn.localhost").schema_name == "newborn"
        with tenant_scope("newborn"):
            assert fetch_all("SELECT count(*) FROM django_admin_log") == [(0,)]

    def test_makes_a_schema_just_like_the_templates(self):
        provision()

        marks = parity.fingerprints(["template", "newborn", "acme"])

        assert len(marks) == 3
        assert len(set(marks.values())) == 1

    def test_notes_every_step_in_order(self):
        provision()

        assert steps_noted("newborn") == STEPS

    def test_gives_it_its_switches_all_on(self):
        provision()

        rows = FeatureFlag.objects.filter(scope="tenant:newborn")
        like = FeatureFlag.objects.filter(scope="tenant:acme")
        assert set(rows.values_list("name", "enabled")) == set(like.values_list("name", "enabled"))
        assert rows.exists()

    def test_gives_it_a_role_that_cannot_log_in_and_inherits_nothing(self):
        provision()

        role = tenant_role(connection.settings_dict["NAME"], "newborn")
        powers = "SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = %s"
        assert fetch_all(powers, [role]) == [(False, False)]
        assert fetch_all(
            "SELECT inherit_option, set_option, admin_option FROM pg_auth_members"
            " WHERE roleid = %s::regrole AND member = %s::regrole",
            [role, ddl.login_role()],
        ) == [(False, True, False)]

    def test_called_again_changes_nothing(self):
        first = provision()
        before = AuditEntry.across_tenants.count()

        again = provision()

        assert again == first
        assert AuditEntry.across_tenants.count() == before

    def test_called_twice_at_once_builds_once(self, fresh_database):
        fresh_database.in_threads(*[provision] * 2)

        assert steps_noted("newborn") == STEPS
        assert Domain.objects.filter(tenant="newborn").count() == 1

    def test_takes_the_hosts_it_is_given(self):
        provision(hosts=["picks.example.org", "www2.example.org"])

        domains = Domain.objects.filter(tenant="newborn").order_by("domain")
        assert list(domains.values_list("domain", "is_primary")) == [
            ("picks.example.org", True),
            ("www2.example.org", False),
        ]

    def test_refuses_a_schema_that_is_something_else(self, as_owner):
        as_owner.execute("CREATE SCHEMA newborn; CREATE TABLE newborn.secret (id int); COMMIT")

        with pytest.raises(provisioning.SchemaTaken):
            provision()

        assert Tenant.objects.get(pk="newborn").status == "SUSPENDED"


class TestStoppedAnywhere:
    @pytest.mark.parametrize("done", range(4), ids=STEPS[:4])
    def test_goes_on_where_it_was(self, done, monkeypatch):
        """Killed at each step: the schema is kept once made, the short steps after it are one."""
        request()
        advance = actions.advance_tenant
        left = iter(range(done))

        def advance_or_die(**said):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return advance(**said)

        with monkeypatch.context() as dying:
            dying.setattr(actions, "advance_tenant", advance_or_die)
            dying.setattr("apps.tenants.actions.building.advance_tenant", advance_or_die)
            with pytest.raises(KeyboardInterrupt):
                provisioning.finish("newborn", by=BUILDER, at=NOON)
        assert Tenant.objects.get(pk="newborn").provisioning == STEPS[min(done, 1)]

        tenant = provisioning.finish("newborn", by=BUILDER, at=NOON)

        assert tenant.status == "ACTIVE"
        assert steps_noted("newborn") == STEPS
        assert parity.check().holds

    def test_is_not_served_meanwhile(self):
        request()

        assert "newborn" not in active_schemas()
        assert hosts.tenant_of_schema("newborn") is None

    def test_is_finished_by_the_job(self):
        request()
        request("second")

        tasks.provision.apply().get()

        assert {"newborn", "second"} <= set(active_schemas())
        assert provisioning.waiting() == []

    def test_of_one_tenant_does_not_stop_the_next(self, as_owner):
        as_owner.execute("CREATE SCHEMA newborn; CREATE TABLE newborn.secret (id int); COMMIT")
        request()
        request("second")

        tasks.provision.apply().get()

        assert provisioning.waiting() == ["newborn"]
        assert "second" in active_schemas()


class TestArtefact:
    def test_of_other_migrations_is_refused_before_anything_is_written(self, monkeypatch):
        monkeypatch.setattr(artefact, "migrations_hash", lambda: "of newer code")

        with pytest.raises(artefact.ArtefactStale):
            provision()

        assert not Tenant.objects.filter(pk="newborn").exists()

    def test_is_made_with_the_template(self):
        stored = SchemaArtefact.objects.get()

        assert stored.migrations_hash == artefact.migrations_hash()
        assert "CREATE SCHEMA template" in stored.ddl
        assert re.search(r'INSERT INTO template\."?django_migrations"? ', stored.ddl)

    def test_is_stored_once(self):
        before = SchemaArtefact.objects.get()

        assert artefact.refresh(by=BUILDER, at=NOON) == before

    def test_cannot_be_changed(self):
        with pytest.raises(Exception, match="cannot be updated"):
            SchemaArtefact.objects.update(ddl="DROP SCHEMA acme")

    def test_that_is_missing_means_migrating_with_the_same_result(self, as_owner, monkeypatch):
        """Where the deployment has no pg_dump."""
        as_owner.execute(
            "ALTER TABLE schema_artefact DISABLE TRIGGER ALL; DELETE FROM schema_artefact; COMMIT"
        )

        tenant = provision()

        assert tenant.status == "ACTIVE"
        assert parity.check().holds
        [(ours,)] = fetch_all("SELECT count(*) FROM pg_tables WHERE schemaname = 'newborn'")
        [(theirs,)] = fetch_all("SELECT count(*) FROM pg_tables WHERE schemaname = 'acme'")
        assert ours == theirs

    def test_is_not_made_without_pg_dump(self, monkeypatch):
        monkeypatch.setattr(schemas, "_pg_dump", lambda: None)

        assert artefact.refresh(by=BUILDER, at=NOON) is None


class TestParityOfDatabase:
    def test_holds_and_then_names_the_schemas_that_differ_or_are_gone(self, as_owner, capsys):
        """One replayed, one migrated: the template itself is migrated."""
        call_command("check_parity")
        as_owner.execute("CREATE TABLE rival.extra (id int); DROP SCHEMA acme CASCADE; COMMIT")
        provision()

        found = parity.check()

        assert "3 schemas, all alike." in capsys.readouterr().out
        assert (list(found.odd), found.missing, found.compared) == (["rival"], ("acme",), 3)
        with pytest.raises(SystemExit):
            call_command("check_parity")


class TestCommands:
    def test_provision_tenant(self, capsys):
        call_command(
            "provision_tenant", "newborn", name="New", type="AFFILIATE", host=["new.example.org"]
        )

        assert Tenant.objects.get(pk="newborn").type == "AFFILIATE"
        assert "newborn is ACTIVE at new.example.org." in capsys.readouterr().out

    def test_provision_tenant_says_why_not(self):
        with pytest.raises(CommandError, match="TENANT_SCHEMA_INVALID"):
            call_command("provision_tenant", "New-Born", name="New")

    def test_create_operator(self, monkeypatch, capsys):
        monkeypatch.setenv("OPERATOR_PASSWORD", "correct horse battery staple")

        call_command("create_operator", "olivia@example.org", superuser=True)

        olivia = User.across_tenants.get(login="public/olivia@example.org")
        assert (olivia.is_staff, olivia.is_superuser) == (True, True)
        assert olivia.check_password("correct horse battery staple")

    def test_create_operator_refuses_a_weak_password(self, monkeypatch):
        monkeypatch.setenv("OPERATOR_PASSWORD", "password")

        with pytest.raises(CommandError, match="too"):
            call_command("create_operator", "olivia@example.org")

        assert not User.across_tenants.filter(email="olivia@example.org").exists()

    def test_create_operator_twice_is_an_error_unless_said_otherwise(self, monkeypatch):
        monkeypatch.setenv("OPERATOR_PASSWORD", "correct horse battery staple")
        call_command("create_operator", "olivia@example.org")

        with pytest.raises(CommandError, match="USER_ADDRESS_TAKEN"):
            call_command("create_operator", "olivia@example.org")
        call_command("create_operator", "Olivia@example.org", if_missing=True)


class TestWithoutTheOwner:
    def test_a_web_process_cannot_build(self, settings):
        settings.DATABASE_OWNER_URL = ""
        request()

        with pytest.raises(ddl.OwnerUnknown):
            provisioning.finish("newborn", by=BUILDER, at=NOON)

    def test_the_login_role_cannot_make_a_schema_or_read_a_tenants(self):
        with pytest.raises(Exception, match="permission denied"):
            fetch_all("CREATE SCHEMA mine")
        with pytest.raises(Exception, match="permission denied"):
            fetch_all("SELECT * FROM acme.django_admin_log")
