"""Polls that were read and have no evaluation yet, under one pair of configurations."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from apps.simulations.models import EvaluationBatch
from apps.simulations.querysets import EvaluationBatchQuerySet
from apps.simulations.uses import Use
from apps.snapshots.models import FeedKind, PayloadReading, ProviderPoll

# A second feed of the league may be read a little later than a newer poll of the first.
_LATE = timedelta(hours=1)


def newest_look(use: Use) -> EvaluationBatch | None:
    """The batch that looked at the board last under these configurations."""
    return _batches(use).looked().first()


def polls_waiting(use: Use, *, at: datetime) -> list[ProviderPoll]:
    """Read polls of the league's odds without a batch, the oldest first.

    Configurations that were never evaluated before start with the newest poll alone: what the
    board looked like before somebody chose them is nobody's question.
    """
    batches = _batches(use)
    read = (
        ProviderPoll.objects.readable()
        .captured_by(at)
        .filter(feed__league=use.league, feed__kind=FeedKind.ODDS)
        .filter(Exists(PayloadReading.objects.filter(poll=OuterRef("pk"))))
    )
    newest, first = batches.first(), batches.reverse().first()
    if newest is None or first is None:
        return list(read.select_related("feed").order_by("-captured_at", "-feed_id")[:1])
    receipts = batches.order_by().filter(poll=OuterRef("pk"))
    return list(
        read.filter(captured_at__gt=max(first.captured_at, newest.captured_at - _LATE))
        .filter(~Exists(receipts))
        .select_related("feed")
        .order_by("captured_at", "feed_id")
    )


def count_polls(use: Use, *, at: datetime) -> tuple[int, int]:
    """How many polls are owed a batch by now, and how many have one."""
    made = _batches(use).count()
    return made + len(polls_waiting(use, at=at)), made


def _batches(use: Use) -> EvaluationBatchQuerySet:
    return EvaluationBatch.objects.under(
        league_id=use.league.pk, market_hash=use.market.hash, model_hash=use.model.hash
    )
