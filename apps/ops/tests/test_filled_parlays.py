"""A close that is filled after a parlay was settled: its leg says so, and nobody's money moves."""

import copy
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.catalog.actions import approve_spelling
from apps.catalog.models import ReviewItem, Team
from apps.core.actor import Actor
from apps.governance.models import AuditEntry
from apps.grading.actions import Graded, grade_due
from apps.grading.models import Grade, ParlayGrade
from apps.grading.parlays import reconcile_parlays
from apps.grading.record import record
from apps.grading.settling import PROFIT_STEP
from apps.grading.tests.factories import DUE_AT, LATER, end
from apps.grading.tests.test_override_grade import override
from apps.ops.tests.test_filled_closes import A_MINUTE, DAYS_LATER, LAST_CALL, spread
from apps.picks import actions
from apps.picks.actions import FilledCloses
from apps.picks.models import LineTracking, Parlay
from apps.picks.tests.boards import limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.picks.tests.parlays import game, generate
from apps.rulebook.clv import CloseGap
from apps.rulebook.parlays import ParlayStatus
from apps.rulebook.settlement import Outcome
from apps.snapshots import actions as snapshots
from apps.snapshots.models import PayloadRereading
from apps.snapshots.tests.factories import CLOCK, Feeds

pytestmark = pytest.mark.usefixtures("in_acme")

STRANGE = "K.C. Chefs"
FILLED = DAYS_LATER + A_MINUTE
THREE_WON = (Decimal("1.909091") ** 3).quantize(PROFIT_STEP)  # at -110 each
TWO_WON = (Decimal("1.909091") ** 2).quantize(PROFIT_STEP)
AFTERWARDS = DAYS_LATER + 2 * A_MINUTE
Bring = Callable[[], None]


@pytest.fixture
def feeds(tmp_path: Path, settings: Any, queued: Any) -> Feeds:
    made = Feeds(folder=tmp_path, settings=settings)
    with facts():
        made.odds(at=NOON_BEFORE)
    return made


@pytest.fixture
def games() -> list[Game]:
    return [game(number) for number in range(3)]


@pytest.fixture
def parlay(games, ops) -> Parlay:
    """Three favourites by 3.5, published as the stage publishes and made into one bet."""
    opine("acme", **limits())
    for on in games:
        pick = make_pick(on, run_id=run(on).pk, volatility=0.06, win=0.57)
        actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)
    made = generate(ops)
    assert made.status == ParlayStatus.MADE, made.missing
    return made


def board(games: list[Game]) -> list[Any]:
    """What the books showed three minutes before the games: everybody half a point further."""
    return [row for on in games for row in spread(on, -4, LAST_CALL - A_MINUTE)]


def renamed(body: Any, name: str) -> Any:
    if isinstance(body, list):
        return [renamed(each, name) for each in body]
    if isinstance(body, dict):
        return {key: renamed(value, name) for key, value in body.items()}
    return STRANGE if body == name else copy.copy(body)


def played(games: list[Game], ops: Actor, *, second: tuple[int, int] = (24, 17)) -> None:
    """Let the games begin and end, and be settled without the first one's close."""
    actions.close_started(by=ops, at=KICKOFF)
    missing = LineTracking.objects.filter(close_missing=CloseGap.TOO_OLD)
    assert [row.pick.event_id for row in missing] == [games[0].event.pk]
    for on, score in zip(games, ((24, 17), second, (24, 17)), strict=True):
        end(on, *score)
    counts = grade_due(by=ops, at=DUE_AT)
    assert (counts.written, counts.parlays) == (3, 1)


def current() -> ParlayGrade:
    return ParlayGrade.objects.current().get()


class TestABodyThatIsReadLate:
    @pytest.fixture
    def late(self, parlay, games, feeds) -> Bring:
        """Of the last minutes only the other two games are known before the start."""
        with facts():
            feeds.show((LAST_CALL - A_MINUTE, board(games[1:])))

        def bring() -> None:
            with facts():
                feeds.bring_late(LAST_CALL, board(games))
                snapshots.read_unread(by=CLOCK, at=DAYS_LATER)

        return bring

    @pytest.mark.parametrize(
        ("second", "outcome", "returned"),
        [((24, 17), "WIN", THREE_WON), ((17, 24), "LOSS", Decimal(0))],
    )
    def test_fills_the_leg_and_the_parlay_follows_with_the_same_money(
        self, parlay, games, late, ops, second, outcome, returned
    ):
        played(games, ops, second=second)
        counted, due = record(), reconcile_parlays(DUE_AT)
        late()

        filled = actions.fill_closes(by=ops, at=FILLED)
        done = grade_due(by=ops, at=FILLED)

        assert filled == FilledCloses(filled=1, sources={"SAME_BOOK": 1})
        assert (done.written, done.revised, done.parlays) == (0, 1, 1)
        again = Grade.objects.get(revision_no=2)
        assert (again.pick.event_id, again.reason) == (games[0].event.pk, "CLOSE_TAKEN")
        before, after = ParlayGrade.objects.order_by("revision_no")
        assert (before.outcome, before.returned) == (outcome, returned)
        assert (after.outcome, after.returned) == (outcome, returned)
        assert (after.reason, sorted(after.leg_revisions)) == ("LEG_REVISED", [1, 1, 2])
        assert (record().bets, record().profit) == (counted.bets, counted.profit)
        assert reconcile_parlays(FILLED) == due

    def test_writes_nothing_twice(self, parlay, games, late, ops):
        played(games, ops)
        late()
        actions.fill_closes(by=ops, at=FILLED)
        grade_due(by=ops, at=FILLED)

        assert actions.fill_closes(by=ops, at=AFTERWARDS) == FilledCloses()
        assert grade_due(by=ops, at=AFTERWARDS) == Graded()

        assert AuditEntry.objects.filter(action="parlay_grade.revised").count() == 1
        assert (Grade.objects.count(), ParlayGrade.objects.count()) == (4, 2)

    def test_leaves_a_leg_alone_that_two_people_settled_and_its_parlay(
        self, parlay, games, late, ops
    ):
        """What was decided stands until it is decided again: it has no other revision."""
        played(games, ops)
        override(parlay.legs.get(pick__event=games[0].event).pick, ops, Outcome.VOID, at=LATER)
        decided = current()
        late()

        assert actions.fill_closes(by=ops, at=FILLED).filled == 1

        assert grade_due(by=ops, at=FILLED) == Graded()
        assert (current(), decided.returned) == (decided, TWO_WON)


class TestASpellingThatAPersonExplains:
    def explain(self, on: Game, ops: Actor) -> None:
        with facts():
            approve_spelling(
                item_id=ReviewItem.objects.get(subject=STRANGE).pk,
                team_id=Team.objects.get(league__code="NFL", name=on.home).pk,
                by=ops,
                at=DAYS_LATER,
                reason="A slip of theirs.",
            )
            snapshots.reread_explained(by=CLOCK, at=DAYS_LATER)

    def test_lets_the_fill_find_the_quote_that_could_not_be_read(self, parlay, games, feeds, ops):
        with facts():
            feeds.show((LAST_CALL, renamed(board(games), games[0].home)))
        played(games, ops)
        assert actions.fill_closes(by=ops, at=DUE_AT + A_MINUTE) == FilledCloses()

        self.explain(games[0], ops)
        filled = actions.fill_closes(by=ops, at=FILLED)
        done = grade_due(by=ops, at=FILLED)

        assert filled == FilledCloses(filled=1, sources={"SAME_BOOK": 1})
        row = LineTracking.objects.get(pick__event=games[0].event)
        assert (row.close_line, row.close_last_seen_at) == (Decimal("-4"), LAST_CALL)
        assert (row.clv_points, row.missed) == (Decimal("0.5"), CloseGap.TOO_OLD)
        assert (done.revised, done.parlays) == (1, 1)
        assert (current().outcome, current().returned, current().revision_no) == (
            "WIN",
            THREE_WON,
            2,
        )

    def test_is_read_and_filled_and_followed_once(self, parlay, games, feeds, ops):
        with facts():
            feeds.show((LAST_CALL, renamed(board(games), games[0].home)))
        played(games, ops)
        self.explain(games[0], ops)
        actions.fill_closes(by=ops, at=FILLED)
        grade_due(by=ops, at=FILLED)

        with facts():
            snapshots.reread_explained(by=CLOCK, at=AFTERWARDS)

        assert actions.fill_closes(by=ops, at=AFTERWARDS) == FilledCloses()
        assert grade_due(by=ops, at=AFTERWARDS + timedelta(days=1)) == Graded()
        assert PayloadRereading.objects.count() == 1
        assert (Grade.objects.count(), ParlayGrade.objects.count()) == (4, 2)
