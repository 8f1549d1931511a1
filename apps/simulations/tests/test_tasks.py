"""The jobs of this room read the clock once and call one action each."""

from datetime import UTC, datetime

import pytest
import time_machine

from apps.governance.models import JobRun
from apps.simulations import tasks
from apps.simulations.models import EvaluationBatch, RatingDay, SimulationRun
from apps.simulations.tests.factories import CHIEFS, EAGLES, FRIDAY, board, event, season


class TestTasks:
    def test_carry_a_game_from_results_to_evaluations(self, fresh_database, acme):
        season()
        board(event(CHIEFS, EAGLES))

        with time_machine.travel(FRIDAY, tick=False):
            for task in (tasks.rate, tasks.simulate, tasks.evaluate):
                task.apply()

        assert RatingDay.objects.count() == 4
        assert SimulationRun.objects.get().simulated_at == FRIDAY
        assert EvaluationBatch.objects.get().evaluated == 18
        runs = JobRun.across_tenants.filter(job__startswith="simulations.")
        assert set(runs.values_list("job", "outcome")) == {
            ("simulations.rate", "DONE"),
            ("simulations.simulate", "DONE"),
            ("simulations.evaluate", "DONE"),
        }

    @pytest.mark.parametrize("task", [tasks.rate, tasks.simulate, tasks.evaluate])
    def test_run_once_for_two_beats_of_one_turn(self, task, fresh_database, acme):
        with time_machine.travel(datetime(2025, 10, 3, 16, 0, 5, tzinfo=UTC), tick=False):
            task.apply()
            task.apply()

        assert JobRun.across_tenants.get(job=task.name).attempt == 1
