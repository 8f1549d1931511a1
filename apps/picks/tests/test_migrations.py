"""The guards go and come with their migration, in a tenant's schema."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.core import ddl
from apps.core.db import fetch_all
from apps.core.schemas import building

GUARDS = """
SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal ORDER BY 1, 2
"""


def migrate(*target: tuple[str, str | None]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(target))


def guards() -> list[tuple[str, ...]]:
    return fetch_all(GUARDS, {"schema": "acme"})


class TestGuards:
    def test_can_be_taken_away_and_put_back(self, fresh_database, acme):
        before = guards()

        with ddl.owner(), building("acme", include_public=True):
            newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
            migrate(("picks", "0001_first_shape"))
            without = [name for _, name, _ in guards() if name.startswith(("pick", "line_"))]
            migrate(*newest)

        assert without == []
        assert guards() == before
        assert {name for _, name, _ in before} >= {"pick_move", "pick_content", "pick_validity"}
