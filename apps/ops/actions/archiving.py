"""Days of the great tables: put away, checked, and dropped once their time is over.

Two steps, so that each may fail and be made up for. A day that is over is archived: bodies one
object each, under their hash, every other table as one CSV. A day past its retention is dropped,
if an object that was just read back holds exactly the rows that it has. The only writer of
``archived_day``.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from apps.core import archive, days
from apps.core.actor import Actor
from apps.core.days import Partition
from apps.governance import audit
from apps.ops.models import ArchivedDay
from apps.snapshots.actions import payloads
from apps.snapshots.models import RawBody

BODIES = RawBody._meta.db_table
# A late poll may still bring something for yesterday.
SETTLED_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class ArchivedDays:
    """What one round of archiving did."""

    days: int = 0
    rows: int = 0
    bytes: int = 0  # as they lie in the archive


@dataclass(frozen=True, slots=True)
class DroppedDays:
    """What one round of retention did."""

    dropped: int = 0
    waiting: int = 0  # past their time, and not archived as they are now, or in use


def archive_days(*, by: Actor, at: datetime) -> ArchivedDays:
    """Archive every day that is over and holds rows which no archived object has.

    A day that has grown since, because history was fetched into it, is archived anew.
    """
    before = (at - SETTLED_AFTER).date()
    archived = [
        _archive(partition, rows, by=by, at=at)
        for partition in days.partitions()
        if partition.day < before
        and (rows := days.count_rows(partition))
        and not _holds(partition, rows)
    ]
    return ArchivedDays(
        days=len(archived),
        rows=sum(day.rows for day in archived),
        bytes=sum(day.stored_size for day in archived),
    )


def drop_days(*, by: Actor, at: datetime) -> DroppedDays:
    """Drop every day past its table's retention whose archived object was just read back.

    A day that stood empty is dropped as it is. How long each table is kept is a setting; a table
    that it does not name is kept for ever.

    Raises:
        archive.ArchiveUnsound, archive.NotArchived: an object is not what was put away.
    """
    dropped = waiting = 0
    there = days.partitions()
    _note_what_is_gone(there, by=by, at=at)
    for partition in there:
        if not _is_past(partition, at.date()):
            continue
        rows = days.count_rows(partition)
        held = _holds(partition, rows)
        if rows and held is None:
            waiting += 1
            continue
        if held is not None:
            _require_sound(held)
        try:
            days.drop(partition, rows=rows)
        except (days.DayBusy, days.DayChanged):
            waiting += 1
            continue
        dropped += 1
        _note_dropped(partition, by=by, at=at)
    return DroppedDays(dropped=dropped, waiting=waiting)


def _is_past(partition: Partition, today: date) -> bool:
    kept = settings.RETENTION_DAYS.get(partition.table)
    return kept is not None and partition.day < today - timedelta(days=kept)


def _holds(partition: Partition, rows: int) -> ArchivedDay | None:
    """The object with all rows that the day has now: rows are only ever added to a day."""
    newest = ArchivedDay.objects.of(partition.table, partition.day).first()
    return newest if newest is not None and newest.rows == rows else None


def _archive(partition: Partition, rows: int, *, by: Actor, at: datetime) -> ArchivedDay:
    if partition.table == BODIES:
        day = _archive_bodies(partition)
    else:
        with archive.pack(days.copy_out(partition)) as packed:
            name = f"days/{partition.table}/{partition.day:%Y%m%d}-{packed.sha256[:12]}.csv.zst"
            archive.put(name, packed.file, digest=packed.sha256)
        day = ArchivedDay(
            object_name=name,
            rows=rows,
            size=packed.size,
            stored_size=packed.stored_size,
            sha256=packed.sha256,
        )
    day.table_name, day.day, day.archived_at = partition.table, partition.day, at
    with transaction.atomic():
        day.save(force_insert=True)
        audit.record("archived_day.archived", day, by=by, at=at)
    return day


def _archive_bodies(partition: Partition) -> ArchivedDay:
    """Put every body of a day away under its own hash, and sum up which those were."""
    rows = size = stored = 0
    digest = sha256()
    for body in _bodies_of(partition):
        archive.put(payloads.object_name(body.sha256), io.BytesIO(body.packed), digest=body.sha256)
        digest.update(body.sha256.encode())
        rows, size, stored = rows + 1, size + body.size, stored + len(body.packed)
    return ArchivedDay(
        object_name="payloads/", rows=rows, size=size, stored_size=stored, sha256=digest.hexdigest()
    )


def _bodies_of(partition: Partition) -> Iterator[payloads.StoredBody]:
    first, end = partition.bounds()
    return payloads.stored_between(first, end)


def _require_sound(day: ArchivedDay) -> None:
    if day.table_name != BODIES:
        archive.require_sound(day.object_name, digest=day.sha256)
        return
    for body in _bodies_of(Partition(day.table_name, day.day)):
        archive.require_sound(payloads.object_name(body.sha256), digest=body.sha256)


def _note_what_is_gone(there: list[Partition], *, by: Actor, at: datetime) -> None:
    """Finish what a worker began that died between the drop and its note."""
    named = {(one.table, one.day) for one in there}
    for table, day in ArchivedDay.objects.kept().values_list("table_name", "day").distinct():
        if (table, day) not in named:
            _note_dropped(Partition(table, day), by=by, at=at)


@transaction.atomic
def _note_dropped(partition: Partition, *, by: Actor, at: datetime) -> None:
    for day in ArchivedDay.objects.of(partition.table, partition.day).kept().locked():
        with audit.recording("archived_day.dropped", day, by=by, at=at):
            day.dropped_at = at
            day.save(update_fields=["dropped_at"])
