"""What exists. Rows here are retired by status, never deleted: tenants' rows refer to them."""

from apps.catalog.models.event import Event, EventScheduleChange, EventSource
from apps.catalog.models.league import Book, League, RowStatus, Team, TeamAlias
from apps.catalog.models.review import ReviewItem, ReviewKind, ReviewStatus
from apps.catalog.models.selection import Selection
from apps.catalog.models.settlement import SettlementRuleset

__all__ = [
    "Book",
    "Event",
    "EventScheduleChange",
    "EventSource",
    "League",
    "ReviewItem",
    "ReviewKind",
    "ReviewStatus",
    "RowStatus",
    "Selection",
    "SettlementRuleset",
    "Team",
    "TeamAlias",
]
