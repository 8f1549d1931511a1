"""Tenants whose published picks are many: one pick of each market, made by the stages, and copied.

The game, its three markets, their quotes, run and evaluations are written once by the tests'
factories and published by the stage itself; the database multiplies them. Every market can be moved
to a quote that is worth less and back, and both are evaluated.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MADE_AT = datetime(2025, 10, 11, 16, 0, tzinfo=UTC)
MOVED_AT = MADE_AT + timedelta(seconds=60)
WATCHED_AT = MADE_AT + timedelta(seconds=90)
OF_A_GAME = 3  # markets: a spread, a total, a moneyline
WORTH_LESS = 0.004  # EV of the other quote: above nothing, below the tier's least

_COPIES = """
CREATE TEMP TABLE copied AS SELECT n, md5('event' || n)::uuid AS event_id,
    md5('run' || n)::uuid AS run_id FROM generate_series(1, {games}) AS n;
CREATE TEMP TABLE sided AS SELECT n, selection.id AS was,
    1000000000 + n * 10 + row_number() OVER (PARTITION BY n ORDER BY selection.id) AS id
    FROM copied, selection WHERE selection.event_id = '{event}';
"""
# Event n is the template's game with other keys, and so is everything that hangs on it: table,
# what its keys are now, and which rows of it are copied.
_OF_A_GAME = "{table}, copied WHERE {table}.event_id = '{event}'"
_OF_A_SIDE = "sided JOIN copied USING (n) JOIN {table} ON {table}.selection_id = sided.was"
_FACTS = (
    ("event", "'id', event_id", "event, copied WHERE event.id = '{event}'"),
    ("simulation_run", "'id', run_id, 'event_id', copied.event_id", _OF_A_GAME),
    (
        "selection",
        "'id', sided.id, 'uuid', md5('selection' || sided.id)::uuid, 'event_id', copied.event_id",
        "sided JOIN copied USING (n) JOIN selection ON selection.id = sided.was",
    ),
    ("sighting", "'event_id', copied.event_id", _OF_A_GAME),
    (
        "latest_quote",
        "'id', sided.id, 'selection_id', sided.id, 'event_id', copied.event_id",
        _OF_A_SIDE,
    ),
    ("market_evaluation", "'selection_id', sided.id, 'run_id', copied.run_id", _OF_A_SIDE),
)
_OPINIONS = (
    (
        "pick",
        "'id', md5('pick' || sided.id)::uuid, 'idempotency_key', md5('key' || sided.id),"
        " 'event_id', copied.event_id, 'selection_id', sided.id, 'run_id', copied.run_id",
        "sided JOIN copied USING (n) JOIN acme.pick ON pick.selection_id = sided.was"
        " WHERE n <= {each}",
    ),
    (
        "line_tracking",
        "'pick_id', md5('pick' || sided.id)::uuid",
        "sided JOIN acme.pick ON pick.selection_id = sided.was"
        " JOIN acme.line_tracking ON line_tracking.pick_id = pick.id WHERE n <= {each}",
    ),
)
# The pick's own quote moves to the one that is worth less, or back to the one it was made from.
_MOVE = """
UPDATE latest_quote SET observed_at = CASE WHEN observed_at = %(made)s THEN %(moved)s
    ELSE %(made)s END
WHERE id > 1000000000 AND (id / 10) %% %(every)s = %(turn)s
"""
_LATER = """
INSERT INTO market_evaluation SELECT (jsonb_populate_record(market_evaluation,
    jsonb_build_object('observed_at', %(moved)s::timestamptz, 'ev', %(ev)s))).*
FROM market_evaluation WHERE observed_at = %(made)s
"""


@lru_cache(maxsize=1)
def published_game() -> str:
    """Let acme publish a game's three markets by the stage itself; return the event's id."""
    from apps.core.actor import Actor
    from apps.core.db import execute
    from apps.core.tenancy import tenant_scope
    from apps.governance import configs
    from apps.picks import actions
    from apps.picks.models import Pick
    from apps.picks.tests.boards import board, evaluate, limits, run
    from apps.picks.tests.factories import Game
    from apps.rulebook.markets import MarketType, Side
    from apps.rulebook.thresholds import OpinionConfig

    by = Actor.system("benchmarks.live")
    opinion = configs.resolve(configs.OPINION, league="NFL", at=MADE_AT).document
    configs.create_version(
        # One book quotes the game, and is enough.
        OpinionConfig.model_validate({**opinion.model_dump(), **limits(), "books_min": 1}),
        by=by,
        at=MADE_AT,
        reason="Every market of the game goes out.",
    )
    with tenant_scope("acme"):
        game = Game(max_quote_age_s=86_400)
        run(game, margin=8.0, total=54.0)
        board(game, at=MADE_AT, books=("fanduel",))
        board(game, MarketType.TOTAL, Side.OVER, line="47.5", at=MADE_AT, books=("fanduel",))
        board(
            *(game, MarketType.MONEYLINE),
            line=None,
            prices=("1.7", "2.2"),
            at=MADE_AT,
            books=("fanduel",),
        )
        evaluate(game, at=MADE_AT, flags=())
        actions.propose_due(by=by, at=MADE_AT)
        actions.publish_ready(by=by, at=MADE_AT)
        tiers = list(Pick.objects.live().values_list("tier", flat=True))
        if tiers != ["EDGE"] * OF_A_GAME:
            raise RuntimeError(f"The stage published {tiers}.")
    execute(_LATER, {"made": MADE_AT, "moved": MOVED_AT, "ev": WORTH_LESS})
    return str(game.event.pk)


def multiply(games: int, schemas: Iterable[str], *, each: int | None = None) -> int:
    """Copy the published game so often, and its picks into every schema; return picks of each."""
    from django.db import connection

    from apps.core import ddl

    event, of_each = published_game(), each or games
    with ddl.owner(), connection.cursor() as cursor:

        def copy(schema: str, table: str, keys: str, rows: str) -> None:
            cursor.execute(
                "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = ''",
                [f"{schema}.{table}"],
            )
            columns = cursor.fetchone()[0]
            named = rows.format(table=table, event=event, each=of_each)
            source, where, condition = named.partition(" WHERE ")
            made = f"jsonb_populate_record({table}, jsonb_build_object({keys}))"
            made_columns = ", ".join(f"made.{column}" for column in columns.split(", "))
            cursor.execute(
                f"INSERT INTO {schema}.{table} ({columns}) SELECT {made_columns}"
                f" FROM {source} CROSS JOIN LATERAL {made} AS made{where}{condition}"
            )

        cursor.execute(_COPIES.format(games=games, event=event))
        for one in _FACTS:
            copy("public", *one)
        for schema in schemas:
            cursor.execute(f"ALTER TABLE {schema}.pick DISABLE TRIGGER pick_birth")
            for one in _OPINIONS:
                copy(schema, *one)
            cursor.execute(f"ALTER TABLE {schema}.pick ENABLE TRIGGER pick_birth")
        cursor.execute("VACUUM ANALYZE")
    return of_each * OF_A_GAME


def move(every: int, turn: int) -> None:
    """Move one market out of ``every``; again, and those are back."""
    from apps.core.db import execute

    execute(_MOVE, {"made": MADE_AT, "moved": MOVED_AT, "every": every, "turn": turn})
