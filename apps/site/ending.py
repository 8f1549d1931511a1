"""How a pick ended: its result, its score, and what the closing line said of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from apps.core import formats, words
from apps.core.shapes import state
from apps.grading.models import Grade
from apps.picks.models import LineTracking, Pick
from apps.rulebook.clv import CloseSource
from apps.site.life import closed, score

_SOURCES = {
    CloseSource.SAME_BOOK: "the pick's own book",
    CloseSource.SHARP_BOOK: "a reference book",
    CloseSource.CONSENSUS: "what the books agreed on",
}


class Ending(NamedTuple):
    result: Any
    rows: list[tuple[str, str]]


def ending(pick: Pick, grades: Sequence[Grade]) -> Ending | None:
    """None while the game is ahead and nothing has been measured."""
    tracking: LineTracking | None = getattr(pick, "tracking", None)
    taken = tracking if tracking is not None and tracking.completed_at is not None else None
    if not grades and taken is None:
        return None
    grade = grades[-1] if grades else None
    rows = [("Score", score(pick, grade) or "none told")] if grade else []
    if taken is not None:
        rows += _close(pick, taken)
    result = None
    if grade is not None:
        said = f"{formats.words(grade.outcome)}, {formats.units(grade.profit)}"
        result = state("outcome", grade.outcome, said)
    return Ending(result, rows)


def _close(pick: Pick, tracking: LineTracking) -> list[tuple[str, str]]:
    if tracking.close_source == CloseSource.MISSING:
        return [("Closing line", f"missing: {words.sentence(tracking.close_missing)}")]
    value = (
        f"missing: {words.sentence(tracking.clv_missing)}"
        if tracking.clv_ev is None
        else formats.named_clv(tracking.clv_ev).removeprefix("CLV ")
    )
    rows = [("Closing line", closed(pick, tracking)), ("Closing line value", value)]
    if tracking.clv_points is not None:
        rows.append(("In points", formats.points_gained(tracking.clv_points)))
    if tracking.clv_price is not None:
        rows.append(("In price", formats.clv(tracking.clv_price)))
    source = _SOURCES[CloseSource(tracking.close_source)]
    age = f", {formats.age(tracking.close_age_s)} before the start"
    rows.append(("Taken from", source + (age if tracking.close_age_s is not None else "")))
    return rows
