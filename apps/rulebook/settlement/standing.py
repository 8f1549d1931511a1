"""Whether a game that was moved or cut short counts at all.

Source: docs/domain.md section 7: minimum play and postponement, as typed data in the rules.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from apps.rulebook.markets import MarketType, Side
from apps.rulebook.settlement.factors import LOSS, VOID, WIN, Settled
from apps.rulebook.settlement.single import (
    FinalScore,
    NotSettled,
    Problem,
    require_line,
    settle,
)
from apps.rulebook.thresholds.settlement import (
    MinutesPlayed,
    SameLocalDate,
    SettlementRules,
    WithinHours,
)


class Standing(StrEnum):
    STANDS = "STANDS"
    POSTPONED_TOO_FAR = "POSTPONED_TOO_FAR"
    CUT_SHORT = "CUT_SHORT"
    CANCELED = "CANCELED"


@dataclass(frozen=True, slots=True)
class Play:
    """How much of a game was played; nothing is assumed about a game that was played out."""

    completed: bool
    minutes: Decimal | None = None
    innings: Decimal | None = None  # 4.5: the fifth inning's top half is over
    home_leads: bool = False


PLAYED_OUT = Play(completed=True)

_LONGEST_REGULATION = timedelta(minutes=165)  # from the start, of football that ends after 90
_EXTRA_TIME_ENDS = timedelta(minutes=140)  # at the earliest: 90 and 30 played, the pauses, injuries


def may_hold_extra_time(*, overtime: bool | None, lasted: timedelta, longest: timedelta) -> bool:
    """Whether a final score may hold more than regulation time. False: somebody said that not.

    Where nobody said, it may in a competition with games that go on, if this one was called final
    so late; a provider that was only slow to tell asks a person for nothing worse than a look.

    Source: docs/domain.md section 7; the two limits are inferred from the length of such games.
    """
    if overtime is not None:
        return overtime
    return longest > _LONGEST_REGULATION and lasted >= _EXTRA_TIME_ENDS


def playable_until(rules: SettlementRules, scheduled: datetime, zone: tzinfo) -> datetime:
    """Return the latest start at which a bet on a game scheduled then still stands.

    ``scheduled`` is the start the bet was made on, ``zone`` the league's.
    Source: docs/domain.md section 7.
    """
    postponement = rules.postponement
    if isinstance(postponement, WithinHours):
        return scheduled + timedelta(hours=postponement.hours)
    day = scheduled.astimezone(zone).date()
    if not isinstance(postponement, SameLocalDate):
        day += timedelta(days=(postponement.last_iso_weekday - day.isoweekday()) % 7)
    return datetime.combine(day, time.max, tzinfo=zone)


def long_enough(rules: SettlementRules, play: Play) -> bool:
    """Tell whether enough was played for the market to count. Source: docs/domain.md section 7.

    Raises:
        NotSettled: a game was cut short and nobody said how much of it was played.
    """
    if play.completed:
        return True
    if isinstance(rules.minimum_play, MinutesPlayed):
        if play.minutes is None:
            raise NotSettled(Problem.SCORE_SUSPECT, "Cut short, and the minutes are unknown.")
        return play.minutes >= rules.minimum_play.minutes
    if play.innings is None:
        raise NotSettled(Problem.SCORE_SUSPECT, "Cut short, and the innings are unknown.")
    if play.home_leads:
        return play.innings >= rules.minimum_play.innings_home_leads
    return play.innings >= rules.minimum_play.innings


def standing(
    rules: SettlementRules,
    *,
    scheduled: datetime,
    started: datetime | None,
    zone: tzinfo,
    play: Play = PLAYED_OUT,
) -> Standing:
    """Tell whether a game counts: ``started`` is None for one that never was played.

    Source: docs/domain.md section 7.
    """
    if started is None:
        return Standing.CANCELED
    if started > playable_until(rules, scheduled, zone):
        return Standing.POSTPONED_TOO_FAR
    return Standing.STANDS if long_enough(rules, play) else Standing.CUT_SHORT


def decided(
    rules: SettlementRules, side: Side, line: Decimal | None, score: FinalScore
) -> Settled | None:
    """Settle what an abandoned game had already decided: a total that was passed.

    Points are only added, so OVER cannot lose what it has won by the whole stake; a lead can.
    Source: docs/domain.md section 7.

    Raises:
        NotSettled: the side or line does not make a bet on a total.
    """
    if rules.market_type is not MarketType.TOTAL or score.home is None or score.away is None:
        return None
    require_line(MarketType.TOTAL, side, line)
    over_by = 4 * (score.home + score.away) + require_line(MarketType.TOTAL, Side.OVER, line)
    if over_by < 2:
        return None
    return WIN if side is Side.OVER else LOSS


def settle_standing(
    rules: SettlementRules,
    side: Side,
    line: Decimal | None,
    score: FinalScore,
    stands: Standing,
) -> Settled:
    """Settle a bet on a game that may have been moved, cut short or called off.

    A bet on a game that does not stand is VOID, except where an abandoned game had already
    decided the market and the rules let that stand. Source: docs/domain.md section 7.

    Raises:
        NotSettled: as in ``settle``.
    """
    if stands is Standing.STANDS:
        return settle(rules, side, line, score)
    if stands is Standing.CUT_SHORT and rules.decided_stands:
        return decided(rules, side, line, score) or VOID
    return VOID
