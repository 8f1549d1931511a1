"""What can happen to replays and to days that are put away. The only writer of their tables."""

from apps.ops.actions.archiving import ArchivedDays, DroppedDays, archive_days, drop_days
from apps.ops.actions.replays import AnotherRecording, enter_instant, finish_replay, open_replay

__all__ = [
    "AnotherRecording",
    "ArchivedDays",
    "DroppedDays",
    "archive_days",
    "drop_days",
    "enter_instant",
    "finish_replay",
    "open_replay",
]
