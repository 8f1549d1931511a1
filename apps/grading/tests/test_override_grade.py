from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.actor import Actor, ActorType
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.grading.actions import OverrideRefused, grade_due, override_grade
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, KICKOFF, LATER, end, published, tell
from apps.picks.tests.factories import Game, facts, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.settlement import Outcome

SECOND = Actor(type=ActorType.OPS, id="peter@beatvegas.test", auth_method="session")
WHY = "The league awarded the game after a protest."


def override(pick, ops, outcome=Outcome.VOID, *, at=LATER, reason=WHY, approved_by=SECOND, **more):
    return override_grade(
        pick_id=pick.pk,
        outcome=outcome,
        reason=reason,
        approved_by=approved_by,
        by=ops,
        at=at,
        **more,
    )


@pytest.mark.usefixtures("in_acme")
class TestAnOverride:
    def test_is_a_revision_by_two_people_with_their_reason(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)

        grade = override(pick, ops, Outcome.LOSS)

        assert Grade.objects.current().get(pick=pick) == grade
        assert (grade.revision_no, grade.outcome, grade.profit) == (2, "LOSS", -1)
        assert (grade.override_by, grade.override_approved_by) == (ops.id, SECOND.id)
        entry = AuditEntry.objects.get(action="grade.overridden")
        assert entry.reason == WHY
        assert entry.diff["outcome"] == ["WIN", "LOSS"]

    def test_stands_against_every_later_result(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        override(pick, ops, Outcome.LOSS)
        tell(game, 31, 17, at=LATER + timedelta(minutes=1))

        counts = grade_due(by=ops, at=LATER + timedelta(minutes=1))

        assert counts.revised == 0
        assert Grade.objects.current().get(pick=pick).outcome == "LOSS"

    def test_settles_a_pick_that_waits_for_a_person(self, ops):
        pick = published(Game())

        grade = override(pick, ops, at=KICKOFF)

        pick.refresh_from_db()
        assert (grade.revision_no, pick.status) == (1, PickStatus.GRADED)

    def test_may_share_a_win(self, ops):
        pick = published(Game(), price="5")

        grade = override(pick, ops, Outcome.WIN, dead_heat_factor=Decimal("0.5"))

        assert grade.profit == Decimal("1.5")

    @pytest.mark.parametrize(
        "change",
        [
            {"reason": "  "},
            {"approved_by": Actor(type=ActorType.OPS, id="olivia@beatvegas.test")},
            {"approved_by": Actor.job("grading.grade")},
            {"outcome": Outcome.LOSS, "dead_heat_factor": Decimal("0.5")},
            {"outcome": Outcome.WIN, "dead_heat_factor": Decimal("1.5")},
        ],
    )
    def test_is_refused_without_reason_second_person_or_sense(self, change, ops):
        pick = published(Game())

        with pytest.raises(OverrideRefused):
            override(pick, ops, **change)
        assert not Grade.objects.exists()

    def test_of_a_pick_that_nobody_saw_is_refused(self, ops):
        with pytest.raises(OverrideRefused):
            override(make_pick(Game()), ops)

    def test_is_halted_by_the_switch(self, ops):
        pick = published(Game())
        with facts():
            FeatureFlag.objects.filter(name=switches.GRADE, scope="GLOBAL").update(enabled=False)

        with pytest.raises(switches.Halted):
            override(pick, ops)
