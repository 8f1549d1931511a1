"""Every question asked about models, ratings, runs and evaluations."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self
from uuid import UUID

from apps.core.append_only import AppendOnlyQuerySet


class ModelReportQuerySet(AppendOnlyQuerySet):
    def in_force(self, at: datetime) -> Self:
        """The newest word on each market of each model."""
        return (
            self.filter(reported_at__lte=at)
            .order_by("model_version_id", "market_type", "-reported_at", "-id")
            .distinct("model_version_id", "market_type")
        )


class RatingDayQuerySet(AppendOnlyQuerySet):
    def of(self, model_version_id: int) -> Self:
        return self.filter(model_version_id=model_version_id)

    def current(self) -> Self:
        """The newest revision of each league day, the oldest day first."""
        return self.order_by("model_version_id", "league_day", "-revision").distinct(
            "model_version_id", "league_day"
        )

    def before(self, model_version_id: int, day: date) -> Self:
        """What was known on the morning of a day: the newest revision of the last one before."""
        return (
            self.of(model_version_id)
            .filter(league_day__lt=day)
            .order_by("-league_day", "-revision")
        )


class RatedGameQuerySet(AppendOnlyQuerySet):
    def current(self, model_version_id: int) -> Self:
        """What was learned last from each event."""
        return (
            self.filter(rating_day__model_version_id=model_version_id)
            .order_by("event_id", "-rating_day_id")
            .distinct("event_id")
        )


class TeamRatingQuerySet(AppendOnlyQuerySet):
    def newest(self, model_version_id: int) -> Self:
        """The last known strength of every team."""
        return (
            self.filter(rating_day__model_version_id=model_version_id)
            .order_by("team_id", "-rating_day__league_day", "-rating_day_id")
            .distinct("team_id")
        )


class SimulationRunQuerySet(AppendOnlyQuerySet):
    def done(self) -> Self:
        """Runs from which a line may be priced."""
        return self.filter(status="DONE")

    def of_events(self, event_ids: Iterable[UUID]) -> Self:
        return self.filter(event_id__in=list(event_ids))


class EvaluationBatchQuerySet(AppendOnlyQuerySet):
    def under(self, *, league_id: int, market_hash: str, model_hash: str) -> Self:
        """The receipts of one league under one pair of configurations, the newest first."""
        return self.filter(
            league_id=league_id, market_config_hash=market_hash, model_config_hash=model_hash
        ).order_by("-captured_at", "-poll_id")

    def looked(self) -> Self:
        """Batches that looked at the board: not only a receipt for a poll that was overtaken."""
        return self.filter(overtaken=False)


class MarketEvaluationQuerySet(AppendOnlyQuerySet):
    def of_batch(self, batch_id: UUID) -> Self:
        return self.filter(batch_id=batch_id)
