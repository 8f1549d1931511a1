"""How far the stages of this room have got, asked as the stages themselves ask."""

from datetime import datetime

from apps.core.stages import StageCount
from apps.simulations.finals import learned_counts
from apps.simulations.models import ModelVersion
from apps.simulations.planning import count_owed
from apps.simulations.uses import artefacts_in, leagues_at_work, simulated_in, uses_of
from apps.simulations.waiting import count_polls


def due_and_done(at: datetime) -> dict[str, StageCount]:
    """Finals learned, games simulated, polls evaluated: of those owed by ``at``, how many."""
    leagues = leagues_at_work()
    versions = {version.code: version for version in ModelVersion.objects.all()}
    rated, simulated, evaluated = [], [], []
    for league in leagues:
        rated += [
            learned_counts(league, versions[each.code].pk if each.code in versions else 0, at=at)
            for each in artefacts_in(league, at=at)
        ]
        simulated += [
            count_owed(each, versions.get(each.artefact.code) if each.artefact else None, at=at)
            for each in simulated_in(league, at=at)
        ]
        evaluated += [count_polls(use, at=at) for use in uses_of(league, at=at)]
    return {"rate": _sum(rated), "simulate": _sum(simulated), "evaluate": _sum(evaluated)}


def _sum(counts: list[tuple[int, int]]) -> StageCount:
    return StageCount(due=sum(due for due, _ in counts), done=sum(done for _, done in counts))
