"""A grader that is killed, wherever it is, leaves nothing behind and nothing undone."""

import os
import random
import signal
from typing import Any

from django.db import connection, connections

from apps.core.db import fetch_all
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, LATER, end, finish, published, tell
from apps.picks.tests.factories import Game
from apps.rulebook.markets import EventStatus, MarketType, Side

_TABLE = """
SELECT pick.source_event_id, pick.market_type, pick.status, grade.revision_no, grade.outcome,
    grade.reason, grade.profit, grade.result_sha256, count(entry.id)
FROM pick JOIN grade ON grade.pick_id = pick.id
LEFT JOIN audit_entry AS entry ON entry.object_id = grade.id::text
GROUP BY pick.id, grade.id ORDER BY 1, 2, 4
"""


def play(games: list[Game]) -> None:
    """Publish the same picks on the same games, in whichever tenant is in scope."""
    for game in games:
        published(game)
        published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.25")


def statements_of(work: Any) -> int:
    """Count the statements of one whole turn."""
    seen = 0

    def count(execute: Any, *asked: Any) -> Any:
        nonlocal seen
        seen += 1
        return execute(*asked)

    with connection.execute_wrapper(count):
        work()
    return seen


def killed_at(statement: int, work: Any) -> bool:
    """Do ``work`` in a process that is killed at its nth statement; whether it was."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        seen = 0

        def kill(execute: Any, *asked: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*asked)

        try:
            with connection.execute_wrapper(kill):
                work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


class TestAGraderThatIsKilled:
    def test_at_ten_random_points_changes_nothing_in_the_final_table(
        self, fresh_database, queued, ops
    ):
        chance = random.Random(20251012)
        games = [Game() for _ in range(4)]

        def turn(schema: str, at: Any) -> None:
            with tenant_scope(schema):
                grade_due(by=ops, at=at)

        def table(schema: str) -> list[tuple[Any, ...]]:
            with tenant_scope(schema):
                return fetch_all(_TABLE)

        for schema in ("acme", "rival"):
            with tenant_scope(schema):
                play(games)
        with tenant_scope("rival"):
            for game in games[:3]:
                end(game, 24, 17)
            finish(games[3], status=EventStatus.CANCELED)
        whole = statements_of(lambda: turn("rival", DUE_AT))
        for _ in range(5):
            assert killed_at(chance.randrange(1, whole + 1), lambda: turn("acme", DUE_AT))
            assert table("acme") == []
        turn("acme", DUE_AT)
        assert table("acme") == table("rival")
        with tenant_scope("rival"):
            tell(games[0], 20, 17, at=LATER)  # a correction reaches both
        whole = statements_of(lambda: turn("rival", LATER))
        for _ in range(5):
            before = table("acme")
            assert killed_at(chance.randrange(1, whole + 1), lambda: turn("acme", LATER))
            assert table("acme") == before

        turn("acme", LATER)
        turn("acme", LATER)

        final = table("acme")
        assert final == table("rival")
        assert [row[3] for row in final].count(2) == 2
        assert {row[-1] for row in final} == {1}  # each grade has one entry
