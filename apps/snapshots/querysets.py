"""Every question asked about feeds, polls, quotes, consensus and results."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.apps import apps as installed
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from apps.core.append_only import AppendOnlyQuerySet
from apps.rulebook.markets import EventStatus
from apps.snapshots.providers.ports import READABLE

_A_WEEK = timedelta(days=7)  # what a feed did before that is looked for among its polls
_SECOND = Value(timedelta(seconds=1), output_field=models.DurationField())


def _seconds(column: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(column) * _SECOND, output_field=models.DurationField())


def _counted(rows: models.QuerySet[Any]) -> Coalesce:
    """How many rows a question about an outer row finds."""
    return Coalesce(Subquery(rows.values("feed").annotate(n=Count("pk")).values("n")), 0)


class FeedQuerySet(models.QuerySet[Any]):
    def enabled(self) -> Self:
        return self.filter(enabled=True, league__status="ACTIVE")

    def due(self, at: datetime) -> Self:
        """Feeds whose next poll's time has come, in a stable order."""
        return self.enabled().filter(next_due_at__lte=at).order_by("next_due_at", "id")

    def with_health(self, at: datetime) -> Self:
        """Annotate how each feed is, from its polls.

        ``heard_at`` and ``moved_at``: when something readable came, and something new, in the last
        week; ``polls_lately`` and ``failed_lately``: calls of the last day.
        """
        polls = self.model._meta.get_field("polls").related_model._default_manager.filter(
            feed=OuterRef("pk"), captured_at__range=(at - _A_WEEK, at)
        )
        readings = polls.model._meta.get_field("readings").related_model._default_manager
        moved = readings.filter(
            Q(written__gt=0) | Q(withdrawn__gt=0),
            poll__feed=OuterRef("pk"),
            poll__captured_at__range=(at - _A_WEEK, at),
        )
        lately = polls.filter(captured_at__gt=at - timedelta(days=1)).order_by()
        return self.annotate(
            heard_at=Subquery(polls.readable().order_by("-captured_at").values("captured_at")[:1]),
            moved_at=Subquery(moved.order_by("-poll__captured_at").values("poll__captured_at")[:1]),
            polls_lately=_counted(lately),
            failed_lately=_counted(lately.exclude(outcome__in=READABLE)),
        )

    def with_breakers(self) -> Self:
        """Annotate ``provider_alone_since`` and ``league_alone_since``: since when nobody asks.

        The provider at all, or about the league. The platform's alone: no tenant reads accounts.
        """
        return self.annotate(
            provider_alone_since=self._alone_since("ProviderAccount"),
            league_alone_since=self._alone_since("LeagueBreaker", league=OuterRef("league")),
        )

    def _alone_since(self, breaker: str, **of: OuterRef) -> Subquery:
        model = installed.get_model("snapshots", breaker)
        rows = model._default_manager.filter(adapter=OuterRef("adapter"), **of)
        return Subquery(rows.values("opened_at")[:1])


class ProviderPollQuerySet(AppendOnlyQuerySet):
    def readable(self) -> Self:
        """Polls that brought a body."""
        return self.filter(outcome__in=READABLE)

    def unread(self) -> Self:
        """Bodies that nobody has read yet: no receipt of any reader's, oldest first.

        Each feed knows up to where nothing waits, so that the past is not looked through at
        every beat. A new reader version does not ask for the past again; re-reading is an action
        of its own.
        """
        reading = self.model._meta.get_field("readings").related_model
        receipts = reading._default_manager.filter(poll=OuterRef("pk"))
        ahead = Q(feed__read_through__isnull=True) | Q(captured_at__gt=F("feed__read_through"))
        return self.readable().filter(ahead, ~Exists(receipts)).order_by("captured_at", "feed_id")

    def captured_by(self, at: datetime) -> Self:
        return self.filter(captured_at__lte=at)


class RawPayloadQuerySet(AppendOnlyQuerySet):
    pass


class PayloadReadingQuerySet(AppendOnlyQuerySet):
    def refused(self) -> Self:
        """Bodies in which nothing could be read."""
        return self.exclude(refused_code="")


class QuarantinedRowQuerySet(AppendOnlyQuerySet):
    def of_event(self, source_event_id: str) -> Self:
        return self.filter(source_event_id=source_event_id)


class MarketSnapshotQuerySet(AppendOnlyQuerySet):
    def of(self, selection_id: int) -> Self:
        """Every change of a selection, oldest first."""
        return self.filter(selection_id=selection_id).order_by("observed_at", "seq", "book_id")

    def open(self) -> Self:
        return self.filter(status="OPEN")

    def first_of_each_book(self, selection_ids: Iterable[int]) -> Self:
        """The opening quote of each selection and book."""
        return (
            self.open()
            .filter(selection_id__in=list(selection_ids))
            .order_by("selection_id", "book_id", "observed_at", "seq")
            .distinct("selection_id", "book_id")
        )


# When a quote was seen last: as recently as its game, or until its game was shown without it.
# A statement that reads ``latest_quote AS quote`` by itself joins ``sighting`` and says the same.
LAST_SEEN = "coalesce(quote.seen_until, sighting.seen_at)"
OF_SIGHTING = "(sighting.feed_id, sighting.event_id) = (quote.feed_id, quote.event_id)"


class LatestQuoteQuerySet(models.QuerySet[Any]):
    def of_events(self, event_ids: Iterable[UUID]) -> Self:
        return self.filter(event_id__in=list(event_ids))

    def open(self) -> Self:
        """On the board now: neither suspended nor absent."""
        return self.filter(status="OPEN")

    def pre_game(self) -> Self:
        """Quotes whose newest poll was before their game."""
        return self.filter(pre_game=True)

    def sportsbooks(self) -> Self:
        return self.filter(book__kind="SPORTSBOOK", book__status="ACTIVE")

    def with_age(self, at: datetime) -> Self:
        """Annotate ``age``: how long ago the quote was last seen."""
        age = ExpressionWrapper(Value(at) - F("last_seen_at"), output_field=models.DurationField())
        return self.annotate(age=age)

    def fresh(self, at: datetime) -> Self:
        """Not older than its feed's max_quote_age."""
        return self.filter(last_seen_at__gte=Value(at) - _seconds("feed__max_quote_age_s"))

    def stale(self, at: datetime) -> Self:
        return self.filter(last_seen_at__lt=Value(at) - _seconds("feed__max_quote_age_s"))

    def gone_too_long(self, at: datetime) -> Self:
        """Suspended or absent for longer than the feed's max_quote_age."""
        return self.exclude(status="OPEN").filter(
            status_since__lt=Value(at) - _seconds("feed__max_quote_age_s")
        )

    def with_close(self) -> Self:
        """Annotate the last pre-game quote as ``close_*``; null where there was none.

        ``close_age`` is how long before the game began it was seen last, and ``close_in_time``
        whether that is within the feed's max_close_age, and nothing of it at or after the
        beginning: what ``rulebook.clv.choose_close`` says, and a property test holds them equal. A
        suspended market keeps the quote it had before, so that its age alone decides.
        """

        def either(column: str) -> Case:
            return Case(
                When(pre_game=True, then=F(column)),
                default=F(f"closing_{column}"),
                output_field=self.model._meta.get_field(f"closing_{column}"),
            )

        closes = self.annotate(
            close_line=either("line"),
            close_price=either("price_decimal"),
            close_price_american=either("price_american"),
            close_observed_at=either("observed_at"),
            close_seq=either("seq"),
            close_last_seen_at=either("last_seen_at"),
            close_poll_id=Case(
                When(pre_game=True, then=F("poll_id")),
                default=F("closing_poll_id"),
                output_field=models.BigIntegerField(),
            ),
        )
        closes = closes.annotate(
            close_age=ExpressionWrapper(
                F("event__begins_at") - F("close_last_seen_at"),
                output_field=models.DurationField(),
            )
        )
        return closes.annotate(
            close_in_time=Q(close_age__gt=timedelta(0))
            & Q(close_observed_at__lt=F("event__begins_at"))
            & Q(close_age__lte=_seconds("feed__max_close_age_s"))
        )

    def of_outer_feed(self, at: datetime) -> Self:
        """For a question about feeds: open quotes of games ahead, found by league and game."""
        return self.open().filter(
            event__league=OuterRef("league"),
            event__status=EventStatus.SCHEDULED.value,
            event__begins_at__gt=at,
            feed=OuterRef("pk"),
        )

    def closing(self) -> Self:
        """Quotes that had a pre-game price at all, with their ``close_*``."""
        return self.with_close().filter(close_last_seen_at__isnull=False)


class LastSeenManager(models.Manager[Any]):
    """Newest quotes, each with its ``last_seen_at``."""

    def get_queryset(self) -> Any:
        last_seen_at = Coalesce("seen_until", "sighting__seen_at")
        return super().get_queryset().annotate(last_seen_at=last_seen_at)


class ConsensusQuerySet(AppendOnlyQuerySet):
    def newest(self, selection_ids: Iterable[int], *, by: datetime) -> Self:
        """What was in force at ``by`` for each selection, gaps included."""
        return (
            self.filter(selection_id__in=list(selection_ids), captured_at__lte=by)
            .order_by("selection_id", "-captured_at", "-id")
            .distinct("selection_id")
        )

    def closing(self, event_ids: Iterable[UUID]) -> Self:
        """What was in force for each selection when its game began, gaps included.

        Rows are made of pre-game polls only, so the newest is the close; whether it is recent
        enough, the ages of the quotes behind it say (``LatestQuote.objects.closing``).
        """
        return (
            self.filter(event_id__in=list(event_ids))
            .order_by("selection_id", "-captured_at", "-id")
            .distinct("selection_id")
        )


class InjuryReportQuerySet(AppendOnlyQuerySet):
    def newest(self) -> Self:
        """The newest word of each provider on each player."""
        return self.order_by("team_id", "player", "provider", "-captured_at", "-id").distinct(
            "team_id", "player", "provider"
        )


class ResultSnapshotQuerySet(AppendOnlyQuerySet):
    def believed(self) -> Self:
        return self.filter(status="FINAL")

    def current(self) -> Self:
        """The newest word on each event, SUSPECT or not."""
        return self.order_by("event_id", "-captured_at", "-id").distinct("event_id")

    def current_of(self, event_ids: Iterable[UUID]) -> Self:
        return self.filter(event_id__in=list(event_ids)).current()
