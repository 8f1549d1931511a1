"""What people see of leagues, teams, books and events, and what they may decide about them."""

from apps.catalog.admin.events import EventAdmin, EventSourceAdmin, SelectionAdmin
from apps.catalog.admin.hand import BookAdmin, LeagueAdmin, TeamAdmin, TeamAliasAdmin
from apps.catalog.admin.reviews import ReviewItemAdmin
from apps.catalog.admin.rulesets import SettlementRulesetAdmin

__all__ = [
    "BookAdmin",
    "EventAdmin",
    "EventSourceAdmin",
    "LeagueAdmin",
    "ReviewItemAdmin",
    "SelectionAdmin",
    "SettlementRulesetAdmin",
    "TeamAdmin",
    "TeamAliasAdmin",
]
