from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.db import execute
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.grading.actions import grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import (
    DUE_AT,
    FINAL_AT,
    KICKOFF,
    LATER,
    drift,
    end,
    find_close,
    finish,
    forget,
    move,
    published,
    take_close,
    tell,
)
from apps.picks.models import Pick, PickChange
from apps.picks.tests.factories import Game, facts, make_pick
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.snapshots.models import RawPayload

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def current(pick) -> Grade:
    return Grade.objects.current().get(pick=pick)


@pytest.mark.usefixtures("in_acme")
class TestGrading:
    @pytest.mark.parametrize(
        ("bet", "score", "outcome", "profit"),
        [
            ({"side": Side.HOME, "line": "-3.5"}, (24, 17), "WIN", "0.90909100"),
            ({"side": Side.HOME, "line": "-6.5"}, (24, 21), "LOSS", "-1"),
            ({"side": Side.AWAY, "line": "6.5"}, (24, 21), "WIN", "0.90909100"),
            ({"side": Side.HOME, "line": "-3"}, (24, 21), "PUSH", "0"),
            ({"side": Side.HOME, "line": "-3.25"}, (24, 21), "HALF_LOSS", "-0.5"),
            ({"side": Side.AWAY, "line": "3.25"}, (24, 21), "HALF_WIN", "0.45454550"),
            ({"side": Side.HOME, "line": "0"}, (20, 20), "PUSH", "0"),
            (
                {"market_type": MarketType.TOTAL, "side": Side.UNDER, "line": "44.5"},
                (24, 20),
                "WIN",
                "0.90909100",
            ),
            (
                {"market_type": MarketType.MONEYLINE, "side": Side.AWAY, "line": None},
                (20, 20),
                "PUSH",
                "0",
            ),
        ],
    )
    def test_settles_a_pick_by_its_own_side_line_and_price(self, bet, score, outcome, profit, ops):
        game = Game()
        pick = published(game, **bet)
        result = end(game, *score)

        counts = grade_due(by=ops, at=DUE_AT)

        grade = current(pick)
        assert (grade.outcome, grade.profit) == (outcome, Decimal(profit))
        assert (grade.home_score, grade.away_score) == score
        assert (grade.result_id, grade.result_sha256) == (result.pk, result.result_sha256)
        assert grade.settlement_ruleset_id == pick.settlement_ruleset_id
        assert (grade.final_at, grade.graded_at) == (FINAL_AT, DUE_AT)
        assert (counts.due, counts.written, counts.outcomes) == (1, 1, {outcome: 1})

    def test_keeps_the_payload_as_evidence(self, ops):
        game = Game()
        pick = published(game)
        result = end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        payload = RawPayload.objects.get(polls=result.poll_id)
        assert current(pick).payload_sha256 == payload.sha256

    def test_moves_the_pick_and_audits_both_in_one_transaction(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        pick.refresh_from_db()
        assert pick.status == PickStatus.GRADED
        change = PickChange.objects.get(pick=pick, to_status=PickStatus.GRADED)
        assert change.changed_at == DUE_AT
        entries = AuditEntry.objects.filter(occurred_at=DUE_AT, tenant_schema="acme")
        assert sorted(entries.values_list("object_type", "object_id")) == [
            ("Grade", str(current(pick).pk)),
            ("Pick", str(pick.pk)),
        ]

    def test_waits_for_the_configured_half_hour(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)

        early = grade_due(by=ops, at=DUE_AT - MINUTE)
        due = grade_due(by=ops, at=DUE_AT)

        assert (early.due, early.written) == (0, 0)
        assert due.written == 1

    def test_settles_superseded_and_invalidated_picks_like_all_others(self, ops):
        game = Game()
        first = published(game)
        first.validity_state = Validity.INVALIDATED
        first.save(update_fields=["validity_state"])
        superseded = published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5")
        superseded.status = PickStatus.SUPERSEDED
        superseded.save(update_fields=["status"])
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        assert current(first).outcome == "WIN"
        assert current(superseded).outcome == "LOSS"
        assert set(Pick.objects.values_list("status", flat=True)) == {PickStatus.GRADED}

    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.EXPIRED])
    def test_leaves_alone_what_nobody_ever_saw(self, status, ops):
        game = Game()
        extra = {"expiry_reason": "EVENT_STARTED"} if status is PickStatus.EXPIRED else {}
        pick = make_pick(game)
        for name, value in ({"status": status} | extra).items():
            setattr(pick, name, value)
        pick.save()
        end(game, 24, 17)

        counts = grade_due(by=ops, at=LATER)

        assert (counts.due, Grade.objects.count()) == (0, 0)

    def test_a_missing_close_never_stops_it(self, ops):
        game = Game()
        without, missing = (
            published(game),
            published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5"),
        )
        take_close(missing)
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        assert (current(without).clv_version, current(missing).clv_version) == ("", "MISSING")

    def test_writes_nothing_the_second_time(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)

        again = grade_due(by=ops, at=DUE_AT)
        later = grade_due(by=ops, at=LATER)

        assert (again.written, again.revised, later.written, later.revised) == (0, 0, 0, 0)
        assert Grade.objects.count() == 1

    def test_is_one_set_of_statements_for_any_number_of_picks(
        self, ops, django_assert_max_num_queries
    ):
        games = [Game() for _ in range(6)]
        for game in games:
            published(game)
            published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5")
            end(game, 24, 17)

        with django_assert_max_num_queries(24):
            counts = grade_due(by=ops, at=DUE_AT)

        assert counts.written == 12

    @pytest.mark.parametrize(
        ("score", "outcome"), [((20, 17), "WIN"), ((17, 17), "PUSH"), ((17, 20), "LOSS")]
    )
    def test_a_pickem_is_a_line_like_any_other(self, score, outcome, ops):
        """Nought was once taken for a line that is missing."""
        game = Game()
        pick = published(game, line="0")
        end(game, *score)

        grade_due(by=ops, at=DUE_AT)

        assert Grade.objects.get(pick=pick).outcome == outcome

    def test_another_tenant_sees_nothing_of_it(self, ops, rival):
        game = Game()
        published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)

        with facts(), tenant_scope(rival):
            assert grade_due(by=ops, at=DUE_AT).due == 0
            assert Grade.objects.count() == 0


@pytest.mark.usefixtures("in_acme")
class TestRevisions:
    def test_a_payload_that_is_read_again_writes_nothing(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        tell(game, 24, 17, at=LATER)

        counts = grade_due(by=ops, at=LATER)

        assert counts.revised == 0
        assert pick.grades.count() == 1

    def test_a_correction_and_its_correction_are_both_kept(self, ops):
        game = Game()
        pick = published(game)  # HOME -3.5
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        tell(game, 20, 17, at=LATER)
        grade_due(by=ops, at=LATER)
        tell(game, 24, 17, at=LATER + HOUR)

        counts = grade_due(by=ops, at=LATER + HOUR)

        assert counts.revised == 1
        assert list(pick.grades.order_by("revision_no").values_list("outcome", "reason")) == [
            ("WIN", ""),
            ("LOSS", "RESULT_CORRECTED"),
            ("WIN", "RESULT_CORRECTED"),
        ]
        assert Grade.objects.current().get().revision_no == 3
        pick.refresh_from_db()
        assert pick.status == PickStatus.GRADED

    def test_audits_a_revision_against_the_one_before(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        tell(game, 20, 17, at=LATER)

        grade_due(by=ops, at=LATER)

        entry = AuditEntry.objects.get(action="grade.revised")
        assert entry.diff["outcome"] == ["WIN", "LOSS"]
        assert entry.reason == "RESULT_CORRECTED"

    def test_end_after_three_days(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        end_of_watch = FINAL_AT + timedelta(hours=72)
        tell(game, 20, 17, at=end_of_watch)

        too_late = grade_due(by=ops, at=end_of_watch + MINUTE)
        in_time = grade_due(by=ops, at=end_of_watch)

        assert (too_late.revised, in_time.revised) == (0, 1)
        assert current(pick).outcome == "LOSS"

    def test_a_close_taken_late_is_noted_as_a_revision(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        find_close(pick)

        counts = grade_due(by=ops, at=LATER)

        assert counts.revised == 1
        assert (current(pick).clv_version, current(pick).reason) == ("clv-1", "CLOSE_TAKEN")
        assert grade_due(by=ops, at=LATER + timedelta(hours=1)).revised == 0

    def test_a_suspect_correction_leaves_the_grade_alone(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        tell(game, 0, 0, at=LATER, suspect="SCORELESS")

        counts = grade_due(by=ops, at=LATER)

        assert counts.revised == 0
        assert current(pick).outcome == "WIN"


@pytest.mark.usefixtures("in_acme")
class TestWaiting:
    @pytest.mark.parametrize(
        ("what_is_wrong", "reason"),
        [(drift, "MAPPING_DRIFT"), (forget, "PROVIDER_ID_MISSING")],
    )
    def test_a_doubtful_game_waits_for_a_person(self, what_is_wrong, reason, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        what_is_wrong(game)

        for at in (DUE_AT, FINAL_AT + timedelta(days=9)):
            counts = grade_due(by=ops, at=at)

            assert (counts.written, counts.waiting) == (0, {reason: 1})

    def test_swapped_teams_are_drift(self, ops):
        game = Game()
        published(game, home_team_id=game.event.away_id, away_team_id=game.event.home_id)
        end(game, 24, 17)

        assert grade_due(by=ops, at=DUE_AT).waiting == {"MAPPING_DRIFT": 1}

    def test_a_frozen_event_is_drift(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        with facts():
            type(game.event).objects.filter(pk=game.event.pk).update(frozen_code="MAPPING_DRIFT")

        assert grade_due(by=ops, at=DUE_AT).waiting == {"MAPPING_DRIFT": 1}

    def test_a_score_under_an_id_of_another_game_is_drift(self, ops):
        game, other = Game(), Game()
        published(game)
        assert other.event
        finish(game)
        tell(game, 24, 17, source_event_id=other.code)

        assert grade_due(by=ops, at=DUE_AT).waiting == {"MAPPING_DRIFT": 1}

    def test_a_result_is_overdue_when_the_longest_game_is_over(self, ops):
        game = Game()
        published(game)
        longest = timedelta(minutes=game.league.maximum_minutes)

        playing = grade_due(by=ops, at=KICKOFF + longest - MINUTE)
        overdue = grade_due(by=ops, at=KICKOFF + longest)

        assert (playing.due, playing.waiting) == (0, {})
        assert (overdue.due, overdue.waiting) == (1, {"RESULT_OVERDUE": 1})

    def test_a_final_without_a_score_waits_and_is_given_up_after_three_days(self, ops):
        game = Game()
        pick = published(game)
        finish(game)

        waits = grade_due(by=ops, at=DUE_AT)
        given_up = grade_due(by=ops, at=FINAL_AT + timedelta(hours=72, minutes=1))

        assert waits.waiting == {"RESULT_MISSING": 1}
        assert given_up.outcomes == {"UNGRADEABLE": 1}
        grade = current(pick)
        assert (grade.reason, grade.profit, grade.void_factor) == ("RESULT_MISSING", 0, 1)

    @pytest.mark.parametrize(
        ("score", "suspect"), [((0, 0), "SCORELESS"), ((0, 0), ""), ((None, 7), "SCORES_MISSING")]
    )
    def test_a_score_that_cannot_be_is_never_settled_on(self, score, suspect, ops):
        game = Game()
        published(game)
        finish(game)
        tell(game, *score, suspect=suspect)

        counts = grade_due(by=ops, at=DUE_AT)

        assert (counts.written, counts.waiting) == (0, {"RESULT_SUSPECT": 1})

    def test_a_late_result_still_grades_what_was_given_up(self, ops):
        game = Game()
        pick = published(game)
        finish(game)
        grade_due(by=ops, at=FINAL_AT + timedelta(hours=73))
        told_at = FINAL_AT + timedelta(days=10)
        tell(game, 24, 17, at=told_at)

        counts = grade_due(by=ops, at=told_at)

        assert counts.revised == 1
        assert current(pick).outcome == "WIN"


@pytest.mark.usefixtures("in_acme")
class TestVoid:
    def test_a_canceled_game_returns_the_stake(self, ops):
        game = Game()
        pick = published(game)
        finish(game, status=EventStatus.CANCELED)

        grade_due(by=ops, at=KICKOFF)

        grade = current(pick)
        assert (grade.outcome, grade.reason, grade.profit) == ("VOID", "CANCELED", 0)
        assert grade.result_sha256 == ""

    def test_a_game_moved_beyond_wednesday_returns_the_stake_then(self, ops):
        game = Game()  # Sunday
        pick = published(game)
        move(game, KICKOFF + timedelta(days=4))  # Thursday

        before = grade_due(by=ops, at=KICKOFF + timedelta(days=3))  # Wednesday, 1 p.m.
        after = grade_due(by=ops, at=KICKOFF + timedelta(days=3, hours=12))

        assert before.written == 0
        assert after.outcomes == {"VOID": 1}
        assert current(pick).reason == "POSTPONED_TOO_FAR"

    def test_a_game_moved_to_tuesday_stands(self, ops):
        game = Game()
        pick = published(game)
        move(game, KICKOFF + timedelta(days=2))
        end(game, 24, 17, at=FINAL_AT + timedelta(days=2))

        grade_due(by=ops, at=DUE_AT + timedelta(days=2))

        assert current(pick).outcome == "WIN"

    def test_a_postponed_game_without_a_date_returns_the_stake_when_its_time_is_over(self, ops):
        game = Game()
        pick = published(game)
        finish(game, status=EventStatus.POSTPONED)

        sunday = grade_due(by=ops, at=KICKOFF)
        # Long after its game would have been over, its bets still stand: nobody gives them up.
        wednesday = grade_due(by=ops, at=KICKOFF + timedelta(days=3, hours=10))
        thursday = grade_due(by=ops, at=KICKOFF + timedelta(days=4))

        assert [(one.due, one.written) for one in (sunday, wednesday)] == [(0, 0), (0, 0)]
        assert thursday.outcomes == {"VOID": 1}
        assert current(pick).reason == "POSTPONED_TOO_FAR"


@pytest.mark.usefixtures("in_acme")
class TestAGameThatWasCutShort:
    @pytest.mark.parametrize(
        ("minutes", "spread", "total"),
        [
            (60, ("WIN", ""), ("LOSS", "")),
            (55, ("WIN", ""), ("LOSS", "")),
            (54.5, ("VOID", "CUT_SHORT"), ("VOID", "CUT_SHORT")),
        ],
    )
    def test_counts_from_the_minimum_of_its_rules_on(self, minutes, spread, total, ops):
        game = Game()
        picks = (
            published(game),
            published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5"),
        )
        finish(game)
        tell(game, 24, 17, played={"minutes": minutes})

        grade_due(by=ops, at=DUE_AT)

        found = [(current(pick).outcome, current(pick).reason) for pick in picks]
        assert found == [spread, total]
        assert grade_due(by=ops, at=LATER).revised == 0

    def test_keeps_a_total_that_had_been_passed(self, ops):
        game = Game()
        over = published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="40.5")
        finish(game)
        tell(game, 24, 17, played={"minutes": 40})

        grade_due(by=ops, at=DUE_AT)

        assert (current(over).outcome, current(over).reason) == ("WIN", "")

    def test_waits_for_somebody_who_knows_how_much_was_played(self, ops):
        game = Game()
        published(game)
        finish(game)
        tell(game, 24, 17, played={})

        assert grade_due(by=ops, at=DUE_AT).waiting == {"RESULT_SUSPECT": 1}


@pytest.mark.usefixtures("in_acme")
class TestTheSwitch:
    @pytest.mark.parametrize("scope", ["GLOBAL", "tenant:acme", "league:NFL"])
    def test_stops_grading_counts_what_waits_and_lets_it_catch_up(self, scope, ops):
        game = Game()
        published(game)
        end(game, 24, 17)

        turn(scope, enabled=False)
        stopped = grade_due(by=ops, at=DUE_AT)
        turn(scope, enabled=True)
        caught_up = grade_due(by=ops, at=LATER)

        assert (stopped.due, stopped.written, stopped.waiting) == (1, 0, {"SWITCH_OFF": 1})
        assert (caught_up.written, caught_up.waiting) == (1, {})

    def test_without_a_row_refuses(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        with facts():
            execute("DELETE FROM feature_flag WHERE (name, scope) = ('GRADE', 'league:NFL')")

        assert grade_due(by=ops, at=DUE_AT).waiting == {"SWITCH_OFF": 1}


@facts()
def turn(scope: str, *, enabled: bool) -> None:
    FeatureFlag.objects.filter(name=switches.GRADE, scope=scope).update(enabled=enabled)
