"""Many workers at once: one publication of a pick, one published pick of an idea."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, Condition, Event
from typing import Any

import pytest
from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from apps.core.db import execute
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.models import Delivery, LineTracking, Pick, PickChange, ProposalRound
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import MoveRefused, PickStatus

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


def patiently(work: Callable[[], Any]) -> Any:
    """Do it again where another worker was waited for longer than a lock is: machines are busy."""
    while True:
        try:
            return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise


# A poll like an earlier one, at another time: the same quotes and values, in a batch of its own.
_AGAIN = """
WITH poll AS (
    INSERT INTO provider_poll
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('provider_poll', 'id')),
        'captured_at', %(at)s::timestamptz))).*
    FROM provider_poll AS old WHERE old.captured_at = %(was)s
    RETURNING id
), batch AS (
    INSERT INTO evaluation_batch
    SELECT (jsonb_populate_record(old, jsonb_build_object('id', gen_random_uuid(),
        'poll_id', poll.id, 'captured_at', %(at)s::timestamptz,
        'evaluated_at', %(at)s::timestamptz))).*
    FROM evaluation_batch AS old, poll WHERE old.captured_at = %(was)s
    RETURNING id
), shot AS (
    INSERT INTO market_snapshot
    SELECT (jsonb_populate_record(old, jsonb_build_object(
        'observed_at', %(at)s::timestamptz, 'poll_id', poll.id))).*
    FROM market_snapshot AS old, poll WHERE old.observed_at = %(was)s
    RETURNING selection_id, book_id, line, price_decimal
), quote AS (
    UPDATE latest_quote SET line = shot.line, price_decimal = shot.price_decimal,
        observed_at = %(at)s, seen_until = %(at)s, checked_at = %(at)s, poll_id = poll.id
    FROM shot, poll
    WHERE (latest_quote.selection_id, latest_quote.book_id) = (shot.selection_id, shot.book_id)
)
INSERT INTO market_evaluation
SELECT (jsonb_populate_record(old, jsonb_build_object('batch_id', batch.id,
    'observed_at', %(at)s::timestamptz, 'last_seen_at', %(at)s::timestamptz))).*
FROM market_evaluation AS old, batch WHERE old.observed_at = %(was)s
"""


class MovingMarket:
    """One book's spread on a game, another line or price at every poll, each evaluated at once.

    Now and then the other side is the better one, and the line is far beyond playable. After ten
    polls it begins anew, and is valued as before until the teams are rated again.
    """

    LINES = ("-3.5", "-4", "-3", "-4.5", "-10.5")

    def __init__(self, game: Game) -> None:
        self.game, self.polls, self.rated_at = game, 0, 0
        self.made_from = run(game)

    def rate(self, margin: float) -> None:
        self.made_from = run(self.game, margin=margin, at=self.at(self.polls))
        self.rated_at = self.polls

    def at(self, number: int) -> datetime:
        return NOON_BEFORE + timedelta(seconds=number * 10)

    def poll(self) -> int:
        """Poll once more; return the number of the poll."""
        number, at = self.polls, self.at(self.polls)
        with transaction.atomic():
            if number - self.rated_at < 10:
                line, prices = self.LINES[number % 5], (f"1.9{number % 10}", "1.9")
                board(self.game, line=line, prices=prices, at=at, books=("fanduel",))
                evaluate(self.game, at=at, schema="acme", made_from=self.made_from)
            else:
                assert execute(_AGAIN, {"at": at, "was": self.at(number - 10)}) == 2
        self.polls += 1
        return number


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
            return patiently(lambda: actions.publish_pick(pick_id=pick_id, by=ops, at=NOON_BEFORE))

        results = fresh_database.in_threads(*together(THREADS, publish))

        with tenant_scope(acme):
            assert Pick.objects.live().count() == 3
        assert sum(1 for one in results if isinstance(one, Pick)) == 3

    def test_hold_one_published_pick_of_an_idea_through_a_moving_market(
        self, fresh_database, acme, ops
    ):
        """One event, thousands of records: 500 polls, three re-ratings, eight workers."""
        polls, rerated = 500, {125: 7.5, 250: 8.5, 375: 6.5}
        with tenant_scope(acme):
            opine(acme, books_min=1, **limits())
            market = MovingMarket(Game(max_quote_age_s=86_400))
            market.poll()
        newest, over, beat = [0], Event(), Condition()
        seen = [-20]  # the newest poll that somebody has looked at with all his stages

        def ask() -> None:
            """Poll on and on, never far ahead of those who look."""
            try:
                for poll in range(1, polls):
                    with beat:
                        assert beat.wait_for(lambda: newest[0] < seen[0] + 20, timeout=60)
                    if poll in rerated:
                        market.rate(rerated[poll])
                    number = market.poll()
                    with beat:
                        newest[0] = number
                        beat.notify_all()
            finally:
                over.set()
                with beat:
                    beat.notify_all()

        def work() -> Counter[str]:
            """Do the stages' turns, one for every few polls, until nobody polls any more."""
            done: Counter[str] = Counter()
            due = [-1]
            last = False
            while not last:
                with beat:
                    beat.wait_for(lambda: over.is_set() or newest[0] > due[0], timeout=60)
                    last, began = over.is_set(), newest[0]
                    due[0] = began + 5
                at = market.at(began)
                with tenant_scope("acme"):
                    for stage, counted in (
                        (actions.propose_due, "proposed"),
                        (actions.publish_ready, "published"),
                        (actions.watch_live, "changed"),
                    ):
                        turn = partial(stage, by=ops, at=at)
                        done[counted] += getattr(patiently(turn), counted)
                    done["live at once"] = max(done["live at once"], Pick.objects.live().count())
                done["turns"] += 1
                with beat:
                    seen[0] = max(seen[0], began)
                    beat.notify_all()
            return done

        _, *workers = fresh_database.in_threads(ask, *[work] * THREADS)

        with tenant_scope(acme):
            assert ProposalRound.objects.count() == polls
            assert Pick.objects.seen().count() == Pick.objects.live().count() == 1
            assert Pick.objects.waiting().count() == 0
            keys = Pick.objects.values_list("idempotency_key", flat=True)
            assert len(set(keys)) == len(keys) == Pick.objects.count()
            assert AuditEntry.objects.filter(action="pick.published").count() == 1
            assert Delivery.objects.count() == 1
            judged = PickChange.objects.of_validity().count()
        assert sum(one["published"] for one in workers) == 1
        assert sum(one["changed"] for one in workers) == judged > 0
        assert all(one["turns"] for one in workers)
        assert {one["live at once"] for one in workers} == {1}

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
