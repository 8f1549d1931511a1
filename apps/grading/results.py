"""What subscribers are told of how picks ended: the grade, the close, the record with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Min

from apps.grading.models import Grade
from apps.grading.record import record
from apps.picks.kinds import Channel
from apps.picks.models import Delivery, LineTracking, Pick

_CORRECTIONS = frozenset({"RESULT_CORRECTED", "REGRADED", "OVERRIDDEN"})
_TOLD = (*("pick_id", "revision_no", "outcome", "reason", "profit", "home_score", "away_score"),)


def facts_of(pick_ids: Sequence[UUID], at: datetime) -> dict[UUID, dict[str, Any]]:
    """Describe the current grades of those of these picks of which anybody was told."""
    told = set(
        Delivery.objects.filter(pick_id__in=pick_ids)
        .exclude(channel=Channel.APP)
        .values_list("pick_id", flat=True)
    )
    if not told:
        return {}
    rows = Grade.objects.current().filter(pick_id__in=told).values(*_TOLD)
    tracked = {row.pk: row for row in LineTracking.objects.filter(pick_id__in=told)}
    standing = _standing()
    return {
        row["pick_id"]: {
            "at": at.isoformat(),
            "outcome": str(row["outcome"]),
            "reason": row["reason"],
            "profit": str(row["profit"]),
            "home_score": row["home_score"],
            "away_score": row["away_score"],
            "revision": row["revision_no"],
            "corrected": row["reason"] in _CORRECTIONS and row["revision_no"] > 1,
            "record": standing,
            **_close_of(tracked.get(row["pick_id"])),
        }
        for row in rows
    }


def _standing() -> dict[str, Any]:
    """The record with these grades in it, as it is counted everywhere."""
    found = record()
    since: datetime | None = Pick.objects.seen().aggregate(first=Min("published_at"))["first"]
    return {
        "won": found.won,
        "lost": found.lost,
        "pushed": found.pushed,
        "void": found.void,
        "since": None if since is None else since.isoformat(),
    }


def _close_of(row: LineTracking | None) -> dict[str, Any]:
    if row is None or row.completed_at is None:
        return {}
    return {
        "close_line": _text(row.close_line),
        "close_price": _text(row.close_price),
        "close_missing": row.close_missing,
        "clv_ev": row.clv_ev,
        "clv_points": _text(row.clv_points),
        "clv_missing": row.clv_missing,
    }


def _text(x: Any) -> str | None:
    return None if x is None else str(x)
