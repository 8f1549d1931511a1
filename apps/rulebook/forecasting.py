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
    EPL_LINES_1,
    MLB_RESULTS_2015,
    NBA_LINES_2013,
    NBA_RESULTS_2013,
    NCAAB_LINES_1,
    NCAAF_LINES_2015,
    NFL_LINES_2015,
    NFL_RESULTS_2015,
    NHL_LINES_2015,
    NHL_RESULTS_2015,
    SFL_RESULTS_1,
    WNBA_LINES_1,
    WORLDCUP_LINES_1,
    Expectation,
    RatingParameters,
)
from apps.rulebook.scoring import ScoreModel, TargetMeans, score_model, score_parameters
from apps.rulebook.scoring.basketball import FORTY_MINUTES_1, NBA_2013
from apps.rulebook.scoring.counts import MLB_2015, NHL_2024, SOCCER_1
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
            margin_sd=expectation.margin_sd,
            total_sd=expectation.total_sd,
        )

    def fingerprint(self) -> str:
        """sha256 hex over every fitted number, so that an edited past is noticed."""
        return _fingerprint(self)


@cache
def _fingerprint(artefact: ModelArtefact) -> str:
    fitted = {
        **asdict(artefact),
        "scoring": asdict(score_parameters(artefact.sport, artefact.score_version)),
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
    ModelArtefact(
        code="nba-lines-2013",
        league="NBA",
        variant=ModelVariant.LINE_INFORMED,
        sport="basketball",
        ratings=NBA_LINES_2013,
        score_version=NBA_2013.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="nba-results-2013",
        league="NBA",
        variant=ModelVariant.RESULTS_ONLY,
        sport="basketball",
        ratings=NBA_RESULTS_2013,
        score_version=NBA_2013.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="wnba-lines-1",
        league="WNBA",
        variant=ModelVariant.LINE_INFORMED,
        sport="basketball",
        ratings=WNBA_LINES_1,
        score_version=FORTY_MINUTES_1.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="ncaab-lines-1",
        league="NCAAB",
        variant=ModelVariant.LINE_INFORMED,
        sport="basketball",
        ratings=NCAAB_LINES_1,
        score_version=FORTY_MINUTES_1.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="mlb-results-2015",
        league="MLB",
        variant=ModelVariant.RESULTS_ONLY,
        sport="baseball",
        ratings=MLB_RESULTS_2015,
        score_version=MLB_2015.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="nhl-lines-2024",
        league="NHL",
        variant=ModelVariant.LINE_INFORMED,
        sport="hockey",
        ratings=NHL_LINES_2015,
        score_version=NHL_2024.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="nhl-results-2024",
        league="NHL",
        variant=ModelVariant.RESULTS_ONLY,
        sport="hockey",
        ratings=NHL_RESULTS_2015,
        score_version=NHL_2024.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="epl-lines-1",
        league="EPL",
        variant=ModelVariant.LINE_INFORMED,
        sport="soccer",
        ratings=EPL_LINES_1,
        score_version=SOCCER_1.version,
        margin_stretch=1.0,
    ),
    ModelArtefact(
        code="worldcup-lines-1",
        league="WORLDCUP",
        variant=ModelVariant.LINE_INFORMED,
        sport="soccer",
        ratings=WORLDCUP_LINES_1,
        score_version=SOCCER_1.version,
        margin_stretch=1.0,
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
