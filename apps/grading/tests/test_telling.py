"""What grading tells of while it grades, and when it stops telling."""

from datetime import timedelta

import pytest

from apps.governance.models import OpsAlert
from apps.grading.actions import grade_due
from apps.grading.tests.factories import (
    DUE_AT,
    FINAL_AT,
    LATER,
    drift,
    end,
    finish,
    forget,
    published,
    take_close,
    tell,
)
from apps.picks.tests.factories import Game

pytestmark = pytest.mark.usefixtures("in_acme")

MINUTE = timedelta(minutes=1)


def found() -> list[tuple[str, str]]:
    return list(OpsAlert.objects.not_over().order_by("kind").values_list("kind", "key"))


class TestTelling:
    @pytest.mark.parametrize(
        ("what_is_wrong", "kind"), [(drift, "MAPPING_DRIFT"), (forget, "PROVIDER_ID_MISSING")]
    )
    def test_of_a_doubt_names_the_game_once(self, what_is_wrong, kind, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        what_is_wrong(game)

        grade_due(by=ops, at=DUE_AT)
        grade_due(by=ops, at=DUE_AT + MINUTE)

        assert found() == [(kind, str(game.event.pk))]
        alert = OpsAlert.objects.get()
        assert (alert.count, alert.tenant_schema) == (2, "acme")

    def test_of_a_correction_names_the_game(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        assert found() == []

        tell(game, 24, 31, at=LATER)
        grade_due(by=ops, at=LATER)

        assert found() == [("REGRADE", str(game.event.pk))]

    def test_is_not_of_a_close_that_was_taken_late(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)
        take_close(pick)

        assert grade_due(by=ops, at=LATER).revised == 1

        assert found() == []

    def test_of_lateness_comes_before_the_promise_is_broken(self, ops):
        game = Game()
        published(game)
        finish(game)  # and nobody says with what score

        grade_due(by=ops, at=FINAL_AT + 80 * MINUTE)
        assert found() == []
        grade_due(by=ops, at=FINAL_AT + 91 * MINUTE)

        assert found() == [("GRADING_LAG", "")]
        assert "limit 120 min" in OpsAlert.objects.get().detail

    def test_of_lateness_ends_with_the_grade(self, ops):
        game = Game()
        published(game)
        finish(game)
        grade_due(by=ops, at=FINAL_AT + 91 * MINUTE)

        tell(game, 24, 17, at=FINAL_AT + 92 * MINUTE)
        grade_due(by=ops, at=FINAL_AT + 95 * MINUTE)

        assert found() == []

    def test_has_nothing_to_say_of_what_goes_well(self, ops):
        game = Game()
        published(game)
        end(game, 24, 17)

        grade_due(by=ops, at=DUE_AT)

        assert not OpsAlert.objects.exists()
