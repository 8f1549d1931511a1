"""Many workers at once: one publication of a pick, one published pick of an idea."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import MoveRefused, PickStatus

A_MINUTE = timedelta(minutes=1)
ROUNDS, THREADS = 20, 8


def together(number: int, work: Callable[[], Any]) -> list[Callable[[], Any]]:
    """Let so many workers begin at the same moment, each inside the tenant; keep refusals."""
    barrier = Barrier(number)

    def one() -> Any:
        with tenant_scope("acme"):
            barrier.wait(timeout=30)
            try:
                return work()
            except RuleBroken as refusal:
                return refusal

    return [one] * number


@pytest.mark.slow
class TestEightWorkers:
    def test_publish_a_pick_once(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            opine(acme, **limits())
            picks = [make_pick(Game(), version=1) for _ in range(ROUNDS)]
        outcomes: Counter[str] = Counter()

        for pick in picks:

            def publish(pick_id=pick.pk) -> Pick:
                return actions.publish_pick(pick_id=pick_id, by=ops, at=NOON_BEFORE)

            for result in fresh_database.in_threads(*together(THREADS, publish)):
                outcomes[type(result).__name__] += 1

        assert outcomes == {"Pick": ROUNDS, MoveRefused.__name__: ROUNDS * (THREADS - 1)}
        with tenant_scope(acme):
            assert Pick.objects.live().count() == ROUNDS
            assert AuditEntry.objects.filter(action="pick.published").count() == ROUNDS
            assert Delivery.objects.count() == ROUNDS
            assert LineTracking.objects.count() == ROUNDS
            assert PickChange.objects.filter(to_status="PUBLISHED").count() == ROUNDS

    def test_never_publish_more_than_the_limit_between_them(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            opine(acme, **limits(per_day=3))
            waiting = iter([make_pick(Game(), version=1).pk for _ in range(THREADS)])
            work = {index: pick_id for index, pick_id in enumerate(waiting)}

        def publish() -> Any:
            _, pick_id = work.popitem()
            return actions.publish_pick(pick_id=pick_id, by=ops, at=NOON_BEFORE)

        results = fresh_database.in_threads(*together(THREADS, publish))

        with tenant_scope(acme):
            assert Pick.objects.live().count() == 3
        assert sum(1 for one in results if isinstance(one, Pick)) == 3

    def test_hold_one_published_pick_of_an_idea_through_a_moving_market(
        self, fresh_database, acme, ops
    ):
        """One event, thousands of records."""
        polls, rerated = 24, (8, 16)
        with tenant_scope(acme):
            opine(acme, **limits())
            game = Game()
            run(game)
        margins = iter((7.5, 8.5))

        for poll in range(polls):
            at = NOON_BEFORE + poll * A_MINUTE
            with tenant_scope(acme):
                if poll in rerated:
                    run(game, margin=next(margins), at=at)
                line = ("-3.5", "-4", "-3", "-4.5", "-10.5")[poll % 5]
                board(game, line=line, prices=(f"1.9{poll % 10}", "1.9"), at=at)
                evaluate(game, at=at)

            def work(at=at) -> Any:
                actions.propose_due(by=ops, at=at)
                actions.publish_ready(by=ops, at=at)
                return actions.watch_live(by=ops, at=at)

            results = fresh_database.in_threads(*together(THREADS, work))
            assert [one for one in results if isinstance(one, Exception)] == []
            with tenant_scope(acme):
                assert Pick.objects.live().count() == 1

        with tenant_scope(acme):
            assert Pick.objects.seen().count() == 1
            assert Pick.objects.waiting().count() == 0
            keys = Pick.objects.values_list("idempotency_key", flat=True)
            assert len(set(keys)) == len(keys) == Pick.objects.count()
            assert AuditEntry.objects.filter(action="pick.published").count() == 1
            assert Delivery.objects.count() == 1

    def test_take_a_close_once(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            game = Game()
            pick = make_pick(game)
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        results = fresh_database.in_threads(
            *together(THREADS, lambda: actions.close_started(by=ops, at=game.kickoff))
        )

        assert sum(one.closed for one in results) == 1
        with tenant_scope(acme):
            assert AuditEntry.objects.filter(action="line_tracking.completed").count() == 1

    def test_grade_a_pick_once(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            pick = make_pick(status=PickStatus.PUBLISHED)

        results = fresh_database.in_threads(
            *together(THREADS, lambda: actions.close_graded([pick.pk], by=ops, at=NOON_BEFORE))
        )

        assert Counter(type(one) for one in results) == {int: 1, MoveRefused: THREADS - 1}


@pytest.mark.slow
class TestKill:
    def test_lets_nothing_through_once_it_has_drained(self, fresh_database, acme, ops):
        """Publishers run through while the switch is turned off; what follows is refused."""
        with tenant_scope(acme):
            opine(acme, **limits())
            waiting = [make_pick(Game(), version=1).pk for _ in range(40)]
        barrier, after_drain = Barrier(5), []

        def publish() -> list[str]:
            said = []
            barrier.wait(timeout=30)
            with tenant_scope("acme"):
                while waiting:
                    try:
                        pick_id = waiting.pop()
                    except IndexError:
                        break
                    try:
                        actions.publish_pick(pick_id=pick_id, by=ops, at=NOON_BEFORE)
                    except switches.Halted:
                        said.append("halted")
                    else:
                        said.append("published")
            return said

        def kill() -> list[str]:
            barrier.wait(timeout=30)
            switches.turn_off(
                *("PUBLISH", "tenant:acme"), by=ops, at=NOON_BEFORE, reason="The test wants it."
            )
            with tenant_scope("acme"):
                after_drain.append(Pick.objects.live().count())
            return []

        said = fresh_database.in_threads(*[publish] * 4, kill)

        words = Counter(word for one in said for word in one)
        with tenant_scope(acme):
            assert Pick.objects.live().count() == after_drain[0] == words["published"]
            assert Pick.objects.waiting().count() == words["halted"]
        assert sum(words.values()) == 40
        assert words["halted"] > 0
