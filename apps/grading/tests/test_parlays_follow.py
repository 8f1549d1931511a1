"""A parlay follows its legs into every corner: merged games, other rules, people, games called off.

Each time what is due adds up, and another turn of the stage has nothing left to write.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from apps.core import clock
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.grading.actions import Graded, grade_due
from apps.grading.kinds import Wait
from apps.grading.models import Grade, ParlayGrade
from apps.grading.parlays import reconcile_parlays
from apps.grading.tests.factories import DUE_AT, FINAL_AT, LATER, end, finish, tell
from apps.grading.tests.test_merged_games import follow, merge
from apps.grading.tests.test_override_grade import override
from apps.grading.tests.test_parlay_grades import PRICES, WON, current, made, play
from apps.grading.tests.test_regrade import A_YEAR_LATER, again, of_spreads
from apps.picks.models import Parlay
from apps.picks.tests.factories import KICKOFF, Game, facts
from apps.picks.tests.parlays import game, generate, leg
from apps.rulebook.markets import EventStatus, MarketType
from apps.rulebook.parlays import ParlayStatus
from apps.rulebook.settlement import Outcome

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
WHOLE = Decimal("7.98")  # what three won legs return at these prices: 1.9 x 2 x 2.1


def the_end(parlay: Parlay) -> tuple[str, Decimal, int]:
    grade = current(parlay)
    return grade.outcome, grade.returned, grade.revision_no


def in_one_place(at) -> dict[str, int]:
    """Where each settled parlay stands, of those that are due; they add up."""
    state = reconcile_parlays(at)
    found = {
        "graded": state.graded,
        "void": state.void,
        "ungradeable": state.ungradeable,
        **state.waiting,
    }
    assert state.due == sum(found.values()) == Parlay.objects.made().count()
    return {place: count for place, count in found.items() if count}


@pytest.fixture
def settled(ops) -> tuple[Parlay, list[Game]]:
    """Three won legs and their parlay, graded."""
    parlay, games = made(ops, [WON] * 3)
    play(games, [WON] * 3)
    grade_due(by=ops, at=DUE_AT)
    assert the_end(parlay) == ("WIN", WHOLE, 1)
    return parlay, games


@pytest.fixture
def called(ops) -> tuple[Parlay, Game]:
    """Two won legs, and one on a game of baseball that was called with nobody ahead."""
    level = Game(home="New York Yankees", away="Boston Red Sox", of="MLB")
    games = [level, game(1), game(2)]
    winner = {"market_type": MarketType.MONEYLINE, "line": None}
    picks = [
        leg(number, on=on, price=PRICES[number], american=None, **({} if number else winner))
        for number, on in enumerate(games)
    ]
    parlay = generate(ops, picks=[pick.pk for pick in picks])
    assert parlay.status == ParlayStatus.MADE, parlay.missing
    play(games[1:], [WON] * 2)
    finish(level)
    tell(level, 3, 3, played={"innings": 5})
    return parlay, level


class TestALegOfAMergedGame:
    @pytest.fixture
    def listed_twice(self) -> Game:
        return game(1)

    def test_settles_it_once_by_the_result_of_the_game_that_stays(self, listed_twice, ops):
        parlay, games = made(ops, [WON] * 3)
        merge(games[1], listed_twice, ops)
        play([games[0], games[2]], [WON] * 2)
        end(listed_twice, 17, 24)
        follow(listed_twice)

        counts = grade_due(by=ops, at=DUE_AT)

        assert (counts.written, counts.parlays) == (3, 1)
        assert the_end(parlay) == ("LOSS", 0, 1)
        assert in_one_place(DUE_AT) == {"graded": 1}
        assert grade_due(by=ops, at=LATER) == Graded()

    def test_stays_settled_where_they_are_merged_only_afterwards(self, settled, listed_twice, ops):
        parlay, games = settled
        merge(games[1], listed_twice, ops, at=LATER)
        tell(listed_twice, 24, 17, source_event_id=games[1].code, at=LATER)  # read again

        assert grade_due(by=ops, at=LATER) == Graded()

        assert the_end(parlay) == ("WIN", WHOLE, 1)
        assert in_one_place(LATER) == {"graded": 1}

    def test_follows_a_correction_that_is_told_of_the_game_that_stays(
        self, settled, listed_twice, ops
    ):
        parlay, games = settled
        merge(games[1], listed_twice, ops, at=LATER)
        tell(listed_twice, 24, 17, source_event_id=games[1].code, at=LATER)
        tell(listed_twice, 17, 24, at=LATER + A_MINUTE)

        counts = grade_due(by=ops, at=LATER + A_MINUTE)

        assert (counts.written, counts.revised, counts.parlays) == (0, 1, 1)
        assert the_end(parlay) == ("LOSS", 0, 2)
        assert in_one_place(LATER) == {"graded": 1}
        assert grade_due(by=ops, at=LATER + 2 * A_MINUTE) == Graded()

    @pytest.mark.parametrize(
        ("status", "was", "returned"),
        [(EventStatus.CANCELED, "WIN", "3.99"), (EventStatus.FINAL, "UNGRADEABLE", "1")],
        ids=["called off", "without a score"],
    )
    def test_is_played_after_all_where_the_game_that_stays_was(
        self, listed_twice, ops, status, was, returned
    ):
        """One id was called off, or given up, and the game was told of under the other."""
        parlay, games = made(ops, [WON] * 3)
        play([games[0], games[2]], [WON] * 2)
        finish(games[1], status=status)
        given_up = FINAL_AT + timedelta(hours=72, minutes=1)
        grade_due(by=ops, at=given_up)
        assert the_end(parlay) == (was, Decimal(returned), 1)
        end(listed_twice, 24, 17, at=FINAL_AT + timedelta(hours=1))

        merge(games[1], listed_twice, ops, at=given_up)
        counts = grade_due(by=ops, at=given_up + A_MINUTE)

        assert (counts.written, counts.revised, counts.parlays) == (0, 1, 1)
        assert the_end(parlay) == ("WIN", WHOLE, 2)
        assert in_one_place(given_up) == {"graded": 1}
        assert grade_due(by=ops, at=given_up + 2 * A_MINUTE) == Graded()

    def test_is_settled_by_other_rules_once(self, settled, listed_twice, ops):
        parlay, games = settled
        merge(games[1], listed_twice, ops, at=LATER)
        tell(listed_twice, 24, 17, source_event_id=games[1].code, at=LATER)
        of_spreads(ops, decided_stands=False)

        done = again(ops)

        assert (done.written, done.changed, done.parlays_written) == (3, 0, 1)
        assert {*Grade.objects.filter(revision_no=2).values_list("reason", flat=True)} == {
            "REGRADED"
        }
        twice = again(ops, at=A_YEAR_LATER + A_MINUTE)
        assert (twice.written, twice.kept) == (0, {"SETTLED_SO": 3})
        assert the_end(parlay) == ("WIN", WHOLE, 2)

    def test_is_not_corrected_by_the_same_score_that_is_read_again_of_it(
        self, settled, listed_twice, ops
    ):
        """Two providers had told how the game ended, and both are read again after the merge."""
        parlay, games = settled
        tell(games[1], 24, 17, provider="nflverse", at=LATER)
        merge(games[1], listed_twice, ops, at=LATER)
        for provider in ("the_odds_api", "nflverse"):
            tell(
                listed_twice,
                *(24, 17),
                source_event_id=games[1].code,
                provider=provider,
                at=LATER + A_MINUTE,
            )

        assert grade_due(by=ops, at=LATER + A_MINUTE) == Graded()
        assert the_end(parlay) == ("WIN", WHOLE, 1)


class TestALegOfAGameThatIsNotPlayed:
    def test_returns_the_stake_at_once_where_no_leg_is_played(self, ops):
        """Nobody waits for the start of games that were called off the day before."""
        parlay, games = made(ops, [WON] * 3)
        for on in games:
            finish(on, status=EventStatus.CANCELED)
        the_day_before = KICKOFF - timedelta(hours=20)

        counts = grade_due(by=ops, at=the_day_before)

        assert (counts.written, counts.parlays) == (3, 1)
        assert the_end(parlay) == ("VOID", 1, 1)
        assert in_one_place(the_day_before) == {"void": 1}
        assert grade_due(by=ops, at=KICKOFF) == Graded()

    def test_is_due_where_two_people_decided_all_of_them_before_the_start(self, ops):
        parlay, _games = made(ops, [WON] * 3)
        before = KICKOFF - timedelta(hours=1)

        for one in parlay.legs.all():
            override(one.pick, ops, Outcome.PUSH, at=before)

        assert the_end(parlay) == ("PUSH", 1, 1)
        assert in_one_place(before) == {"graded": 1}


class TestALegThatPeopleOverride:
    def test_is_followed_and_followed_back(self, settled, ops):
        parlay, _games = settled
        one = parlay.legs.get(price="2").pick

        override(one, ops, Outcome.LOSS)
        assert the_end(parlay) == ("LOSS", 0, 2)
        override(one, ops, Outcome.WIN, at=LATER + A_MINUTE)

        assert the_end(parlay) == ("WIN", WHOLE, 3)
        position = parlay.legs.get(price="2").position - 1
        assert current(parlay).leg_revisions[position] == 3
        assert in_one_place(LATER) == {"graded": 1}
        assert grade_due(by=ops, at=LATER + 2 * A_MINUTE) == Graded()
        assert AuditEntry.objects.filter(action="parlay_grade.revised").count() == 2

    def test_shares_a_win_that_is_tied(self, settled, ops):
        parlay, _games = settled

        override(parlay.legs.get(price="2").pick, ops, Outcome.WIN, dead_heat_factor=Decimal("0.5"))

        assert the_end(parlay) == ("WIN", Decimal("3.99"), 2)

    def test_leaves_every_other_parlay_alone(self, settled, ops):
        parlay, _games = settled
        others = [game(number) for number in range(3, 6)]
        for number, on in enumerate(others, start=3):
            leg(number, on=on, price=PRICES[number - 3], american=None)
        other = generate(ops, "b")
        assert other.status == ParlayStatus.MADE, other.missing
        play(others, [WON] * 3)
        grade_due(by=ops, at=LATER)

        override(parlay.legs.get(price="2").pick, ops, Outcome.VOID, at=LATER + A_MINUTE)

        assert the_end(parlay)[2] == 2
        assert the_end(other)[2] == 1
        assert in_one_place(LATER) == {"graded": 2}


class TestALegThatIsSettledByOtherRules:
    """One game was cut short after 54 minutes: void by the first rules, a bet by the next."""

    @pytest.fixture
    def cut_short(self, ops) -> Parlay:
        parlay, games = made(ops, [WON] * 3)
        for on in games:
            finish(on)
        tell(games[0], 24, 17)
        tell(games[1], 24, 17, played={"minutes": 54})
        tell(games[2], 24, 17)
        grade_due(by=ops, at=DUE_AT)
        assert the_end(parlay) == ("WIN", Decimal("3.99"), 1)
        of_spreads(ops, minimum_play={"kind": "MINUTES", "minutes": 50})
        return parlay

    def test_is_shown_with_its_parlay_and_nothing_of_it_is_written(self, cut_short, ops):
        shown = again(ops, dry_run=True)

        [one] = shown.parlays
        assert (one.parlay_id, one.was, one.becomes) == (cut_short.pk, "WIN", "WIN")
        assert (one.profit_was, one.profit_becomes) == (Decimal("2.99"), WHOLE - 1)
        assert (shown.changed, one.changes) == (1, True)
        assert (shown.written, shown.parlays_written) == (0, 0)
        assert (Grade.objects.count(), ParlayGrade.objects.count()) == (3, 1)

    def test_is_followed_once_as_it_was_shown(self, cut_short, ops):
        shown = again(ops, dry_run=True)

        done = again(ops)

        assert (done.written, done.parlays_written) == (3, 1)
        assert done.parlays == shown.parlays
        assert the_end(cut_short) == ("WIN", WHOLE, 2)
        assert current(cut_short).leg_revisions == [2, 2, 2]
        assert in_one_place(A_YEAR_LATER) == {"graded": 1}
        twice = again(ops, at=A_YEAR_LATER + A_MINUTE)
        assert (twice.written, twice.parlays, twice.parlays_written) == (0, (), 0)
        assert grade_due(by=ops, at=A_YEAR_LATER + 2 * A_MINUTE) == Graded()
        assert ParlayGrade.objects.count() == 2

    def test_names_its_parlay_where_another_leg_is_lost_all_the_same(self, cut_short, ops):
        override(cut_short.legs.get(price="2.1").pick, ops, Outcome.LOSS)

        done = again(ops)

        assert done.kept == {"OVERRIDDEN": 1}
        assert [(one.was, one.becomes, one.changes) for one in done.parlays] == [
            ("LOSS", "LOSS", False)
        ]
        assert the_end(cut_short) == ("LOSS", 0, 3)

    def test_is_told_by_the_command(self, cut_short, monkeypatch, capsys):
        monkeypatch.setattr(clock, "now", lambda: A_YEAR_LATER)
        asked = ["regrade", "--from", "2025-10-12", "--to", "2025-10-12", "--rules", "v2"]

        call_command(*asked, "--tenant", "acme", "--dry-run")
        shown = capsys.readouterr().out
        call_command(*asked, "--tenant", "acme")
        written = capsys.readouterr().out

        told = "  1 parlays follow, 1 end otherwise\n    WIN +2.9900 -> WIN +6.9800: 1\n"
        assert told in shown
        assert "written" not in shown
        assert "acme: 3 revisions written, and 1 of parlays." in written


class TestALegOnALevelGameOfBaseball:
    """Called after five innings with nobody ahead: it is completed later, or nobody has won."""

    def test_waits_for_the_rest_of_it_and_wins_with_it(self, called, ops):
        parlay, level = called

        counts = grade_due(by=ops, at=DUE_AT)

        assert (counts.waiting, counts.parlays) == ({"RESULT_SUSPECT": 1}, 0)
        tell(level, 4, 3, at=LATER)
        assert grade_due(by=ops, at=LATER).parlays == 1
        assert the_end(parlay) == ("WIN", WHOLE, 1)
        assert in_one_place(LATER) == {"graded": 1}

    def test_is_given_up_after_three_days_and_says_why(self, called, ops):
        parlay, level = called
        given_up = FINAL_AT + timedelta(hours=72, minutes=1)
        assert grade_due(by=ops, at=FINAL_AT + timedelta(hours=72)).waiting == {"RESULT_SUSPECT": 1}

        grade_due(by=ops, at=given_up)

        grade = Grade.objects.get(pick__event=level.event)
        assert (grade.outcome, grade.reason) == ("UNGRADEABLE", "TIE_IMPOSSIBLE")
        assert the_end(parlay) == ("UNGRADEABLE", 1, 1)
        assert in_one_place(given_up) == {"ungradeable": 1}

    def test_is_void_by_two_people_where_nobody_plays_on(self, called, ops):
        parlay, _level = called
        given_up = FINAL_AT + timedelta(hours=73)
        grade_due(by=ops, at=given_up)

        override(parlay.legs.get(price="1.9").pick, ops, Outcome.VOID, at=given_up + A_MINUTE)

        assert the_end(parlay) == ("WIN", Decimal("4.2"), 2)
        assert in_one_place(given_up) == {"graded": 1}


class TestALeagueThatIsNotGraded:
    def test_holds_up_the_parlay_of_another_leagues_leg_which_is_counted(self, called, ops):
        parlay, level = called
        grade_due(by=ops, at=DUE_AT)
        self.turn(enabled=False)
        tell(level, 4, 3, at=LATER)

        counts = grade_due(by=ops, at=LATER)

        assert (counts.written, counts.parlays) == (1, 0)
        assert in_one_place(LATER) == {Wait.SWITCH_OFF: 1}
        assert reconcile_parlays(LATER).oldest_at == LATER
        self.turn(enabled=True)
        assert in_one_place(LATER) == {Wait.NOT_WRITTEN: 1}
        assert grade_due(by=ops, at=LATER + A_MINUTE) == Graded(parlays=1)
        assert the_end(parlay) == ("WIN", WHOLE, 1)
        assert in_one_place(LATER) == {"graded": 1}

    def turn(self, *, enabled: bool) -> None:
        with facts():
            FeatureFlag.objects.filter(name=switches.GRADE, scope="league:NFL").update(
                enabled=enabled
            )
