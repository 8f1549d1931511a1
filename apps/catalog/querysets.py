"""Every question asked about leagues, teams, events, selections and review items."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce

from apps.catalog.spelling import normalise
from apps.core.append_only import AppendOnlyQuerySet
from apps.rulebook.markets import EventStatus

# Answers after which something can be read that could not be, or belongs elsewhere.
_READ_AGAIN = Q(kind__in=["UNKNOWN_SPELLING", "EVENT_AMBIGUOUS", "EVENT_MERGED"]) | Q(
    kind="MAPPING_DRIFT", decision__has_key="sides"
)
_AHEAD = (EventStatus.SCHEDULED.value, EventStatus.LIVE.value)


class LeagueQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(status="ACTIVE")

    def locked(self, *, wait: bool = True) -> Self:
        """Lock the rows in key order; keys of rows that refer to them stay free.

        Whoever reads what providers say about a league holds its row, so that one transaction
        at a time does. ``wait=False`` leaves out the rows that somebody else holds.
        """
        return self.select_for_update(no_key=True, skip_locked=not wait).order_by("pk")


class TeamQuerySet(models.QuerySet[Any]):
    def of(self, league_id: int) -> Self:
        return self.filter(league_id=league_id)


class TeamAliasQuerySet(models.QuerySet[Any]):
    def of(self, *, provider: str, league_id: int) -> Self:
        return self.filter(provider=provider, league_id=league_id)

    def teams_of(
        self, *, provider: str, league_id: int, spellings: Iterable[str]
    ) -> dict[str, UUID]:
        """Map the known ones of ``spellings`` to teams; the unknown are left out."""
        wanted = {spelling: normalise(spelling) for spelling in spellings}
        rows = self.of(provider=provider, league_id=league_id).filter(
            normalised__in=set(wanted.values())
        )
        known = dict(rows.values_list("normalised", "team_id"))
        return {spelling: known[folded] for spelling, folded in wanted.items() if folded in known}


class BookQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(status="ACTIVE")

    def sportsbooks(self) -> Self:
        """The books that may enter a consensus."""
        return self.active().filter(kind="SPORTSBOOK")


class EventQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two batches can never deadlock."""
        return self.select_for_update(of=["self"], no_key=True).order_by("pk")

    def upcoming(self, at: datetime) -> Self:
        """Not begun at ``at``, neither by the clock nor by a poll that showed it in play."""
        return self.filter(status=EventStatus.SCHEDULED, begins_at__gt=at)

    def begun(self, at: datetime) -> Self:
        """Started by ``at``, whether or not a poll has shown it in play."""
        return self.filter(begins_at__lte=at)

    def in_progress(self, at: datetime) -> Self:
        return self.begun(at).filter(status__in=_AHEAD)

    def final(self) -> Self:
        return self.filter(status=EventStatus.FINAL)

    def with_score(self) -> Self:
        """Annotate ``home_score`` and ``away_score`` of the newest result; null without one."""
        results = self.model._meta.get_field("results").related_model._default_manager
        newest = results.filter(event=models.OuterRef("pk")).order_by("-captured_at", "-id")
        return self.annotate(
            home_score=models.Subquery(newest.values("home_score")[:1]),
            away_score=models.Subquery(newest.values("away_score")[:1]),
        )

    def usable(self) -> Self:
        """Neither frozen by a doubt nor merged into another event."""
        return self.filter(frozen_code="", merged_into__isnull=True)

    def of_sides(self, home_id: UUID, away_id: UUID) -> Self:
        return self.filter(home_id=home_id, away_id=away_id)

    def overdue(self, at: datetime) -> Self:
        """Begun longer ago than the league's longest game, and no final score."""
        length = models.ExpressionWrapper(
            F("league__maximum_minutes")
            * models.Value(timedelta(minutes=1), output_field=models.DurationField()),
            output_field=models.DurationField(),
        )
        return self.in_progress(at).filter(
            begins_at__lte=models.Value(at) - length,
            league__has_scores=True,
            merged_into__isnull=True,
        )

    def on_day(self, league: Any, day: date) -> Self:
        """Events of the league that start on its own calendar day."""
        first, end = league.bounds_of(day)
        return self.filter(league=league, start_time__gte=first, start_time__lt=end)


class EventSourceQuerySet(models.QuerySet[Any]):
    def known(self, *, provider: str, source_event_ids: Iterable[str]) -> Self:
        return self.filter(provider=provider, source_event_id__in=list(source_event_ids))

    def event_ids(self, *, provider: str, source_event_ids: Iterable[str]) -> Mapping[str, UUID]:
        """Map a provider's ids to events: the only way a score finds its game.

        The id of an event that was merged leads to the one that it was merged into.
        """
        rows = self.known(provider=provider, source_event_ids=source_event_ids)
        itself = Coalesce("event__merged_into_id", "event_id")
        return dict(rows.values_list("source_event_id", itself))


class EventScheduleChangeQuerySet(AppendOnlyQuerySet):
    def of(self, event_id: UUID) -> Self:
        return self.filter(event_id=event_id).order_by("captured_at", "id")


class SelectionQuerySet(models.QuerySet[Any]):
    def of_events(self, event_ids: Iterable[UUID]) -> Self:
        return self.filter(event_id__in=list(event_ids))


class SettlementRulesetQuerySet(AppendOnlyQuerySet):
    def in_force(self, at: datetime) -> Self:
        """The newest version of each market whose time had come at ``at``."""
        return (
            self.filter(effective_from__lte=at)
            .order_by("league_id", "market_type", "period", "-version")
            .distinct("league_id", "market_type", "period")
        )

    def of(self, *, league_id: int, market_type: str, period: str) -> Self:
        """Every version of the rules of one market, the newest first."""
        return self.filter(league_id=league_id, market_type=market_type, period=period).order_by(
            "-version"
        )

    def with_standing(self, at: datetime) -> Self:
        """Add ``standing``: IN_FORCE, TO_COME, or REPLACED by a later one that is in force."""
        later = self.model._base_manager.filter(
            league_id=OuterRef("league_id"),
            market_type=OuterRef("market_type"),
            period=OuterRef("period"),
            version__gt=OuterRef("version"),
            effective_from__lte=at,
        )
        return self.annotate(
            standing=Case(
                When(effective_from__gt=at, then=Value("TO_COME")),
                When(Exists(later), then=Value("REPLACED")),
                default=Value("IN_FORCE"),
                output_field=CharField(),
            )
        )


class ReviewItemQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(status="OPEN")

    def explained(self) -> Self:
        """Questions that a person has answered, and what was set aside for them still waits."""
        return self.filter(_READ_AGAIN, status="APPROVED", replayed_at__isnull=True)

    def about(self, *, kind: str, provider: str, league_id: int | None) -> Self:
        return self.filter(Q(kind=kind, provider=provider, league_id=league_id))
