"""What waits for each stage of this room: asked the same way by the action and the counters."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Value,
)

from apps.catalog.models import League
from apps.governance import configs
from apps.picks.deciding import Outlook
from apps.picks.models import LineTracking, ProposalRound
from apps.picks.querysets import LineTrackingQuerySet
from apps.simulations.models import EvaluationBatch, MarketEvaluation
from apps.snapshots.models import FeedKind, PayloadReading, PayloadRereading, ProviderPoll

FILLED_WITHIN = timedelta(days=90)  # of the start: how long a missing close may still be filled


def outlooks(schema: str, at: datetime) -> Iterator[Outlook]:
    """Resolve how a tenant looks at each league that anything was evaluated of.

    A league for which no opinion is in force is left out: nothing is decided for it.
    """
    evaluated = EvaluationBatch.objects.filter(league=OuterRef("pk"))
    for league in League.objects.active().filter(Exists(evaluated)).order_by("code"):
        try:
            opinion = configs.resolve(configs.OPINION, league=league.code, tenant=schema, at=at)
        except configs.ConfigMissing:
            continue
        document = opinion.document
        yield Outlook(
            league=league,
            opinion=opinion,
            market=configs.resolve(
                configs.MARKET, league=league.code, profile=document.market_profile, at=at
            ),
            model=configs.resolve(
                configs.MODEL, league=league.code, profile=document.model_profile, at=at
            ),
        )


def batches_without_a_round(outlook: Outlook, at: datetime) -> QuerySet[Any]:
    """Batches under the tenant's configurations that it has not looked at, oldest first.

    A tenant's first look under a pair of configurations is at the newest batch; from there on it
    looks at all of them. What was evaluated before it came was never meant for it.
    """
    batches = (
        EvaluationBatch.objects.under(
            league_id=outlook.league.pk,
            market_hash=outlook.market.hash,
            model_hash=outlook.model.hash,
        )
        .filter(evaluated_at__lte=at)
        .order_by("captured_at", "poll_id")
    )
    rounds = ProposalRound.objects.under(
        outlook.league.code, outlook.market.hash, outlook.model.hash
    )
    first = rounds.order_by("captured_at").values_list("captured_at", flat=True).first()
    if first is None:
        newest = batches.values_list("pk", flat=True).last()
        return batches.filter(pk=newest)
    looked_at = ProposalRound.objects.filter(batch_id=OuterRef("pk"))
    return batches.filter(~Exists(looked_at), captured_at__gte=first)


def closes_due(at: datetime) -> tuple[LineTrackingQuerySet, int]:
    """Closes that can be taken now, and how many cannot yet.

    A close is taken once, so it waits for the last poll from before the start to be read.
    """
    begun = LineTracking.objects.open().begun(at)
    if not begun.exists():
        return begun.none(), 0
    unread = (
        ProviderPoll.objects.unread()
        .filter(
            feed__kind=FeedKind.ODDS,
            feed__league=OuterRef("pick__event__league"),
            captured_at__lt=OuterRef("pick__event__begins_at"),
        )
        .order_by()
    )
    due = begun.filter(~Exists(unread)).select_related("pick__event")
    return due, begun.filter(Exists(unread)).count()


def closes_missed(at: datetime) -> LineTrackingQuerySet:
    """Closes that were missing, of whose last minutes something was read since then.

    Of games that are not too long ago, so that what is missing for good is not looked at for ever.
    """
    close_age = ExpressionWrapper(
        F("poll__feed__max_close_age_s") * Value(timedelta(seconds=1)), DurationField()
    )
    read, read_again = (
        receipts.annotate(close_age=close_age).filter(
            read_at__gt=OuterRef("completed_at"),
            poll__feed__kind=FeedKind.ODDS,
            poll__feed__league=OuterRef("pick__event__league"),
            poll__captured_at__lt=OuterRef("started_at"),
            poll__captured_at__gte=OuterRef("started_at") - F("close_age"),
        )
        for receipts in (PayloadReading.objects, PayloadRereading.objects)
    )
    missed = LineTracking.objects.missed().filter(
        Exists(read) | Exists(read_again), started_at__gte=at - FILLED_WITHIN
    )
    return missed.select_related("pick__event")


def newest_look_at(pick: Any, outlook: Outlook, at: datetime) -> UUID | None:
    """The newest batch under the tenant's configurations that evaluated a pick's market."""
    batches = EvaluationBatch.objects.under(
        league_id=outlook.league.pk,
        market_hash=outlook.market.hash,
        model_hash=outlook.model.hash,
    ).filter(evaluated_at__lte=at)
    newest: UUID | None = (
        MarketEvaluation.objects.filter(selection_id=pick.selection_id, batch__in=batches)
        .order_by("-batch__captured_at", "-batch__poll_id")
        .values_list("batch_id", flat=True)
        .first()
    )
    return newest
