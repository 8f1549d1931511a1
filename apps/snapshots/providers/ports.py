"""What a provider is asked and what it answers, in values that name no provider.

An adapter makes the call, never reads the body: bytes are stored first and parsed later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from apps.rulebook.errors import RuleBroken


class Outcome(StrEnum):
    """How a call ended. One value per call; the first three bring a body to read."""

    OK = "OK"
    UNCHANGED = "UNCHANGED"  # the same bytes as the poll before
    EMPTY = "EMPTY"  # answered, with an empty list: not the same as no games
    NOT_DUE = "NOT_DUE"  # the adapter has nothing new yet; no poll is recorded
    AUTH = "AUTH"
    OUT_OF_CREDITS = "OUT_OF_CREDITS"
    FREQUENCY = "FREQUENCY"
    BAD_REQUEST = "BAD_REQUEST"
    GONE = "GONE"
    SERVER = "SERVER"
    NETWORK = "NETWORK"
    UNREADABLE = "UNREADABLE"  # the transfer itself was cut or too large


# A body came with it.
READABLE = (Outcome.OK, Outcome.UNCHANGED, Outcome.EMPTY)


class InjuryStatus(StrEnum):
    """How likely a player is to miss the next game; the last is fit again."""

    OUT = "OUT"
    DOUBTFUL = "DOUBTFUL"
    QUESTIONABLE = "QUESTIONABLE"
    PROBABLE = "PROBABLE"
    ACTIVE = "ACTIVE"


# What a reader of a pick should know of; the others are as good as fit.
WEAKENING = (InjuryStatus.OUT, InjuryStatus.DOUBTFUL, InjuryStatus.QUESTIONABLE)


class ProviderNotConfigured(RuleBroken):
    """Nobody answers: no such adapter, no key, no contract, or no such source."""

    code = "PROVIDER_NOT_CONFIGURED"

    def __init__(self, adapter: str, source: str = "") -> None:
        of = f" for source {source!r}" if source else ""
        super().__init__(f"No adapter {adapter!r} is set up{of}.")


@dataclass(frozen=True, slots=True)
class Quota:
    """What a call cost and what is left, as the provider counts it."""

    cost: int | None = None
    used: int | None = None
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One question. ``after`` is the newest capture we already have, ``at`` is now."""

    league_key: str  # as the provider names the league
    at: datetime
    after: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    odds_format: str = "AMERICAN"  # how the feed's reader expects prices to be written
    event_key: str = ""  # as the provider names one event; empty: all of them
    moment: datetime | None = None  # of the past, where that is asked about


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """One answer. ``next_at``: when to ask again; None leaves it to the feed's rhythm.

    ``exhausted`` says that nothing will ever come again: a recording at its end.
    """

    outcome: Outcome
    captured_at: datetime
    body: bytes | None = None
    http_status: int | None = None
    error_code: str = ""
    detail: str = ""
    quota: Quota = Quota()
    duration_ms: int = 0
    next_at: datetime | None = None
    exhausted: bool = False


@runtime_checkable
class MarketDataProvider(Protocol):
    """Whoever knows what books quote."""

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class EventOddsProvider(Protocol):
    """Whoever is asked about one event, in markets that no board shows."""

    def fetch_event_odds(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class HistoryProvider(Protocol):
    """Whoever kept what books quoted at a moment of the past, of a league or of one event."""

    def fetch_history(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class ScheduleProvider(Protocol):
    """Whoever knows which leagues there are and which games are to come, without their odds."""

    def fetch_leagues(self, request: FetchRequest) -> FetchOutcome: ...

    def fetch_events(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class ResultsProvider(Protocol):
    """Whoever knows how games ended."""

    def fetch_results(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class InjuryProvider(Protocol):
    """Whoever knows which players are not fit to play. What it tells moves no probability."""

    def fetch_injuries(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class ArchiveProvider(Protocol):
    """Whoever keeps the scores of past seasons."""

    def fetch_archive(self, request: FetchRequest) -> FetchOutcome: ...


@runtime_checkable
class ParticipantsProvider(Protocol):
    """Whoever knows how a provider writes the names of a league's teams."""

    def fetch_participants(self, request: FetchRequest) -> FetchOutcome: ...


Provider = MarketDataProvider | ResultsProvider | InjuryProvider | ArchiveProvider
