"""The dead-man switch: where nobody has looked for alerts for too long, nothing is published.

The gate reads how long ago the watch looked, so that publishing stops without anybody's doing.
Whoever runs after that and finds that work went on meanwhile opens HEARTBEAT_LOST, which turns
publishing off until two people turn it on. Machine time throughout, and only the database's.
"""

from datetime import datetime, timedelta

from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.governance import alerts
from apps.governance.jobs.lateness import WATCH
from apps.governance.switches import GLOBAL
from apps.rulebook.alerts import AlertKind

LIMIT = timedelta(minutes=5)  # five turns of the watch


def arm(limit: timedelta = LIMIT) -> None:
    """Expect the watch to look from now on: a clock was installed, or is about to start."""
    execute(
        "INSERT INTO heartbeat (name, beaten_at, limit_s) VALUES (%s, clock_timestamp(), %s)"
        " ON CONFLICT (name) DO UPDATE"
        " SET beaten_at = EXCLUDED.beaten_at, limit_s = EXCLUDED.limit_s",
        [WATCH, int(limit.total_seconds())],
    )


def beat() -> None:
    """Note that the watch has looked; nothing where no clock was installed."""
    execute("UPDATE heartbeat SET beaten_at = clock_timestamp() WHERE name = %s", [WATCH])


def look_for_lost(*, by: Actor, at: datetime) -> bool:
    """Open HEARTBEAT_LOST where others went on working while nobody watched; was it so?

    Where everything stood still, as on a machine that slept or was off, nothing was done
    unwatched: only work that began later than the limit after the last look counts, and it has
    to have gone on for as long as a watch that starts with it may take to look.
    """
    lost = fetch_all(
        "SELECT beat.name, beat.beaten_at, clock_timestamp() - beat.beaten_at,"
        " make_interval(secs => beat.limit_s), work.job FROM heartbeat AS beat"
        " CROSS JOIN LATERAL (SELECT run.job FROM job_run AS run"
        " WHERE run.job <> beat.name"
        " AND run.started_at > beat.beaten_at + make_interval(secs => beat.limit_s)"
        " AND run.started_at < clock_timestamp() - make_interval(secs => beat.limit_s)"
        " ORDER BY run.started_at LIMIT 1) AS work"
    )
    for name, beaten_at, silent_for, limit, job in lost:
        alerts.raise_alert(
            AlertKind.HEARTBEAT_LOST,
            scope=GLOBAL,
            key=name,
            detail=f"{name} looked last at {beaten_at:%Y-%m-%d %H:%M:%S} UTC,"
            f" {silent_for.total_seconds() / 60:.0f} min ago (limit"
            f" {limit.total_seconds() / 60:.0f}); {job} went on meanwhile.",
            payload={"silent_s": round(silent_for.total_seconds()), "went_on": job},
            by=by,
            at=at,
        )
    return bool(lost)
