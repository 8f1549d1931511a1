"""Lists answer at once with 100,000 rows: no row is counted, every plan begins at an index."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Event
from apps.core import ddl
from apps.core.actor import Actor
from apps.core.tenancy import tenant_scope
from apps.picks.tests.factories import Game, make_pick
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

MANY = 100_000
HOST = {"host": OPERATORS_HOST}
QUERIES_AT_MOST = 30  # of a whole page: who asks, the rows and what stands beside them

# Of one row a hundred thousand: what must differ between two of them, in SQL. ``n`` counts.
_ID = "gen_random_uuid()"
_AGO = "now() - n * interval '1 minute'"
_COPIES: dict[str, dict[str, str]] = {
    "pick": {
        "id": _ID,
        "idempotency_key": "md5(n::text)",
        "pick_version": "100 + n",
        "proposed_at": _AGO,
        "status": "'BLOCKED'",
        "tier": "'BLOCKED'",
        "block_reason": "'SNAPSHOT_STALE'",
        "block_reasons": "ARRAY['SNAPSHOT_STALE']",
    },
    "pick_change": {"id": "1000 + n", "changed_at": _AGO},
    "proposal_round": {"id": _ID, "batch_id": _ID, "decided_at": _AGO, "captured_at": _AGO},
    "parlay": {"id": _ID, "key": "md5(n::text)", "generated_at": _AGO},
    "delivery": {"id": _ID, "recipient": "md5(n::text)", "due_at": _AGO},
    "slate": {"id": _ID, "recipient": "md5(n::text)"},
    "provider_poll": {"id": "1000 + n", "captured_at": _AGO},
    "event": {"id": _ID, "start_time": _AGO},
    "simulation_run": {"id": _ID, "data_version": "md5(n::text)", "simulated_at": _AGO},
    "audit_entry": {"id": _ID, "object_id": "md5(n::text)", "actor_type": "'JOB'"},
    "job_run": {"id": _ID, "slot": "'turn ' || n", "started_at": _AGO},
    "quarantined_row": {"id": "1000 + n", "source_event_id": "md5(n::text)"},
}
_OPINIONS = ("pick", "pick_change", "proposal_round", "delivery", "slate", "parlay")
_PUBLIC = tuple(table for table in _COPIES if table not in _OPINIONS)

_LISTS = {
    "/t/acme/admin/picks/pick/": "pick",
    "/t/acme/admin/picks/pick/?replaced=shown&p=3": "pick",
    "/t/acme/admin/picks/pickchange/": "pick_change",
    "/t/acme/admin/picks/proposalround/": "proposal_round",
    "/t/acme/admin/picks/parlay/": "parlay",
    "/t/acme/admin/picks/delivery/": "delivery",
    "/t/acme/admin/picks/slatemessage/": "slate",
    "/admin/snapshots/providerpoll/": "provider_poll",
    "/admin/snapshots/providerpoll/?of_captured_at=day": "provider_poll",
    "/admin/catalog/event/": "event",
    "/admin/simulations/simulationrun/": "simulation_run",
    "/admin/governance/auditline/": "audit_line",
    "/admin/governance/auditline/?p=3": "audit_line",
    "/admin/governance/auditline/?of_recorded_at=day": "audit_line",
    "/admin/governance/jobrun/": "job_run",
    "/admin/snapshots/quarantinedrow/": "quarantined_row",
}


def copy(table: str, count: int) -> None:
    """Write ``count`` rows like the one that is there, each a little different."""
    changed = _COPIES[table]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5min'")  # a machine that is busy fills slowly
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join(changed.get(name, f'one."{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values}"
            f" FROM (SELECT * FROM {table} LIMIT 1) AS one, generate_series(1, %s) AS n",
            [count],
        )
        cursor.execute(f"ANALYZE {table}")


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    """One row of everything, and an operator who may see it."""
    with tenant_scope(acme):
        game = Game()
        make_pick(game)
    _facts(game)
    with tenant_scope(acme):
        _opinions()
    operator = OperatorFactory(email="olivia@beatvegas.test")
    answer = client.post(
        "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
    )
    assert answer.status_code == 302
    return client


@pytest.fixture
def long_tables(fresh_database: Any, console: Client) -> None:
    _forget_keys()
    for table in _PUBLIC:
        copy(table, MANY)
    with tenant_scope("acme"):
        for table in _OPINIONS:
            copy(table, MANY)


def _forget_keys() -> None:
    """Foreign keys say nothing about how a list is read, and would be asked for every row."""
    with ddl.owner_cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid IN (SELECT oid FROM pg_class WHERE relname = ANY(%s)"
            " AND relnamespace::regnamespace::text IN ('public', 'acme'))",
            [list(_COPIES)],
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _facts(game: Game) -> None:
    from apps.governance.jobs import run_once
    from apps.simulations.models import SimulationRun
    from apps.snapshots.models import ProviderPoll, QuarantinedRow

    SimulationRun.objects.create(
        id=game.event.pk,
        event=game.event,
        data_version="0" * 64,
        inputs={},
        sim_config_hash="1" * 64,
        simulated_at=game.kickoff,
        status="BLOCKED",
        reason="TEAM_UNRATED",
    )
    QuarantinedRow.objects.create(
        poll=ProviderPoll.objects.earliest("pk"),
        reader_version=1,
        code="UNKNOWN_TEAM",
        place="$[0]",
        prices=2,
    )
    run_once(
        "snapshots.read",
        "a turn",
        lambda *, by, at: {},
        by=Actor.job("snapshots.read"),
        at=game.kickoff,
    )


def _opinions() -> None:
    from apps.picks.actions import generate_parlay
    from apps.picks.models import Delivery, Pick, PickChange, ProposalRound, SlateMessage

    pick = Pick.objects.get()
    told = Delivery.objects.create(
        pick=pick, channel="TELEGRAM", kind="NEW", cause="PUBLISHED", due_at=pick.proposed_at
    )
    SlateMessage.objects.create(
        recipient="one", league="NFL", day=pick.expires_at.date(), opener=told
    )
    PickChange.objects.create(
        pick=pick, changed_at=pick.proposed_at, to_status="PROPOSED", by="JOB:test"
    )
    by = Actor.job("test")
    generate_parlay(key="one", profile="balanced", by=by, at=pick.proposed_at)
    ProposalRound.objects.create(
        id=pick.pk,
        batch_id=pick.pk,
        league="NFL",
        captured_at=pick.proposed_at,
        decided_at=pick.proposed_at,
        config_version_id=pick.config_version_id,
        market_config_hash="0" * 64,
        model_config_hash="1" * 64,
        gates=[],
        evaluations=0,
        proposed=0,
        replaced=0,
        blocked=0,
    )


def asked_for(console: Client, path: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = console.get(path, headers=HOST)
    assert answer.status_code == 200, path
    return [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]


def counts(table: str, sql: str) -> bool:
    return bool(re.search(r"\bCOUNT\(", sql)) and f'"{table}"' in sql


def rows_of(table: str, queries: list[str]) -> list[str]:
    """The queries that read a page's rows."""
    return [sql for sql in queries if f'FROM "{table}"' in sql and "LIMIT 51" in sql]


def plan(sql: str, path: str) -> dict[str, Any]:
    scope = tenant_scope("acme") if path.startswith("/t/") else None
    if scope is None:
        return explained(sql)
    with scope:
        return explained(sql)


def explained(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (found,) = cursor.fetchone()
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for below in tree.get("Plans", []):
        yield from nodes(below)


def filled(table: str) -> set[str]:
    """The table, or those of its daily partitions that are long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = %s"
            " OR (starts_with(relname, %s) AND relkind = 'r' AND reltuples >= %s)",
            [table, f"{table}_", MANY / 2],
        )
        return {name for (name,) in cursor.fetchall()}


def reads_all_of(table: str, sql: str, path: str) -> list[str]:
    """Where a plan goes through the whole table, or sorts a good part of it.

    A search that finds nothing goes through an index to its end unless it looks something up.
    """
    searched = "?q=" in path
    # A view is read in the partitions of its table.
    long = filled("audit_entry" if table == "audit_line" else table)
    return [
        node["Node Type"]
        for node in nodes(plan(sql, path))
        if (node["Node Type"] == "Seq Scan" and node.get("Relation Name") in long)
        or (node["Node Type"] == "Sort" and node["Plan Rows"] > MANY / 100)
        or (
            searched
            and node["Node Type"].startswith("Index")
            and node.get("Relation Name") in long
            and "Index Cond" not in node
        )
    ]


class TestLongLists:
    def test_answer_from_indexes_and_count_nothing(self, console, long_tables):
        newest = Event.objects.order_by("-start_time").values_list("pk", flat=True)[0]
        searches = {
            f"/admin/catalog/event/?q={newest}": "event",
            f"/t/acme/admin/picks/pick/?q={newest}": "pick",
            "/t/acme/admin/picks/pick/?q=no-such-game": "pick",
            f"/admin/simulations/simulationrun/?q={newest}": "simulation_run",
            "/admin/simulations/simulationrun/?q=Seahawks": "simulation_run",
            f"/admin/snapshots/providerpoll/?q={'0' * 64}": "provider_poll",
            f"/admin/governance/auditline/?q={newest}": "audit_line",
            "/admin/governance/auditline/?q=olivia@beatvegas.test": "audit_line",
            "/admin/governance/jobrun/?q=snapshots.read": "job_run",
            "/admin/governance/jobrun/?q=no.such.job": "job_run",
            f"/admin/snapshots/quarantinedrow/?q={'0' * 32}": "quarantined_row",
        }
        for path, table in {**_LISTS, **searches}.items():
            queries = asked_for(console, path)

            assert len(queries) <= QUERIES_AT_MOST, path
            assert not [sql for sql in queries if counts(table, sql)], path
            pages = rows_of(table, queries)
            assert len(pages) == 1 or path in searches, path  # nothing found asks nothing
            for page in pages:
                assert not reads_all_of(table, page, path), path


@pytest.mark.django_db
class TestPages:
    def test_say_which_rows_they_show_and_lead_on_without_a_count(self, console):
        copy("event", 60)

        first = console.get("/admin/catalog/event/", headers=HOST).content.decode()
        second = console.get("/admin/catalog/event/?p=2", headers=HOST).content.decode()

        assert "Events 1–50, more follow" in first
        assert 'rel="next"' in first
        assert 'rel="prev"' not in first
        assert "Events 51–61, the last" in second
        assert 'rel="prev"' in second

    def test_of_few_rows_say_how_many_there_are(self, console):
        page = console.get("/admin/catalog/event/", headers=HOST).content.decode()

        assert "1 event" in page
        assert 'rel="next"' not in page

    def test_beyond_the_last_lead_back_to_the_first(self, console):
        answer = console.get("/admin/catalog/event/?p=7", headers=HOST)

        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            "/admin/catalog/event/?e=1",
        )

    @pytest.mark.parametrize("typed", ["Buffalo", "buffalo bills", "game id"])
    def test_find_by_name_and_by_the_providers_id(self, typed, console):
        event = Event.objects.get()
        source = event.sources.get().source_event_id  # type: ignore[attr-defined]
        term = source if typed == "game id" else typed

        assert str(event) in console.get(f"/admin/catalog/event/?q={term}", headers=HOST).text
        nothing = console.get("/admin/catalog/event/?q=nobody", headers=HOST).text
        assert "No events fit." in nothing
