"""Score models: from what two teams are expected to score to a joint distribution of scores."""

from apps.rulebook.scoring.axis import Abv, Axis, AxisDistribution, LineNotPriceable
from apps.rulebook.scoring.distribution import ScoreDistribution

__all__ = ["Abv", "Axis", "AxisDistribution", "LineNotPriceable", "ScoreDistribution"]
