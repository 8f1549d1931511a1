"""P3: store a poll in which 8 % of the prices changed.

Ours is the stage's own way: the board held against the newest quotes, changes copied in, the
others seen again. The peer writes all: a row for every price, and the newest state of every
quote with it, both in sets. Both start from a board that has been read; every turn is rolled back.
"""

from typing import Any

from benchmarks.harness import Row, Target, at_most, interleaved
from benchmarks.stored import stored_league

CHANGED = 0.08


def run() -> list[Row]:
    stored = stored_league()

    from django.db import connection, transaction

    from apps.core.db import execute
    from apps.snapshots.actions import board as reading
    from apps.snapshots.actions import snapshot_rows
    from apps.snapshots.actions.quotes import store_quotes
    from apps.snapshots.actions.snapshot_rows import SnapshotRow
    from apps.snapshots.models import MarketSnapshot

    moved = stored.board.move(CHANGED)
    body = stored.board.body()
    poll = stored.poll(body)
    boards: list[Any] = []

    def keep(board: Any) -> Any:
        boards.append(board)
        return store_quotes(board)

    def undone(work: Any) -> Any:
        def turn() -> None:
            with transaction.atomic():
                work()
                transaction.set_rollback(True)

        return turn

    # The board as the stage hands it to its writer.
    plain, reading.store_quotes = reading.store_quotes, keep
    try:
        undone(lambda: stored.read(body, poll))()
    finally:
        reading.store_quotes = plain
    [board] = boards
    board.feed.newest_read_at = None
    found: dict[str, int] = {}

    def ours() -> None:
        found["written"] = store_quotes(board).written

    def everything() -> None:
        quotes = list(board.quotes())
        rows = [SnapshotRow.of(quote, poll.pk) for quote in quotes]
        snapshot_rows.store([row._replace(seq=1_000) for row in rows])
        execute(
            "UPDATE latest_quote SET line = new.line, price_decimal = new.price,"
            " price_american = new.american, observed_at = new.observed_at, seen_until = %s,"
            " checked_at = %s, poll_id = %s FROM unnest(%s::bigint[], %s::smallint[],"
            " %s::numeric[], %s::numeric[], %s::int[], %s::timestamptz[])"
            " AS new (selection_id, book_id, line, price, american, observed_at)"
            " WHERE latest_quote.selection_id = new.selection_id"
            " AND latest_quote.book_id = new.book_id",
            [
                poll.captured_at,
                poll.captured_at,
                poll.pk,
                [quote.selection_id for quote in quotes],
                [quote.book_id for quote in quotes],
                [quote.line for quote in quotes],
                [quote.price for quote in quotes],
                [quote.american for quote in quotes],
                [quote.observed_at for quote in quotes],
            ],
        )

    before = MarketSnapshot.objects.count()
    samples = interleaved({"ours": undone(ours), "peer": undone(everything)}, rounds=15)
    exactly = found["written"] == moved and MarketSnapshot.objects.count() == before
    connection.close()
    return [
        Row(
            f"store a poll of {stored.board.prices:,} prices, {moved} of them changed",
            ours=samples.median("ours"),
            peer=samples.median("peer"),
            targets=(
                at_most(0.35, samples.ratio("ours", "peer"), "writing all"),
                Target("rows stored are what changed", str(found["written"]), exactly),
            ),
        )
    ]
