import pytest

from apps.core.tenancy import tenant_scope
from apps.grading.actions import Graded, grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, end, published
from apps.picks.models import Pick
from apps.picks.tests.factories import Game
from apps.rulebook.lifecycle import PickStatus


@pytest.mark.slow
class TestFourWorkers:
    def test_grade_every_pick_once_between_them(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            for _ in range(12):
                game = Game()
                published(game)
                end(game, 24, 17)

        def work() -> Graded:
            with tenant_scope(acme):
                return grade_due(by=ops, at=DUE_AT)

        counts = fresh_database.in_threads(work, work, work, work)

        assert sum(one.written for one in counts) == 12
        assert sum(one.revised for one in counts) == 0
        with tenant_scope(acme):
            assert Grade.objects.count() == 12
            assert set(Pick.objects.values_list("status", flat=True)) == {PickStatus.GRADED}
