"""A model's run held against a market's quote: value, integrity, tier, and which quote to take.

Each rule has two forms, one that reads like the rule and one for a whole board; property tests
hold them equal.
"""

from apps.rulebook.evaluation.action import Action, ActionReason, Advice, advise
from apps.rulebook.evaluation.candidates import Candidate, choose, choose_many
from apps.rulebook.evaluation.classify import (
    Classified,
    ClassifiedMany,
    RatingState,
    classify,
    classify_many,
    model_flags,
    publishable,
)
from apps.rulebook.evaluation.codes import (
    CAPS,
    RiskFlag,
    Violation,
    flags_of,
    mask,
    violations_of,
)
from apps.rulebook.evaluation.integrity import Limits, Opposite, Record, violations
from apps.rulebook.evaluation.integrity_many import LimitsMany, Records, violations_many
from apps.rulebook.evaluation.value import (
    PLACES,
    Valued,
    ValuedMany,
    decision_prob,
    decision_probs,
    fair_prob_at,
    fair_probs_at,
    points_ahead,
    points_ahead_many,
    value,
    value_many,
)

__all__ = [
    "CAPS",
    "PLACES",
    "Action",
    "ActionReason",
    "Advice",
    "Candidate",
    "Classified",
    "ClassifiedMany",
    "Limits",
    "LimitsMany",
    "Opposite",
    "RatingState",
    "Record",
    "Records",
    "RiskFlag",
    "Valued",
    "ValuedMany",
    "Violation",
    "advise",
    "choose",
    "choose_many",
    "classify",
    "classify_many",
    "decision_prob",
    "decision_probs",
    "fair_prob_at",
    "fair_probs_at",
    "flags_of",
    "mask",
    "model_flags",
    "points_ahead",
    "points_ahead_many",
    "publishable",
    "value",
    "value_many",
    "violations",
    "violations_many",
    "violations_of",
]
