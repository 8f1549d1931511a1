"""Facts are written once: Python refuses politely, a trigger refuses for good."""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from apps.rulebook.errors import RuleBroken


class AppendOnlyRefused(RuleBroken):
    code = "APPEND_ONLY"

    def __init__(self, model: str, verb: str) -> None:
        super().__init__(f"{model} rows are facts: they cannot be {verb}.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyRefused(self.model.__name__, "updated")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise AppendOnlyRefused(self.model.__name__, "updated")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRefused(self.model.__name__, "deleted")


class AppendOnly(models.Model):
    """Base of every table whose rows never change. Its migration adds ``GuardAppendOnly``.

    A model brings its own manager, made from ``AppendOnlyQuerySet`` or a queryset that extends
    it; a house test asks.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyRefused(type(self).__name__, "changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyRefused(type(self).__name__, "deleted")


class PlainFacts(models.Model):
    """Beside ``AppendOnly`` in a table of which nobody asks anything but rows."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True


class GuardAppendOnly(Operation):
    """Install the triggers that refuse UPDATE, DELETE and TRUNCATE on a model's table.

    Table names stay unqualified, so that the triggers follow the schema being migrated; the
    function they call is ``public.refuse_change()`` (core's first migration).
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are no part of the model state."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(
            f"CREATE TRIGGER rows_stay BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION public.refuse_change()"
        )
        schema_editor.execute(
            f"CREATE TRIGGER table_stays BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()"
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(f"DROP TRIGGER rows_stay ON {table}")
        schema_editor.execute(f"DROP TRIGGER table_stays ON {table}")

    def describe(self) -> str:
        return f"Refuse every change of {self.model_name} rows"
