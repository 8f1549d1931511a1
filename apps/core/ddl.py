"""The owner's connection: migrations, roles, grants, partitions, scratch databases.

The only module that reads ``DATABASE_OWNER_URL``. Web processes and ordinary workers do not
have that variable, so a bug in them cannot alter a table, however it tries.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from apps.core.grants import CONTROL, FACTS, READ, ROW_SECURITY, TENANT_OF_ROW
from apps.core.roles import PREFIX_LENGTH, shared_role, tenant_role
from apps.core.tenancy import PUBLIC
from apps.rulebook.errors import RuleBroken


class OwnerUnknown(RuleBroken):
    code = "OWNER_CONNECTION_MISSING"

    def __init__(self) -> None:
        super().__init__("Set DATABASE_OWNER_URL: this needs the owner of the database.")


def owner_parts(database: str | None = None) -> dict[str, Any]:
    """Return how the owner connects, for programs that need a connection of their own."""
    if not settings.DATABASE_OWNER_URL:
        raise OwnerUnknown
    name = database or connection.settings_dict["NAME"]
    return {**conninfo_to_dict(settings.DATABASE_OWNER_URL), "dbname": name}


@contextmanager
def owner() -> Iterator[None]:
    """Let Django's default connection be the owner's for the block.

    Not inside a transaction: the connection is another one afterwards. Inside another such
    block nothing changes.
    """
    if not connection.becomes_tenant_roles:  # type: ignore[attr-defined]
        yield
        return
    if connection.in_atomic_block:
        raise RuntimeError("The owner takes over the connection: leave the transaction first.")
    parts = owner_parts()
    login = connection.settings_dict
    connection.close()
    # A copy: the original is every thread's, and the others go on as the login role.
    connection.settings_dict = {
        **login,
        "USER": parts["user"],
        "PASSWORD": parts.get("password", ""),
        "LOGIN_ROLE": login["USER"],
    }
    connection.becomes_tenant_roles = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = login
        connection.becomes_tenant_roles = True  # type: ignore[attr-defined]


@contextmanager
def owner_cursor(database: str | None = None) -> Iterator[psycopg.Cursor[Any]]:
    """Open a connection of the owner's beside Django's, in autocommit."""
    with (
        psycopg.connect(make_conninfo(**owner_parts(database)), autocommit=True) as own,
        own.cursor() as cursor,
    ):
        yield cursor


@contextmanager
def owner_snapshot(database: str | None = None) -> Iterator[psycopg.Cursor[Any]]:
    """Look at a whole database as it is at one moment, every tenant's rows, and change nothing."""
    with owner_cursor(database) as cursor:
        cursor.execute("SET TIME ZONE 'UTC'; SET statement_timeout = 0")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield cursor


def owner_url(database: str) -> str:
    """Return what a child process needs as DATABASE_OWNER_URL to build ``database``."""
    return make_conninfo(**owner_parts(database))


def login_url(database: str) -> str:
    """Return what a child process needs as DATABASE_URL to serve ``database``."""
    own = connection.settings_dict
    parts = {"user": own["USER"], "password": own["PASSWORD"], "host": own["HOST"]}
    return make_conninfo(**parts, port=own["PORT"] or None, dbname=database)


# Databases


@contextmanager
def on_database(name: str) -> Iterator[None]:
    """Point Django's default connection at another database of the same server."""
    if connection.in_atomic_block:
        raise RuntimeError("Leave the transaction before you change the database.")
    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here


@contextmanager
def building_lock(name: str) -> Iterator[None]:
    """Let one process of the whole server build what ``name`` stands for; others wait."""
    with owner_cursor("postgres") as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        yield


def databases_like(prefix: str) -> list[str]:
    with owner_cursor("postgres") as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY 1", [prefix]
        )
        return [name for (name,) in cursor.fetchall()]


def database_exists(name: str) -> bool:
    with owner_cursor("postgres") as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def comment_database(name: str, text: str) -> None:
    with owner_cursor("postgres") as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text))
        )


def comment_on_database(name: str) -> str:
    """Return the comment on a database; empty where there is none."""
    with owner_cursor("postgres") as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
        row = cursor.fetchone()
    return str(row[0]) if row and row[0] else ""


def create_database(name: str, template: str | None = None) -> None:
    """Create a database, empty or as a copy of ``template`` (which nobody may be using)."""
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
    with owner_cursor("postgres") as cursor:
        cursor.execute(statement)


def rename_database(old: str, new: str) -> None:
    with owner_cursor("postgres") as cursor:
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(old), sql.Identifier(new)
            )
        )


def drop_database(name: str) -> None:
    """Drop a database, whoever is connected, and the tenant roles that were its own."""
    with owner_cursor("postgres") as cursor:
        cursor.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        for role in _roles_of(cursor, name):
            cursor.execute(sql.SQL("DROP ROLE {}").format(role))


def disown(database: str) -> None:
    """Take the tenant roles of ``database`` away, so that it can be renamed and copied.

    A role's name contains its database's, so a template keeps none; ``adopt`` gives a copy
    roles of its own.
    """
    with owner_cursor(database) as cursor:
        for role in _roles_of(cursor, database):
            cursor.execute(sql.SQL("DROP OWNED BY {}").format(role))
            cursor.execute(sql.SQL("DROP ROLE {}").format(role))


def adopt(database: str) -> None:
    """Give every tenant of a copied database a role of its own, with its grants."""
    with owner_cursor(database) as cursor:
        _share_public(cursor, database)
        cursor.execute(
            "SELECT schema_name FROM tenant WHERE schema_name <> %s ORDER BY 1", [PUBLIC]
        )
        for (schema,) in cursor.fetchall():
            _add_tenant_role(cursor, database, schema)


def _roles_of(cursor: psycopg.Cursor[Any], database: str) -> list[sql.Identifier]:
    cursor.execute(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY 1",
        [shared_role(database)],
    )
    return [sql.Identifier(role) for (role,) in cursor.fetchall()]


# Roles and grants


def login_role() -> str:
    """Return the role that serves, also while the owner has taken over its connection."""
    here = connection.settings_dict
    return str(here.get("LOGIN_ROLE") or here["USER"])


def create_tenant_roles(schemas: Iterable[str]) -> None:
    """Create each tenant's role and grant it what ``core.grants`` lists; again is harmless.

    Over one connection, each in a transaction of its own.
    """
    with owner_cursor() as cursor:
        for schema in schemas:
            with cursor.connection.transaction():
                add_tenant_role(cursor, schema)


def add_tenant_role(cursor: Any, schema: str) -> None:
    """Do the same on a cursor of the owner's, in the transaction that it is in."""
    _add_tenant_role(cursor, connection.settings_dict["NAME"], schema)


def _add_tenant_role(cursor: Any, database: str, schema: str) -> None:
    name = tenant_role(database, schema)
    _create_role(cursor, name)
    role, home = sql.Identifier(name), sql.Identifier(schema)
    statements = [
        # The login role may become the tenant, and has none of its rights before it does.
        sql.SQL("GRANT {} TO {} WITH SET TRUE, INHERIT FALSE").format(
            role, sql.Identifier(login_role())
        ),
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(shared_role(database)), role),
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(home, role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}").format(
            home, role
        ),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(home, role),
    ]
    if frozen := _append_only_tables(cursor, schema):
        statements.append(_revoke_change(schema, frozen, role))
    cursor.execute(sql.SQL("; ").join(statements))


def _create_role(cursor: Any, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        # Without its rights the owner could not take back what the role was granted.
        cursor.execute(
            sql.SQL("CREATE ROLE {0} NOLOGIN; GRANT {0} TO CURRENT_USER WITH INHERIT TRUE").format(
                sql.Identifier(name)
            )
        )


def _share_public(cursor: Any, database: str) -> None:
    """Grant what ``core.grants`` lists to the role that all tenants share.

    To one role and not to each: what a table lists would grow with the number of tenants.
    """
    name = shared_role(database)
    _create_role(cursor, name)
    role = sql.Identifier(name)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
    present, frozen = _tables(cursor, PUBLIC), _append_only_tables(cursor, PUBLIC)
    rights = {**dict.fromkeys(FACTS, READ), **CONTROL}
    for table in sorted(rights.keys() & present):
        allowed = rights[table] - ({"UPDATE", "DELETE"} if table in frozen else set())
        cursor.execute(
            sql.SQL("GRANT {} ON {} TO {}").format(
                sql.SQL(", ".join(sorted(allowed))), sql.Identifier(PUBLIC, table), role
            )
        )


def _revoke_change(schema: str, tables: set[str], role: sql.Identifier) -> sql.Composed:
    named = sql.SQL(", ").join(sql.Identifier(schema, table) for table in sorted(tables))
    return sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(named, role)


def secure_public() -> None:
    """Grant the login role and the tenants their part of public, tenants row by row.

    Run after every migration; again is harmless.
    """
    login = sql.Identifier(login_role())
    with owner_cursor() as cursor:
        cursor.execute(sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(login))
        cursor.execute(
            sql.SQL(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}"
            ).format(login)
        )
        cursor.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(login)
        )
        if frozen := _append_only_tables(cursor, PUBLIC):
            cursor.execute(_revoke_change(PUBLIC, frozen, login))
        _share_public(cursor, connection.settings_dict["NAME"])
        present = _tables(cursor, PUBLIC)
        for table, also in ROW_SECURITY.items():
            if table in present:
                _secure_rows(cursor, table, also)


def _secure_rows(cursor: psycopg.Cursor[Any], table: str, also: tuple[str, ...]) -> None:
    """Let a tenant's role see its own rows only.

    The policy reads the role and not a setting, which a statement could change. Roles that
    are not a tenant's (the login role, the owner) see every row: queries of the control plane.
    """
    own = sql.SQL("substr(current_user::text, {})").format(sql.Literal(PREFIX_LENGTH + 1))
    platform = sql.SQL("current_user::text !~ '^bv_[0-9a-f]{8}_'")
    name = sql.Identifier(table)
    seen = sql.SQL(", ").join([own, *map(sql.Literal, also)])
    owner_of_row = sql.SQL(TENANT_OF_ROW.get(table, "tenant_schema"))
    cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    cursor.execute(sql.SQL("DROP POLICY IF EXISTS tenant_reads_own ON {}").format(name))
    cursor.execute(
        sql.SQL(
            "CREATE POLICY tenant_reads_own ON {} USING ({} OR {} IN ({}))"
            " WITH CHECK ({} OR {} = {})"
        ).format(name, platform, owner_of_row, seen, platform, owner_of_row, own)
    )


def _append_only_tables(cursor: psycopg.Cursor[Any], schema: str) -> set[str]:
    """Ask the catalog which tables refuse change: the triggers are the list."""
    cursor.execute(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND t.tgname = 'rows_stay'",
        [schema],
    )
    return {name for (name,) in cursor.fetchall()}


def _tables(cursor: psycopg.Cursor[Any], schema: str) -> set[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
    return {name for (name,) in cursor.fetchall()}
