"""Picks on an event that turned out to be another one are settled as that one."""

import pytest

from apps.catalog.actions import merge_events
from apps.catalog.actions.going_along import go_along
from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.grading.actions import grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, LATER, end, finish, published, tell
from apps.picks.models import Pick
from apps.picks.tests.factories import NOON_BEFORE, Game, facts
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import Side

pytestmark = pytest.mark.usefixtures("in_acme")


@facts()
def merge(game: Game, into: Game, ops, *, at=NOON_BEFORE) -> None:
    merge_events(
        event_id=game.event.pk, into_id=into.event.pk, by=ops, at=at, reason="Listed twice."
    )


@facts()
def follow(game: Game) -> None:
    """Let the merged event go along, as every action on the one that stays does."""
    go_along([game.event.pk], by=Actor.job("tests.clock"), at=DUE_AT)


@pytest.fixture
def listed_twice(ops) -> tuple[Game, Game]:
    """The event that stays and the one merged into it, each with a published pick."""
    stays, merged = Game(), Game()
    published(stays, side=Side.HOME, line="-3.5")
    published(merged, side=Side.AWAY, line="6.5")
    merge(merged, stays, ops)
    return stays, merged


def outcome(game: Game) -> str:
    return Grade.objects.current().get(pick__event=game.event).outcome


def test_both_picks_are_settled_by_the_one_result(listed_twice, ops):
    stays, merged = listed_twice
    end(stays, 24, 21)
    follow(stays)

    counts = grade_due(by=ops, at=DUE_AT)

    assert (counts.due, counts.written) == (2, 2)
    assert (outcome(stays), outcome(merged)) == ("LOSS", "WIN")
    pick = Pick.objects.get(event=merged.event)
    assert pick.status == PickStatus.GRADED
    assert pick.source_event_id == merged.code  # nothing of it was rewritten


def test_a_result_that_came_under_the_merged_id_counts(listed_twice, ops):
    stays, merged = listed_twice
    tell(stays, 24, 21, source_event_id=merged.code)
    finish(stays)
    follow(stays)

    grade_due(by=ops, at=DUE_AT)

    assert (outcome(stays), outcome(merged)) == ("LOSS", "WIN")


def test_a_correction_settles_both_again(listed_twice, ops):
    stays, merged = listed_twice
    end(stays, 24, 21)
    follow(stays)
    grade_due(by=ops, at=DUE_AT)

    tell(stays, 28, 21, at=LATER)
    grade_due(by=ops, at=LATER)

    assert (outcome(stays), outcome(merged)) == ("WIN", "LOSS")
    assert Grade.objects.count() == 4


def test_a_pick_of_a_game_in_doubt_waits_with_the_one_it_was_merged_into(listed_twice, ops):
    stays, _merged = listed_twice
    end(stays, 24, 21)
    follow(stays)
    with facts():
        Event.objects.filter(pk=stays.event.pk).update(frozen_code="MAPPING_DRIFT")

    counts = grade_due(by=ops, at=DUE_AT)

    assert (counts.written, counts.waiting) == (0, {"MAPPING_DRIFT": 2})


def test_a_pick_on_sides_that_changed_waits_for_two_people(ops):
    game = Game()
    published(game, side=Side.HOME, line="-3.5")
    with facts():
        Event.objects.filter(pk=game.event.pk).update(
            home=game.event.away_id, away=game.event.home_id
        )
    end(game, 24, 21)

    counts = grade_due(by=ops, at=DUE_AT)

    assert counts.waiting == {"MAPPING_DRIFT": 1}
