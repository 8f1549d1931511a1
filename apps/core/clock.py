"""The one place that reads the wall clock. Doors ask it once and pass the answer on as `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock
