"""Every question asked about picks, their changes, closes and deliveries."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import Coalesce

from apps.core.append_only import AppendOnlyQuerySet
from apps.rulebook.lifecycle import PickStatus

# The event of a pick, or the one that it was merged into.
GAME = Coalesce("event__merged_into_id", "event_id")


class PickQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two batches can never deadlock."""
        return self.select_for_update(of=["self"], no_key=True).order_by("pk")

    def waiting(self) -> Self:
        """Proposed and not yet decided upon."""
        return self.filter(status=PickStatus.PROPOSED)

    def live(self) -> Self:
        """Published and neither superseded nor settled: what a subscriber sees today."""
        return self.filter(status=PickStatus.PUBLISHED)

    def ungraded(self) -> Self:
        """Published once and not settled yet, superseded ones too."""
        return self.filter(status__in=[PickStatus.PUBLISHED, PickStatus.SUPERSEDED])

    def seen(self) -> Self:
        """Everything that was ever published: the record, with nothing left out."""
        return self.filter(published_at__isnull=False)

    def about(self, event_ids: Iterable[UUID]) -> Self:
        """Picks on these games or on what was merged into them (``GAME``: on which)."""
        ids = list(event_ids)
        return self.filter(models.Q(event_id__in=ids) | models.Q(event__merged_into__in=ids))

    def of_idea(self, *, event_id: UUID, market_type: str, period: str) -> Self:
        return self.filter(event_id=event_id, market_type=market_type, period=period)

    def with_deliveries(self) -> Self:
        """Annotate ``published_to``, the channels that were told, and ``telegram_message_id``."""
        told = self.model._meta.get_field("deliveries").related_model._default_manager.filter(
            pick=models.OuterRef("pk"), status="SENT"
        )
        return self.annotate(
            published_to=ArraySubquery(told.order_by("channel").values("channel").distinct()),
            telegram_message_id=models.Subquery(
                told.filter(channel="TELEGRAM", kind__in=["NEW", "REPLY"])
                .order_by("due_at")
                .values("message_id")[:1]
            ),
        )

    def with_outcome(self) -> Self:
        """Annotate ``outcome`` and ``profit`` of the current grade; null until there is one."""
        grades = self.model._meta.get_field("grades").related_model._default_manager
        last = grades.filter(pick=models.OuterRef("pk")).order_by("-revision_no")
        return self.annotate(
            outcome=models.Subquery(last.values("outcome")[:1]),
            profit=models.Subquery(last.values("profit")[:1]),
        )

    def unreplaced(self) -> Self:
        """All but proposals that gave way to newer ones before anybody saw them."""
        return self.exclude(expiry_reason="REPLACED")

    def begun(self, at: datetime) -> Self:
        """Whose game has begun, or whose start as known when they were made has passed."""
        return self.filter(models.Q(event__begins_at__lte=at) | models.Q(expires_at__lte=at))


class PickChangeQuerySet(AppendOnlyQuerySet):
    def of_validity(self) -> Self:
        return self.filter(from_status=models.F("to_status"))


class ProposalRoundQuerySet(AppendOnlyQuerySet):
    def under(self, league: str, market_hash: str, model_hash: str) -> Self:
        """Looks at one league's batches under one pair of configurations."""
        return self.filter(
            league=league, market_config_hash=market_hash, model_config_hash=model_hash
        )


class LineTrackingQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        return self.select_for_update(of=["self"]).order_by("pk")

    def open(self) -> Self:
        """Not completed: the game has not begun, or nobody looked yet."""
        return self.filter(completed_at__isnull=True)

    def begun(self, at: datetime) -> Self:
        return self.filter(pick__event__begins_at__lte=at)

    def missed(self) -> Self:
        """Completed without a close, and of games whose start is still the one it was sought at."""
        return self.filter(close_source="MISSING", started_at=models.F("pick__event__begins_at"))


class ParlayQuerySet(models.QuerySet[Any]):
    def locked(self) -> Self:
        """Lock the rows, in key order so that two batches can never deadlock."""
        return self.select_for_update(of=["self"], no_key=True).order_by("pk")

    def made(self) -> Self:
        """Whose legs were found, settled ones too: the record, with nothing left out."""
        return self.exclude(status="NO_VALID_PARLAY")

    def ungraded(self) -> Self:
        return self.filter(status="MADE")

    def ahead(self, at: datetime) -> Self:
        """Made, and none of its games has begun as its start was known then."""
        return self.filter(status="MADE", starts_at__gt=at)

    def with_legs(self) -> Self:
        """Fetch the legs with what names them, in two questions for any number of parlays."""
        legs = self.model._meta.get_field("legs").related_model._default_manager
        return self.select_related("book").prefetch_related(
            models.Prefetch("legs", legs.named().order_by("position"))
        )

    def with_outcome(self) -> Self:
        """Annotate ``outcome`` and ``profit`` of the current grade; null until there is one."""
        grades = self.model._meta.get_field("grades").related_model._default_manager
        last = grades.filter(parlay=models.OuterRef("pk")).order_by("-revision_no")
        return self.annotate(
            outcome=models.Subquery(last.values("outcome")[:1]),
            profit=models.Subquery(last.values("profit")[:1]),
        )


class ParlayLegQuerySet(AppendOnlyQuerySet):
    def named(self) -> Self:
        """With everything that the name of a bet is made of."""
        return self.select_related(
            "pick__event__home", "pick__event__away", "pick__selection", "pick__book"
        )
