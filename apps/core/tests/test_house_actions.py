"""Every action is told who and when, reads no clock, and leaves an audit entry."""

import pytest

from apps.core.tests.house.actions import (
    actions_of,
    clock_reads,
    is_told_who_and_when,
    public_functions,
    silent_actions,
    unsigned_actions,
)
from apps.core.tests.house.tree import Source, sources

# Writers that are no actions modules, and are held to the same.
GOVERNING = {
    "apps/governance/switches/turning.py": {
        "ask_to_turn_on",
        "turn_on",
        "create_rows",
        "install",
    },
    "apps/governance/switches/killing.py": {"turn_off"},
    "apps/governance/approvals.py": {"request", "approve", "refuse", "use", "expire_overdue"},
    "apps/governance/alerts.py": {
        "raise_alert",
        "at_door",
        "acknowledge",
        "snooze",
        "resolve",
        "recover",
        "sweep",
        "pull_latches",
    },
    "apps/governance/configs.py": {"create_version", "install_first_configuration"},
    "apps/governance/roles.py": {"install_roles"},
    "apps/governance/jobs/lateness.py": {"watch_jobs"},
    "apps/governance/jobs/receipts.py": {"run_once", "for_each_tenant", "record_dropped"},
}


class TestActions:
    def test_exist(self):
        rooms = {source.room for source, _ in actions_of(sources())}

        assert {"tenants", "catalog", "snapshots", "simulations", "picks", "grading"} <= rooms

    def test_are_told_who_and_when(self):
        assert unsigned_actions(sources()) == []

    def test_leave_an_audit_entry(self):
        assert silent_actions(sources()) == []

    def test_read_no_clock(self):
        assert [found for source in sources() for found in clock_reads(source)] == []

    def test_of_governance_are_held_to_the_same(self):
        for source in sources():
            wanted = GOVERNING.get(source.path, set())
            told = {
                function.name
                for function in public_functions(source)
                if is_told_who_and_when(function)
            }
            assert wanted <= told


class TestTheCheckers:
    @pytest.mark.parametrize(
        "signature", ["(*, pick_id)", "(by, at)", "(*, by)", "(*, at)", "(pick, by, *, at)"]
    )
    def test_find_an_action_that_is_not_told(self, signature):
        bad = Source("apps/picks/actions.py", f"def publish_pick{signature}:\n    pass\n")

        assert [found.line for found in unsigned_actions([bad])] == [1]

    def test_find_an_action_that_leaves_no_entry(self):
        bad = Source("apps/picks/actions.py", "def publish_pick(*, by, at):\n    pick.save()\n")

        assert [found.line for found in silent_actions([bad])] == [1]

    @pytest.mark.parametrize(
        "body",
        [
            "with audit.recording('pick.published', pick, by=by, at=at):\n        pick.save()",
            "_store(pick, by, at)",
            "[_store(pick, by, at) for pick in picks]",
            "walk(picks, partial(_store, by=by, at=at))",
            "close.close_pick(by=by, at=at)",
            "close_pick(by=by, at=at)",
        ],
    )
    def test_follow_calls_to_the_entry(self, body):
        publish = Source(
            "apps/picks/actions/publish.py",
            "from apps.governance import audit\n"
            "from apps.picks.actions import close\n"
            "from apps.picks.actions.close import close_pick\n"
            f"def publish_pick(*, by, at):\n    {body}\n"
            "def _store(pick, by, at):\n    audit.record('pick.published', pick, by=by, at=at)\n",
        )
        close = Source(
            "apps/picks/actions/close.py",
            "from apps.governance.audit import record\n"
            "def close_pick(*, by, at):\n    record('pick.closed', None, by=by, at=at)\n",
        )

        assert silent_actions([publish, close]) == []

    def test_see_only_what_a_package_shows(self):
        shown = Source(
            "apps/picks/actions/__init__.py",
            "from apps.picks.actions.close import close_pick\n",
        )
        parts = Source(
            "apps/picks/actions/close.py",
            "def close_pick(*, by, at):\n    pass\ndef lock_pick(pick_id):\n    pass\n",
        )

        assert [function.name for _, function in actions_of([shown, parts])] == ["close_pick"]

    @pytest.mark.parametrize(
        "line",
        [
            "from apps.core import clock\nclock.now()",
            "from apps.core.clock import now\nnow()",
            "from datetime import datetime\ndatetime.now(UTC)",
            "import datetime\ndatetime.datetime.utcnow()",
            "from datetime import date\ndate.today()",
            "import time\ntime.monotonic()",
            "from django.utils import timezone\ntimezone.now()",
        ],
    )
    @pytest.mark.parametrize(
        "path",
        ["picks/actions.py", "picks/actions/close.py", "picks/querysets.py", "rulebook/a.py"],
    )
    def test_find_a_clock(self, path, line):
        bad = Source(f"apps/{path}", f"{line}\n")

        assert [found.line for found in clock_reads(bad)] == [2]

    def test_let_a_door_read_it(self):
        door = Source("apps/picks/tasks.py", "from apps.core import clock\nclock.now()\n")

        assert clock_reads(door) == []
