"""What a model version is made of: fitted ratings, a fitted score model, and how they meet.

An artefact is immutable. A new fit gets a new code, and runs made with the old one stay
reproducible, because the old one stays here. Source: docs/model.md sections 1 and 2.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from typing import Final

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import HomeMargin
from apps.rulebook.ratings import (
    NCAAF_LINES_2015,
    NFL_LINES_2015,
    NFL_RESULTS_2015,
    SFL_RESULTS_1,
    Expectation,
    RatingParameters,
)
from apps.rulebook.scoring import ScoreModel, TargetMeans, score_model
from apps.rulebook.scoring.football import NFL_2015
from apps.rulebook.thresholds.model import ModelVariant


class ModelMissing(RuleBroken):
    """Nobody fitted a model for this league and variant: its games are not simulated."""

    code = "MODEL_MISSING"


@dataclass(frozen=True, slots=True)
class ModelArtefact:
    """Everything fitted that a run depends on."""

    code: str
    league: str
    variant: ModelVariant
    sport: str
    ratings: RatingParameters
    score_version: str
    # Expected margins are multiplied by it: the filters' are too cautious on every sample.
    margin_stretch: float

    @property
    def independent_of_market(self) -> bool:
        """Whether no line was ever learned from; only then may a text say so."""
        return self.variant is ModelVariant.RESULTS_ONLY

    def score_model(self) -> ScoreModel:
        return score_model(self.sport, self.score_version)

    def targets(self, expectation: Expectation) -> TargetMeans:
        """Turn what the ratings expect into the means of the score distribution."""
        return TargetMeans(
            margin=HomeMargin(self.margin_stretch * expectation.margin),
            total=expectation.total,
        )

    def fingerprint(self) -> str:
        """sha256 hex over every fitted number, so that an edited past is noticed."""
        return _fingerprint(self)


_SCORE_PARAMETERS: Final = {NFL_2015.version: NFL_2015}


@cache
def _fingerprint(artefact: ModelArtefact) -> str:
    fitted = {
        **asdict(artefact),
        "scoring": asdict(_SCORE_PARAMETERS[artefact.score_version]),
    }
    return sha256(json.dumps(fitted, sort_keys=True).encode()).hexdigest()


_ARTEFACTS: Final = (
    ModelArtefact(
        code="nfl-lines-2015",
        league="NFL",
        variant=ModelVariant.LINE_INFORMED,
        sport="football",
        ratings=NFL_LINES_2015,
        score_version=NFL_2015.version,
        margin_stretch=1.15,
    ),
    ModelArtefact(
        code="nfl-results-2015",
        league="NFL",
        variant=ModelVariant.RESULTS_ONLY,
        sport="football",
        ratings=NFL_RESULTS_2015,
        score_version=NFL_2015.version,
        margin_stretch=1.10,
    ),
    ModelArtefact(
        code="ncaaf-lines-2015",
        league="NCAAF",
        variant=ModelVariant.LINE_INFORMED,
        sport="football",
        ratings=NCAAF_LINES_2015,
        score_version=NFL_2015.version,
        margin_stretch=1.15,
    ),
    # A league that nobody plays: the sandbox makes it up.
    ModelArtefact(
        code="sfl-results-1",
        league="SFL",
        variant=ModelVariant.RESULTS_ONLY,
        sport="football",
        ratings=SFL_RESULTS_1,
        score_version=NFL_2015.version,
        margin_stretch=1.0,
    ),
)

MODEL_ARTEFACTS: Final[Mapping[str, ModelArtefact]] = {each.code: each for each in _ARTEFACTS}

_IN_FORCE: Final = {(each.league, each.variant): each for each in _ARTEFACTS}


def model_artefact(league: str, variant: ModelVariant) -> ModelArtefact:
    """Return the artefact that a league's games are simulated with from now on.

    Source: docs/model.md section 2.

    Raises:
        ModelMissing: there is none, and another league's numbers are no substitute.
    """
    try:
        return _IN_FORCE[(league, variant)]
    except KeyError:
        raise ModelMissing(f"No {variant} model was fitted for {league}.") from None
