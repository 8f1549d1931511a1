from datetime import timedelta

import pytest

from apps.grading import stages
from apps.grading.actions import grade_due
from apps.grading.kinds import Wait
from apps.grading.models import Grade
from apps.grading.reconciliation import days, reconcile, waiting
from apps.grading.tests.factories import (
    DUE_AT,
    FINAL_AT,
    KICKOFF,
    drift,
    end,
    finish,
    published,
)
from apps.picks.tests.factories import Game
from apps.rulebook.markets import EventStatus


@pytest.fixture
def a_sunday(in_acme) -> dict[str, object]:
    """Six picks, one in every place that a pick can be in."""
    games = {name: Game() for name in ["won", "void", "drifted", "overdue", "ungradeable"]}
    picks = {name: published(game) for name, game in games.items()}
    picks["ahead"] = published(Game(kickoff=KICKOFF + timedelta(days=30)))
    end(games["won"], 24, 17)
    finish(games["void"], status=EventStatus.CANCELED)
    end(games["drifted"], 24, 17)
    drift(games["drifted"])
    finish(games["ungradeable"])
    return picks


AFTER_THE_WATCH = FINAL_AT + timedelta(hours=80)


class TestReconciliation:
    def test_puts_every_due_pick_in_exactly_one_place(self, a_sunday, ops):
        grade_due(by=ops, at=AFTER_THE_WATCH)

        state = reconcile(AFTER_THE_WATCH)

        assert (state.graded, state.void, state.ungradeable) == (1, 1, 2)
        assert state.waiting == {Wait.MAPPING_DRIFT: 1}
        assert state.due == 5 == len(a_sunday) - 1

    def test_names_what_each_pick_waits_for(self, a_sunday):
        found = {
            pick: verdict.wait for verdict in waiting(DUE_AT) for pick in verdict.asked.pick_ids
        }

        assert found == {
            a_sunday["won"].pk: Wait.NOT_WRITTEN,
            a_sunday["void"].pk: Wait.NOT_WRITTEN,
            a_sunday["drifted"].pk: Wait.MAPPING_DRIFT,
            a_sunday["ungradeable"].pk: Wait.RESULT_MISSING,
        }

    def test_counts_due_and_done_as_the_stage_does(self, a_sunday, ops):
        before = stages.due_and_done(DUE_AT)["grade"]
        counts = grade_due(by=ops, at=DUE_AT)
        after = stages.due_and_done(DUE_AT)["grade"]

        assert (before.due, before.done) == (counts.due, 0) == (4, 0)
        assert (after.due, after.done) == (4, counts.written) == (4, 2)
        assert after.waiting == sum(counts.waiting.values())

    @pytest.mark.usefixtures("in_acme")
    def test_of_nothing_is_nothing(self):
        state = reconcile(DUE_AT)

        assert (state.due, state.waiting) == (0, {})


class TestDays:
    def test_add_up_to_the_whole_for_every_league_and_day(self, a_sunday, ops):
        later = Game(kickoff=KICKOFF + timedelta(days=1))
        published(later)
        end(later, 24, 17, at=FINAL_AT + timedelta(days=1))
        for at in (DUE_AT, DUE_AT + timedelta(days=2), AFTER_THE_WATCH):
            grade_due(by=ops, at=at)

            found = days(at, since=KICKOFF.date())
            whole = reconcile(at)

            for part in ("due", "graded", "void", "ungradeable"):
                parts = [getattr(one.reconciled, part) for one in found]
                assert sum(parts) == getattr(whole, part)
            assert sum(sum(one.reconciled.waiting.values()) for one in found) == sum(
                whole.waiting.values()
            )
        assert [(one.league, str(one.day)) for one in found] == [
            ("NFL", "2025-10-13"),
            ("NFL", "2025-10-12"),
        ]

    def test_are_those_of_the_leagues_own_calendar(self, in_acme, ops):
        night = Game(kickoff=KICKOFF + timedelta(hours=10))  # 3 a.m. in UTC, Sunday in New York
        published(night)
        end(night, 24, 17, at=FINAL_AT + timedelta(hours=10))

        [waits] = days(DUE_AT + timedelta(hours=10), since=KICKOFF.date())
        grade_due(by=ops, at=DUE_AT + timedelta(hours=10))
        [graded] = days(DUE_AT + timedelta(hours=10), since=KICKOFF.date())

        assert waits.day == graded.day == KICKOFF.date()
        assert waits.reconciled.waiting == {Wait.NOT_WRITTEN: 1}
        assert (graded.reconciled.graded, graded.reconciled.waiting) == (1, {})

    def test_tell_whether_the_promise_was_kept(self, in_acme, ops):
        prompt, late, never, fresh = (Game() for _ in range(4))
        published(prompt)
        end(prompt, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        published(late)
        end(late, 24, 17)
        published(never)
        finish(never)
        grade_due(by=ops, at=FINAL_AT + timedelta(hours=3))
        published(fresh)
        at = FINAL_AT + timedelta(hours=3, minutes=10)
        finish(fresh, at=at - timedelta(minutes=5))

        [sunday] = days(at, since=KICKOFF.date())

        assert (sunday.promised, sunday.kept) == (3, 1)
        assert sunday.punctual == pytest.approx(1 / 3)
        assert not sunday.keeps_promise

    def test_forget_nothing_of_a_correction(self, in_acme, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        end(game, 20, 17, at=FINAL_AT + timedelta(minutes=5))
        grade_due(by=ops, at=DUE_AT + timedelta(hours=5))

        [sunday] = days(DUE_AT + timedelta(hours=5), since=KICKOFF.date())

        assert (sunday.reconciled.due, sunday.promised, sunday.kept) == (1, 1, 1)


@pytest.mark.usefixtures("in_acme")
class TestPunctuality:
    def test_is_measured_from_the_providers_final(self, ops):
        prompt, late = Game(), Game()
        published(prompt)
        end(prompt, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        published(late)
        end(late, 24, 17)
        grade_due(by=ops, at=FINAL_AT + timedelta(hours=3))

        first_words = Grade.objects.first_words()

        assert first_words.count() == 2
        assert first_words.within(timedelta(hours=2)).count() == 1
        delays = first_words.with_delay().order_by("delay").values_list("delay", flat=True)
        assert list(delays) == [timedelta(minutes=30), timedelta(hours=3)]
