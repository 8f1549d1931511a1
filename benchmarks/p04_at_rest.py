"""P4: what facts take at rest, and what a day of eight leagues costs.

An hour of one league is stored through the stage: sixty polls, 8 % of the prices changed in each.
A row is measured with its indexes; its peer is the same table as Django would make it, with a key
of its own and foreign keys. A payload is measured packed; its peer is the same document as jsonb.
A day of eight leagues is that hour times eight times twenty-four.
"""

from time import perf_counter

from benchmarks.boards import Board
from benchmarks.harness import CannotRun, Row, Target, at_most, shared_data
from benchmarks.stored import stored_league

POLLS = 60
CHANGED = 0.08
LEAGUES, HOURS, DAYS = 8, 24, 30
GB = 1e9
# Bytes of what a design would come to that wrote every price of every poll.
_PEER = """
CREATE TABLE plain_snapshot (
    id bigserial PRIMARY KEY, selection_id bigint NOT NULL REFERENCES selection,
    book_id smallint NOT NULL REFERENCES book, poll_id bigint NOT NULL REFERENCES provider_poll,
    observed_at timestamptz NOT NULL, seq smallint NOT NULL, price_american integer,
    is_main boolean NOT NULL, pre_game boolean NOT NULL, status varchar(9) NOT NULL,
    line numeric(6, 2), price_decimal numeric(12, 6),
    UNIQUE (selection_id, book_id, observed_at, seq));
CREATE INDEX ON plain_snapshot (selection_id);
CREATE INDEX ON plain_snapshot (book_id);
CREATE INDEX ON plain_snapshot (poll_id);
"""
_COLUMNS = (
    "selection_id, book_id, poll_id, observed_at, seq, price_american, is_main, pre_game,"
    " status, line, price_decimal"
)


def run() -> list[Row]:
    stored = stored_league()

    from django.db import connection, transaction

    from apps.core import ddl
    from apps.core.db import fetch_all
    from apps.snapshots.models import MarketSnapshot, RawPayload

    def size(relation: str) -> int:
        return int(fetch_all("SELECT pg_total_relation_size(%s)", [relation])[0][0])

    day = f"{stored.board.at:%Y%m%d}"
    rows_before = MarketSnapshot.objects.count()
    bodies_before = RawPayload.objects.count()
    spent = 0.0
    for _ in range(POLLS):
        stored.board.move(CHANGED)
        body = stored.board.body()
        begun = perf_counter()
        with transaction.atomic():
            stored.read(body, stored.poll(body))
        spent += perf_counter() - begun
    rows = MarketSnapshot.objects.count()
    per_body = size(f"raw_body_{day}") / RawPayload.objects.count()
    with ddl.owner_cursor() as own:
        own.execute(_PEER)
        # Both in the order in which the rows came, without what other benchmarks rolled back.
        own.execute("CREATE TABLE our_snapshot (LIKE market_snapshot INCLUDING ALL)")
        sizes = {}
        for table in ("our_snapshot", "plain_snapshot"):
            own.execute(
                f"INSERT INTO {table} ({_COLUMNS}) SELECT {_COLUMNS} FROM market_snapshot"
                " ORDER BY poll_id, selection_id, book_id"
            )
            own.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            [(sizes[table],)] = own.fetchall()
        own.execute("SELECT pg_column_size(%s::jsonb)", [_recorded_body().decode()])
        [(as_jsonb,)] = own.fetchall()
        own.execute("DROP TABLE plain_snapshot, our_snapshot")
    per_row, plain = sizes["our_snapshot"] / rows, sizes["plain_snapshot"]

    kept, plain_size = _packed(_recorded_body()), len(_recorded_body())
    times = LEAGUES * HOURS * 60 / POLLS
    rows_a_day = (rows - rows_before) * times
    bodies_a_day = (RawPayload.objects.count() - bodies_before) * times
    rows_month, bodies_month = (
        rows_a_day * per_row * DAYS / GB,
        bodies_a_day * per_body * DAYS / GB,
    )
    written_all = stored.board.prices * POLLS * times * per_row * DAYS / GB
    connection.close()
    return [
        Row(
            "a snapshot row with its indexes",
            ours=per_row,
            peer=plain / rows,
            unit="bytes",
            targets=(Target("<= 180 bytes", f"{per_row:.0f}", per_row <= 180),),
        ),
        Row(
            f"a recorded payload of {plain_size / 1000:.0f} kB (peer: jsonb)",
            ours=kept / 1000,
            peer=as_jsonb / 1000,
            unit="kB",
            targets=(at_most(0.1, kept / plain_size, "its JSON"),),
        ),
        Row(
            f"a day of {LEAGUES} leagues: {rows_a_day / 1e6:.1f} million rows,"
            f" {(rows_month + bodies_month) / DAYS:.2f} GB, seconds of one worker",
            ours=spent * times,
            targets=(
                Target(
                    "<= a quarter of the day",
                    f"{spent * times / 86_400:.1%}",
                    spent * times <= 86_400 / 4,
                ),
            ),
        ),
        Row(
            f"growth in {DAYS} days: {rows_month:.1f} of rows, {bodies_month:.1f} of payloads"
            " (peer: every price written)",
            ours=rows_month + bodies_month,
            peer=written_all,
            unit="GB",
            targets=(at_most(0.15, (rows_month + bodies_month) / written_all, "writing all"),),
        ),
    ]


def _recorded_body() -> bytes:
    """A real board; where the recordings are not at hand, one that was made up."""
    try:
        return shared_data("oddsapi", "odds_nfl_american_20251012.json").read_bytes()
    except CannotRun:
        return Board([f"Team {n}" for n in range(32)], [f"book{n}" for n in range(22)]).body()


def _packed(body: bytes) -> int:
    from apps.snapshots.actions import payloads

    return len(payloads.packed(body))
