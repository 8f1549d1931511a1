"""By which rules a market is settled: data, versioned, stamped on every pick at publication.

Source: docs/domain.md section 7. A rule that changes is a new version; a pick keeps the version it
was published under.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds.document import Document, Number


class TieRule(StrEnum):
    """What an equal score means."""

    PUSH = "PUSH"  # two-way moneyline where ties happen: stakes are returned
    LOSS = "LOSS"  # three-way: the draw is a side of its own
    PLAYED = "PLAYED"  # a margin of nought like any other: spreads and totals
    IMPOSSIBLE = "IMPOSSIBLE"  # the league cannot tie: the score is wrong


class MinutesPlayed(Document):
    kind: Literal["MINUTES"] = "MINUTES"
    minutes: int = Field(gt=0, le=120, description="Minutes that make a shortened game count.")


class InningsPlayed(Document):
    kind: Literal["INNINGS"] = "INNINGS"
    innings: Number = Field(gt=0, le=9, description="Innings that make a shortened game count.")
    innings_home_leads: Number = Field(
        gt=0, le=9, description="The same where the home team leads and need not bat again."
    )


class UntilWeekday(Document):
    """Stands if played up to a weekday of the league week that the game was scheduled in."""

    kind: Literal["LEAGUE_WEEK"] = "LEAGUE_WEEK"
    last_iso_weekday: int = Field(
        ge=1, le=7, description="ISO weekday (1 Monday) that ends the league week, inclusive."
    )


class WithinHours(Document):
    kind: Literal["WITHIN_HOURS"] = "WITHIN_HOURS"
    hours: int = Field(gt=0, le=336, description="Hours after the scheduled start, inclusive.")


class SameLocalDate(Document):
    kind: Literal["LOCAL_DATE"] = "LOCAL_DATE"


MinimumPlay = Annotated[MinutesPlayed | InningsPlayed, Field(discriminator="kind")]
Postponement = Annotated[UntilWeekday | WithinHours | SameLocalDate, Field(discriminator="kind")]


class SettlementRules(Document):
    """One row of ``settlement_ruleset``: how one market of one league settles."""

    version: int = Field(ge=1, description="Counts from 1; a published version never changes.")
    league: str = Field(min_length=1, max_length=16, description="League code.")
    market_type: MarketType
    period: Period
    tie: TieRule
    nil_nil_possible: bool = Field(
        description="Whether 0-0 can be a final; where it cannot, a feed's 0-0 is a blank."
    )
    overtime_counts: bool = Field(description="Whether the score settled on includes overtime.")
    shootout_goals: int = Field(
        ge=0, le=1, description="Goals that a shoot-out adds to the winner's score."
    )
    minimum_play: MinimumPlay
    postponement: Postponement
    decided_stands: bool = Field(
        description="Whether a market decided before an abandonment keeps its outcome."
    )
