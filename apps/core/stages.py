"""How far a stage of the pipeline has got."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageCount:
    """Units of work of one stage.

    ``due`` is everything that ought to have an outcome by now, ``done`` what has one
    (an outcome with a reason why not counts as done). What waits is the difference.
    """

    due: int
    done: int

    @property
    def waiting(self) -> int:
        return self.due - self.done
