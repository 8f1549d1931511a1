"""What an opened row of the picks shows: how the pick got where it is."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.sections import TemplateSection

from apps.core import formats
from apps.core.shapes import state
from apps.picks.models import PickChange


class LifeSection(TemplateSection):
    """Every move of one pick, with the market then and the reason; ``changes`` is prefetched."""

    template_name = "console/picks/life_section.html"

    def get_context_data(self, request: HttpRequest, instance: Model) -> dict[str, Any]:
        pick: Any = instance
        return {"pick": pick, "moves": [_move(pick, change) for change in pick.changes.all()]}


def _move(pick: Any, change: PickChange) -> dict[str, Any]:
    if change.from_status != change.to_status:
        shown = state("pick", change.to_status)
    else:
        shown = state("validity", change.to_validity)
    line = pick.line if change.price is None else change.line
    return {
        "at": change.changed_at,
        "state": shown,
        "line": formats.column_line(pick.market_type, line) or formats.MISSING,
        "price": formats.MISSING if change.price is None else formats.odds(change.price),
        "ev": formats.ev(change.ev),
        "why": formats.words(change.reason) if change.reason else formats.MISSING,
    }
