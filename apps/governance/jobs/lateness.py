"""Which jobs are late against their own schedule: the dead-man switch.

A job that fails at every turn is as late as one that does not run. Machine time throughout: this
is about the clock on the wall, so only the database's is asked. Where nobody watched (the whole
stack was down, a laptop slept) nobody was late: waiting is counted from when the watch began.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from celery.schedules import crontab
from django.db.models import Q
from django_celery_beat.models import PeriodicTask

from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.tenancy import PUBLIC, active_schemas
from apps.governance import alerts
from apps.governance.switches import GLOBAL
from apps.rulebook.alerts import AlertKind

WATCH = "governance.watch_jobs"
GRACE = timedelta(minutes=1)  # beyond three turns: late
LONG = timedelta(minutes=10)  # beyond six turns: blind
# Without these nobody knows what is true of what is published; the others may wait for a person.
_BLIND_WITHOUT = ("snapshots.", "simulations.", "picks.", "grading.", "governance.")
_WALKS = ("picks.", "grading.")  # through the tenants: without one there is nothing to be done
_CRONTAB = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")
NEVER = timedelta(0)  # the 31st of February
_GAP = timedelta(minutes=4)  # the watch is unbroken where its turns lie closer together


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look at the schedule found."""

    jobs: int = 0
    late: int = 0
    recovered: int = 0


@dataclass(frozen=True, slots=True)
class Lateness:
    """A job of the schedule, how often it strikes at least, and how long it has not been done."""

    job: str
    every: timedelta
    waited: timedelta
    last_done_at: datetime | None

    @property
    def is_late(self) -> bool:
        return self.waited > 3 * self.every + GRACE

    @property
    def blinds(self) -> bool:
        """So late that publishing goes on without anybody looking."""
        return self.job.startswith(_BLIND_WITHOUT) and self.waited > 6 * self.every + LONG

    def __str__(self) -> str:
        told = f"{self.last_done_at:%Y-%m-%d %H:%M} UTC" if self.last_done_at else "never"
        every = self.every.total_seconds()
        rhythm = f"runs every {every:.0f} s" if every else "is to run at times that never come"
        return (
            f"{self.job} {rhythm}; last done {told},"
            f" {self.waited.total_seconds() / 60:.0f} min without it."
        )


def watch_jobs(*, by: Actor, at: datetime) -> Watched:
    """Open JOB_MISSED for every job that is late, and end it for those that run again."""
    jobs = lateness()
    late = [job for job in jobs if job.is_late]
    for job in late:
        alerts.raise_alert(
            AlertKind.JOB_MISSED,
            scope=GLOBAL,
            key=job.job,
            step=1 if job.blinds else 0,
            detail=str(job),
            payload={"every_s": job.every.total_seconds(), "waited_s": job.waited.total_seconds()},
            by=by,
            at=at,
        )
    recovered = alerts.recover([AlertKind.JOB_MISSED, AlertKind.HEARTBEAT_LOST], by=by, at=at)
    return Watched(jobs=len(jobs), late=len(late), recovered=recovered)


@cache
def longest_pause(
    minute: str = "*",
    hour: str = "*",
    day_of_week: str = "*",
    day_of_month: str = "*",
    month_of_year: str = "*",
) -> timedelta:
    """How long a job waits at most that strikes at these times: over a night, over a weekend.

    Told from the strikes of a week, or from three where they are further apart. Times that never
    come leave no pause: their job is late at once, and the watch over the others goes on.
    """
    try:
        times = crontab(minute, hour, day_of_week, day_of_month, month_of_year)
    except ValueError:
        return NEVER
    struck = began = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, and far from any leap
    pauses: list[timedelta] = []
    while struck - began < timedelta(days=8) or len(pauses) < 3:
        since, rest, _ = times.remaining_delta(struck)
        following = since + rest
        pauses.append(following - struck)
        struck = following
    # The first one begins at no strike.
    return max(pauses[1:])


def lateness() -> list[Lateness]:
    """Hold every job that beats against its schedule, as operators retimed it."""
    every = {
        entry.task: (
            longest_pause(*(getattr(entry.crontab, part) for part in _CRONTAB))
            if entry.crontab
            else entry.interval.schedule.run_every
        )
        for entry in PeriodicTask.objects.filter(enabled=True)
        .filter(Q(interval__isnull=False) | Q(crontab__isnull=False))
        .exclude(one_off=True)
        .select_related("interval", "crontab")
        .order_by("task")
    }
    if not active_schemas():
        every = {job: turn for job, turn in every.items() if not job.startswith(_WALKS)}
    if not every:
        return []
    longest = max(every.values())
    rows = fetch_all(
        # The beginning of the newest unbroken watch: the last turn that none preceded closely.
        "WITH turns AS (SELECT started_at, lag(started_at) OVER (ORDER BY started_at) AS before"
        " FROM job_run WHERE job = %s AND tenant_schema = %s"
        " AND started_at > clock_timestamp() - %s),"
        " watch AS (SELECT coalesce(max(started_at), clock_timestamp()) AS since FROM turns"
        " WHERE before IS NULL OR started_at - before > %s)"
        " SELECT asked.job, done.at,"
        " clock_timestamp() - greatest(coalesce(done.at, watch.since), watch.since)"
        " FROM watch, unnest(%s::text[]) AS asked (job) LEFT JOIN LATERAL ("
        # A job that walks the tenants leaves a receipt with each: it ran when one of them has it.
        "SELECT max(finished_at) AS at FROM job_run WHERE job_run.job = asked.job"
        " AND outcome = 'DONE'"
        " AND started_at > clock_timestamp() - %s) AS done ON true ORDER BY asked.job",
        [
            WATCH,
            PUBLIC,
            7 * longest + 2 * LONG,
            max(_GAP, 4 * every.get(WATCH, timedelta(0))),
            list(every),
            7 * longest + 2 * LONG,
        ],
    )
    return [
        Lateness(job=job, every=every[job], waited=waited, last_done_at=done)
        for job, done, waited in rows
    ]
