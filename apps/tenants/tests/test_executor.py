"""Migrating many tenants at once."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from apps.core import ddl
from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.core.tenancy import tenant_scope
from apps.tenants import actions, executor, parity, provisioning
from apps.tenants.models import TenantMigrationState

pytestmark = pytest.mark.usefixtures("fresh_database")

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
BUILDER = Actor.system("tests.builder")


class AddNote(migrations.Migration):
    """What a release might bring: a column in a table of every tenant."""

    dependencies = [("admin", "0003_logentry_add_action_flag_choices")]
    operations = [
        migrations.AddField("logentry", "note", models.CharField(max_length=20, default="")),
        migrations.AddIndex("logentry", models.Index(fields=["note"], name="log_note")),
    ]


class AddRemark(migrations.Migration):
    """And a table."""

    dependencies = [("admin", "0004_note")]
    operations = [
        migrations.CreateModel(
            "Remark",
            fields=[("id", models.BigAutoField(primary_key=True))],
            options={"db_table": "remark"},
        ),
    ]


@pytest.fixture
def release(fresh_database, monkeypatch):
    """The code has two migrations that the database has not."""
    load = MigrationLoader.load_disk

    def load_with_news(self):
        load(self)
        self.disk_migrations["admin", "0004_note"] = AddNote("0004_note", "admin")
        self.disk_migrations["admin", "0005_remark"] = AddRemark("0005_remark", "admin")

    monkeypatch.setattr(MigrationLoader, "load_disk", load_with_news)


def migrate_fleet() -> None:
    call_command("migrate_schemas", tenant=True, verbosity=0, interactive=False)


def has(schema: str, what: str) -> bool:
    """Does the schema have this table, or this column of its admin log?"""
    with ddl.owner_cursor() as cursor:  # the login role sees nothing of a tenant's
        cursor.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = %s"
            " AND (table_name = %s OR (table_name, column_name) = ('django_admin_log', %s))",
            [schema, what, what],
        )
        return cursor.fetchone() is not None


def applied(schema: str) -> list[str]:
    with ddl.owner_cursor() as cursor:
        cursor.execute(
            f"SELECT name FROM {schema}.django_migrations WHERE app = 'admin' ORDER BY id"
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.usefixtures("release")
class TestMigrating:
    def test_brings_every_tenant_and_the_template_up_to_date(self):
        migrate_fleet()

        for schema in ("template", "acme", "rival"):
            assert has(schema, "note")
            assert has(schema, "remark")
            assert applied(schema)[-2:] == ["0004_note", "0005_remark"]
        assert parity.check().holds

    def test_keeps_what_became_of_each(self):
        migrate_fleet()

        states = TenantMigrationState.objects.order_by("pk")
        assert list(states.values_list("pk", "outcome", "applied")) == [
            ("acme", "CURRENT", 2),
            ("rival", "CURRENT", 2),
            ("template", "CURRENT", 2),
        ]

    def test_again_finds_nothing_to_do(self):
        migrate_fleet()

        with ddl.owner():
            assert list(executor.migrate(["template", "acme", "rival"])) == []

    def test_builds_graph_and_states_once_for_all(self, monkeypatch):
        for number in range(5):
            provisioning.provision_tenant(
                schema=f"more{number}", name="More", type="B2B", by=BUILDER, at=NOON
            )
        built = []
        steps = executor._steps
        monkeypatch.setattr(executor, "_steps", lambda *said: built.append(1) or steps(*said))

        migrate_fleet()

        assert len(built) == 1
        assert parity.check().compared == 8

    def test_goes_on_after_a_failure_and_records_it(self, as_owner):
        as_owner.execute("CREATE TABLE acme.remark (other int); COMMIT")

        with pytest.raises(CommandError, match=r"1 of 3 tenants .* acme at admin\.0005_remark"):
            migrate_fleet()

        assert has("rival", "remark")
        assert applied("acme")[-1] == "0004_note"
        state = TenantMigrationState.objects.get(pk="acme")
        assert (state.outcome, state.failed_migration) == ("FAILED", "admin.0005_remark")
        assert "already exists" in state.error
        assert list(parity.check().odd) == ["acme"]

    def test_leaves_nothing_half_done_of_a_migration_that_failed(self, as_owner):
        as_owner.execute("CREATE TABLE acme.log_note (id int); COMMIT")  # the index's name

        with pytest.raises(CommandError):
            migrate_fleet()

        assert not has("acme", "note")

    def test_goes_on_where_it_failed_once_the_cause_is_gone(self, as_owner):
        as_owner.execute("CREATE TABLE acme.remark (other int); COMMIT")
        with pytest.raises(CommandError):
            migrate_fleet()
        as_owner.execute("DROP TABLE acme.remark; COMMIT")

        migrate_fleet()

        assert applied("acme")[-1] == "0005_remark"
        state = TenantMigrationState.objects.get(pk="acme")
        assert (state.outcome, state.error) == ("CURRENT", "")

    def test_lets_the_tenants_role_use_what_is_new(self):
        migrate_fleet()

        with tenant_scope("acme"):
            execute("INSERT INTO remark DEFAULT VALUES")
            assert fetch_all("SELECT count(*) FROM remark") == [(1,)]

    def test_of_a_single_tenant_leaves_the_others(self):
        call_command("migrate_schemas", schema_name="acme", verbosity=0, interactive=False)

        assert has("acme", "note")
        assert not has("rival", "note")


class TestChoosing:
    def test_no_other_executor_is_used(self):
        with pytest.raises(CommandError, match="no executor 'multiprocessing'"):
            executor.get_executor("multiprocessing")

    def test_a_tenant_that_is_only_requested_is_left_to_provisioning(self):
        actions.request_tenant(schema="newborn", name="New", type="B2B", by=BUILDER, at=NOON)

        migrate_fleet()

        assert not TenantMigrationState.objects.filter(pk="newborn").exists()
