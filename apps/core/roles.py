"""The names of the database roles that tenants' statements run under."""

from hashlib import md5

PREFIX_LENGTH = 12  # len("bv_") + eight digits + len("_"); row-level security cuts here


def tenant_role(database: str, schema: str) -> str:
    """Return ``bv_<first eight of md5(database)>_<schema>``.

    Roles belong to the cluster, so the database is part of the name; a schema has at most 30
    characters, so the name never reaches PostgreSQL's limit of 63 and is never cut.
    """
    return f"{shared_role(database)}_{schema}"


def shared_role(database: str) -> str:
    """Return the role whose rights all tenants of a database have: those on public tables."""
    digest = md5(database.encode(), usedforsecurity=False).hexdigest()[:8]
    return f"bv_{digest}"
