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
from apps.catalog.actions.following import MAPPING_DRIFT, SIDES_SWAPPED, ReportedEvent
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
from apps.catalog.actions.merging import (
    LONGEST_APART,
    EventInDoubt,
    MergedAlready,
    MergeUnexplained,
    NotOneGame,
    merge_events,
)
from apps.catalog.actions.placing import (
    SidesNotTheirs,
    SidesPlayed,
    accept_sides,
    confirm_event,
    make_event,
    place_event,
    thaw,
)
from apps.catalog.actions.questions import Question, ask
from apps.catalog.actions.reviews import (
    AlreadyDecided,
    NotIdentityProvider,
    NotThisKind,
    approve_new_team,
    approve_spelling,
    close_replayed,
    reject,
)
from apps.catalog.actions.rulesets import add_ruleset
from apps.catalog.actions.selections import SelectionKey, ensure_selections
from apps.catalog.actions.sources import attach_source

__all__ = [
    "LONGEST_APART",
    "MAPPING_DRIFT",
    "SIDES_SWAPPED",
    "AliasTaken",
    "AlreadyDecided",
    "BookKeyTaken",
    "EventBrief",
    "EventInDoubt",
    "EventOver",
    "EventStandsSo",
    "LeagueCodeTaken",
    "LeagueInvalid",
    "LeagueKeyTaken",
    "MergeUnexplained",
    "MergedAlready",
    "NotIdentityProvider",
    "NotOneGame",
    "NotPlayedAlike",
    "NotTheSameLeague",
    "NotThisKind",
    "NothingCalledOff",
    "Question",
    "ReportedEvent",
    "SelectionKey",
    "SidesNotTheirs",
    "SidesPlayed",
    "SyncedEvents",
    "Unchangeable",
    "accept_sides",
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
    "make_event",
    "match_events",
    "merge_events",
    "place_event",
    "reject",
    "set_ground",
    "sync_events",
    "thaw",
]
