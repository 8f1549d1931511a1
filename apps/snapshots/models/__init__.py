"""What the world said, and when. Everything but feeds and latest quotes is written once."""

from apps.snapshots.models.account import CreditHold, LeagueBreaker, ProviderAccount
from apps.snapshots.models.feed import Feed, FeedKind, OddsFormat, ProviderPoll
from apps.snapshots.models.injury import InjuryReport
from apps.snapshots.models.payload import (
    PayloadReading,
    PayloadRereading,
    QuarantinedRow,
    RawBody,
    RawPayload,
)
from apps.snapshots.models.quote import Consensus, LatestQuote, MarketSnapshot, Sighting
from apps.snapshots.models.result import ResultSnapshot, ResultStatus

__all__ = [
    "Consensus",
    "CreditHold",
    "Feed",
    "FeedKind",
    "InjuryReport",
    "LatestQuote",
    "LeagueBreaker",
    "MarketSnapshot",
    "OddsFormat",
    "PayloadReading",
    "PayloadRereading",
    "ProviderAccount",
    "ProviderPoll",
    "QuarantinedRow",
    "RawBody",
    "RawPayload",
    "ResultSnapshot",
    "ResultStatus",
    "Sighting",
]
