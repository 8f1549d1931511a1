"""Probes: alive without anything, ready only with everything, and nothing told to outsiders."""

import json
import socket

import pytest
from django.db import connection, connections
from django.test import Client

from apps.ops import health

ANY_HOST = {"host": "10.0.0.7:8000"}
CHECKS = {"database": "ok", "migrations": "ok", "valkey": "ok"}


@pytest.fixture
def nobody_there() -> str:
    """An address where a connection is refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


class TestAlive:
    def test_is_answered_for_any_host_and_without_a_database(self, client):
        answer = client.get("/healthz", headers=ANY_HOST)

        assert (answer.status_code, answer.content) == (200, b"alive\n")
        assert answer.headers["Cache-Control"] == "no-store"

    def test_is_never_redirected(self, client, settings):
        settings.SECURE_SSL_REDIRECT = True

        assert client.get("/healthz", headers=ANY_HOST).status_code == 200
        assert client.head("/readyz", headers=ANY_HOST).status_code in (200, 503)

    def test_is_only_read(self, client):
        assert client.post("/healthz", headers=ANY_HOST).status_code == 405


@pytest.mark.django_db
class TestReady:
    def test_says_that_everything_answers(self, client, valkey):
        answer = client.get("/readyz", headers=ANY_HOST)

        assert answer.status_code == 200
        assert json.loads(answer.content) == {"ready": True, "checks": CHECKS}

    def test_says_that_the_database_does_not(self, client, valkey, nobody_there, monkeypatch):
        host, _, port = nobody_there.partition(":")
        told = {**connection.get_connection_params(), "host": host, "port": port}
        monkeypatch.setattr(connections["default"], "get_connection_params", lambda: told)

        answer = client.get("/readyz", headers=ANY_HOST)

        assert answer.status_code == 503
        assert json.loads(answer.content)["checks"] == {
            "database": "no answer",
            "migrations": "not known",
            "valkey": "ok",
        }

    def test_says_that_valkey_does_not(self, client, nobody_there, settings):
        settings.CELERY_BROKER_URL = f"redis://:a-secret@{nobody_there}/0"

        answer = client.get("/readyz", headers=ANY_HOST)

        assert answer.status_code == 503
        assert json.loads(answer.content)["checks"]["valkey"] == "no answer"
        assert b"a-secret" not in answer.content

    def test_says_that_the_code_is_ahead_of_the_tables(self, client, valkey, monkeypatch):
        ahead = health._on_disk() | {("picks_of_tomorrow", "0001_initial")}
        monkeypatch.setattr(health, "_on_disk", lambda: ahead)

        answer = client.get("/readyz", headers=ANY_HOST)

        assert answer.status_code == 503
        assert json.loads(answer.content)["checks"]["migrations"] == "1 to apply"

    def test_knows_migrations_to_compare_with(self):
        assert {"governance", "tenants", "snapshots", "auth"} <= {
            app for app, _ in health._on_disk()
        }


def test_no_other_address_is_a_probe(db):
    assert Client(headers={"host": "nowhere.example"}).get("/healthz/").status_code == 404
