"""What one tenant can never reach of another: asked of the server, of Python and of the cache."""

from datetime import UTC, datetime
from threading import Barrier

import pytest
import redis
from django.apps import apps as installed
from django.core.cache import caches
from django.db import ProgrammingError, connection, models, transaction
from django.test.utils import isolate_apps

from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.core.grants import CONTROL, FACTS, ROW_SECURITY, TENANT_OF_ROW
from apps.core.tenancy import (
    ForeignTenantRow,
    TenantModel,
    current_schema,
    tenant_scope,
)
from apps.governance import audit
from apps.tenants.artefact import tenant_apps
from apps.tenants.models import Tenant, User
from apps.tenants.tests.factories import OperatorFactory, UserFactory
from beatvegas.settings.environment import database

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
CLERK = Actor.system("tests.clerk")
# What the settings of a process with a pool change.
POOLED = ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "OPTIONS")
# Seen by every tenant although its rows name tenants: the platform's own.
PLATFORM = "public"


def tables_of(schema: str) -> list[str]:
    rows = fetch_all("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
    return [name for (name,) in rows]


def audit_something(schema: str) -> None:
    with tenant_scope(schema), transaction.atomic():
        row = audit.Row(
            action="test.noted", object_type="Test", object_id=schema, before=None, after={}
        )
        audit.record_set([row], by=CLERK, at=NOON)


@pytest.mark.django_db
class TestTheServerDenies:
    def test_every_table_of_another_tenant(self, acme, rival):
        """Test e. Reading, writing, and even the schema's other contents."""
        theirs = tables_of(rival)
        assert "django_migrations" in theirs

        with tenant_scope(acme):
            for table in theirs:
                for statement in (
                    f"SELECT * FROM {rival}.{table} LIMIT 1",
                    f"DELETE FROM {rival}.{table}",
                ):
                    denied = pytest.raises(ProgrammingError, match="permission denied")
                    with denied, transaction.atomic():
                        execute(statement)

    def test_every_tenants_table_to_the_login_role(self, acme):
        for table in tables_of(acme):
            denied = pytest.raises(ProgrammingError, match="permission denied")
            with denied, transaction.atomic():
                execute(f"SELECT * FROM {acme}.{table} LIMIT 1")

    def test_what_no_grant_lists_of_the_control_plane(self, acme):
        listed = {*FACTS, *CONTROL}
        with tenant_scope(acme):
            for table in tables_of("public"):
                if table not in listed:
                    denied = pytest.raises(ProgrammingError, match="permission denied")
                    with denied, transaction.atomic():
                        execute(f'SELECT 1 FROM public."{table}" LIMIT 1')

    def test_rows_of_other_tenants_in_shared_tables(self, acme, rival):
        for schema in (acme, rival):
            audit_something(schema)
            UserFactory(schema=schema)
        OperatorFactory()

        with tenant_scope(acme):
            seen = {
                table: {
                    whose
                    for (whose,) in fetch_all(
                        f"SELECT DISTINCT {TENANT_OF_ROW.get(table, 'tenant_schema')}"
                        f' FROM public."{table}"'
                    )
                }
                for table in ROW_SECURITY
            }

        for table, also in ROW_SECURITY.items():
            assert seen[table] <= {acme, *also}, table
        for table in ("audit_entry", "domain", "feature_flag", "tenant", "user"):
            assert acme in seen[table], table
        assert PLATFORM in seen["user"]
        assert PLATFORM in seen["feature_flag"]

    def test_every_table_that_names_tenants_is_secured_row_by_row(self):
        named = {
            table
            for (table,) in fetch_all(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
                " AND NOT c.relispartition AND a.attname = 'tenant_schema'"
            )
        }
        readable = named & {*FACTS, *CONTROL}

        assert readable <= set(ROW_SECURITY)
        secured = fetch_all(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relname = ANY(%s)",
            [list(ROW_SECURITY)],
        )
        assert {name for (name,) in secured} == set(ROW_SECURITY)

    def test_to_write_in_the_name_of_another(self, acme, rival):
        with tenant_scope(acme), pytest.raises(ProgrammingError, match="row-level security"):
            execute(
                "INSERT INTO job_run (id, job, slot, tenant_schema, outcome, attempt, started_at)"
                " SELECT gen_random_uuid(), 'a.job', 'a slot', %s, 'RUNNING', 1, now()",
                [rival],
            )

    def test_to_become_another_by_a_setting(self, acme, rival):
        """The policies read the role; the setting is only for the logs."""
        audit_something(rival)

        with tenant_scope(acme):
            execute("SELECT set_config('bv.tenant', %s, true)", [rival])
            seen = fetch_all("SELECT DISTINCT tenant_schema FROM audit_entry")

        assert (rival,) not in seen


@pytest.mark.django_db
class TestWhatStandsInWhichSchema:
    def test_no_tenants_table_in_public_and_no_shared_one_in_a_tenant(self, acme):
        """Test f."""
        own = {
            model._meta.db_table
            for model in installed.get_models(include_auto_created=True)
            if model._meta.app_label in tenant_apps()
        }
        shared = {
            model._meta.db_table
            for model in installed.get_models(include_auto_created=True)
            if model._meta.app_label not in tenant_apps()
        }
        in_public, in_acme = set(tables_of("public")), set(tables_of(acme))

        # Django's admin log stands in both, on purpose: each console has its own.
        assert own & in_public == {"django_admin_log"}
        assert shared & in_acme == set()
        assert own <= in_acme
        assert in_acme - own == {"django_migrations"}


@isolate_apps("apps.picks")
def admin_note_model() -> type[TenantModel]:
    class Note(TenantModel):
        """A row of a tenant's admin log, as a model of ours would be."""

        object_repr = models.CharField(max_length=200)

        class Meta:
            app_label = "picks"
            db_table = "django_admin_log"
            managed = False

    return Note


def write_note(schema: str, text: str) -> None:
    with tenant_scope(schema):
        execute(
            "INSERT INTO django_admin_log (action_time, object_repr, action_flag, change_message,"
            " user_id) VALUES (now(), %s, 1, '', %s)",
            [text, User.across_tenants.operators().get().pk],
        )


@pytest.fixture
def operator(db) -> User:
    """Who signs in the admin log."""
    return OperatorFactory()


@pytest.mark.usefixtures("operator")
class TestARowAtHome:
    def test_is_saved_where_it_was_loaded(self, acme):
        note_model = admin_note_model()
        write_note(acme, "ours")

        with tenant_scope(acme):
            note = note_model.objects.get()
            note.object_repr = "still ours"
            note.save(update_fields=["object_repr"])

            assert note_model.objects.get().object_repr == "still ours"

    @pytest.mark.parametrize("verb", ["save", "delete"])
    def test_is_neither_saved_nor_deleted_in_another_tenant(self, verb, acme, rival):
        note_model = admin_note_model()
        write_note(acme, "ours")
        write_note(rival, "theirs")
        with tenant_scope(acme):
            note = note_model.objects.get()

        with tenant_scope(rival):
            with pytest.raises(ForeignTenantRow):
                getattr(note, verb)()

            assert note_model.objects.get().object_repr == "theirs"

    def test_is_not_saved_in_public_either(self, acme):
        note_model = admin_note_model()
        write_note(acme, "ours")
        with tenant_scope(acme):
            note = note_model.objects.get()

        with pytest.raises(ForeignTenantRow):
            note.save()


class TestThreads:
    def test_see_their_own_tenant_only_through_a_pool_of_two(self, acme, rival, fresh_database):
        """Test c: eight threads, two tenants, two connections that both have to serve both."""
        author = OperatorFactory().pk
        connection.close()
        together = Barrier(8)
        pooled = database(fresh_database.url, pool=2)
        before = {key: connection.settings_dict[key] for key in POOLED}
        connection.settings_dict.update({key: pooled[key] for key in POOLED})

        def work(number: int) -> set[tuple[str, str]]:
            seen: set[tuple[str, str]] = set()
            together.wait(30)
            for turn in range(25):
                schema = (acme, rival)[(number + turn) % 2]
                with tenant_scope(schema):
                    execute(
                        "INSERT INTO django_admin_log (action_time, object_repr, action_flag,"
                        " change_message, user_id) VALUES (now(), %s, 1, '', %s)",
                        [schema, author],
                    )
                    rows = fetch_all("SELECT DISTINCT object_repr FROM django_admin_log")
                seen |= {(schema, whose) for (whose,) in rows}
                connection.close()  # back to the pool, as at the end of a request
                [(role,)] = fetch_all("SELECT current_user::text")
                seen.add(("public", role))
                connection.close()
            return seen

        try:
            seen = set().union(
                *fresh_database.in_threads(*[lambda n=number: work(n) for number in range(8)])
            )
        finally:
            connection.close_pool()
            connection.settings_dict.update(before)

        assert seen == {
            (acme, acme),
            (rival, rival),
            ("public", connection.settings_dict["USER"]),
        }
        for schema in (acme, rival):
            with tenant_scope(schema):
                assert fetch_all("SELECT count(*) FROM django_admin_log") == [(100,)]


@pytest.mark.django_db
class TestAfterAnError:
    def test_of_python_the_connection_is_in_public(self, acme):
        """Test i."""
        with pytest.raises(ZeroDivisionError), tenant_scope(acme):
            raise ZeroDivisionError(fetch_all("SELECT 1"))

        assert current_schema() == "public"
        assert Tenant.objects.count() >= 3

    def test_of_the_server_the_connection_is_in_public(self, acme):
        with pytest.raises(ProgrammingError), tenant_scope(acme), transaction.atomic():
            execute("SELECT * FROM nothing_of_the_kind")

        assert current_schema() == "public"
        assert Tenant.objects.count() >= 3


@pytest.mark.django_db
class TestCache:
    def test_of_one_tenant_is_empty_for_another(self, acme, rival, valkey):
        """Test h."""
        with tenant_scope(acme):
            caches["default"].set("board", "acme's board")
        with tenant_scope(rival):
            theirs = caches["default"].get("board")

        assert theirs is None
        assert caches["default"].get("board") is None
        with tenant_scope(acme):
            assert caches["default"].get("board") == "acme's board"

    def test_names_the_tenant_in_every_key(self, acme, rival, valkey):
        for schema in (acme, rival):
            with tenant_scope(schema):
                caches["default"].set("slate", schema)
        caches["default"].set("health", "good")

        with redis.Redis.from_url(valkey) as client:
            keys = {key.decode() for key in client.keys("*:slate")} | {
                key.decode() for key in client.keys("*:health")
            }

        assert {key.split(":")[0] for key in keys} == {acme, rival, "public"}

    def test_that_is_shared_is_the_same_for_everybody(self, acme, rival, valkey):
        with tenant_scope(acme):
            caches["shared"].set("leagues", ["NFL"])

        with tenant_scope(rival):
            assert caches["shared"].get("leagues") == ["NFL"]
