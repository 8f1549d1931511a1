"""Picks on an event that was merged into another one, or whose home and away changed places."""

from datetime import timedelta

import pytest

from apps.catalog.actions import merge_events
from apps.catalog.models import Event
from apps.picks import actions
from apps.picks.models import LineTracking, Pick
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.rulebook.clv import CloseGap, CloseSource
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.validity import ValidityReason

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=1)
LAST_CALL = KICKOFF - timedelta(minutes=3)


@facts()
def merge(game: Game, into: Game, ops, *, at=LATER) -> None:
    merge_events(
        event_id=game.event.pk, into_id=into.event.pk, by=ops, at=at, reason="Listed twice."
    )


@facts()
def swap(game: Game) -> None:
    sides = {"home": game.event.away_id, "away": game.event.home_id}
    Event.objects.filter(pk=game.event.pk).update(**sides)


def published(game: Game, ops, **columns) -> Pick:
    opine("acme", **limits())
    made_from = run(game)
    pick = make_pick(game, run_id=made_from.pk, **columns)
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)


class TestPublishing:
    def test_is_refused_on_a_merged_event(self, ops):
        game, stays = Game(), Game()
        opine("acme", **limits())
        pick = make_pick(game, run_id=run(game).pk)
        merge(game, stays, ops)

        actions.publish_ready(by=ops, at=LATER)

        pick.refresh_from_db()
        assert (pick.status, pick.block_reasons) == (PickStatus.BLOCKED, ["MAPPING_DRIFT"])

    def test_is_refused_on_sides_that_changed(self, ops):
        game = Game()
        opine("acme", **limits())
        pick = make_pick(game, run_id=run(game).pk)
        swap(game)

        actions.publish_ready(by=ops, at=LATER)

        pick.refresh_from_db()
        assert (pick.status, pick.block_reasons) == (PickStatus.BLOCKED, ["MAPPING_DRIFT"])

    def test_counts_what_went_out_on_the_merged_event_for_the_one_that_stays(self, ops):
        game, stays = Game(), Game()
        published(game, ops)
        merge(game, stays, ops)
        run(stays)
        board(stays, at=LATER)
        evaluate(stays, at=LATER)

        actions.propose_due(by=ops, at=LATER)
        actions.publish_ready(by=ops, at=LATER)

        assert not Pick.objects.filter(event=stays.event, published_at__isnull=False).exists()

    def test_goes_on_for_the_one_that_stays(self, ops):
        game, stays = Game(), Game()
        merge(game, stays, ops)
        opine("acme", **limits())
        run(stays)
        board(stays, at=LATER)
        evaluate(stays, at=LATER)

        actions.propose_due(by=ops, at=LATER)

        assert actions.publish_ready(by=ops, at=LATER).published == 1


class TestWatching:
    @pytest.mark.parametrize("how", ["merged", "swapped"])
    def test_invalidates_what_is_out_and_says_why(self, how, ops):
        game, stays = Game(), Game()
        pick = published(game, ops)
        board(game, at=LATER)
        if how == "merged":
            merge(game, stays, ops)
        else:
            swap(game)

        actions.watch_live(by=ops, at=LATER)

        pick.refresh_from_db()
        assert (pick.validity_state, pick.validity_reason) == (
            Validity.INVALIDATED,
            ValidityReason.MAPPING_DRIFT,
        )


class TestClosing:
    def close(self, game: Game, ops) -> LineTracking:
        actions.close_started(by=ops, at=KICKOFF)
        return LineTracking.objects.get(pick__event=game.event)

    def test_of_a_merged_event_reads_the_market_of_the_one_that_stays(self, ops):
        game, stays = Game(), Game()
        published(game, ops)
        merge(game, stays, ops)
        board(stays, line="-4.5", at=LAST_CALL)

        closed = self.close(game, ops)

        assert closed.close_source == CloseSource.SAME_BOOK
        assert (closed.close_line, closed.clv_points) == (-4.5, 1)

    def test_takes_the_later_word_of_a_book_that_told_of_both(self, ops):
        game, stays = Game(), Game()
        published(stays, ops)
        board(stays, line="-3.5", at=NOON_BEFORE)
        board(game, line="-5.5", at=LAST_CALL)
        merge(game, stays, ops)

        assert self.close(stays, ops).close_line == -5.5

    def test_on_sides_that_changed_there_is_none(self, ops):
        game = Game()
        published(game, ops)
        board(game, line="-4.5", at=LAST_CALL)
        swap(game)

        closed = self.close(game, ops)

        assert (closed.close_source, closed.close_missing) == (
            CloseSource.MISSING,
            CloseGap.MAPPING_DRIFT,
        )
        assert closed.clv_missing == CloseGap.MAPPING_DRIFT
