"""What the test suite promises: this machine only, no servers for nothing, a database each."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, transaction

from apps.core import ddl
from apps.core.actor import Actor
from apps.core.db import fetch_all
from apps.core.tenancy import current_schema, tenant_scope
from apps.governance import audit
from apps.governance.models import AuditEntry
from apps.ops import embedded
from beatvegas.testing import BeyondLoopback
from conftest import cloned

NOON = datetime(2025, 10, 12, 12, 0, tzinfo=UTC)
# Reserved for documentation: nobody's address and nobody's name.
ELSEWHERE = ("192.0.2.1", 9)


def entries_in_acme() -> int:
    with tenant_scope("acme"):
        return AuditEntry.objects.filter(action="test.noted").count()


def note_in_acme() -> None:
    row = audit.Row(action="test.noted", object_type="Test", object_id="1", before=None, after={})
    with tenant_scope("acme"), transaction.atomic():
        audit.record_set([row], by=Actor.system("test"), at=NOON)


class TestOtherMachines:
    def test_cannot_be_connected_to(self):
        with pytest.raises(BeyondLoopback), socket.create_connection(ELSEWHERE, timeout=1):
            pass

    def test_cannot_be_looked_up(self):
        with pytest.raises(BeyondLoopback):
            socket.getaddrinfo("beatvegas.example", 443)

    def test_cannot_be_sent_a_packet(self):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line,
            pytest.raises(BeyondLoopback),
        ):
            line.sendto(b"", ELSEWHERE)

    def test_are_not_this_one(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(("localhost", server.getsockname()[1])) as line,
        ):
            assert line.getpeername()[0] == "127.0.0.1"


class TestServers:
    @pytest.mark.slow
    def test_are_not_started_for_the_rulebook(self, tmp_path):
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "apps/rulebook/tests/test_odds_prices.py"],
            cwd=embedded.PROJECT,
            env={**os.environ, "BEATVEGAS_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert run.returncode == 0, run.stdout
        assert set(embedded.status("test", project=tmp_path).values()) == {None}
        assert not (tmp_path / ".stack" / "test" / "postgres").exists()


class TestDatabase:
    @pytest.mark.django_db
    def test_is_worked_on_as_the_login_role(self):
        found = fetch_all(
            "SELECT session_user::text, rolsuper FROM pg_roles WHERE rolname = session_user"
        )

        assert found == [("beatvegas", False)]

    @pytest.mark.django_db
    def test_belongs_to_this_process_alone(self):
        name = connection.settings_dict["NAME"]

        assert name.endswith(f"_{os.getpid()}")
        assert os.environ["DATABASE_URL"].endswith(f"/{name}")

    def test_in_acme_is_inside_as_its_role(self, in_acme):
        assert current_schema() == in_acme == "acme"
        assert fetch_all("SELECT current_schema()::text, current_user <> session_user") == [
            ("acme", True)
        ]

    def test_as_owner_may_change_tables_and_is_rolled_back(self, as_owner):
        as_owner.execute("CREATE TABLE scratch (id integer)")
        as_owner.execute("SELECT current_user::text, to_regclass('scratch') IS NOT NULL")

        assert as_owner.fetchone() == ("beatvegas_owner", True)


class TestFreshDatabase:
    def test_keeps_what_is_committed_for_every_connection(self, fresh_database):
        note_in_acme()

        counts = fresh_database.in_threads(entries_in_acme, entries_in_acme)

        assert counts == [1, 1]
        with psycopg.connect(fresh_database.url) as another:
            assert another.info.dbname == fresh_database.name

    def test_is_new_every_time(self, fresh_database):
        assert entries_in_acme() == 0

        note_in_acme()

        assert entries_in_acme() == 1

    def test_is_where_child_processes_look(self, fresh_database):
        note_in_acme()
        count = "from beatvegas.tests.test_testing import entries_in_acme; " + (
            "print(entries_in_acme())"
        )

        child = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(); {count}"],
            cwd=embedded.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert child.stdout.strip() == "1", child.stderr

    def test_is_gone_afterwards(self, django_db_setup, django_db_blocker):
        usual = connection.settings_dict["NAME"]

        with django_db_blocker.unblock():
            with cloned("brief") as name:
                inside = connection.settings_dict["NAME"]
            left = ddl.databases_like(name)

        assert (inside, left) == (name, [])
        assert connection.settings_dict["NAME"] == usual
        assert os.environ["DATABASE_URL"].endswith(f"/{usual}")
