"""The games of a tenant's day, the lines the books agree on, and why some have no pick."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from apps.catalog.models import Event, Selection
from apps.core import formats
from apps.core.local import Place
from apps.picks.models import Pick
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.simulations.models import RunStatus, SimulationRun
from apps.snapshots.models import Consensus, LatestQuote

GAMES_AT_MOST: Final = 40
# The side whose line stands in the table.
_SHOWN = {MarketType.SPREAD.value: Side.HOME.value, MarketType.TOTAL.value: Side.OVER.value}
_CALLED_OFF = {EventStatus.POSTPONED.value: "postponed", EventStatus.CANCELED.value: "cancelled"}


@dataclass(frozen=True, slots=True)
class Row:
    """One game, the lines of its home side and its total, and what became of it here."""

    at: datetime
    time: str
    away: str
    home: str
    league: str
    spread: str
    total: str
    said: str


@dataclass(frozen=True, slots=True)
class Slate:
    """The day, in the order in which its games begin."""

    rows: list[Row]
    more: int  # games beyond those that are shown
    leagues: int


def bounds(place: Place, at: datetime) -> tuple[datetime, datetime]:
    """The half-open span of instants that are the reader's day."""
    today = place.on(at).date()
    first = datetime.combine(today, time(), tzinfo=place.zone)
    return first, datetime.combine(today + timedelta(days=1), time(), tzinfo=place.zone)


def read_slate(place: Place, at: datetime) -> Slate:
    first, end = bounds(place, at)
    events = (
        Event.objects.filter(start_time__gte=first, start_time__lt=end, merged_into__isnull=True)
        .filter(league__status="ACTIVE")
        .select_related("home", "away", "league")
        .order_by("start_time", "id")
    )
    games = list(events[:GAMES_AT_MOST])
    ids = [event.pk for event in games]
    picked = Counter(
        Pick.objects.filter(event__in=ids)
        .filter(status__in=[PickStatus.PUBLISHED, PickStatus.GRADED])
        .values_list("event_id", flat=True)
    )
    silence = _Silence.of(ids)
    lines = _lines(ids, at)
    return Slate(
        rows=[
            Row(
                at=event.start_time,
                time=place.time(event.start_time, zone=False),
                away=event.away.name,
                home=event.home.name,
                league=event.league.code,
                spread=lines.get((event.pk, MarketType.SPREAD.value), formats.MISSING),
                total=lines.get((event.pk, MarketType.TOTAL.value), formats.MISSING),
                said=_said(event, picked[event.pk], silence, at),
            )
            for event in games
        ],
        more=events.count() - len(games) if len(games) == GAMES_AT_MOST else 0,
        leagues=len({event.league_id for event in games}),
    )


@dataclass(frozen=True, slots=True)
class _Silence:
    """What explains that a game has no pick, asked of all games at once."""

    quoted: frozenset[UUID]
    simulated: frozenset[UUID]
    waiting: frozenset[UUID]
    blocked: frozenset[UUID]

    @classmethod
    def of(cls, ids: Sequence[UUID]) -> "_Silence":
        quotes = LatestQuote.objects.of_events(ids).order_by().values_list("event_id", flat=True)
        runs = SimulationRun.objects.filter(event__in=ids, status=RunStatus.DONE).order_by()
        picks = dict.fromkeys((PickStatus.PROPOSED, PickStatus.BLOCKED), frozenset[UUID]())
        for status in picks:
            found = Pick.objects.filter(event__in=ids, status=status).order_by()
            picks[status] = frozenset(found.values_list("event_id", flat=True))
        return cls(
            quoted=frozenset(quotes.distinct()),
            simulated=frozenset(runs.values_list("event_id", flat=True).distinct()),
            waiting=picks[PickStatus.PROPOSED],
            blocked=picks[PickStatus.BLOCKED],
        )

    def why(self, event: Event, at: datetime) -> str:
        if event.frozen_code:
            return "no pick: its details are in doubt"
        if event.pk in self.waiting and event.begins_at > at:
            return "no pick yet: it waits for its turn"
        if event.pk in self.blocked:
            return "no pick: a check failed"
        if event.pk not in self.quoted:
            return "no pick: no prices" if event.begins_at <= at else "no pick: no prices yet"
        if event.pk not in self.simulated:
            return "no pick: not simulated"
        return "no pick: no edge"


def _said(event: Event, picks: int, silence: _Silence, at: datetime) -> str:
    if event.status in _CALLED_OFF:
        called_off = _CALLED_OFF[event.status]
        return f"{formats.plural(picks, 'pick')}, {called_off}" if picks else called_off
    said = formats.plural(picks, "pick") if picks else silence.why(event, at)
    if event.status == EventStatus.FINAL:
        return f"{said}, final"
    return f"{said}, in play" if event.begins_at <= at else said


def _lines(ids: Sequence[UUID], at: datetime) -> Mapping[tuple[UUID, str], str]:
    """The line that the books agree on, of the home side and of the total."""
    shown = {
        pk: (event_id, market)
        for pk, event_id, market, side in Selection.objects.filter(
            event__in=ids, market_type__in=_SHOWN, participant=""
        ).values_list("pk", "event_id", "market_type", "side")
        if _SHOWN[market] == side
    }
    found = Consensus.objects.newest(shown, by=at).values_list("selection_id", "line")
    return {
        shown[pk]: formats.column_line(shown[pk][1], line) for pk, line in found if line is not None
    }
