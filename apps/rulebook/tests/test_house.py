"""What holds for every rule: its values never change, and a code is the word that it stands for."""

import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import StrEnum
from importlib import import_module

from apps import rulebook
from apps.rulebook.errors import RuleBroken


def classes() -> Iterator[type]:
    """Every class of the rulebook, where it is defined."""
    for found in pkgutil.walk_packages(rulebook.__path__, f"{rulebook.__name__}."):
        if ".tests" not in found.name:
            module = import_module(found.name)
            yield from (
                one
                for one in vars(module).values()
                if isinstance(one, type) and one.__module__ == found.name
            )


CLASSES = list(classes())
REFUSALS = {
    "AlertUnknown": "ALERT_UNKNOWN",
    "BookQuotedTwice": "BOOK_QUOTED_TWICE",
    "DayOutOfOrder": "RATING_DAY_OUT_OF_ORDER",
    "DistributionUnreadable": "DISTRIBUTION_UNREADABLE",
    "LineNotPriceable": "LINE_NOT_PRICEABLE",
    "MarginNotRemovable": "MARGIN_NOT_REMOVABLE",
    "MeansOutOfRange": "MEANS_OUT_OF_RANGE",
    "ModelMissing": "MODEL_MISSING",
    "MoveRefused": "PICK_MOVE_REFUSED",
    "NoConsensus": "NO_CONSENSUS",
    "NoJoint": "PARLAY_NOT_PRICEABLE",
    "NoOpposite": "OPPOSITE_SELECTION_MISSING",
    "NoSettlementRules": "MARKET_NOT_GRADEABLE",
    "NotADeadHeat": "NOT_A_DEAD_HEAT",
    "NotASample": "STATISTIC_NOT_DEFINED",
    "NotCanonical": "KEY_NOT_CANONICAL",
    "NotOdds": "PRICE_NOT_ODDS",
    "NotOffered": "PRICE_NOT_OFFERED",
    "NotSampled": "DISTRIBUTION_NOT_SAMPLED",
    "NotSettled": "UNGRADEABLE",
    "NothingToMeasure": "STATISTIC_WITHOUT_SAMPLE",
    "RatingsUnreadable": "RATINGS_UNREADABLE",
    "RuleBroken": "RULE_BROKEN",
    "ScoreModelUnknown": "SCORE_MODEL_UNKNOWN",
    "SpreadMissing": "SPREAD_OF_SCORES_MISSING",
    "TargetOutOfReach": "TARGET_OUT_OF_REACH",
    "TeamUnrated": "RATING_MISSING",
}


class TestCodes:
    def test_are_the_names_they_have_in_code(self):
        codes = [one for found in CLASSES if issubclass(found, StrEnum) for one in found]

        assert len(codes) > 150
        assert [code for code in codes if code.value != code.name] == []

    def test_of_refusals_stay_what_clients_and_the_audit_know(self):
        codes = {found.__name__: found.code for found in CLASSES if issubclass(found, RuleBroken)}

        assert codes == REFUSALS


class TestValues:
    def test_are_written_once_and_hold_nothing_that_nobody_named(self):
        kinds = [found for found in CLASSES if is_dataclass(found)]

        assert len(kinds) > 50
        assert [kind for kind in kinds if not kind.__dataclass_params__.frozen] == []
        assert [kind for kind in kinds if "__slots__" not in vars(kind)] == []
