"""The candidate: a second model that runs and is valued in the shadow of the first, and no more."""

import pytest
from pydantic import ValidationError

from apps.core.tenancy import tenant_scope
from apps.governance import rollouts
from apps.governance.models import ConfigVersion
from apps.governance.tests.test_rollouts import forget
from apps.picks import actions as picks
from apps.picks.models import Pick, ProposalRound
from apps.rulebook.thresholds import CANDIDATE, OpinionConfig, opinion_config
from apps.simulations import actions
from apps.simulations.models import EvaluationBatch, SimulationRun
from apps.simulations.tests.factories import CHIEFS, EAGLES, FRIDAY, board, event, season
from apps.simulations.uses import shadow_hashes

FIRST, OTHER = "nfl-lines-2015", "nfl-results-2015"


@pytest.fixture(autouse=True)
def asked_anew():
    forget()
    yield
    forget()


@pytest.fixture
def rolled_out(acme, ops, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        rollouts.turn(
            rollouts.CANDIDATE_MODEL, tenant=acme, on=True, by=ops, at=FRIDAY, reason="To compare."
        )


def play(ops) -> None:
    season()
    game = event(CHIEFS, EAGLES)
    actions.rate_results(by=ops, at=FRIDAY)
    actions.simulate_due(by=ops, at=FRIDAY)
    board(game)
    actions.evaluate_due(by=ops, at=FRIDAY)


def models() -> set[str]:
    return set(SimulationRun.objects.values_list("model_version__code", flat=True))


class TestCandidate:
    def test_does_not_run_where_it_is_not_rolled_out(self, acme, ops):
        play(ops)

        assert models() == {FIRST}
        assert EvaluationBatch.objects.count() == 1

    def test_runs_and_is_valued_beside_the_first(self, rolled_out, ops):
        play(ops)

        assert models() == {FIRST, OTHER}
        ours, theirs = EvaluationBatch.objects.order_by("model_version__code")
        assert ours.evaluated == theirs.evaluated == 18
        assert ours.runs != theirs.runs

    def test_is_never_looked_at_by_a_round_and_never_published(self, rolled_out, acme, ops):
        play(ops)

        with tenant_scope(acme):
            picks.propose_due(by=ops, at=FRIDAY)
            picks.publish_ready(by=ops, at=FRIDAY)

            looked_at = set(ProposalRound.objects.values_list("batch_id", flat=True))
            made_by = set(Pick.objects.values_list("model_version", flat=True))
        own = EvaluationBatch.objects.get(model_version__code=FIRST)
        assert looked_at == {own.pk}
        assert made_by <= {FIRST}

    def test_can_be_chosen_by_no_opinion(self):
        chosen = {**opinion_config("NFL").model_dump(mode="json"), "model_profile": CANDIDATE}

        with pytest.raises(ValidationError, match="runs in the shadow"):
            OpinionConfig.model_validate(chosen)

    def test_is_told_apart_from_our_own_runs(self, rolled_out, ops):
        play(ops)
        league = SimulationRun.objects.first().event.league

        hashes = shadow_hashes(league, at=FRIDAY)

        shadow = SimulationRun.objects.get(sim_config_hash__in=hashes)
        assert shadow.model_version.code == OTHER

    def test_of_every_league_is_installed_and_differs_from_its_first_model(self, acme):
        documents = {
            (row.league, row.profile): row.document_hash
            for row in ConfigVersion.objects.filter(section="model", tenant_schema="public")
        }
        leagues = {league for league, _ in documents}

        assert all(
            documents[league, CANDIDATE] != documents[league, "measured"] for league in leagues
        )
