"""P10: fifty published picks over the API, from the WSGI call to the last byte.

The limit is a WSGI function that sends one prepared statement with the same joins and encodes
what comes; it knows no tenant, no key and no card, and its ratio is told without a promise: three
times the limit takes bytes that are kept under a list version, and ours asks anew every time. The
peer is the framework's usual way, nested model serializers on the same rows, without tenant, key or
middleware. Ours finds the tenant, checks the key, enters the tenant, makes fifty cards and names
the bytes.
"""

import io
import os
from datetime import UTC, datetime
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.harness import Row, at_least, interleaved

PICKS = 50
MADE_AT = datetime(2025, 10, 11, 16, 0, tzinfo=UTC)
HOST = "acme.localhost"
_LIMIT = """
SELECT pick.id, pick.pick_version, pick.league, home.name, away.name, event.start_time,
    pick.market_type, pick.period, pick.status, pick.side, pick.line, pick.price,
    pick.price_american, book.key, pick.observed_at, pick.last_seen_at, pick.tier,
    pick.validity_state, pick.validity_reason, pick.published_at, pick.playable_to_price,
    pick.playable_to_line, pick.decision_prob, pick.model_prob, pick.fair_prob, pick.edge_prob,
    pick.ev, pick.sims, pick.risk_flags
FROM acme.pick
JOIN event ON event.id = pick.event_id
JOIN team AS home ON home.id = event.home_id
JOIN team AS away ON away.id = event.away_id
JOIN book ON book.id = pick.book_id
WHERE pick.published_at IS NOT NULL
ORDER BY pick.published_at DESC, pick.id DESC LIMIT 51
"""


def run() -> list[Row]:
    os.environ["LOG_LEVEL"] = "WARNING"  # a line per call is not what is measured
    database = scratch_database()

    import msgspec
    import psycopg
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connection
    from rest_framework import serializers
    from rest_framework.renderers import JSONRenderer

    from apps.catalog.models import Book, Event, Team
    from apps.core import ddl
    from apps.core.actor import Actor
    from apps.core.tenancy import entered, tenant_scope
    from apps.picks.models import Pick
    from apps.picks.tests.factories import Game, make_pick
    from apps.rulebook.lifecycle import PickStatus
    from apps.tenants.actions import create_api_key

    by = Actor.system("benchmarks.p10")
    with tenant_scope("acme"):
        for _ in range(PICKS + 1):
            make_pick(Game(), status=PickStatus.PUBLISHED)
    key = create_api_key(schema="acme", name="benchmark", by=by, at=MADE_AT)[1]

    served = WSGIHandler()

    def asked(etag: str = "") -> tuple[str, dict[str, str], bytes]:
        """Call the application as a server does."""
        told: dict[str, Any] = {}
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/api/v1/picks/",
            "QUERY_STRING": "",
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "HTTP_HOST": HOST,
            "HTTP_AUTHORIZATION": f"Bearer {key}",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            **({"HTTP_IF_NONE_MATCH": etag} if etag else {}),
        }

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            told.update(status=status, headers=dict(headers))

        answer = served(environ, start)
        body = b"".join(answer)
        answer.close()
        return told["status"], told["headers"], body

    status, headers, body = asked()
    if not status.startswith("200") or len(msgspec.json.decode(body)["results"]) != PICKS:
        raise RuntimeError(f"The API does not answer as measured: {status}.")
    etag = headers["ETag"]
    if not asked(etag)[0].startswith("304"):
        raise RuntimeError("What is unchanged is sent again.")

    bare = psycopg.connect(ddl.owner_url(database), autocommit=True)
    encode = msgspec.json.Encoder(decimal_format="number").encode

    def limit() -> bytes:
        return encode({"results": bare.execute(_LIMIT, prepare=True).fetchall()})

    class TeamOf(serializers.ModelSerializer):
        class Meta:
            model = Team
            fields = ("name", "abbreviation")

    class EventOf(serializers.ModelSerializer):
        home, away = TeamOf(), TeamOf()

        class Meta:
            model = Event
            fields = ("id", "home", "away", "start_time", "status")

    class BookOf(serializers.ModelSerializer):
        class Meta:
            model = Book
            fields = ("key",)

    class PickOf(serializers.ModelSerializer):
        event, book = EventOf(), BookOf()

        class Meta:
            model = Pick
            fields = (
                *("id", "pick_version", "league", "event", "market_type", "period", "status"),
                *("side", "line", "price", "price_american", "book", "observed_at", "tier"),
                *("last_seen_at", "validity_state", "validity_reason", "published_at"),
                *("playable_to_price", "playable_to_line", "decision_prob", "model_prob"),
                *("fair_prob", "edge_prob", "ev", "sims", "risk_flags"),
            )

    def peer() -> bytes:
        with entered("acme"):
            rows = Pick.objects.seen().select_related("event__home", "event__away", "book")
            rows = rows.order_by("-published_at", "-id")[: PICKS + 1]
            made: bytes = JSONRenderer().render(PickOf(rows, many=True).data)
            return made

    works = {"ours": asked, "limit": limit, "peer": peer}
    samples = interleaved(works)
    bare.close()
    connection.close()
    return [
        Row(
            f"GET {PICKS} picks with their games, by key",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(at_least(1.5, samples.ratio("peer", "ours"), "as fast as the peer"),),
        )
    ]
