"""Every model has chosen: its schema, whether its rows change, how its rules are named."""

import re

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from simple_history.models import registered_models

from apps.core.append_only import AppendOnly, AppendOnlyQuerySet
from apps.core.db import fetch_all

# Models whose rows change after they are written, and only through their room's actions. A new
# model stands here, or it is AppendOnly: whoever adds one must choose.
TRAVELS = {
    "governance": {"FeatureFlag", "Rollout", "Heartbeat", "JobRun", "OpsAlert", "Approval"},
    "tenants": {
        *("Tenant", "Domain", "User", "Session", "ApiKey", "TenantMigrationState"),
        *("Bot", "Channel", "LinkToken"),
    },
    "catalog": {
        "League",
        "Team",
        "TeamAlias",
        "Book",
        "Event",
        "EventSource",
        "ReviewItem",
        "Selection",
    },
    "snapshots": {
        *("CreditHold", "Feed", "LatestQuote", "LeagueBreaker", "ProviderAccount", "Sighting"),
    },
    "simulations": set(),
    "picks": {"Pick", "LineTracking", "Delivery", "Parlay", "SlateMessage"},
    "grading": set(),
    "ops": {"ArchivedDay", "ReplayRun", "StageStanding", "TenantStanding"},
}
# Views of other tables.
SHOWN = {"AuditLine"}
# Versions of these are kept by django-simple-history, and of nothing else.
TRACKED = {"Tenant", "Domain", "League", "Book", "TeamAlias", "FeatureFlag"}


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def room_of(model: type[models.Model]) -> str:
    return str(model._meta.app_label)


def unclassified(every: list[type[models.Model]], travels: dict[str, set[str]]) -> list[str]:
    """Name the models that are neither append-only nor listed, and those that are both."""
    return sorted(
        f"{room_of(model)}.{model.__name__}"
        for model in every
        if model.__name__ not in SHOWN
        and issubclass(model, AppendOnly) == (model.__name__ in travels.get(room_of(model), set()))
    )


def misnamed(model: type[models.Model]) -> list[str]:
    """Name the constraints that do not begin with their model: they are read as sentences."""
    subject = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.__name__).lower()
    return [
        constraint.name
        for constraint in model._meta.constraints
        if not constraint.name.startswith(f"{subject}_")
    ]


def upward_keys(every: list[type[models.Model]], tenant_rooms: set[str]) -> list[str]:
    """Name the relations by which a shared model would need a tenant's table."""
    return sorted(
        f"{model.__name__}.{field.name}"
        for model in every
        if room_of(model) not in tenant_rooms
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation
        and not field.auto_created
        and field.related_model is not None
        and room_of(field.related_model) in tenant_rooms
    )


def tenant_rooms() -> set[str]:
    return {app.rpartition(".")[2] for app in settings.TENANT_APPS if app.startswith("apps.")}


class TestSchemas:
    def test_each_app_of_ours_lives_in_exactly_one(self):
        shared = {app for app in settings.SHARED_APPS if app.startswith("apps.")}
        tenant = {app for app in settings.TENANT_APPS if app.startswith("apps.")}
        installed = {config.name for config in apps.get_app_configs()}

        assert shared & tenant == set()
        assert shared | tenant == {app for app in installed if app.startswith("apps.")}

    def test_no_shared_model_relates_to_a_tenant_model(self):
        assert upward_keys(ours(), tenant_rooms()) == []

    def test_a_key_towards_a_tenant_is_found(self):
        flag = apps.get_model("governance", "ConfigVersion")  # has a key to itself

        assert upward_keys([flag], {"nothing"}) == []
        assert [
            name for name in upward_keys([apps.get_model("tenants", "Domain")], {"governance"})
        ] == []

        class Upward:
            """What a shared model with a key to a tenant's table looks like to the checker."""

            _meta = _FakeMeta("snapshots", [_FakeKey("pick", _FakeModel("picks"))])

        assert upward_keys([Upward], {"picks"}) == ["Upward.pick"]


class _FakeModel:
    def __init__(self, room: str) -> None:
        self._meta = _FakeMeta(room, [])


class _FakeKey:
    is_relation, auto_created = True, False

    def __init__(self, name: str, related_model: object) -> None:
        self.name, self.related_model = name, related_model


class _FakeMeta:
    def __init__(self, app_label: str, fields: list[object]) -> None:
        self.app_label, self._fields = app_label, fields

    def get_fields(self, include_hidden: bool = False) -> list[object]:
        return self._fields


class TestRows:
    def test_every_model_is_append_only_or_listed_as_travelling(self):
        assert unclassified(ours(), TRAVELS) == []

    def test_nothing_is_listed_that_does_not_exist(self):
        listed = {(room, name) for room, names in TRAVELS.items() for name in names}

        assert listed <= {(room_of(model), model.__name__) for model in ours()}

    def test_a_model_that_has_not_chosen_is_found(self):
        flag, entry = (apps.get_model("governance", name) for name in ("FeatureFlag", "AuditEntry"))

        assert unclassified([flag], {}) == ["governance.FeatureFlag"]
        assert unclassified([entry], {"governance": {"AuditEntry"}}) == ["governance.AuditEntry"]

    def test_every_model_of_ours_names_its_table_itself(self):
        automatic = [
            model.__name__ for model in ours() if model._meta.db_table == _automatic_name(model)
        ]

        assert automatic == []


def _automatic_name(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


@pytest.mark.django_db
class TestGuards:
    def test_stand_on_every_append_only_table(self, acme):
        wanted = {model._meta.db_table for model in ours() if issubclass(model, AppendOnly)}
        guarded = {
            "rows_stay": _tables_with("rows_stay", acme),
            "table_stays": _tables_with("table_stays", acme),
        }

        assert {name: wanted - tables for name, tables in guarded.items()} == {
            "rows_stay": set(),
            "table_stays": set(),
        }

    def test_refuse_even_the_owner_on_every_one_of_them(self, acme, as_owner):
        rooms = tenant_rooms()
        tables = sorted(
            (acme if room_of(model) in rooms else "public", model._meta.db_table)
            for model in ours()
            if issubclass(model, AppendOnly)
        )

        assert tables
        for schema, table in tables:
            as_owner.execute("SAVEPOINT tried")
            with pytest.raises(psycopg.errors.RestrictViolation, match="its rows are facts"):
                as_owner.execute(f"TRUNCATE {schema}.{table} CASCADE")
            as_owner.execute("ROLLBACK TO tried")


def _tables_with(trigger: str, tenant: str) -> set[str]:
    """Tables that carry the trigger, those of the tenant's schema among them."""
    with connection.cursor():
        rows = fetch_all(
            "SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE tgname = %s AND nspname IN ('public', %s) AND tgenabled = 'O'"
            " AND tgfoid = 'public.refuse_change'::regproc",
            [trigger, tenant],
        )
    return {table for (table,) in rows}


class TestConstraints:
    def test_are_sentences_about_their_model(self):
        assert {model.__name__: misnamed(model) for model in ours() if misnamed(model)} == {}

    def test_with_another_name_are_found(self):
        class Meta:
            constraints = [
                models.CheckConstraint(condition=models.Q(pk=1), name="line_tracking_is_one"),
                models.CheckConstraint(condition=models.Q(pk=1), name="tracking_is_one"),
            ]

        class LineTracking:
            _meta = Meta

        assert misnamed(LineTracking) == ["tracking_is_one"]


class TestManagers:
    def test_of_append_only_models_refuse_updates_and_deletes(self):
        careless = [
            f"{model.__name__}.{manager.name}"
            for model in ours()
            if issubclass(model, AppendOnly)
            for manager in model._meta.managers
            if not issubclass(manager._queryset_class, AppendOnlyQuerySet)
        ]

        assert careless == []


class TestHistory:
    def test_is_kept_of_exactly_the_hand_edited_rows(self):
        assert {model.__name__ for model in registered_models.values()} == TRACKED

    def test_lies_in_append_only_tables(self):
        versions = [model.history.model for model in registered_models.values()]

        assert [model.__name__ for model in versions if not issubclass(model, AppendOnly)] == []


class TestHelp:
    def test_holds_no_marks(self):
        """The console writes it as it is: a ``<code>`` in it sets the rest of the page in type."""
        marked = [
            f"{model.__name__}.{field.name}"
            for model in ours()
            for field in model._meta.get_fields()
            if "<" in str(getattr(field, "help_text", ""))
        ]

        assert marked == []
