"""Everything that may happen to a grade, of picks and of parlays: nobody else writes them."""

from apps.grading.actions.grading import Graded, grade_due
from apps.grading.actions.override import (
    OVERRIDE,
    OverrideRefused,
    ask_to_override,
    carry_out_override,
    override_grade,
)
from apps.grading.actions.regrading import NothingToRegrade, Regraded, regrade

__all__ = [
    "OVERRIDE",
    "Graded",
    "NothingToRegrade",
    "OverrideRefused",
    "Regraded",
    "ask_to_override",
    "carry_out_override",
    "grade_due",
    "override_grade",
    "regrade",
]
