"""Games ahead get one reproducible run of their present inputs, or the reason why not."""

from datetime import timedelta

import pytest

from apps.catalog.models import Event, League, Team
from apps.core.canonical import fingerprint
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag, OpsAlert
from apps.rulebook import forecasting, keys, ratings
from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.ratings import Fixture
from apps.rulebook.scoring import simulate
from apps.rulebook.thresholds import ModelVariant
from apps.simulations import actions, stages
from apps.simulations.actions import SimulatedEvents
from apps.simulations.models import RatingDay, RunStatus, SimulationRun
from apps.simulations.tests.factories import (
    BILLS,
    CHIEFS,
    EAGLES,
    FRIDAY,
    GIANTS,
    KICKOFF,
    choose,
    event,
    season,
    told,
)

ARTEFACT = MODEL_ARTEFACTS["nfl-lines-2015"]
A_DAY = timedelta(days=1)


@pytest.fixture
def warm(acme, ops):
    """Four rounds are played and learned."""
    games = season()
    actions.rate_results(by=ops, at=FRIDAY)
    return games


class TestSimulateDue:
    def test_makes_one_run_of_each_game_ahead(self, warm, ops):
        games = [event(CHIEFS, EAGLES), event(BILLS, GIANTS)]

        first = actions.simulate_due(by=ops, at=FRIDAY)
        second = actions.simulate_due(by=ops, at=FRIDAY)

        assert first == SimulatedEvents(done=2)
        assert second == SimulatedEvents()
        assert set(SimulationRun.objects.values_list("event_id", "sim_count", "status")) == {
            (game.pk, 100_000, "DONE") for game in games
        }
        assert stages.due_and_done(FRIDAY)["simulate"].waiting == 0

    def test_makes_the_run_that_its_inputs_name(self, warm, ops):
        game = event(CHIEFS, EAGLES)

        actions.simulate_due(by=ops, at=FRIDAY)

        run = SimulationRun.objects.get()
        identity = (game.pk, ARTEFACT.code, run.data_version, run.sim_config_hash)
        assert run.data_version == fingerprint(run.inputs)
        assert run.pk == keys.simulation_run_id(*identity)
        assert run.seed == keys.simulation_seed(*identity)

    def test_can_be_made_again_byte_for_byte_from_what_is_stored(self, warm, ops):
        game = event(CHIEFS, EAGLES)
        actions.simulate_due(by=ops, at=FRIDAY)
        run = SimulationRun.objects.get()

        state = ratings.from_bytes(bytes(run.rating_day.state), ARTEFACT.ratings)
        expected = state.on(KICKOFF.date()).expect(
            Fixture(str(game.pk), str(game.home_id), str(game.away_id), neutral=False)
        )
        again = simulate(
            ARTEFACT.score_model(),
            ARTEFACT.targets(expected),
            seed=int(run.seed),
            sims=run.sim_count,
        )

        assert again.sampled.to_bytes() == bytes(run.distribution)
        assert again.sampled.digest() == run.distribution_sha256
        assert (run.worst_gap, run.gap_bound) == (again.worst_gap, again.bound)
        assert 0 < run.worst_gap < run.gap_bound

    def test_says_what_the_distribution_says(self, warm, ops):
        event(CHIEFS, EAGLES)

        actions.simulate_due(by=ops, at=FRIDAY)

        run = SimulationRun.objects.get()
        price = run.scores().price(MarketType.MONEYLINE, Side.HOME)
        assert run.outputs["home_win"] == pytest.approx(price.a)
        assert run.outputs["home_win"] + run.outputs["away_win"] + run.outputs["tie"] == (
            pytest.approx(1)
        )
        assert (run.outputs["home_games"], run.outputs["seasons"]) == (4, 0)
        assert run.outputs["margin_mean"] == pytest.approx(
            1.15 * run.outputs["expected_margin"], abs=0.2
        )

    def test_makes_a_new_run_when_strengths_have_changed(self, warm, ops):
        event(CHIEFS, EAGLES)
        actions.simulate_due(by=ops, at=FRIDAY)
        told(warm[0], 10, 24, at=FRIDAY + timedelta(hours=1))

        actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=1))
        again = actions.simulate_due(by=ops, at=FRIDAY + timedelta(hours=1))

        assert again == SimulatedEvents(done=1)
        old, new = SimulationRun.objects.order_by("simulated_at")
        assert old.distribution_sha256 != new.distribution_sha256
        assert old.rating_day.revision < new.rating_day.revision

    def test_takes_nothing_from_the_day_of_the_game_itself(self, warm, ops):
        event(CHIEFS, EAGLES)
        actions.simulate_due(by=ops, at=FRIDAY)
        same_day = event(BILLS, GIANTS, KICKOFF - timedelta(hours=4), known_at=KICKOFF)
        told(same_day, 40, 3, at=KICKOFF - timedelta(minutes=30))

        actions.rate_results(by=ops, at=KICKOFF - timedelta(minutes=30))
        again = actions.simulate_due(by=ops, at=KICKOFF - timedelta(minutes=30))

        assert again == SimulatedEvents()
        assert SimulationRun.objects.get(event__home__name=CHIEFS).rating_day.league_day < (
            KICKOFF.date()
        )

    def test_runs_again_when_the_game_moves_to_another_day_or_place(self, warm, ops):
        game = event(CHIEFS, EAGLES)
        actions.simulate_due(by=ops, at=FRIDAY)

        Event.objects.filter(pk=game.pk).update(start_time=KICKOFF + timedelta(hours=3))
        later_that_day = actions.simulate_due(by=ops, at=FRIDAY)
        Event.objects.filter(pk=game.pk).update(start_time=KICKOFF + A_DAY)
        next_day = actions.simulate_due(by=ops, at=FRIDAY)
        Event.objects.filter(pk=game.pk).update(neutral=True)
        elsewhere = actions.simulate_due(by=ops, at=FRIDAY)

        assert later_that_day == SimulatedEvents()
        assert next_day == elsewhere == SimulatedEvents(done=1)
        home = SimulationRun.objects.filter(inputs__neutral=None).first()
        neutral = SimulationRun.objects.get(inputs__neutral=True)
        assert neutral.outputs["expected_margin"] < home.outputs["expected_margin"]

    def test_leaves_games_beyond_the_horizon_for_later(self, warm, ops):
        event(CHIEFS, EAGLES, FRIDAY + timedelta(hours=241))

        too_early = actions.simulate_due(by=ops, at=FRIDAY)
        in_time = actions.simulate_due(by=ops, at=FRIDAY + timedelta(hours=1))

        assert too_early == SimulatedEvents()
        assert in_time == SimulatedEvents(done=1)

    def test_shares_one_run_between_profiles(self, warm, rival, ops):
        choose(rival, model_profile="raw", at=FRIDAY)
        event(CHIEFS, EAGLES)

        assert actions.simulate_due(by=ops, at=FRIDAY) == SimulatedEvents(done=1)

    def test_is_written_down_in_the_audit(self, warm, ops):
        event(CHIEFS, EAGLES)

        actions.simulate_due(by=ops, at=FRIDAY)

        entry = AuditEntry.across_tenants.get(action="simulation_run.done")
        assert entry.object_id == str(SimulationRun.objects.get().pk)
        assert entry.actor_id == ops.id


class TestMissingInputs:
    def test_block_a_league_without_a_single_result(self, acme, ops):
        event(CHIEFS, EAGLES)

        done = actions.simulate_due(by=ops, at=FRIDAY)

        assert done == SimulatedEvents(blocked=1)
        run = SimulationRun.objects.get()
        assert (run.status, run.reason) == (RunStatus.BLOCKED, "RATING_MISSING")
        assert (run.distribution, run.sim_count, run.outputs) == (None, 0, {})
        assert actions.simulate_due(by=ops, at=FRIDAY) == SimulatedEvents()

    def test_block_a_team_that_never_played_until_it_has(self, warm, ops):
        event("Green Bay Packers", EAGLES, KICKOFF + A_DAY)
        blocked = actions.simulate_due(by=ops, at=FRIDAY)
        debut = event("Green Bay Packers", GIANTS, FRIDAY + timedelta(hours=1))
        told(debut, 20, 17, at=FRIDAY + timedelta(hours=5))

        actions.rate_results(by=ops, at=FRIDAY + timedelta(hours=5))
        done = actions.simulate_due(by=ops, at=FRIDAY + timedelta(hours=5))

        assert blocked == SimulatedEvents(blocked=1)
        assert done.done == 1
        reasons = SimulationRun.objects.filter(event__away__name=EAGLES).order_by("simulated_at")
        assert [run.reason for run in reasons] == ["RATING_MISSING", ""]

    def test_block_a_league_that_nobody_fitted_a_model_for(self, acme, ops, monkeypatch):
        league = League.objects.get(code="NCAAF")
        for name in ("Ohio State", "Michigan"):
            Team.objects.create(id=keys.team_id("NCAAF", name), league=league, name=name)
        monkeypatch.delitem(forecasting._IN_FORCE, ("NCAAF", ModelVariant.LINE_INFORMED))
        event("Ohio State", "Michigan", league="NCAAF")

        actions.simulate_due(by=ops, at=FRIDAY)

        run = SimulationRun.objects.get()
        assert (run.status, run.reason) == (RunStatus.BLOCKED, "MODEL_MISSING")
        assert run.model_version is None

    def test_are_recorded_of_a_game_that_began_without_a_run(self, warm, ops):
        event(CHIEFS, EAGLES)

        late = actions.simulate_due(by=ops, at=KICKOFF + timedelta(minutes=1))

        assert late == SimulatedEvents(blocked=1)
        assert SimulationRun.objects.get().reason == "EVENT_STARTED"
        assert stages.due_and_done(KICKOFF + A_DAY)["simulate"].waiting == 0
        again = actions.simulate_due(by=ops, at=KICKOFF + A_DAY)
        assert again == SimulatedEvents()

    def test_are_not_asked_for_of_games_that_had_begun_when_first_seen(self, warm, ops):
        event(CHIEFS, EAGLES, KICKOFF, known_at=KICKOFF + timedelta(hours=1))

        done = actions.simulate_due(by=ops, at=KICKOFF + A_DAY)

        assert done == SimulatedEvents()
        assert stages.due_and_done(KICKOFF + A_DAY)["simulate"].due == 0

    def test_make_a_sample_that_strays_fail(self, warm, ops, monkeypatch):
        event(CHIEFS, EAGLES)
        monkeypatch.setattr("apps.rulebook.scoring.model.sim_fail_bound", lambda *_: 1e-9)

        done = actions.simulate_due(by=ops, at=FRIDAY)

        assert done == SimulatedEvents(failed=1)
        run = SimulationRun.objects.get()
        assert (run.status, run.reason) == (RunStatus.FAILED, "SIM_FAIL")
        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.scope, alert.key) == ("SIM_FAIL", "league:NFL", str(run.event_id))
        assert not SimulationRun.objects.done().exists()


class TestSwitch:
    @pytest.mark.parametrize("scope", [switches.GLOBAL, "league:NFL"])
    def test_off_lets_games_wait_and_on_catches_up(self, scope, warm, ops):
        event(CHIEFS, EAGLES)
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=False)

        off = actions.simulate_due(by=ops, at=FRIDAY)
        FeatureFlag.objects.filter(name=switches.SIMULATE, scope=scope).update(enabled=True)
        on = actions.simulate_due(by=ops, at=FRIDAY)

        assert off == SimulatedEvents(waiting=1)
        assert on == SimulatedEvents(done=1)


class TestTwoWorkers:
    def test_make_a_run_once(self, fresh_database, acme, ops):
        season()
        actions.rate_results(by=ops, at=FRIDAY)
        event(CHIEFS, EAGLES)

        done = fresh_database.in_threads(*[lambda: actions.simulate_due(by=ops, at=FRIDAY)] * 3)

        assert sum(each.done for each in done) == 1
        assert SimulationRun.objects.done().count() == 1
        assert RatingDay.objects.count() == 4
