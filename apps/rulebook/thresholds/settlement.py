"""By which rules a market is settled: data, versioned, stamped on every pick at publication.

Source: docs/domain.md section 7. A rule that changes is a new version; a pick keeps the version it
was published under.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds.document import Document, Hours, Minutes, Number, Unit


class TieRule(StrEnum):
    """What an equal score means."""

    PUSH = "PUSH"  # two-way moneyline where ties happen: stakes are returned
    LOSS = "LOSS"  # three-way: the draw is a side of its own
    PLAYED = "PLAYED"  # a margin of nought like any other: spreads and totals
    IMPOSSIBLE = "IMPOSSIBLE"  # the league cannot tie: the score is wrong


# What settlement makes of an equal score is the market's nature; rules that said otherwise would
# be stored and not followed.
TIES: Final[Mapping[MarketType, tuple[TieRule, ...]]] = {
    MarketType.SPREAD: (TieRule.PLAYED, TieRule.IMPOSSIBLE),
    MarketType.TOTAL: (TieRule.PLAYED, TieRule.IMPOSSIBLE),
    MarketType.MONEYLINE: (TieRule.PUSH, TieRule.IMPOSSIBLE),
    MarketType.MONEYLINE_3WAY: (TieRule.LOSS,),
}

Innings = Annotated[Number, Unit("innings")]


class MinutesPlayed(Document):
    """A game that was cut short counts once so many minutes were played."""

    kind: Literal["MINUTES"] = "MINUTES"
    minutes: Minutes = Field(gt=0, le=120, description="Minutes that make a shortened game count.")


class InningsPlayed(Document):
    """A game that was cut short counts once so many innings were played."""

    kind: Literal["INNINGS"] = "INNINGS"
    innings: Innings = Field(gt=0, le=9, description="Innings that make a shortened game count.")
    innings_home_leads: Innings = Field(
        gt=0,
        le=9,
        title="Innings where the home team leads",
        description="The same where the home team leads and need not bat again.",
    )


class UntilWeekday(Document):
    """Stands if played up to a weekday of the league week that the game was scheduled in."""

    kind: Literal["LEAGUE_WEEK"] = "LEAGUE_WEEK"
    last_iso_weekday: Annotated[int, Unit("day of the week")] = Field(
        ge=1,
        le=7,
        title="Last day",
        description="ISO weekday (1 Monday) that ends the league week, inclusive.",
    )


class WithinHours(Document):
    """Stands if it starts within so many hours of the scheduled start."""

    kind: Literal["WITHIN_HOURS"] = "WITHIN_HOURS"
    hours: Hours = Field(gt=0, le=336, description="Hours after the scheduled start, inclusive.")


class SameLocalDate(Document):
    """Stands if it is played on the date, at its ground, on which it was scheduled."""

    kind: Literal["LOCAL_DATE"] = "LOCAL_DATE"


MinimumPlay = Annotated[MinutesPlayed | InningsPlayed, Field(discriminator="kind")]
Postponement = Annotated[UntilWeekday | WithinHours | SameLocalDate, Field(discriminator="kind")]


class SettlementRules(Document):
    """One row of ``settlement_ruleset``: how one market of one league settles."""

    version: int = Field(ge=1, description="Counts from 1; a published version never changes.")
    league: str = Field(min_length=1, max_length=16, description="League code.")
    market_type: MarketType
    period: Period
    tie: TieRule = Field(
        description="What an equal score does: PUSH returns stakes, LOSS is three-way, where the"
        " draw is a side of its own, PLAYED is a margin of nought like any other, IMPOSSIBLE is"
        " a score that is wrong."
    )
    nil_nil_possible: bool = Field(
        title="0-0 possible",
        description="Whether 0-0 can be a final; where it cannot, a feed's 0-0 is a blank.",
    )
    overtime_counts: bool = Field(description="Whether the score settled on includes overtime.")
    shootout_goals: Annotated[int, Unit("goals")] = Field(
        ge=0,
        le=1,
        title="Shoot-out goals",
        description="Goals that a shoot-out adds to the winner's score. A reported final has them"
        " in already: this says what is expected of it, and adds nothing.",
    )
    minimum_play: MinimumPlay = Field(
        description="How much must have been played for a game that was cut short to count."
    )
    postponement: Postponement = Field(
        description="When a game that was moved still counts; a bet on one that does not is void."
    )
    decided_stands: bool = Field(
        title="What was decided stands",
        description="Whether a market decided before an abandonment keeps its outcome.",
    )

    @model_validator(mode="after")
    def _tie_is_the_markets(self) -> Self:
        known = TIES.get(self.market_type, ())
        if self.tie not in known:
            these = " or ".join(known) or "none, because nobody settles it"
            raise ValueError(f"An equal score on a {self.market_type} can be {these}.")
        return self
