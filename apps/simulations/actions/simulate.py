"""Simulate events whose inputs changed: stage four of the pipeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import alerts, audit, switches
from apps.rulebook import ratings
from apps.rulebook.alerts import AlertKind
from apps.rulebook.errors import RuleBroken
from apps.rulebook.forecasting import ModelArtefact, ModelMissing
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.ratings import Expectation, LeagueRatings, TeamUnrated
from apps.rulebook.scoring import ScoreDistribution, simulate
from apps.rulebook.thresholds import SimulationConfig
from apps.simulations.actions.locks import hold_alone
from apps.simulations.actions.versions import register_model
from apps.simulations.finals import fixture_of
from apps.simulations.models import ModelVersion, RatingDay, RunStatus, SimulationRun
from apps.simulations.planning import Plan, count_owed, events_ahead, events_missed, plans_of
from apps.simulations.uses import Simulated, leagues_at_work, simulated_in

SIM_FAIL = "SIM_FAIL"
EVENT_STARTED = "EVENT_STARTED"
_PLACES = 9  # of what is shown of a run; the distribution itself is kept whole


@dataclass(frozen=True, slots=True)
class SimulatedEvents:
    """What one call of the stage did."""

    done: int = 0
    blocked: int = 0
    failed: int = 0
    waiting: int = 0  # games without their run, because the switch is off

    def __add__(self, other: "SimulatedEvents") -> "SimulatedEvents":
        return SimulatedEvents(
            done=self.done + other.done,
            blocked=self.blocked + other.blocked,
            failed=self.failed + other.failed,
            waiting=self.waiting + other.waiting,
        )


def simulate_due(*, by: Actor, at: datetime) -> SimulatedEvents:
    """Make the run of every game ahead that has none of its present inputs.

    A missing input blocks with its reason; nothing is assumed in its place. A game that began
    without any run is recorded as such.
    """
    done = SimulatedEvents()
    for league in leagues_at_work():
        for simulated in simulated_in(league, at=at):
            done += _simulate(simulated, by=by, at=at)
    return done


@transaction.atomic
def _simulate(simulated: Simulated, *, by: Actor, at: datetime) -> SimulatedEvents:
    league = simulated.league
    is_open = league.scope in switches.hold_scopes(switches.SIMULATE, [league.scope])
    hold_alone(f"simulate|{league.code}|{simulated.config_hash}")
    version = _version(simulated, by=by, at=at)
    if not is_open:
        owed, have_one = count_owed(simulated, version, at=at)
        return SimulatedEvents(waiting=owed - have_one)
    ahead = plans_of(simulated, version, events_ahead(simulated, at=at))
    made = SimulationRun.objects.in_bulk([plan.run_id for plan in ahead])
    strengths = _Strengths()
    runs = [
        _run(simulated, version, plan, strengths, at=at)
        for plan in ahead
        if plan.run_id not in made
    ]
    runs += [
        _blocked(version, plan, EVENT_STARTED, at=at)
        for plan in plans_of(simulated, version, events_missed(league, at=at))
    ]
    _store(runs, by=by, at=at)
    _tell_of_failures(runs, league.scope, by=by, at=at)
    return SimulatedEvents(
        done=sum(run.status == RunStatus.DONE for run in runs),
        blocked=sum(run.status == RunStatus.BLOCKED for run in runs),
        failed=sum(run.status == RunStatus.FAILED for run in runs),
    )


class _Strengths:
    """Reads the strengths of a rating day once, however many games are simulated from it."""

    def __init__(self) -> None:
        self.read: dict[int, LeagueRatings] = {}

    def expect(self, plan: Plan, artefact: ModelArtefact) -> Expectation:
        """Say what the strengths of the morning expect of the game.

        Raises:
            TeamUnrated: no result was ever learned, of the league or of a team.
        """
        day = plan.rating_day
        if day is None:
            raise TeamUnrated(f"No result was learned before {plan.league_day}.")
        if day.pk not in self.read:
            stored = RatingDay.objects.values_list("state", flat=True).get(pk=day.pk)
            self.read[day.pk] = ratings.from_bytes(bytes(stored), artefact.ratings)
        event = plan.event
        morning = self.read[day.pk].on(plan.league_day)
        return morning.expect(fixture_of(event.pk, event.home_id, event.away_id, event.neutral))


def _version(simulated: Simulated, *, by: Actor, at: datetime) -> ModelVersion | None:
    if simulated.artefact is None:
        return None
    return register_model(simulated.artefact, simulated.league, by=by, at=at)


def _run(
    simulated: Simulated,
    version: ModelVersion | None,
    plan: Plan,
    strengths: _Strengths,
    *,
    at: datetime,
) -> SimulationRun:
    """Simulate one game, or say why it cannot be."""
    artefact = simulated.artefact
    if artefact is None or version is None:
        return _blocked(version, plan, ModelMissing.code, at=at)
    try:
        expected = strengths.expect(plan, artefact)
        return _simulated_run(simulated.config, artefact, version, plan, expected, at=at)
    except RuleBroken as refusal:
        return _blocked(version, plan, refusal.code, at=at)


def _simulated_run(
    config: SimulationConfig,
    artefact: ModelArtefact,
    version: ModelVersion,
    plan: Plan,
    expected: Expectation,
    *,
    at: datetime,
) -> SimulationRun:
    targets = artefact.targets(expected)
    result = simulate(
        artefact.score_model(),
        targets,
        seed=plan.seed,
        sims=config.sim_count,
        false_alarm=float(config.fail_probability),
    )
    return SimulationRun(
        **_identity(version, plan, at=at),
        status=RunStatus.FAILED if result.failed else RunStatus.DONE,
        reason=SIM_FAIL if result.failed else "",
        seed=plan.seed,
        sim_count=config.sim_count,
        outputs={**_expectation(expected), **_outputs(result.sampled)},
        worst_gap=result.worst_gap,
        gap_bound=result.bound,
        distribution=result.sampled.to_bytes(),
        distribution_sha256=result.sampled.digest(),
    )


def _blocked(
    version: ModelVersion | None, plan: Plan, reason: str, *, at: datetime
) -> SimulationRun:
    return SimulationRun(**_identity(version, plan, at=at), status=RunStatus.BLOCKED, reason=reason)


def _identity(version: ModelVersion | None, plan: Plan, *, at: datetime) -> dict[str, Any]:
    return {
        "id": plan.run_id,
        "event": plan.event,
        "model_version": version,
        "rating_day": plan.rating_day,
        "data_version": plan.data_version,
        "inputs": plan.inputs,
        "sim_config_hash": plan.config_hash,
        "simulated_at": at,
    }


def _expectation(expected: Expectation) -> dict[str, float | int]:
    return {
        "expected_margin": round(expected.margin, _PLACES),
        "expected_total": round(expected.total, _PLACES),
        "margin_variance": round(expected.margin_variance, _PLACES),
        "total_variance": round(expected.total_variance, _PLACES),
        "rest_difference": expected.rest_difference,
        "home_games": expected.home_games,
        "away_games": expected.away_games,
        "seasons": expected.seasons,
    }


def _outputs(scores: ScoreDistribution) -> dict[str, float]:
    winner = scores.price(MarketType.MONEYLINE, Side.HOME)
    shown: Mapping[str, float] = {
        "margin_mean": scores.margin.mean,
        "margin_sd": scores.margin.sd,
        "total_mean": scores.total.mean,
        "total_sd": scores.total.sd,
        "home_win": winner.a,
        "away_win": winner.b,
        "tie": winner.v,
        "fair_home_spread": scores.margin.fair_line(MarketType.SPREAD, Side.HOME),
        "fair_total": scores.total.fair_line(MarketType.TOTAL, Side.OVER),
    }
    return {name: round(number, _PLACES) for name, number in shown.items()}


def _store(runs: Iterable[SimulationRun], *, by: Actor, at: datetime) -> None:
    rows = SimulationRun.objects.bulk_create(runs)
    audit.record_set(
        (
            audit.Row(
                action=f"simulation_run.{row.status.lower()}",
                object_type="SimulationRun",
                object_id=str(row.pk),
                before=None,
                after=row.audit_state(),
                reason=row.reason,
            )
            for row in rows
        ),
        by=by,
        at=at,
    )


def _tell_of_failures(
    runs: Iterable[SimulationRun], scope: str, *, by: Actor, at: datetime
) -> None:
    """A sample that strays is the machine's fault; a missing input is counted, and no failure."""
    for run in runs:
        if run.status == RunStatus.FAILED:
            alerts.raise_alert(
                AlertKind.SIM_FAIL,
                scope=scope,
                key=str(run.event_id),
                detail=f"{run.event}: the sample strays by {run.worst_gap},"
                f" more than {run.gap_bound}; nothing is evaluated from it.",
                payload={"run": str(run.pk)},
                by=by,
                at=at,
            )
