"""P2: write every price of one poll, four thousand rows.

The limit is COPY of ready tuples into the same table, and nothing else. The peer is the ORM's
bulk_create. Ours is the room's own writer, which also settles what happens when an instant has a
value already. Every turn is rolled back.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from benchmarks.harness import Row, at_least, interleaved
from benchmarks.stored import stored_league

UNSEEN = timedelta(microseconds=1)


def run() -> list[Row]:
    stored_league()

    from django.db import connection, transaction

    from apps.core.db import copy_rows
    from apps.snapshots.actions import snapshot_rows
    from apps.snapshots.actions.shown import Quote
    from apps.snapshots.actions.snapshot_rows import SnapshotRow
    from apps.snapshots.models import MarketSnapshot

    columns = [
        field.attname for field in MarketSnapshot._meta.concrete_fields if field.name != "pk"
    ]
    tuples = list(MarketSnapshot.objects.values_list(*columns))
    as_read = [dict(zip(columns, one, strict=True)) for one in tuples]

    # As if nothing were stored: instants that no row has.
    at = columns.index("observed_at")
    tuples = [(*one[:at], one[at] + UNSEEN, *one[at + 1 :]) for one in tuples]
    poll_id = as_read[0]["poll_id"]
    quotes = [
        Quote(
            row["selection_id"],
            row["book_id"],
            True,
            row["line"],
            row["price_decimal"],
            row["price_american"],
            row["observed_at"] + UNSEEN,
            uuid4(),
        )
        for row in as_read
    ]

    def undone(work: Any) -> Any:
        def turn() -> None:
            with transaction.atomic():
                work()
                transaction.set_rollback(True)

        return turn

    def ours() -> None:
        snapshot_rows.store([SnapshotRow.of(quote, poll_id) for quote in quotes])

    def limit() -> None:
        copy_rows(MarketSnapshot._meta.db_table, columns, tuples)

    def peer() -> None:
        MarketSnapshot.objects.bulk_create(
            [
                MarketSnapshot(**{**row, "observed_at": row["observed_at"] + UNSEEN})
                for row in as_read
            ]
        )

    samples = interleaved(
        {"ours": undone(ours), "limit": undone(limit), "peer": undone(peer)}, rounds=15
    )
    connection.close()
    return [
        Row(
            f"write a poll, {len(tuples):,} rows",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(
                at_least(0.8, samples.ratio("limit", "ours"), "the rate of COPY"),
                at_least(2, samples.ratio("peer", "ours"), "faster than bulk_create"),
            ),
        )
    ]
