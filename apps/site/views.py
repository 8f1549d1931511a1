"""The pages of a tenant's host; what each shows is read in a module of its own."""

from typing import Any, ClassVar

from apps.picks.card import COLUMNS, card_of_row
from apps.picks.models import Pick
from apps.site.reading import Page


class Today(Page):
    """The board: what stands today, as everybody may see it."""

    template: ClassVar[str] = "site/today.html"
    here: ClassVar[str] = "today"

    def shown(self, **kwargs: Any) -> dict[str, Any]:
        live = Pick.objects.live().filter(event__begins_at__gt=self.at)
        cards = [
            card_of_row(row) for row in live.order_by("expires_at", "id").values_list(*COLUMNS)
        ]
        return {"title": self.place.day(self.at), "cards": cards}
