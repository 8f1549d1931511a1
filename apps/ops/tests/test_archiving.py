"""Days are made ahead, put away when they are over, read back, and dropped; nothing is lost."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.core import archive, days
from apps.core.archive import ArchiveUnsound, NotArchived
from apps.core.days import Partition
from apps.core.db import fetch_all
from apps.governance.models import AuditEntry, OpsAlert
from apps.ops.actions import archive_days, drop_days
from apps.ops.ahead import make_week
from apps.ops.models import ArchivedDay
from apps.ops.setup import DAYS_AHEAD
from apps.snapshots import actions as snapshots
from apps.snapshots.actions import payloads
from apps.snapshots.models import LatestQuote, MarketSnapshot, RawBody, RawPayload
from apps.snapshots.tests.factories import (
    CLOCK,
    GOLDEN_PRICES,
    LATER,
    NEXT,
    SATURDAY,
    Feeds,
    golden,
    moved,
    receipt_at,
)

STORED = GOLDEN_PRICES - 2  # lay prices are not
DAY = timedelta(days=1)
THAT_DAY = SATURDAY.date()
NEXT_WEEK = SATURDAY + timedelta(days=7)
LONG_AFTER = SATURDAY + timedelta(days=500)
SNAPSHOTS = Partition("market_snapshot", THAT_DAY)
BODIES = Partition("raw_body", THAT_DAY)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """An archive of the test's own, where files can be looked at and spoiled."""
    settings.STORAGES = {
        **settings.STORAGES,
        "archive": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "archive"},
        },
    }
    return tmp_path / "archive"


@pytest.fixture
def played(fresh_database: Any, tmp_path: Path, settings: Any, queued: Any, folder: Path) -> Feeds:
    """Two polls of one Saturday, read into partitions of their own."""
    days.ensure_partitions(THAT_DAY, THAT_DAY)
    feeds = Feeds(folder=tmp_path, settings=settings)
    feeds.odds()
    feeds.show((SATURDAY, golden()), (NEXT, moved()))
    return feeds


def objects_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def guarded() -> set[str]:
    """Tables whose rows cannot be changed, partitions among them."""
    rows = fetch_all("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'rows_stay'")
    return {name for (name,) in rows}


class TestMakeWeek:
    def test_makes_every_day_of_the_week_ahead_of_every_table(self, fresh_database):
        first = make_week(by=CLOCK, at=SATURDAY)

        there = {one.day for one in days.partitions() if one.table == "market_snapshot"}
        wanted = {THAT_DAY + offset * DAY for offset in range(-1, DAYS_AHEAD + 1)}
        assert wanted <= there
        assert first.made == 4 * len(wanted)
        assert make_week(by=CLOCK, at=SATURDAY).made == 0

    def test_gives_rows_without_a_partition_their_own_and_tells_of_it(
        self, fresh_database, tmp_path, settings, queued
    ):
        feeds = Feeds(folder=tmp_path, settings=settings)
        feeds.odds()
        feeds.show((SATURDAY, golden()))  # a day nobody has made
        before = set(MarketSnapshot.objects.values_list("selection_id", "price_decimal"))

        made = make_week(by=CLOCK, at=SATURDAY + 30 * DAY)

        assert made.strays >= STORED + 1  # and the body
        assert {SNAPSHOTS, BODIES} <= set(days.partitions())
        assert days.count_rows(SNAPSHOTS) == STORED
        assert set(MarketSnapshot.objects.values_list("selection_id", "price_decimal")) == before
        assert guarded() >= {"market_snapshot_default", SNAPSHOTS.name}
        alerts = OpsAlert.across_tenants.filter(kind="PARTITION_MISSING")
        assert {"market_snapshot", "raw_body"} <= set(alerts.values_list("key", flat=True))
        assert "from 2025-10-11 to 2025-10-11" in alerts.get(key="market_snapshot").detail
        assert make_week(by=CLOCK, at=SATURDAY + 30 * DAY).strays == 0


class TestArchive:
    def test_puts_a_day_away_that_is_over_and_reads_it_back(self, played, folder):
        too_early = archive_days(by=CLOCK, at=SATURDAY + DAY)
        done = archive_days(by=CLOCK, at=NEXT_WEEK)

        assert not too_early.days
        kept = ArchivedDay.objects.get(table_name="market_snapshot", day=THAT_DAY)
        assert kept.rows == days.count_rows(SNAPSHOTS) == STORED + 2
        text = archive.read(kept.object_name, digest=kept.sha256).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {(int(row["selection_id"]), row["price_american"]) for row in rows} == {
            (row.selection_id, str(row.price_american)) for row in MarketSnapshot.objects.all()
        }
        names = {path.name for path in objects_in(folder / "payloads")}
        assert names == {
            f"{sha}.zst" for sha in RawPayload.objects.values_list("sha256", flat=True)
        }
        assert done.rows == sum(ArchivedDay.objects.values_list("rows", flat=True))
        assert AuditEntry.across_tenants.filter(action="archived_day.archived").count() == done.days

    def test_does_nothing_twice_and_archives_a_day_anew_that_has_grown(self, played, folder):
        archive_days(by=CLOCK, at=NEXT_WEEK)
        before = objects_in(folder)
        again = archive_days(by=CLOCK, at=NEXT_WEEK)

        assert again.days == 0
        assert objects_in(folder) == before
        played.bring_late(SATURDAY - timedelta(minutes=5), moved(6.5, at=SATURDAY))
        snapshots.read_unread(by=CLOCK, at=NEXT_WEEK)
        assert archive_days(by=CLOCK, at=NEXT_WEEK + DAY).days == 2
        assert ArchivedDay.objects.of("market_snapshot", THAT_DAY).count() == 2


class TestDrop:
    def test_waits_for_the_archive_and_keeps_what_is_within_its_time(
        self, played, folder, settings
    ):
        waiting = drop_days(by=CLOCK, at=LONG_AFTER)
        assert waiting.waiting >= 2
        assert {SNAPSHOTS, BODIES} <= set(days.partitions())

        settings.RETENTION_DAYS = {"raw_body": 3}
        archive_days(by=CLOCK, at=NEXT_WEEK)
        drop_days(by=CLOCK, at=NEXT_WEEK)

        there = set(days.partitions())
        assert BODIES not in there
        assert SNAPSHOTS in there
        with pytest.raises(days.DayChanged):
            days.drop(SNAPSHOTS, rows=1)

    def test_lets_go_of_what_was_read_back_and_a_body_is_still_what_came(self, played, folder):
        bodies = {payload.pk: payloads.load(payload.pk) for payload in RawPayload.objects.all()}
        archive_days(by=CLOCK, at=LONG_AFTER)
        days.drop(SNAPSHOTS, rows=STORED + 2)  # by a worker that died before it noted so

        drop_days(by=CLOCK, at=LONG_AFTER)

        assert not {SNAPSHOTS, BODIES} & set(days.partitions())
        assert not RawBody.objects.exists()
        assert {pk: payloads.load(pk) for pk in bodies} == bodies
        assert LatestQuote.objects.count() == STORED
        gone = ArchivedDay.objects.filter(day=THAT_DAY)
        assert set(gone.values_list("dropped_at", flat=True)) == {LONG_AFTER}

    def test_keeps_a_day_whose_object_is_not_what_was_put_away(self, played, folder):
        archive_days(by=CLOCK, at=LONG_AFTER)
        (path,) = objects_in(folder / "days" / "market_snapshot")
        path.write_bytes(path.read_bytes()[:-20])

        with pytest.raises(ArchiveUnsound):
            drop_days(by=CLOCK, at=LONG_AFTER)
        path.unlink()
        with pytest.raises(NotArchived):
            drop_days(by=CLOCK, at=LONG_AFTER)

        assert SNAPSHOTS in days.partitions()


class TestReadingBack:
    @pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"?"), Path.unlink])
    def test_refuses_a_body_that_the_archive_spoiled_or_lost(self, played, folder, spoil):
        played.bring_late(LATER, moved(6.5))
        payload = RawPayload.objects.order_by("-pk")[0]
        archive_days(by=CLOCK, at=LONG_AFTER)
        drop_days(by=CLOCK, at=LONG_AFTER)
        spoil(folder / payloads.object_name(payload.sha256))

        snapshots.read_unread(by=CLOCK, at=LATER)

        assert receipt_at(LATER).refused_code == "PAYLOAD_CORRUPT"
