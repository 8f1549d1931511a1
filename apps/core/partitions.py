"""Tables cut into one partition a day, from their first migration on."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.models import CreateModel
from django.db.migrations.state import ProjectState


class CreatePartitionedModel(CreateModel):
    """CreateModel for a table that is partitioned by day of ``column``.

    The model's primary key must contain the column (``models.CompositePrimaryKey``). A default
    partition catches what belongs to a day that nobody has made yet, so that a row is never
    lost for want of a partition; ``core.days.ensure_partitions`` makes the days.
    """

    def __init__(self, *, column: str, **kwargs: Any) -> None:
        self.column = column
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, list(args), {**kwargs, "column": self.column}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column = schema_editor.quote_name(self.column)
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({column})"
        try:
            schema_editor.create_model(model)
        finally:
            schema_editor.sql_create_table = plain
        table = model._meta.db_table
        schema_editor.execute(
            f"CREATE TABLE {schema_editor.quote_name(table + '_default')}"
            f" PARTITION OF {schema_editor.quote_name(table)} DEFAULT"
        )

    def describe(self) -> str:
        return f"Create model {self.name}, one partition a day"
