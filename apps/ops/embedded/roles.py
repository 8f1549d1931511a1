"""The two log-ins of every database: the owner, who changes its shape, and the one who works.

The login role owns nothing and has no attribute but LOGIN; what it may do is granted by the
migrations. Names and limits are the same in production (see `docker-compose.yml`).
"""

import psycopg
from psycopg import sql

DATABASE = "beatvegas"
SUPERUSER = "postgres"
OWNER = "beatvegas_owner"
LOGIN = "beatvegas"

# A statement that waits longer than this blocks others; whoever needs more says so (SET LOCAL).
LOGIN_LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
}
# Building an index takes as long as it takes, but never makes the others wait for its lock.
OWNER_LIMITS = {
    "statement_timeout": "0",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}


def create_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Make roles and database as they should be, whatever is there already."""
    wanted = (
        (OWNER, "LOGIN CREATEROLE CREATEDB", passwords["owner"], OWNER_LIMITS),
        (LOGIN, "LOGIN", passwords["login"], LOGIN_LIMITS),
    )
    for role, attributes, password, limits in wanted:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        connection.execute(
            sql.SQL("{verb} ROLE {role} NOSUPERUSER {attributes} PASSWORD {password}").format(
                verb=sql.SQL("ALTER" if known else "CREATE"),
                role=sql.Identifier(role),
                attributes=sql.SQL(attributes),
                password=sql.Literal(password),
            )
        )
        for name, value in limits.items():
            connection.execute(
                sql.SQL("ALTER ROLE {role} SET {name} = {value}").format(
                    role=sql.Identifier(role),
                    name=sql.Identifier(name),
                    value=sql.Literal(value),
                )
            )
    # The owner may end the login's sessions: a scratch database is dropped while they linger.
    connection.execute(
        sql.SQL("GRANT {login} TO {owner}").format(
            login=sql.Identifier(LOGIN), owner=sql.Identifier(OWNER)
        )
    )
    # And an autovacuum worker that happens to be in it, who is nobody's.
    connection.execute(
        sql.SQL("GRANT pg_signal_backend TO {owner}").format(owner=sql.Identifier(OWNER))
    )
    if not is_complete(connection):
        connection.execute(
            sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(
                database=sql.Identifier(DATABASE), owner=sql.Identifier(OWNER)
            )
        )


def is_complete(connection: psycopg.Connection) -> bool:
    """Whether the database, which is made last, is there."""
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    return found.fetchone() is not None
