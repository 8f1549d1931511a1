"""Tasks that tell where they ran. Loaded by tests, and by the worker that a test starts."""

import json
from typing import Any

import redis
from celery import chain, chord, shared_task
from django.conf import settings

from apps.core.db import fetch_all
from apps.core.tenancy import current_schema, tenant_scope
from apps.governance.jobs import PublicTask, TenantTask

HEARD = "probe:heard"


def tell(what: str) -> None:
    """Say in Valkey: what, in which schema, as which role of the database."""
    [(role,)] = fetch_all("SELECT current_user::text")
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        client.rpush(HEARD, json.dumps([what, current_schema(), role]))


@shared_task(base=TenantTask, name="probe.note", ignore_result=False)
def note(what: str) -> None:
    tell(what)


@shared_task(base=PublicTask, name="probe.look", ignore_result=False)
def look(what: str) -> None:
    tell(what)


@shared_task(base=TenantTask, name="probe.fail", ignore_result=False)
def fail() -> None:
    tell("before the failure")
    raise ValueError("a bug")


@shared_task(base=TenantTask, name="probe.start_chain", ignore_result=False)
def start_chain(**_: Any) -> None:
    chain(note.si("first link"), note.si("second link"), note.si("third link")).apply_async()


@shared_task(base=TenantTask, name="probe.start_chord", ignore_result=False)
def start_chord(**_: Any) -> None:
    chord([note.si("part one"), note.si("part two")])(note.si("call-back"))


@shared_task(base=TenantTask, name="probe.ring_public", ignore_result=False)
def ring_public(**_: Any) -> None:
    look.delay("public, rung by a tenant")


@shared_task(base=PublicTask, name="probe.ring_tenants", ignore_result=False)
def ring_tenants(schemas: list[str]) -> None:
    for schema in schemas:
        with tenant_scope(schema):
            note.delay("tenant, rung by the platform")
