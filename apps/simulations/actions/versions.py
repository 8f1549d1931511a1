"""Model versions as rows, and what each was found to be worth."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit
from apps.rulebook.errors import RuleBroken
from apps.rulebook.forecasting import ModelArtefact
from apps.rulebook.markets import MarketType
from apps.simulations.models import ModelReport, ModelState, ModelVersion
from apps.simulations.uses import Simulated


class ModelEdited(RuleBroken):
    """A published artefact's numbers changed: a new fit needs a new code."""

    code = "MODEL_EDITED"


class AlreadyReported(RuleBroken):
    code = "MODEL_ALREADY_REPORTED"


@transaction.atomic
def register_model(
    artefact: ModelArtefact, league: League, *, by: Actor, at: datetime
) -> ModelVersion:
    """Return the row of an artefact, made when it is first used.

    Raises:
        ModelEdited: its fitted numbers are not those it was first used with.
    """
    sha256 = artefact.fingerprint()
    version, created = ModelVersion.objects.get_or_create(
        code=artefact.code,
        defaults={
            "league": league,
            "variant": artefact.variant.value,
            "sport": artefact.sport,
            "ratings_version": artefact.ratings.version,
            "score_version": artefact.score_version,
            "artefact_sha256": sha256,
            "independent_of_market": artefact.independent_of_market,
            "registered_at": at,
        },
    )
    if version.artefact_sha256 != sha256:
        raise ModelEdited(f"Model {artefact.code} is not what it was: give its new fit a new code.")
    if created:
        audit.record("model_version.registered", version, by=by, at=at)
    return version


def model_in_use(simulated: Simulated) -> ModelVersion | None:
    """The row of the model that simulates, or None where there is none, or none was used yet."""
    if simulated.artefact is None:
        return None
    return ModelVersion.objects.filter(code=simulated.artefact.code).first()


@transaction.atomic
def report_model(
    version: ModelVersion,
    market_type: MarketType,
    *,
    state: ModelState,
    games: int,
    report: Mapping[str, Any],
    reason: str,
    by: Actor,
    at: datetime,
) -> ModelReport:
    """Store what a model was found to be worth on a market, in force from ``at`` on.

    Raises:
        AlreadyReported: a report of this instant exists.
    """
    row = ModelReport(
        model_version=version,
        market_type=market_type.value,
        state=state.value,
        games=games,
        report=dict(report),
        reported_at=at,
        reason=reason,
    )
    rules = {
        "model_report_is_given_once_at_a_time": AlreadyReported(
            f"{version} was reported on {market_type} at {at:%F %T} UTC already."
        )
    }
    with refusing(rules):
        row.save(force_insert=True)
    audit.record("model_version.reported", row, by=by, at=at, reason=reason)
    return row
