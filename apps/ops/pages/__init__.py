"""Pages to which several rooms contribute; the console puts them before the rooms' own classes."""

from collections.abc import Mapping

from django.db.models import Model

from apps.catalog.models import Event
from apps.ops.pages.event import EventPage
from apps.ops.pages.pick import PickPage
from apps.picks.models import Pick

PAGES: Mapping[type[Model], type] = {Event: EventPage, Pick: PickPage}

__all__ = ["PAGES"]
