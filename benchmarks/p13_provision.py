"""P13: what a new tenant costs, from the request to the moment it may be served.

The limit executes the template's DDL in one transaction and nothing else. The peer makes the
same schema by django-tenants' usual way, an empty schema and all migrations. Ours adds to the
limit the row, its history, role and grants, switches, and an audit entry for each step.
"""

from collections.abc import Iterator
from itertools import count

from benchmarks.database import BUILT_AT, scratch_database
from benchmarks.harness import Row, Target, at_least, at_most, interleaved


def names(prefix: str) -> Iterator[str]:
    """A name per call: a schema is made once."""
    return (f"{prefix}{number}" for number in count())


def run() -> list[Row]:
    scratch_database()

    from django.core.management.commands.migrate import Command
    from django.db import connection, transaction
    from django_tenants.migration_executors.base import run_migrations

    from apps.core import ddl, schemas
    from apps.core.actor import Actor
    from apps.tenants import artefact, parity, provisioning
    from apps.tenants.kinds import TEMPLATE_SCHEMA, TenantType

    by = Actor.system("benchmarks.p13")
    text = artefact.ddl_for_new_tenants()
    if text is None:
        raise RuntimeError("There is no artefact to replay: pg_dump is missing.")
    ours_names, limit_names, peer_names = names("ours"), names("limit"), names("peer")
    made: dict[str, str] = {}
    options = vars(Command().create_parser("manage.py", "migrate").parse_args(["-v", "0"]))

    def ours() -> None:
        made["ours"] = schema = next(ours_names)
        provisioning.provision_tenant(
            schema=schema, name=schema, type=TenantType.CONSUMER, by=by, at=BUILT_AT
        )

    def limit() -> None:
        made["limit"] = schema = next(limit_names)
        with ddl.owner(), transaction.atomic():
            schemas.replay(text, made_from=TEMPLATE_SCHEMA, schema=schema)

    def peer() -> None:
        made["peer"] = schema = next(peer_names)
        with ddl.owner():
            schemas.create_schema(schema)
            run_migrations((), options, "standard", schema)

    # One call per turn: each call leaves a schema behind.
    samples = interleaved({"ours": ours, "limit": limit, "peer": peer}, least_seconds=0)
    marks = parity.fingerprints([TEMPLATE_SCHEMA, *made.values()])
    alike = len(set(marks.values())) == 1
    connection.close()
    return [
        Row(
            "make a tenant",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(
                at_most(2, samples.ratio("ours", "limit"), "the limit"),
                at_least(3, samples.ratio("peer", "ours"), "faster than migrating"),
                Target("no difference of schemas", "none" if alike else "some", alike),
            ),
        )
    ]
