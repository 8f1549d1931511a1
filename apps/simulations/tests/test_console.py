"""Runs and batches as an operator's browser sees them."""

import re
from typing import Any

import pytest
from django.test import Client

from apps.simulations import actions
from apps.simulations.models import (
    EvaluationBatch,
    MarketEvaluation,
    RatingDay,
    SimulationRun,
    TeamRating,
)
from apps.simulations.tests.factories import CHIEFS, EAGLES, FRIDAY, board, event, season
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    operator = OperatorFactory(email="olivia@beatvegas.test")
    answer = client.post(
        "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
    )
    assert answer.status_code == 302
    return client


@pytest.fixture
def evaluated(acme, ops) -> None:
    season()
    game = event(CHIEFS, EAGLES)
    actions.rate_results(by=ops, at=FRIDAY)
    actions.simulate_due(by=ops, at=FRIDAY)
    board(game)
    actions.evaluate_due(by=ops, at=FRIDAY)


def text_of(console: Client, *parts: object) -> str:
    path = "/".join(["/admin/simulations", *map(str, parts), ""])
    answer = console.get(path, headers=HOST)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestConsole:
    @pytest.mark.parametrize(
        "model",
        [
            *("modelversion", "modelreport", "ratingday", "ratedgame"),
            *("teamrating", "simulationrun", "evaluationbatch"),
        ],
    )
    def test_lists_every_table(self, model, console, evaluated):
        assert "Simulations" in text_of(console, model)

    def test_shows_what_went_into_a_run_and_what_came_out(self, console, evaluated):
        shown = text_of(console, "simulationrun", SimulationRun.objects.get().pk, "change")

        assert "state_sha256" in shown
        assert "home_win" in shown

    def test_shows_the_best_evaluations_of_a_batch(self, console, evaluated):
        shown = text_of(console, "evaluationbatch", EvaluationBatch.objects.get().pk, "change")

        assert "Philadelphia Eagles at Kansas City Chiefs" in shown
        assert "Kansas City Chiefs, spread" in shown
        assert "−3.5" in shown

    def test_shows_every_evaluation_of_one_event_each_at_its_anchor(self, console, evaluated):
        row = MarketEvaluation.objects.select_related("selection").first()
        there = f"/admin/simulations/evaluationbatch/{row.batch_id}/change/"

        shown = console.get(f"{there}?event={row.selection.event_id}", headers=HOST).text

        count = MarketEvaluation.objects.filter(selection__event=row.selection.event_id).count()
        assert f'id="e-{row.selection_id}-{row.book_id}"' in shown
        assert shown.count('<tr id="e-') == count

    def test_draws_the_margins_of_a_run_and_says_them_in_words(self, console, evaluated):
        run = SimulationRun.objects.get()
        shown = console.get(
            f"/admin/simulations/simulationrun/{run.pk}/change/", headers=HOST
        ).content.decode()

        assert f"Margins of {run.sim_count:,} simulated games" in shown

    def test_shows_strengths_and_the_day_they_are_of(self, console, evaluated):
        rating = TeamRating.objects.first()
        day = RatingDay.objects.first()

        assert rating.team.name in text_of(console, "teamrating", rating.pk, "change")
        assert "Home advantage" in text_of(console, "ratingday", day.pk, "change")

    def test_offers_nothing_to_change(self, console: Any, evaluated):
        answer = console.get("/admin/simulations/simulationrun/add/", headers=HOST)

        assert answer.status_code == 403
