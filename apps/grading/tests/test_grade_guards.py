from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from apps.core.append_only import AppendOnlyRefused
from apps.core.db import execute
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, published
from apps.picks.tests.factories import Game


def grade_of(pick, **columns) -> Grade:
    values = {
        "pick": pick,
        "revision_no": 1,
        "outcome": "WIN",
        "won": 1,
        "void_factor": 0,
        "profit": Decimal("0.909091"),
        "home_score": 24,
        "away_score": 17,
        "result_sha256": "a" * 64,
        "settlement_ruleset": pick.settlement_ruleset,
        "graded_at": DUE_AT,
        "source": "PIPELINE",
    }
    return Grade(**values | columns)


def refused_by(grade: Grade) -> str:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        grade.save(force_insert=True)
    return refusal.value.__cause__.diag.constraint_name


VOID = {"outcome": "VOID", "won": 0, "void_factor": 1, "profit": 0, "reason": "CANCELED"}
PEOPLE = {
    "source": "OPERATOR",
    "override_reason": "Because.",
    "override_by": "olivia",
    "override_approved_by": "peter",
}


@pytest.mark.usefixtures("in_acme")
class TestTheDatabase:
    @pytest.mark.parametrize(
        "columns",
        [
            {},
            VOID,
            {"outcome": "HALF_LOSS", "won": 0, "void_factor": Decimal("0.5"), "profit": -0.5},
            {"outcome": "LOSS", "won": 0, "profit": -1} | PEOPLE,
        ],
    )
    def test_takes_a_grade_that_makes_sense(self, columns):
        grade_of(published(Game()), **columns).save(force_insert=True)

        assert Grade.objects.current().count() == 1

    @pytest.mark.parametrize(
        ("columns", "rule"),
        [
            ({"outcome": "PUSH"}, "grade_outcome_is_what_its_factors_say"),
            ({"void_factor": 1, "profit": 0}, "grade_outcome_is_what_its_factors_say"),
            ({"outcome": "LOSS"}, "grade_winner_has_won"),
            ({"won": 0}, "grade_winner_has_won"),
            (VOID | {"reason": ""}, "grade_without_a_bet_says_why"),
            ({"home_score": None}, "grade_is_settled_on_both_scores"),
            ({"result_sha256": ""}, "grade_is_settled_on_both_scores"),
            ({"override_by": "olivia"}, "grade_override_has_a_reason_and_two_people"),
            (
                PEOPLE | {"override_approved_by": "olivia"},
                "grade_override_has_a_reason_and_two_people",
            ),
            (PEOPLE | {"override_reason": ""}, "grade_override_has_a_reason_and_two_people"),
            ({"revision_no": 2}, "grade_revision_follows_another"),
            ({"revision_no": 0}, "grade_revision_counts_from_one"),
        ],
    )
    def test_refuses_one_that_does_not(self, columns, rule):
        assert refused_by(grade_of(published(Game()), **columns)) == rule

    def test_counts_a_revision_once(self):
        pick = published(Game())
        grade_of(pick).save(force_insert=True)

        assert refused_by(grade_of(pick)) == "grade_revision_is_counted_once"

    def test_has_one_current_revision_of_each_pick(self):
        first, second = published(Game()), published(Game())
        for pick, number in [(first, 1), (first, 2), (second, 1), (first, 3)]:
            grade_of(pick, revision_no=number).save(force_insert=True)

        current = Grade.objects.current().values_list("pick", "revision_no")

        assert set(current) == {(first.pk, 3), (second.pk, 1)}

    @pytest.mark.parametrize(
        "statement", ["UPDATE grade SET outcome = 'WIN'", "DELETE FROM grade", "TRUNCATE grade"]
    )
    def test_gives_the_tenants_own_role_no_right_to_edit_the_record(self, statement):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            execute(statement)

    def test_refuses_its_owner_too(self, as_owner):
        with pytest.raises(psycopg.errors.RestrictViolation, match="grade"):
            as_owner.execute("TRUNCATE acme.grade")

    def test_is_asked_only_after_python_has_refused(self):
        grade = grade_of(published(Game()))
        grade.save(force_insert=True)

        with pytest.raises(AppendOnlyRefused):
            grade.save()
        with pytest.raises(AppendOnlyRefused):
            Grade.objects.update(outcome="LOSS")
