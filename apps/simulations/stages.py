"""How far the stages of this room have got, asked as the stages themselves ask."""

from datetime import datetime

from apps.core.stages import StageCount, by_hour, total
from apps.simulations.finals import learned_counts, oldest_unlearned
from apps.simulations.models import EvaluationBatch, ModelVersion, RatedGame, SimulationRun
from apps.simulations.planning import count_owed, owed_since
from apps.simulations.uses import artefacts_in, leagues_at_work, simulated_in, uses_of
from apps.simulations.waiting import count_polls, polls_waiting


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Finals learned, games simulated, polls evaluated: of those owed by ``at``, how many."""
    leagues = leagues_at_work()
    versions = {version.code: version for version in ModelVersion.objects.all()}
    rated, simulated, evaluated = [], [], []
    for league in leagues:
        for artefact in artefacts_in(league, at=at):
            key = versions[artefact.code].pk if artefact.code in versions else 0
            due, done = learned_counts(league, key, at=at)
            oldest = None if due == done else oldest_unlearned(league, key, at=at)
            rated.append(StageCount(due, done, oldest))
        for way in simulated_in(league, at=at):
            version = versions.get(way.artefact.code) if way.artefact else None
            due, done = count_owed(way, version, at=at)
            oldest = None if due == done else owed_since(way, version, at=at)
            simulated.append(StageCount(due, done, oldest))
        for use in uses_of(league, at=at):
            due, done = count_polls(use, at=at)
            waiting = [] if due == done else polls_waiting(use, at=at)
            oldest = min((poll.captured_at for poll in waiting), default=None)
            evaluated.append(StageCount(due, done, oldest))
    return {"rate": total(rated), "simulate": total(simulated), "evaluate": total(evaluated)}


def done_by_hour(at: datetime) -> dict[str, list[int]]:
    """What these stages did in each of the 24 hours before ``at``."""
    return {
        "rate": by_hour(RatedGame.objects.all(), "rating_day__rated_at", at),
        "simulate": by_hour(SimulationRun.objects.all(), "simulated_at", at),
        "evaluate": by_hour(EvaluationBatch.objects.all(), "evaluated_at", at),
    }
