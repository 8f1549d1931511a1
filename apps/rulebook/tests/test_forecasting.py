"""Model versions: complete, unedited, and refused where nobody fitted one."""

from dataclasses import replace

import pytest

from apps.rulebook.forecasting import MODEL_ARTEFACTS, ModelMissing, model_artefact
from apps.rulebook.markets import HomeMargin
from apps.rulebook.ratings import Expectation
from apps.rulebook.thresholds import LEAGUES, main_period, model_config
from apps.rulebook.thresholds.model import ModelVariant

# A fit is published once: another number here means that a past was edited.
PUBLISHED = {
    "nfl-lines-2015": "6605aea05a7238cb11894d19d973b1503af4ebccfe917a00c3803996bd238ad2",
    "nfl-results-2015": "dab145d44c59fb177a1b624dd261f706c4283b1c9d2141dcdf76ec281d125d44",
    "ncaaf-lines-2015": "0f409e284518cdf52c2a4f42caee4ed3f0f54a66733945da970b95581d8f19f9",
    "nba-lines-2013": "14a619825b13fe0da70cd4ae60a0e6f7eb4ed80c2d26b509596dff6994e779e0",
    "nba-results-2013": "25c788c5be9f19b8eddf4fa04a6358aae4139cf95dd5a9709024d14317e959f5",
    "wnba-lines-1": "aea0d84cd25634233a2778b5fee647013796088c0fe30fb5d923b2a3a2f52bf3",
    "ncaab-lines-1": "4dd7101e78a1f19d5db01f266409d42af929d4f122625e16c700876f99ed3262",
    "mlb-results-2015": "a0d3389f38e831fe7868702a8cdf48e7a82f78d6628479b9f50cd0a2039631a9",
    "nhl-lines-2024": "c3354ba67d1548e57b73a9acc8de3d5ff1640862093bfae5c01734340131aa63",
    "nhl-results-2024": "a5e45af0773fac3715ad721421e703565cfdedf7a1d855c2217df4cd24c88906",
    "epl-lines-1": "9e15eb19c90eed2c319e697797c433d58298817478d9cac7abe5e5555bdf66cb",
    "worldcup-lines-1": "d464222b2ff0e2a9a4f18268336757296443a32e6aaa9e15624675ed14c8c859",
    "sfl-results-1": "4735c02939fe557383c33aa37c9b95a620e69d29d9448dfd1e60ffc97ca79bfc",
}

# A game of each sport as it may be expected: margin, its deviation, total, its deviation.
EXPECTED = {
    "football": (4.0, 13.5, 45.0, 13.5),
    "basketball": (4.0, 12.0, 180.0, 17.0),
    "baseball": (0.4, 4.2, 8.6, 4.3),
    "hockey": (0.4, 2.3, 6.0, 2.2),
    "soccer": (0.4, 1.6, 2.7, 1.6),
}


def expected(sport: str) -> Expectation:
    margin, margin_sd, total, total_sd = EXPECTED[sport]
    return Expectation(
        margin=HomeMargin(margin),
        margin_variance=margin_sd**2 / 10,
        margin_sd=margin_sd,
        total=total,
        total_variance=total_sd**2 / 10,
        total_sd=total_sd,
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
        margin, _, total, _ = EXPECTED[artefact.sport]
        targets = artefact.targets(expected(artefact.sport))

        distribution = artefact.score_model().distribution(targets)

        assert targets.margin == pytest.approx(margin * artefact.margin_stretch)
        assert distribution.margin.mean == pytest.approx(targets.margin, abs=1e-3)
        assert distribution.total.mean == pytest.approx(total, abs=1e-3)

    @pytest.mark.parametrize("league", LEAGUES)
    def test_exist_for_every_league_as_it_is_configured_first(self, league):
        artefact = model_artefact(league, model_config(league).simulation.variant)

        assert artefact.league == league
        assert artefact.score_model().period is main_period(league)

    def test_may_be_called_independent_only_without_lines(self):
        independent = {a.code for a in MODEL_ARTEFACTS.values() if a.independent_of_market}

        assert independent == {
            *("nfl-results-2015", "sfl-results-1", "nba-results-2013"),
            *("mlb-results-2015", "nhl-results-2024"),
        }


class TestModelArtefact:
    def test_of_a_league_and_variant_is_the_one_in_force(self):
        assert model_artefact("NFL", ModelVariant.LINE_INFORMED).code == "nfl-lines-2015"
        assert model_artefact("NFL", ModelVariant.RESULTS_ONLY).code == "nfl-results-2015"

    def test_nobody_fitted_is_refused_instead_of_borrowed(self):
        with pytest.raises(ModelMissing):
            model_artefact("NCAAF", ModelVariant.RESULTS_ONLY)
