"""How far a stage of the pipeline has got, and what it did in the last day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, IntegerField, QuerySet, Value

HOURS = 24


@dataclass(frozen=True, slots=True)
class StageCount:
    """Units of work of one stage.

    ``due`` is everything that ought to have an outcome by now, ``done`` what has one
    (an outcome with a reason why not counts as done). What waits is the difference, and
    ``oldest_at`` is since when the unit waits that waits longest; counts are equal without it.
    """

    due: int
    done: int
    oldest_at: datetime | None = field(default=None, compare=False)

    @property
    def waiting(self) -> int:
        return self.due - self.done


def total(counts: list[StageCount]) -> StageCount:
    """Add up the counts of one stage over leagues, configurations or tenants."""
    return StageCount(
        due=sum(count.due for count in counts),
        done=sum(count.done for count in counts),
        oldest_at=min((count.oldest_at for count in counts if count.oldest_at), default=None),
    )


def by_hour(rows: QuerySet[Any], column: str, at: datetime) -> list[int]:
    """Count rows in each of the 24 hours before ``at``, the oldest hour first."""
    ago = Func(
        Value(at) - F(column),
        template="floor(extract(epoch FROM %(expressions)s) / 3600)::int",
        output_field=IntegerField(),
    )
    counted = dict(
        rows.filter(**{f"{column}__gt": at - timedelta(hours=HOURS), f"{column}__lte": at})
        .order_by()
        .values_list(ago)
        .annotate(n=Count("pk"))
    )
    return [counted.get(hour, 0) for hour in reversed(range(HOURS))]
