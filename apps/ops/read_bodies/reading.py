"""Read every planned feed to its end by the stages that read live ones, and count."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from apps.catalog.actions import add_league
from apps.catalog.models import League
from apps.core import days
from apps.core.actor import Actor
from apps.ops.read_bodies.plan import Plan, PlannedFeed
from apps.rulebook.errors import RuleBroken
from apps.snapshots.actions import fetch_due, read_unread, register_feed
from apps.snapshots.models import Feed, FeedKind, OddsFormat, PayloadReading
from apps.snapshots.providers.registry import RECORDED

BY: Final = Actor.system("ops.read_bodies")
PROVIDER: Final = "the_odds_api"

# Whose rules a body is read by where nothing in it belongs to a league, and those of a league
# that is none of ours: with draws, without.
ANY_LEAGUE: Final = "NFL"
PLAYED_LIKE: Final[Mapping[bool, str]] = {True: "EPL", False: "NBA"}


class BodiesNotRead(RuleBroken):
    code = "BODIES_NOT_READ"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"No receipt was written for {', '.join(names)}.")


def make_room(plan: Plan) -> None:
    """Make the partitions of the days that the bodies tell about, and of no others."""
    for day in map(date.fromisoformat, plan.days):
        days.ensure_partitions(day, day)


def read_all(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return what became of each body's prices, by the body's name.

    Raises:
        BodiesNotRead: a stage left some of them alone.
    """
    first = min(datetime.fromisoformat(moment) for feed in plan.feeds for moment in feed.names)
    names: dict[tuple[int, datetime], str] = {}
    for index, planned in enumerate(plan.feeds):
        feed = _register(planned, f"bodies{index}", at=first)
        for moment, name in planned.names.items():
            names[feed.pk, datetime.fromisoformat(moment)] = name
    _play(first)
    receipts = PayloadReading.objects.select_related("poll")
    read = {
        names[receipt.poll.feed_id, receipt.poll.captured_at]: _told(receipt)
        for receipt in receipts
    }
    unread = sorted(set(names.values()) - read.keys())
    if unread:
        raise BodiesNotRead(unread)
    return dict(sorted(read.items()))


def _play(first: datetime) -> None:
    moment: datetime | None = first
    while moment is not None:
        fetch_due(by=BY, at=moment)
        read_unread(by=BY, at=moment)
        waiting = Feed.objects.enabled().filter(next_due_at__isnull=False)
        moment = waiting.order_by("next_due_at").values_list("next_due_at", flat=True).first()


def _told(receipt: PayloadReading) -> dict[str, Any]:
    """The counts of a receipt; a body of which nothing could be read has its code as reason."""
    reasons = dict(receipt.quarantined)
    if receipt.refused_code:
        reasons[receipt.refused_code] = 0
    return {
        "prices": receipt.prices,
        "written": receipt.written,
        "unchanged": receipt.unchanged,
        "quarantined": receipt.quarantined_total,
        "refused": bool(receipt.refused_code),
        "reasons": reasons,
    }


def _register(planned: PlannedFeed, source: str, *, at: datetime) -> Feed:
    league = _league(planned, at=at)
    return register_feed(
        adapter=RECORDED,
        provider=PROVIDER,
        kind=FeedKind.RESULTS if planned.is_scores else FeedKind.ODDS,
        league=league.code,
        source=source,
        rhythm_s=60,
        odds_format=OddsFormat.AMERICAN if planned.american else OddsFormat.DECIMAL,
        by=BY,
        at=at,
    )


def _league(planned: PlannedFeed, *, at: datetime) -> League:
    """Find the league of a feed's bodies; one that is none of ours is added as a person would."""
    if not planned.sport_key:
        return League.objects.get(code=ANY_LEAGUE)
    known = League.objects.filter(provider_keys__contains={PROVIDER: planned.sport_key}).first()
    if known is not None:
        return known
    example = League.objects.get(code=PLAYED_LIKE[planned.has_draws])
    sport, _, short = planned.sport_key.partition("_")
    return add_league(
        {
            "code": (short or sport).upper()[:16],
            "name": planned.sport_key,
            "sport": sport,
            "provider_keys": {PROVIDER: planned.sport_key},
            "identity_provider": PROVIDER,
            **{
                column: getattr(example, column)
                for column in (
                    *("timezone", "winner_market", "period", "can_tie", "can_end_scoreless"),
                    *("regulation_minutes", "maximum_minutes"),
                )
            },
        },
        like=example.code,
        by=BY,
        at=at,
        reason="A recording is about it.",
    )
