"""Migrate all tenants at once: one graph, one state per step, and no stop at a failure.

django-tenants' own executors load the graph and build the state again for every tenant. Here
one statement tells which tenants lack what; those that lack the same share graph and states.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django_tenants.migration_executors.base import MigrationExecutor, run_migrations
from psycopg import sql

from apps.core import clock, ddl, schemas
from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.tenancy import PUBLIC
from apps.tenants import actions, artefact
from apps.tenants.kinds import TEMPLATE_SCHEMA
from apps.tenants.models import SchemaArtefact, Tenant

Key = tuple[str, str]  # app label, migration name
MIGRATOR = Actor.system("tenants.migrate")
_TABLE = "django_migrations"


@dataclass(frozen=True, slots=True)
class Migrated:
    """What became of one tenant."""

    schema: str
    applied: int
    failed_migration: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One migration of a tenant app, the state before it, and what is noted with it.

    Migrations of shared apps touch nothing in a tenant's schema. They are noted there, as the
    stock command does, so that every tool agrees what has been applied.
    """

    migration: Migration | None
    before: ProjectState | None
    noted: tuple[Key, ...]


def migrate(wanted: Iterable[str]) -> Iterator[Migrated]:
    """Bring each schema up to date, on the owner's connection; a failure ends only its own.

    Yields what became of each tenant that lacked something, the template first.
    """
    order = sorted(wanted, key=lambda schema: (schema != TEMPLATE_SCHEMA, schema))
    loader = MigrationLoader(None)
    plan = _full_plan(loader)
    lacking: dict[frozenset[Key], list[str]] = defaultdict(list)
    for schema, applied in _applied(order):
        missing = frozenset(plan) - _closed(applied, loader)
        if missing:
            lacking[missing].append(schema)
    for missing, alike in lacking.items():
        steps = list(_steps(loader, plan, missing))
        for schema in alike:
            yield _migrate_one(schema, steps)


def _migrate_one(schema: str, steps: Sequence[Step]) -> Migrated:
    applied = 0
    with schemas.building(schema):
        for step in steps:
            try:
                _apply(schema, step)
            except Exception as error:
                # Whatever it is, it is this tenant's: it is stored, reported and the walk goes on.
                connection.close_if_unusable_or_obsolete()
                failed = ".".join(step.noted[-1])
                return Migrated(schema, applied, failed, f"{type(error).__name__}: {error}")
            applied += len(step.noted)
    return Migrated(schema, applied)


def _apply(schema: str, step: Step) -> None:
    atomic = step.migration is None or step.migration.atomic
    with connection.schema_editor(atomic=atomic) as editor:
        if step.migration is not None and step.before is not None:
            step.migration.apply(step.before.clone(), editor)
        values = sql.SQL(", ").join(
            sql.SQL("({}, {}, clock_timestamp())").format(sql.Literal(app), sql.Literal(name))
            for app, name in step.noted
        )
        statement = sql.SQL("INSERT INTO {} (app, name, applied) VALUES {}").format(
            sql.Identifier(schema, _TABLE), values
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)


def _full_plan(loader: MigrationLoader) -> list[Key]:
    seen: dict[Key, None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        seen.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return list(seen)


def _steps(loader: MigrationLoader, plan: Sequence[Key], missing: frozenset[Key]) -> Iterator[Step]:
    own = artefact.tenant_apps()
    state = ProjectState(real_apps=loader.unmigrated_apps)
    noted: list[Key] = []
    for key in plan:
        migration = loader.graph.nodes[key]
        if key in missing:
            noted.append(key)
            if key[0] in own:
                before = state.clone()
                before.apps  # noqa: B018 - rendered once here, copied per tenant
                yield Step(migration, before, tuple(noted))
                noted.clear()
        state = migration.mutate_state(state, preserve=False)
    if noted:
        yield Step(None, None, tuple(noted))


def _applied(order: Sequence[str]) -> list[tuple[str, set[Key]]]:
    """Ask every schema in one statement what it has applied; those without a table get one."""
    if not order:
        return []
    have_table = {
        schema
        for (schema,) in fetch_all(
            "SELECT schemaname FROM pg_tables WHERE tablename = %s AND schemaname = ANY(%s)",
            [_TABLE, list(order)],
        )
    }
    for schema in order:
        if schema not in have_table:
            with schemas.building(schema, include_public=False):
                MigrationRecorder(connection).ensure_schema()
    question = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, array_agg(ARRAY[app, name]) FROM {}").format(
            sql.Literal(schema), sql.Identifier(schema, _TABLE)
        )
        for schema in order
    )
    with connection.cursor() as cursor:
        cursor.execute(question)
        rows = cursor.fetchall()
    return [(schema, {(app, name) for app, name in keys or ()}) for schema, keys in rows]


def _closed(applied: set[Key], loader: MigrationLoader) -> set[Key]:
    """Count a squashed migration as applied where all that it replaces is."""
    squashed = {
        key
        for key, migration in loader.disk_migrations.items()
        if migration.replaces and applied.issuperset(map(tuple, migration.replaces))
    }
    return applied | squashed


class FleetExecutor(MigrationExecutor):  # type: ignore[misc]
    """What ``manage.py migrate`` runs: public by the stock command, tenants together."""

    codename = "fleet"

    def run_migrations(self, tenants: Iterable[str] | None = None) -> None:
        wanted = list(tenants or [])
        with ddl.owner():
            if PUBLIC in wanted:
                run_migrations(self.args, self.options, self.codename, PUBLIC)
                ddl.secure_public()
            fleet = self._with_schema(wanted)
            if self._asks_for_something_special():
                for schema in fleet:
                    run_migrations(self.args, self.options, self.codename, schema)
                outcomes = []
            else:
                outcomes = self._migrate(fleet)
            ddl.create_tenant_roles(fleet)  # new tables need granting
        failed = [outcome for outcome in outcomes if outcome.failed_migration]
        if failed:
            named = "; ".join(f"{one.schema} at {one.failed_migration}" for one in failed)
            raise CommandError(f"{len(failed)} of {len(fleet)} tenants were not migrated: {named}.")

    def _migrate(self, fleet: list[str]) -> list[Migrated]:
        outcomes = []
        for outcome in migrate(fleet):
            outcomes.append(outcome)
            if int(self.options.get("verbosity", 1)) >= 1:
                self._tell(outcome)
        at = clock.now()
        if outcomes:
            actions.record_migrations(
                outcomes, migrations_hash=artefact.migrations_hash(), by=MIGRATOR, at=at
            )
        broken = {outcome.schema for outcome in outcomes if outcome.failed_migration}
        if TEMPLATE_SCHEMA in fleet and TEMPLATE_SCHEMA not in broken:
            stored = SchemaArtefact.objects.filter(migrations_hash=artefact.migrations_hash())
            if not stored.exists():
                artefact.refresh(by=MIGRATOR, at=at)
        return outcomes

    def _asks_for_something_special(self) -> bool:
        """One app, one target, a dry run: rare, and the stock command knows how."""
        asked = ("fake", "fake_initial", "plan", "prune", "check_unapplied", "run_syncdb")
        return bool(self.options.get("app_label")) or any(map(self.options.get, asked))

    def _with_schema(self, wanted: list[str]) -> list[str]:
        """Leave out tenants whose schema is still to be built: provisioning does that."""
        built = Tenant.objects.with_schema().filter(pk__in=wanted)
        return list(built.values_list("pk", flat=True))

    def _tell(self, outcome: Migrated) -> None:
        what = outcome.error or f"{outcome.applied} migrations applied"
        print(f"[{self.codename}:{outcome.schema}] {what}")  # noqa: T201 - a command's output


def get_executor(codename: str | None = None) -> type[MigrationExecutor]:
    """Answer django-tenants' question which executor to use: always this one.

    Raises:
        CommandError: another one was asked for; those need the owner's rights for the login.
    """
    if codename not in (None, FleetExecutor.codename):
        raise CommandError(f"There is no executor {codename!r} here: leave --executor out.")
    return FleetExecutor
