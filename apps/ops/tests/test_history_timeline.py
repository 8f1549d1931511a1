"""Which past instants are worth playing."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.catalog.actions import finish_events
from apps.catalog.tests.factories import BILLS, KICKOFF, reported, sync, the_event
from apps.core.actor import Actor
from apps.ops.history.span import Span
from apps.ops.history.timeline import is_morning, next_lesson, next_look

DOLPHINS = "Miami Dolphins"
PLAYER = Actor.system("ops.history")
MIDNIGHT = KICKOFF.replace(hour=0)
LATER = KICKOFF + timedelta(days=3)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def looks(after: datetime, *, until: datetime = LATER, count: int = 30) -> list[datetime]:
    """Every look from there on, as long as nothing changes but the clock."""
    found = []
    at = after
    while at < until and len(found) < count:
        at = next_look(at, until=until)
        found.append(at)
    return found


def end(ident: str, at: datetime) -> None:
    finish_events({the_event(ident).pk: at}, by=PLAYER, at=at)


@pytest.mark.django_db
class TestLooks:
    def test_take_the_board_hours_before_a_game_and_once_just_before_it(self):
        sync(reported())

        assert looks(MIDNIGHT, until=KICKOFF) == [
            MIDNIGHT + 8 * HOUR,
            MIDNIGHT + 12 * HOUR,
            KICKOFF - 2 * MINUTE,
            KICKOFF,
        ]

    def test_ask_for_scores_every_hour_from_when_a_game_may_be_over_until_it_is(self):
        sync(reported())

        at = next_look(KICKOFF - 2 * MINUTE, until=LATER)
        assert at == KICKOFF + 170 * MINUTE
        assert next_look(at, until=LATER) == KICKOFF + 3 * HOUR
        assert next_look(KICKOFF + 3 * HOUR, until=LATER) == KICKOFF + 4 * HOUR

        end("game1", KICKOFF + 200 * MINUTE)

        assert next_look(KICKOFF + 4 * HOUR, until=LATER) == KICKOFF + 12 * HOUR

    def test_do_not_wait_for_a_game_that_will_never_end(self):
        sync(reported())

        for_ever = KICKOFF + timedelta(days=1)

        assert next_look(for_ever, until=LATER) == for_ever + 8 * HOUR

    def test_take_one_look_for_two_games_that_begin_together(self):
        sync(
            reported("game1", start=KICKOFF),
            reported("game2", home=BILLS, away=DOLPHINS, start=KICKOFF + 5 * MINUTE),
        )

        assert next_look(KICKOFF - HOUR, until=LATER) == KICKOFF - 2 * MINUTE
        assert next_look(KICKOFF - 2 * MINUTE, until=LATER) > KICKOFF + 5 * MINUTE

    def test_come_close_to_a_start_that_was_moved_after_the_last_look(self):
        sync(reported())
        sync(reported(start=KICKOFF + 9 * MINUTE), seen_at=KICKOFF - 2 * MINUTE)

        assert next_look(KICKOFF - 2 * MINUTE, until=LATER) == KICKOFF + 7 * MINUTE

    def test_end_with_the_past(self):
        assert next_look(KICKOFF, until=KICKOFF + HOUR) == KICKOFF + HOUR


@pytest.mark.django_db
class TestLessons:
    def test_are_mornings_only_until_lines_are_gathered(self):
        sync(reported())

        before = next_lesson(MIDNIGHT, lines_from=LATER, until=LATER)
        gathering = next_lesson(before, lines_from=MIDNIGHT, until=LATER)

        assert before == MIDNIGHT + 12 * HOUR
        assert is_morning(before)
        assert gathering == KICKOFF - 2 * MINUTE
        assert not is_morning(gathering)

    def test_end_where_picks_begin(self):
        assert next_lesson(MIDNIGHT, lines_from=LATER, until=MIDNIGHT + HOUR) == MIDNIGHT + HOUR


class TestSpan:
    EPOCH = datetime(2026, 9, 5, 12, 0, tzinfo=UTC)

    def test_warms_up_before_it_opens(self):
        span = Span.before(self.EPOCH)

        assert span.installed_at < span.begins < span.lines_from < span.opens < span.ends
        assert span.ends - span.opens == timedelta(days=14)

    def test_of_no_days_is_a_warm_up_alone(self):
        span = Span.before(self.EPOCH, days=0)

        assert span.lines_from == span.opens == span.ends

    def test_tells_how_much_of_it_is_done(self):
        span = Span.before(self.EPOCH)

        assert [span.share(at) for at in (None, span.begins, span.ends)] == [0.0, 0.0, 1.0]
        assert 0.7 < span.share(span.opens) < 0.8
