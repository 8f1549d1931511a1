"""The provider's key, looked for everywhere after everything that can go wrong has gone wrong."""

import logging
import traceback
from datetime import timedelta
from urllib.parse import quote, quote_plus

import pytest

from apps.core import line
from apps.core.db import fetch_all
from apps.governance import audit
from apps.snapshots import actions
from apps.snapshots.actions import payloads
from apps.snapshots.models import Feed, FeedKind, ProviderPoll, RawPayload
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi import client
from apps.snapshots.tests.asking import KEY, ONE_GAME
from apps.snapshots.tests.factories import CLOCK, MINUTE, SATURDAY
from apps.snapshots.tests.wires import FaultyServer, answer, hang_up, raw, zipped

SPELLINGS = {KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY)}
ECHO = f'{{"message": "apiKey={KEY} is no key", "error_code": "%s"}}'

WRONG = {
    "good": [answer(body=ONE_GAME)],
    "empty": [answer()],
    "key refused": [answer(401, (ECHO % "INVALID_KEY").encode())],
    "no credits": [answer(401, (ECHO % "OUT_OF_USAGE_CREDITS").encode())],
    "too often": [answer(429, (ECHO % "EXCEEDED_FREQ_LIMIT").encode(), Retry_After="1")],
    "bad request": [answer(422, (ECHO % "INVALID_MARKET").encode())],
    "gone": [answer(404, (ECHO % "UNKNOWN_SPORT").encode())],
    "down": [answer(503, (ECHO % "").encode())],
    "hung up": [hang_up],
    "no status": [raw(f"{KEY}\r\n\r\n".encode())],
    "redirect": [answer(302, b"", Location=f"http://127.0.0.1/?apiKey={quote_plus(KEY)}")],
    "cut": [answer(body=ONE_GAME, length=500)],
    "cut with the key in it": [answer(body=f'[{{"id": "{KEY}"'.encode(), length=500)],
    "echoed": [answer(body=f'[{{"id": "{KEY}"}}]'.encode())],
    "echoed and packed": [zipped(f'[{{"id": "{KEY}"}}]'.encode())],
    "echoed as an address": [answer(body=f'["?apiKey={quote_plus(KEY)}"]'.encode())],
    "a page": [answer(body=f"<html>{KEY}</html>".encode(), Content_Type="text/html")],
    "unknown packing": [answer(body=KEY.encode(), Content_Encoding="br")],
}


@pytest.fixture
def noisy(caplog):
    """Everything that any library logs, however closely somebody looks."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "django", "django.db.backends"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.fixture
def poll(settings, queued, db, monkeypatch):
    """One call of a feed through the stages, at a server that answers by scripts."""
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(client, "_TOO_FAST_S", 0.001)
    servers = []

    def ask(scripts, kind: FeedKind = FeedKind.ODDS, n: int = 0) -> ProviderPoll:
        registry.forget()
        servers.append(FaultyServer(list(scripts)))
        settings.ODDS_API_KEY, settings.ODDS_API_URL = KEY, servers[-1].address
        at = SATURDAY + n * MINUTE
        feed = actions.register_feed(
            adapter=registry.ODDS_API,
            provider="the_odds_api",
            kind=kind,
            league="NFL",
            rhythm_s=60,
            by=CLOCK,
            at=at,
        )
        Feed.objects.update(next_due_at=at)
        actions.fetch_due(by=CLOCK, at=at)
        actions.read_unread(by=CLOCK, at=at + timedelta(seconds=1))
        assert quote_plus(KEY) in servers[-1].asked[0]  # it was sent, or this shows nothing
        return ProviderPoll.objects.get(feed=feed, captured_at=at)

    yield ask
    for server in servers:
        server.close()
    registry.forget()


def tables() -> list[str]:
    """Every table that may be read at all, partitioned ones as one."""
    return [
        f'"{schema}"."{name}"'
        for schema, name in fetch_all(
            "SELECT nspname, relname FROM pg_class JOIN pg_namespace AS home"
            " ON home.oid = relnamespace"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND has_table_privilege(pg_class.oid, 'SELECT')"
        )
    ]


def rows_with_the_key() -> list[str]:
    """Name the tables in which a row says the key, in whatever column, spelling and encoding."""
    spelled = [f"%{spelling}%" for spelling in sorted(SPELLINGS)]
    spelled += [f"%{spelling.encode().hex()}%" for spelling in sorted(SPELLINGS)]
    return [
        table
        for table in tables()
        if fetch_all(
            f"SELECT 1 FROM {table} AS one WHERE one::text LIKE ANY(%s) LIMIT 1", [spelled]
        )
    ]


def says_the_key(text: str) -> bool:
    return any(spelling in text for spelling in SPELLINGS)


class TestTheKey:
    def test_is_in_no_row_no_payload_and_no_log_whatever_happens(self, poll, noisy, capsys):
        told = {}
        for n, (what, scripts) in enumerate(WRONG.items()):
            told[what] = poll(scripts, n=n)

        assert len({one.outcome for one in told.values()}) >= 9
        assert rows_with_the_key() == []
        for payload in RawPayload.objects.all():
            assert not says_the_key(payloads.load(payload.pk).decode("utf-8", "replace"))
        for record in noisy.records:
            assert not says_the_key(f"{record.getMessage()} {record.args!r} {record.exc_text}")
        printed = capsys.readouterr()
        assert not says_the_key(printed.out + printed.err)

    def test_of_a_body_that_echoes_it_nothing_is_kept(self, poll):
        one = poll(WRONG["echoed"])

        assert (one.outcome, one.error_code, one.payload_id) == ("UNREADABLE", "KEY_ECHOED", None)

    def test_is_in_no_exception_of_a_mistake_of_ours(self, poll, monkeypatch, noisy):
        def broken(*args: object, **kwargs: object) -> None:
            raise AssertionError(f"http://somewhere/?apiKey={KEY}")

        monkeypatch.setattr(line, "_read", broken)

        with pytest.raises(line.CallBroke) as raised:
            poll([answer()])

        chain = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        # The frames of this test know the key; those of the platform must not show it.
        ours = [
            str(chain),
            *(
                f"{frame.line} {frame.locals}"
                for frame in chain.stack
                if "/tests/" not in frame.filename and "_pytest" not in frame.filename
            ),
        ]
        assert chain.__cause__ is None
        assert chain.__context__ is None
        assert not any(says_the_key(text) for text in ours)

    def test_would_be_found_if_it_were_there(self, poll):
        """The scan itself works: a row that says the key is named."""
        one = poll(WRONG["good"])
        ProviderPoll.objects.bulk_create(
            [
                ProviderPoll(
                    feed=one.feed,
                    captured_at=SATURDAY + 99 * MINUTE,
                    outcome="NETWORK",
                    duration_ms=1,
                    detail=f"GET /?apiKey={quote_plus(KEY)}",
                )
            ]
        )

        audit.record("provider_poll.stored", one, by=CLOCK, at=SATURDAY, reason=KEY)

        assert set(rows_with_the_key()) == {'"public"."provider_poll"', '"public"."audit_entry"'}
        assert len(tables()) > 50
