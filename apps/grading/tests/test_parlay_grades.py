"""Parlays end with their legs: void, push and half legs, and every correction of them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.actor import Actor
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.grading.actions import grade_due
from apps.grading.models import ParlayGrade
from apps.grading.parlays import reconcile_parlays
from apps.grading.stages import due_and_done
from apps.grading.tests.factories import (
    DUE_AT,
    FINAL_AT,
    LATER,
    end,
    finish,
    tell,
)
from apps.grading.tests.test_override_grade import override
from apps.picks.models import Parlay
from apps.picks.tests.factories import Game, facts
from apps.picks.tests.parlays import game, generate, leg
from apps.picks.tests.test_pick_guards import denied, refusal
from apps.picks.tests.test_races import together
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.rulebook.parlays import ParlayStatus
from apps.rulebook.settlement import Outcome

PRICES = ("1.9", "2", "2.1")
# How a home team ends, and what its leg at this line makes of it.
WON, LOST = ("-3.5", 7), ("-3.5", 3)
PUSHED, HALF_WON, HALF_LOST = ("-3", 3), ("-2.75", 3), ("-3.25", 3)
VOIDED = ("-3.5", None)
PICKEM_WON, PICKEM_PUSHED = ("0", 3), ("0", 0)


def made(ops: Actor, ends: list[tuple[str, int | None]]) -> tuple[Parlay, list[Game]]:
    """A parlay of as many legs, each at its own line and price."""
    games = [game(number) for number in range(len(ends))]
    picks = [
        leg(number, on=on, line=line, price=PRICES[number], american=None)
        for number, (on, (line, _margin)) in enumerate(zip(games, ends, strict=True))
    ]
    parlay = generate(ops, picks=[pick.pk for pick in picks])
    assert parlay.status == ParlayStatus.MADE, parlay.missing
    return parlay, games


def play(games: list[Game], ends: list[tuple[str, int | None]]) -> None:
    for on, (_line, margin) in zip(games, ends, strict=True):
        if margin is None:
            finish(on, status=EventStatus.CANCELED)
        else:
            end(on, 17 + margin, 17)


def current(parlay: Parlay) -> ParlayGrade:
    return ParlayGrade.objects.current().get(parlay=parlay)


@pytest.mark.usefixtures("in_acme")
class TestSettling:
    @pytest.mark.parametrize(
        ("ends", "outcome", "returned"),
        [
            ([WON, WON, WON], "WIN", "7.98"),
            ([WON, WON, LOST], "LOSS", "0"),
            ([WON, PUSHED, WON], "WIN", "3.99"),
            ([WON, VOIDED, WON], "WIN", "3.99"),
            ([WON, HALF_WON, WON], "WIN", "5.985"),
            ([WON, HALF_LOST, WON], "WIN", "1.995"),
            ([VOIDED, HALF_LOST, PUSHED], "PART_LOSS", "0.5"),
            ([VOIDED, VOIDED, VOIDED], "VOID", "1"),
            ([VOIDED, PUSHED, VOIDED], "PUSH", "1"),
            ([VOIDED, LOST, HALF_WON], "LOSS", "0"),
            ([PICKEM_WON, PICKEM_PUSHED, WON], "WIN", "3.99"),
        ],
    )
    def test_multiplies_what_its_legs_return(self, ends, outcome, returned, ops):
        parlay, games = made(ops, ends)
        play(games, ends)

        counts = grade_due(by=ops, at=DUE_AT)

        grade = current(parlay)
        assert (grade.outcome, grade.returned) == (outcome, Decimal(returned))
        assert grade.profit == Decimal(returned) - 1
        assert (grade.revision_no, grade.leg_revisions) == (1, [1, 1, 1])
        assert counts.parlays == 1
        parlay.refresh_from_db()
        assert parlay.status == ParlayStatus.GRADED

    def test_pays_the_prices_of_the_parlay_and_not_those_of_its_picks(self, ops):
        games = [game(number) for number in range(3)]
        for number, on in enumerate(games):
            leg(number, on=on)
            on.pair(MarketType.SPREAD, Side.HOME, prices=("2.2", "1.7"), book="fanduel")
        parlay = generate(ops)
        play(games, [WON] * 3)

        grade_due(by=ops, at=DUE_AT)

        assert current(parlay).returned == Decimal("2.2") ** 3

    def test_waits_for_its_last_leg(self, ops):
        ends = [WON, LOST, WON]
        parlay, games = made(ops, ends)
        play(games[:2], ends[:2])

        counts = grade_due(by=ops, at=DUE_AT)

        assert (counts.written, counts.parlays) == (2, 0)
        assert not ParlayGrade.objects.exists()
        assert reconcile_parlays(DUE_AT).due == 0

        play(games[2:], ends[2:])
        assert grade_due(by=ops, at=LATER).parlays == 1
        assert current(parlay).outcome == "LOSS"

    def test_is_written_once_and_audited(self, ops):
        parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        grade_due(by=ops, at=DUE_AT)

        again = grade_due(by=ops, at=LATER)

        assert (again.written, again.parlays) == (0, 0)
        grade = ParlayGrade.objects.get()
        entry = AuditEntry.objects.get(object_type="ParlayGrade")
        assert (entry.action, entry.object_id) == ("parlay_grade.written", str(grade.pk))
        moved = AuditEntry.objects.get(action="parlay.graded")
        assert (moved.object_id, moved.diff["status"]) == (str(parlay.pk), ["MADE", "GRADED"])

    def test_leaves_those_alone_that_were_never_made(self, ops):
        generate(ops)  # of an empty slate

        assert grade_due(by=ops, at=LATER).parlays == 0
        assert not ParlayGrade.objects.exists()


@pytest.mark.usefixtures("in_acme")
class TestRevisions:
    def test_a_corrected_result_is_carried_into_the_parlay(self, ops):
        parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        grade_due(by=ops, at=DUE_AT)
        tell(games[1], 17, 24, at=LATER)

        counts = grade_due(by=ops, at=LATER)

        assert (counts.revised, counts.parlays) == (1, 1)
        grade = current(parlay)
        assert (grade.outcome, grade.revision_no, grade.reason) == ("LOSS", 2, "LEG_REVISED")
        corrected = parlay.legs.get(price="2").position - 1
        assert grade.leg_revisions[corrected] == 2
        assert grade.leg_outcomes[corrected] == "LOSS"
        assert (sum(grade.leg_revisions), grade.leg_outcomes.count("WIN")) == (4, 2)
        entry = AuditEntry.objects.get(action="parlay_grade.revised")
        assert entry.diff["outcome"] == ["WIN", "LOSS"]
        assert entry.diff["returned"] == ["7.98", "0"]

    def test_and_a_correction_of_the_correction(self, ops):
        parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        grade_due(by=ops, at=DUE_AT)
        for minutes, score in ((0, (17, 24)), (1, (24, 17))):
            tell(games[1], *score, at=LATER + timedelta(minutes=minutes))
            grade_due(by=ops, at=LATER + timedelta(minutes=minutes))

        assert list(
            ParlayGrade.objects.order_by("revision_no").values_list("outcome", flat=True)
        ) == ["WIN", "LOSS", "WIN"]
        assert grade_due(by=ops, at=LATER + timedelta(minutes=2)).parlays == 0
        assert current(parlay).returned == Decimal("7.98")

    def test_an_override_of_a_leg_is_carried_in_the_same_transaction(self, ops):
        parlay, games = made(ops, [WON, WON, LOST])
        play(games, [WON, WON, LOST])
        grade_due(by=ops, at=DUE_AT)
        lost = parlay.legs.get(price="2.1").pick

        override(lost, ops, Outcome.VOID)

        grade = current(parlay)
        assert (grade.outcome, grade.returned) == ("WIN", Decimal("3.8"))

    def test_an_ungradeable_leg_holds_it_up_until_somebody_decides(self, ops):
        ends = [WON, WON, WON]
        parlay, games = made(ops, ends)
        play(games[:2], ends[:2])
        finish(games[2])
        given_up = FINAL_AT + timedelta(hours=73)  # nobody told a score within the re-check

        grade_due(by=ops, at=given_up)

        assert (current(parlay).outcome, current(parlay).profit) == ("UNGRADEABLE", 0)
        override(parlay.legs.get(price="2.1").pick, ops, Outcome.PUSH, at=given_up)
        assert (current(parlay).outcome, current(parlay).returned) == ("WIN", Decimal("3.8"))


@pytest.mark.usefixtures("in_acme")
class TestTheSwitch:
    def test_off_means_that_it_waits_and_is_counted_and_on_catches_up(self, ops):
        parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        self.turn(enabled=False)
        grade_due(by=ops, at=DUE_AT)
        assert not ParlayGrade.objects.exists()

        self.turn(enabled=True)
        grade_due(by=ops, at=LATER)

        assert current(parlay).outcome == "WIN"

    def test_reconciles_what_waits_with_its_reason(self, ops):
        parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        grade_due(by=ops, at=DUE_AT)
        state = reconcile_parlays(DUE_AT)
        assert (state.due, state.graded, state.waiting) == (1, 1, {})
        assert due_and_done(DUE_AT)["grade"].due == 4  # three picks and their parlay

        second = generate(ops, "b", picks=[one.pick_id for one in parlay.legs.all()])

        assert second.status == ParlayStatus.NO_VALID_PARLAY  # graded picks are no legs
        assert reconcile_parlays(LATER).due == 1

    def turn(self, *, enabled: bool) -> None:
        with facts():
            FeatureFlag.objects.filter(name=switches.GRADE, scope="league:NFL").update(
                enabled=enabled
            )


@pytest.mark.usefixtures("in_acme")
class TestGuards:
    def test_a_grade_stays_and_revisions_follow_each_other(self, ops):
        _parlay, games = made(ops, [WON] * 3)
        play(games, [WON] * 3)
        grade_due(by=ops, at=DUE_AT)

        again = (
            "INSERT INTO parlay_grade SELECT gen_random_uuid(), %s, outcome, returned, profit,"
            " leg_revisions, leg_outcomes, 'LEG_REVISED', graded_at, parlay_id FROM parlay_grade"
        )
        assert refusal(again, 3) == "parlay_grade_revision_follows_another"
        assert refusal(again, 1) in (
            "parlay_grade_revision_is_counted_once",
            "parlay_grade_revision_says_why",
        )
        assert denied("UPDATE parlay_grade SET outcome = 'LOSS'")
        assert denied("DELETE FROM parlay_grade")

    @pytest.mark.parametrize(
        ("outcome", "returned"),
        [("WIN", "1"), ("LOSS", "0.5"), ("PUSH", "2"), ("PART_LOSS", "0"), ("VOID", "0")],
    )
    def test_an_outcome_is_what_it_returns(self, outcome, returned, ops):
        parlay, _games = made(ops, [WON] * 3)

        found = refusal(
            "INSERT INTO parlay_grade (id, parlay_id, revision_no, outcome, returned, profit,"
            " leg_revisions, leg_outcomes, reason, graded_at) VALUES"
            " (gen_random_uuid(), %s, 1, %s, %s, %s, '{1}', '{WIN}', '', now())",
            parlay.pk,
            outcome,
            Decimal(returned),
            Decimal(returned) - 1,
        )

        assert found == "parlay_grade_outcome_is_what_it_returns"


@pytest.mark.slow
class TestEightWorkers:
    def test_settle_a_parlay_once(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            parlay, games = made(ops, [WON] * 3)
            play(games, [WON] * 3)

        fresh_database.in_threads(*together(8, lambda: grade_due(by=ops, at=DUE_AT)))

        with tenant_scope(acme):
            assert ParlayGrade.objects.count() == 1
            assert AuditEntry.objects.filter(action="parlay.graded").count() == 1
            assert current(parlay).outcome == "WIN"
