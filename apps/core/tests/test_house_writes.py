"""Interfaces never write, and each table has one writer: its own room's actions."""

import pytest
from django.apps import apps

from apps.core.tests.house.tree import Source, sources
from apps.core.tests.house.writes import (
    foreign_writes,
    interface_writes,
    is_writer,
    stray_writes,
)

# Modules that write though they are no actions, and what they write instead of our tables.
EXCEPTIONS = {
    "apps/ops/schedule.py": "the beat's own tables, once, at installation",
    "apps/ops/reconstruction/rows.py": "a scratch database's rows, as the live one has them",
    "apps/tenants/executor.py": "the migrations' own table, as the owner",
}


def home_of_tables() -> dict[str, str]:
    """Whose every model and every table of ours is."""
    homes = {}
    for model in apps.get_models():
        if model.__module__.startswith("apps."):
            room = model.__module__.split(".")[1]
            homes |= {model.__name__: room, model._meta.db_table: room}
    return homes


class TestInterfaces:
    def test_never_write(self):
        assert [found for source in sources() for found in interface_writes(source)] == []

    @pytest.mark.parametrize(
        "line",
        [
            "pick.save()",
            "Pick.objects.create(line=1)",
            "Pick.objects.filter(pk=1).update(line=2)",
            "picks.delete()",
            "Pick.objects.bulk_create(rows)",
            "execute('INSERT INTO pick (id) VALUES (1)')",
            "execute(f'UPDATE {table} SET line = 1')",
            "copy_rows('pick', ['id'], rows)",
        ],
    )
    @pytest.mark.parametrize("name", ["admin", "tasks", "querysets", "views/pages"])
    def test_are_caught_when_they_do(self, name, line):
        bad = Source(f"apps/picks/{name}.py", f"from apps.picks.models import Pick\n{line}\n")

        assert [found.line for found in interface_writes(bad)] == [2]

    @pytest.mark.parametrize(
        "line",
        [
            "context.update({'a': 1})",
            "cache.delete('key')",
            "'SELECT id FROM pick FOR UPDATE OF pick'",
            '"""INSERT INTO pick is what this module never says."""',
            "publish_pick(pick_id=pick.pk, by=by, at=at)",
        ],
    )
    def test_may_do_what_only_looks_like_writing(self, line):
        fine = Source("apps/picks/admin.py", f"{line}\n")

        assert interface_writes(fine) == []


class TestTables:
    def test_are_written_by_actions_only(self):
        strays = [
            found
            for source in sources()
            if source.room != "core" and source.path not in EXCEPTIONS
            for found in stray_writes(source)
        ]

        assert strays == []

    def test_are_written_by_their_own_room_only(self):
        homes = home_of_tables()

        assert [found for source in sources() for found in foreign_writes(source, homes)] == []

    def test_have_no_exception_that_is_not_needed(self):
        writing = {source.path for source in sources() if stray_writes(source)}

        assert set(EXCEPTIONS) <= writing

    def test_are_protected_from_a_helper_that_writes(self):
        bad = Source("apps/picks/message.py", "def send(pick):\n    pick.save()\n")

        assert [found.line for found in stray_writes(bad)] == [2]

    @pytest.mark.parametrize(
        ("room", "line"),
        [
            ("grading", "Pick.objects.filter(pk=1).update(status='GRADED')"),
            ("grading", "models.Pick.objects.create()"),
            ("grading", "execute('UPDATE pick SET status = 1')"),
            ("picks", "execute('INSERT INTO audit_entry (id) VALUES (1)')"),
            ("picks", "copy_rows('audit_entry', ['id'], rows)"),
        ],
    )
    def test_are_protected_from_another_rooms_actions(self, room, line):
        homes = {"Pick": "picks", "pick": "picks", "audit_entry": "governance"}
        imports = "from apps.picks.models import Pick\nfrom apps.picks import models\n"
        bad = Source(f"apps/{room}/actions/settle.py", f"{imports}{line}\n")

        assert [found.line for found in foreign_writes(bad, homes)] == [3]

    def test_have_writers_in_governance_that_are_no_actions(self):
        audit = Source("apps/governance/audit.py", "")
        gate = Source("apps/governance/switches/turning.py", "")
        admin = Source("apps/governance/admin/switches.py", "")

        assert [is_writer(audit), is_writer(gate), is_writer(admin)] == [True, True, False]
