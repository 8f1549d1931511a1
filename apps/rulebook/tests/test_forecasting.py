"""Model versions: complete, unedited, and refused where nobody fitted one."""

from dataclasses import replace

import pytest

from apps.rulebook.forecasting import MODEL_ARTEFACTS, ModelMissing, model_artefact
from apps.rulebook.markets import HomeMargin
from apps.rulebook.ratings import Expectation
from apps.rulebook.thresholds.model import ModelVariant

# A fit is published once: another number here means that a past was edited.
PUBLISHED = {
    "nfl-lines-2015": "6605aea05a7238cb11894d19d973b1503af4ebccfe917a00c3803996bd238ad2",
    "nfl-results-2015": "dab145d44c59fb177a1b624dd261f706c4283b1c9d2141dcdf76ec281d125d44",
    "sfl-results-1": "4735c02939fe557383c33aa37c9b95a620e69d29d9448dfd1e60ffc97ca79bfc",
    "ncaaf-lines-2015": "0f409e284518cdf52c2a4f42caee4ed3f0f54a66733945da970b95581d8f19f9",
}

EXPECTED = Expectation(
    margin=HomeMargin(4.0),
    margin_variance=30.0,
    margin_sd=13.5,
    total=45.0,
    total_variance=30.0,
    total_sd=13.5,
    home_games=3,
    away_games=3,
    rest_difference=0,
    seasons=3,
)


class TestModelArtefacts:
    def test_are_the_ones_that_were_published(self):
        assert {code: a.fingerprint() for code, a in MODEL_ARTEFACTS.items()} == PUBLISHED

    def test_notice_any_edited_number(self):
        artefact = MODEL_ARTEFACTS["nfl-lines-2015"]
        noisier = replace(artefact.ratings.margin, noise=artefact.ratings.margin.noise + 1e-9)
        edited = replace(artefact, ratings=replace(artefact.ratings, margin=noisier))

        assert edited.fingerprint() != artefact.fingerprint()

    @pytest.mark.parametrize("artefact", MODEL_ARTEFACTS.values(), ids=lambda a: a.code)
    def test_have_a_score_model_that_meets_their_targets(self, artefact):
        targets = artefact.targets(EXPECTED)

        distribution = artefact.score_model().distribution(targets)

        assert targets.margin == pytest.approx(4.0 * artefact.margin_stretch)
        assert distribution.margin.mean == pytest.approx(targets.margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(45.0, abs=1e-3)

    def test_may_be_called_independent_only_without_lines(self):
        independent = {a.code for a in MODEL_ARTEFACTS.values() if a.independent_of_market}

        assert independent == {"nfl-results-2015", "sfl-results-1"}


class TestModelArtefact:
    def test_of_a_league_and_variant_is_the_one_in_force(self):
        assert model_artefact("NFL", ModelVariant.LINE_INFORMED).code == "nfl-lines-2015"
        assert model_artefact("NFL", ModelVariant.RESULTS_ONLY).code == "nfl-results-2015"

    def test_nobody_fitted_is_refused_instead_of_borrowed(self):
        with pytest.raises(ModelMissing):
            model_artefact("NCAAF", ModelVariant.RESULTS_ONLY)
