"""The words of this room: who settled a pick, and why one still waits."""

from enum import StrEnum


class GradeSource(StrEnum):
    PIPELINE = "PIPELINE"  # computed from a result by the rules stamped on the pick
    OPERATOR = "OPERATOR"  # decided by two people, with a written reason


class Wait(StrEnum):
    """Why a pick that is due has no grade yet. Each is something that somebody can act on."""

    PROVIDER_ID_MISSING = "PROVIDER_ID_MISSING"  # nobody reports under the id it was made on
    MAPPING_DRIFT = "MAPPING_DRIFT"  # the id means another game by now; an operator decides
    RESULT_OVERDUE = "RESULT_OVERDUE"  # the longest game is over and nobody said how it ended
    RESULT_MISSING = "RESULT_MISSING"  # called final, and no score came with it
    RESULT_SUSPECT = "RESULT_SUSPECT"  # the score that came cannot be
    EXTRA_TIME = "EXTRA_TIME"  # the score may hold it, and the bet ended before
    CONFIG_MISSING = "CONFIG_MISSING"  # nobody said when this league's finals are settled
    SWITCH_OFF = "SWITCH_OFF"  # grading is stopped in one of its scopes
    NOT_WRITTEN = "NOT_WRITTEN"  # nothing is in its way: the next turn writes it
