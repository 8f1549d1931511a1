"""A database to measure on: PostgreSQL as a laptop runs it, nothing switched off for speed.

The servers are of a kind of their own, so that neither a developer's data nor the tests' careless
settings are touched. They stop when the last benchmark ends.
"""

import atexit
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache

BUILT_AT = datetime(2024, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1)
def scratch_database() -> str:
    """Set Django up on a fresh copy of the template, for the rest of this process; its name."""
    from apps.ops import embedded

    held = ExitStack()
    atexit.register(held.close)
    where = held.enter_context(embedded.hold("bench"))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="beatvegas.settings.test",
        DATABASE_URL=where.database_url,
        DATABASE_OWNER_URL=where.owner_url,
        REDIS_URL=where.redis_url,
    )

    import django

    django.setup()

    from apps.core import ddl
    from apps.ops.setup import clone_template

    name = f"bench_{os.getpid()}"
    clone_template(name, at=BUILT_AT)
    held.callback(ddl.drop_database, name)
    held.enter_context(ddl.on_database(name))
    return name
