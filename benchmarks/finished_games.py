"""Games that are over and the picks on them, by the hundred thousand, in any number of tenants.

Rows are multiplied from three that the tests' factories made, by the owner and past the triggers
that tell how a pick came about: what is measured is how it ends.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

FINAL_AT = datetime(2025, 10, 12, 21, 0, tzinfo=UTC)  # of the first game
TURN = timedelta(minutes=1)  # from one final to the next
DELAY = timedelta(minutes=30)  # from a final to its grades, as the leagues are configured

# Ids by number, so that games and picks of any count refer to each other.
_GAME = "md5('game' || g)::uuid"
_PICK = "md5('pick' || g || '-' || n)::uuid"
_GAMES_PLAN = "generate_series(%(first)s::int, %(last)s::int) AS g"
# A pick that another one replaced is an older version of the same idea: all of them are settled.
_PICKS_PLAN = f"{_GAMES_PLAN}, generate_series(1, %(picks)s::int) AS n"


def game_id(number: int) -> UUID:
    """The id of a game by its number, as the plan makes it."""
    return UUID(md5(f"game{number}".encode(), usedforsecurity=False).hexdigest())


def write_games(*, first: int, last: int) -> None:
    """Write finished games with their ids and results, one final a minute."""
    from apps.catalog.models import Event, EventSource
    from apps.core import ddl
    from apps.snapshots.models import ResultSnapshot

    end, told, source = _model_game()
    with ddl.owner_cursor() as owner:
        numbers = {"first": first, "last": last, "final": FINAL_AT, "turn": TURN}
        for table, key, model, new in (
            (
                Event,
                "id",
                end,
                {
                    "id": _GAME,
                    "final_at": "%(final)s + g * %(turn)s",
                    "status": "'FINAL'",
                },
            ),
            (
                EventSource,
                "id",
                source,
                {
                    "id": "nextval(pg_get_serial_sequence('event_source', 'id'))",
                    "event_id": _GAME,
                    "source_event_id": "'game' || g",
                },
            ),
            (
                ResultSnapshot,
                "id",
                told,
                {
                    "id": "nextval(pg_get_serial_sequence('result_snapshot', 'id'))",
                    "event_id": _GAME,
                    "source_event_id": "'game' || g",
                    "captured_at": "%(final)s + g * %(turn)s",
                    "home_score": "10 + g %% 31",
                    "away_score": "10 + g * 7 %% 23",
                    "result_sha256": "encode(sha256(('game' || g)::bytea), 'hex')",
                },
            ),
        ):
            _multiply(
                owner,
                table,
                f"model.{key} = %(model)s",
                new,
                _GAMES_PLAN,
                {**numbers, "model": model},
            )
        owner.execute("ANALYZE event, event_source, result_snapshot")


def write_picks(schemas: Sequence[str], *, first: int, last: int, picks: int) -> None:
    """Write the picks of every schema on these games, all as published as their game was ahead."""
    from apps.core import ddl
    from apps.picks.models import LineTracking, Pick

    models = _model_picks(schemas[0])
    with ddl.owner_cursor() as owner:
        for schema in schemas:
            owner.execute(f'SET search_path = "{schema}", public')
            owner.execute("ALTER TABLE pick DISABLE TRIGGER pick_birth")
            numbers = {
                "first": first,
                "last": last,
                "picks": picks,
                "models": models,
                "from": schemas[0],
            }
            _multiply(
                owner,
                Pick,
                "model.id = (%(models)s::uuid[])[1 + (n - 1) %% 3]",
                {
                    "id": _PICK,
                    "idempotency_key": "encode(sha256(('pick' || g || '-' || n)::bytea), 'hex')",
                    "pick_version": "1 + (n - 1) / 3",
                    "event_id": _GAME,
                    "source_event_id": "'game' || g",
                    "supersedes_id": "NULL",
                    "status": "CASE WHEN n > %(picks)s - 3 THEN 'PUBLISHED' ELSE 'SUPERSEDED' END",
                    "line": "model.line + (n %% 7)",
                },
                _PICKS_PLAN,
                numbers,
                source=f'"{schemas[0]}".pick',
            )
            _multiply(
                owner,
                LineTracking,
                "model.pick_id = (%(models)s::uuid[])[1 + (n - 1) %% 3]",
                {"pick_id": _PICK},
                _PICKS_PLAN,
                numbers,
                source=f'"{schemas[0]}".line_tracking',
            )
            owner.execute("ALTER TABLE pick ENABLE TRIGGER pick_birth")
            owner.execute("ANALYZE pick, line_tracking")


def _model_game() -> tuple[Any, Any, Any]:
    from apps.catalog.models import EventSource
    from apps.core.tenancy import tenant_scope
    from apps.grading.tests.factories import finish, tell
    from apps.picks.tests.factories import Game

    with tenant_scope("acme"):
        game = Game()
        finish(game)
        told = tell(game, 24, 17)
    source = EventSource.objects.get(source_event_id=game.code)
    return game.event.pk, told.pk, source.pk


def _model_picks(schema: str) -> list[Any]:
    from apps.core.tenancy import tenant_scope
    from apps.grading.tests.factories import published, take_close
    from apps.picks.tests.factories import Game
    from apps.rulebook.markets import MarketType, Side

    with tenant_scope(schema):
        game = Game()
        picks = [
            published(game),
            published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5"),
            published(game, market_type=MarketType.MONEYLINE, side=Side.AWAY, line=None),
        ]
        for pick in picks:
            take_close(pick)
    return [pick.pk for pick in picks]


def _multiply(
    owner: Any,
    model: Any,
    where: str,
    new: Mapping[str, str],
    plan: str,
    params: Mapping[str, Any],
    *,
    source: str = "",
) -> None:
    """Write a copy of a row for each number of the plan, with ``new`` in place of some columns."""
    table = model._meta.db_table
    names = [
        field.column for field in model._meta.concrete_fields if not getattr(field, "generated", 0)
    ]
    values = ", ".join(new.get(name, f'model."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    owner.execute(
        f"INSERT INTO {table} ({columns}) SELECT {values}"
        f" FROM {plan} JOIN {source or table} AS model ON {where}",
        params,
    )
