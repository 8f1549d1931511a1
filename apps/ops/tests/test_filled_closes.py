"""A close that was missing is filled from what a backfill brings, and its grade says so, once."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.management import call_command
from django.db import IntegrityError, transaction

from apps.core import clock
from apps.core.db import execute
from apps.governance.models import AlertState, AuditEntry, OpsAlert
from apps.grading.actions import Graded, grade_due
from apps.grading.models import Grade
from apps.grading.record import record
from apps.grading.tests.factories import DUE_AT, finish, tell
from apps.ops import backfill as module
from apps.picks import actions
from apps.picks.actions import FilledCloses
from apps.picks.admin import LineTrackingAdmin
from apps.picks.models import LineTracking, Pick
from apps.picks.tests.boards import limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.rulebook.clv import CloseGap, CloseSource
from apps.snapshots.models import Consensus, LatestQuote

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LAST_CALL = KICKOFF - 3 * A_MINUTE
IN_PLAY = KICKOFF + 5 * A_MINUTE
DAYS_LATER = KICKOFF + timedelta(days=9)  # when nobody re-checks results any more
BOOKS = ("draftkings", "fanduel", "betmgm")


@pytest.fixture
def game() -> Game:
    return Game()


@pytest.fixture
def pick(game, ops) -> Pick:
    """HOME -3.5 at 1.909091 of DraftKings; nobody saw its market again before the game."""
    opine("acme", **limits())
    pick = make_pick(game, run_id=run(game).pk)
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)


@pytest.fixture
def bring(game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queued: Any) -> Any:
    """Backfill what was shown at some moments, as an operator does."""
    monkeypatch.setattr(module, "_make_room", lambda first, last: None)  # outside the test's own

    def backfill(*shown: tuple[datetime, list[Any]], now: datetime = DAYS_LATER) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)
        folder = tmp_path / f"{now:%Y%m%d%H%M}"
        folder.mkdir()
        for moment, board in shown:
            (folder / f"{moment:%Y%m%dT%H%M%SZ}.json").write_text(json.dumps(board))
        span = (min(shown)[0], max(shown)[0] + A_MINUTE)
        with facts():
            call_command(
                "backfill",
                *("--league", "nfl", "--from", span[0].isoformat(), "--to", span[1].isoformat()),
                *("--bodies", str(folder)),
                stdout=StringIO(),
            )

    return backfill


def spread(
    game: Game, line: float, at: datetime, *, price: int = -110, books: tuple[str, ...] = BOOKS
) -> list[Any]:
    """The board of one game at a moment, as the provider writes it."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    sides = ((game.home, line), (game.away, -line))
    outcomes = [{"name": name, "price": price, "point": point} for name, point in sides]
    return [
        {
            "id": game.code,
            "sport_key": "americanfootball_nfl",
            "commence_time": f"{game.kickoff:%Y-%m-%dT%H:%M:%SZ}",
            "home_team": game.home,
            "away_team": game.away,
            "bookmakers": [
                {
                    "key": book,
                    "title": book,
                    "last_update": stamp,
                    "markets": [{"key": "spreads", "last_update": stamp, "outcomes": outcomes}],
                }
                for book in books
            ],
        }
    ]


def missed(game: Game, ops: Any) -> None:
    """Let the game begin, end and be graded without a close."""
    actions.close_started(by=ops, at=KICKOFF)
    assert LineTracking.objects.get().close_missing == CloseGap.TOO_OLD
    finish(game)
    tell(game, 24, 17)
    assert grade_due(by=ops, at=DUE_AT).written == 1


class TestBackfill:
    def test_fills_the_close_and_revises_the_grade(self, game, pick, bring, ops):
        missed(game, ops)
        [first] = Grade.objects.all()
        counted = record()

        bring((LAST_CALL, spread(game, -4, LAST_CALL - A_MINUTE)))
        done = actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)
        graded = grade_due(by=ops, at=DAYS_LATER + A_MINUTE)

        row = LineTracking.objects.get()
        assert done == FilledCloses(filled=1, sources={"SAME_BOOK": 1})
        assert (row.close_source, row.close_missing) == (CloseSource.SAME_BOOK, "")
        assert (row.close_line, row.close_last_seen_at) == (Decimal("-4"), LAST_CALL)
        assert (row.clv_points, row.clv_missing) == (Decimal("0.5"), "")
        assert row.clv_ev is not None
        assert (row.missed, row.filled_at) == (CloseGap.TOO_OLD, DAYS_LATER + A_MINUTE)
        assert row.completed_at == KICKOFF  # when it was looked for first
        assert (graded.written, graded.revised) == (0, 1)
        again = Grade.objects.get(revision_no=2)
        assert (first.clv_version, again.clv_version) == ("MISSING", row.method_version)
        assert (again.reason, again.outcome, again.profit, again.result_sha256) == (
            *("CLOSE_TAKEN", first.outcome),
            *(first.profit, first.result_sha256),
        )
        assert (record().bets, record().profit) == (counted.bets, counted.profit)
        assert (counted.clv.mean, record().clv.mean) == (None, row.clv_ev)

    def test_writes_nothing_twice(self, game, pick, bring, ops):
        missed(game, ops)
        bring((LAST_CALL, spread(game, -4, LAST_CALL)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)
        grade_due(by=ops, at=DAYS_LATER + A_MINUTE)
        before = (LineTracking.objects.values().get(), AuditEntry.objects.count())

        later = DAYS_LATER + timedelta(days=1)
        bring((LAST_CALL, spread(game, -4, LAST_CALL)), now=later)
        assert actions.fill_closes(by=ops, at=later + A_MINUTE) == FilledCloses()
        assert grade_due(by=ops, at=later + A_MINUTE) == Graded()

        assert LineTracking.objects.values().get() == before[0]
        entries = AuditEntry.objects.filter(object_type__in=["LineTracking", "Grade"])
        assert entries.filter(action="line_tracking.filled").count() == 1
        assert entries.filter(action="grade.revised").count() == 1

    def test_ends_the_alert(self, game, pick, bring, ops):
        missed(game, ops)
        alert = OpsAlert.objects.get(kind="CLOSE_SNAPSHOT_MISSING")
        assert alert.state == AlertState.OPEN

        bring((LAST_CALL, spread(game, -4, LAST_CALL)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)

        alert.refresh_from_db()
        assert (alert.state, alert.note) == (AlertState.RESOLVED, "Its closes were filled.")

    def test_fills_also_what_was_seen_in_play_since(self, game, pick, bring, ops):
        """The live feed came back during the game: the newest quote is no close, and is kept."""
        bring((IN_PLAY, spread(game, -14, IN_PLAY)), now=IN_PLAY + A_MINUTE)
        missed(game, ops)

        early = KICKOFF - 8 * A_MINUTE
        bring((early, spread(game, -5, early)), (LAST_CALL, spread(game, -4, LAST_CALL)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)

        row, quote = (
            LineTracking.objects.get(),
            LatestQuote.objects.get(selection=pick.selection, book=pick.book),
        )
        assert (row.close_source, row.close_line) == ("SAME_BOOK", Decimal("-4"))
        assert (quote.line, quote.pre_game) == (Decimal("-14"), False)
        assert quote.closing_last_seen_at == LAST_CALL

    def test_fills_a_consensus_where_the_own_book_had_left(self, game, pick, bring, ops):
        others = ("fanduel", "betmgm", "bovada")
        bring((IN_PLAY, spread(game, -14, IN_PLAY, books=others)), now=IN_PLAY + A_MINUTE)
        missed(game, ops)

        bring((LAST_CALL, spread(game, -4, LAST_CALL, books=others)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)

        row = LineTracking.objects.get()
        assert (row.close_source, row.close_books) == (CloseSource.CONSENSUS, 3)
        assert (row.close_line, row.close_price) == (Decimal("-4"), None)
        newest = Consensus.objects.filter(selection=pick.selection).latest("captured_at")
        assert (newest.captured_at, newest.line) == (LAST_CALL, Decimal("-4"))

    def test_leaves_missing_what_it_does_not_reach(self, game, pick, bring, ops):
        missed(game, ops)
        before = AuditEntry.objects.count()

        early = KICKOFF - timedelta(hours=2)
        bring((early, spread(game, -4, early)))

        assert actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE) == FilledCloses()
        assert grade_due(by=ops, at=DAYS_LATER + A_MINUTE) == Graded()
        assert LineTracking.objects.get().close_missing == CloseGap.TOO_OLD
        assert not AuditEntry.objects.filter(action="line_tracking.filled").exists()
        assert before <= AuditEntry.objects.count()

    def test_takes_nothing_from_the_start_on(self, game, pick, bring, ops):
        missed(game, ops)

        bring((IN_PLAY, spread(game, -4, IN_PLAY)))

        assert actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE) == FilledCloses()
        assert LineTracking.objects.get().close_missing == CloseGap.TOO_OLD


class TestConsole:
    def test_says_that_it_was_filled_and_what_had_been_missing(self, game, pick, bring, ops):
        missed(game, ops)
        bring((LAST_CALL, spread(game, -4, LAST_CALL)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)

        listed = LineTrackingAdmin(LineTracking, site).source(LineTracking.objects.get())

        assert "3 min before, filled later, was too old" in listed


class TestFilledRow:
    @pytest.mark.parametrize(
        "change",
        [
            "close_line = -5",
            "filled_at = now()",
            "close_source = 'MISSING', close_missing = 'TOO_OLD', close_fair_prob = NULL",
        ],
    )
    def test_stays_as_it_is(self, game, pick, bring, ops, change):
        missed(game, ops)
        bring((LAST_CALL, spread(game, -4, LAST_CALL)))
        actions.fill_closes(by=ops, at=DAYS_LATER + A_MINUTE)

        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            execute(f"UPDATE line_tracking SET {change}")

    @pytest.mark.parametrize(
        "change",
        [
            "close_missing = 'NO_PREGAME_QUOTE'",
            "close_source = 'SAME_BOOK', close_missing = '', filled_at = now()",
            "close_source = 'SAME_BOOK', close_missing = '', filled_at = now(),"
            " missed = 'TOO_OLD', best_price = 9",
        ],
    )
    def test_is_filled_in_no_other_way(self, game, pick, ops, change):
        missed(game, ops)

        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            execute(f"UPDATE line_tracking SET {change}")
