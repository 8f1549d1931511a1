"""Everything that may happen to the catalog. The only modules that write its tables."""

from apps.catalog.actions.calling_off import (
    EventOver,
    EventStandsSo,
    NothingCalledOff,
    call_off_event,
)
from apps.catalog.actions.changing import Unchangeable
from apps.catalog.actions.events import (
    EventBrief,
    SyncedEvents,
    finish_events,
    match_events,
    sync_events,
)
from apps.catalog.actions.following import MAPPING_DRIFT, ReportedEvent
from apps.catalog.actions.grounds import set_ground
from apps.catalog.actions.hand import (
    AliasTaken,
    BookKeyTaken,
    NotTheSameLeague,
    add_book,
    add_team,
    add_team_alias,
    change_book,
    change_team,
    change_team_alias,
)
from apps.catalog.actions.install import install_catalog, install_sandbox_league
from apps.catalog.actions.leagues import (
    LeagueCodeTaken,
    LeagueInvalid,
    LeagueKeyTaken,
    NotPlayedAlike,
    add_league,
    change_league,
)
from apps.catalog.actions.reviews import (
    AlreadyDecided,
    NotIdentityProvider,
    NotThisKind,
    Question,
    approve_new_team,
    approve_spelling,
    ask,
    close_replayed,
    confirm_event,
    reject,
)
from apps.catalog.actions.rulesets import add_ruleset
from apps.catalog.actions.selections import SelectionKey, ensure_selections
from apps.catalog.actions.sources import attach_source

__all__ = [
    "MAPPING_DRIFT",
    "AliasTaken",
    "AlreadyDecided",
    "BookKeyTaken",
    "EventBrief",
    "EventOver",
    "EventStandsSo",
    "LeagueCodeTaken",
    "LeagueInvalid",
    "LeagueKeyTaken",
    "NotIdentityProvider",
    "NotPlayedAlike",
    "NotTheSameLeague",
    "NotThisKind",
    "NothingCalledOff",
    "Question",
    "ReportedEvent",
    "SelectionKey",
    "SyncedEvents",
    "Unchangeable",
    "add_book",
    "add_league",
    "add_ruleset",
    "add_team",
    "add_team_alias",
    "approve_new_team",
    "approve_spelling",
    "ask",
    "attach_source",
    "call_off_event",
    "change_book",
    "change_league",
    "change_team",
    "change_team_alias",
    "close_replayed",
    "confirm_event",
    "ensure_selections",
    "finish_events",
    "install_catalog",
    "install_sandbox_league",
    "match_events",
    "reject",
    "set_ground",
    "sync_events",
]
