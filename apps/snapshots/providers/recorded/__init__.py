"""Recordings that answer like providers: what came then, as it came, at the time it came."""

from apps.snapshots.providers.recorded.archive import RecordedArchive
from apps.snapshots.providers.recorded.bodies import RecordedBodies
from apps.snapshots.providers.recorded.changelog import ChangeLog, RecordedOdds
from apps.snapshots.providers.recorded.results import RecordedResults

__all__ = ["ChangeLog", "RecordedArchive", "RecordedBodies", "RecordedOdds", "RecordedResults"]
