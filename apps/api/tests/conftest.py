"""A tenant's program and a tenant's staff, and what they are shown."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.core.actor import Actor
from apps.core.tenancy import tenant_scope
from apps.picks.models import Pick
from apps.picks.tests.factories import NOON_BEFORE, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.tenants import actions, hosts

ACME, RIVAL = "acme.localhost", "rival.localhost"


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    """A test's roll-back takes back what the process would remember of it."""
    hosts.forget()
    yield
    hosts.forget()


@pytest.fixture
def make_key(acme: str, ops: Actor) -> Callable[..., str]:
    def make(schema: str = "acme", **said: Any) -> str:
        made = {"name": "their app", "by": ops, "at": NOON_BEFORE, **said}
        return actions.create_api_key(schema=schema, **made)[1]

    return make


@pytest.fixture
def program(make_key: Callable[..., str]) -> Client:
    """A program of acme's, with a key that opens everything."""
    return Client(headers={"host": ACME, "authorization": f"Bearer {make_key()}"})


@pytest.fixture
def publish(acme: str) -> Callable[..., Pick]:
    """Have a tenant publish a pick; ``status`` says how far it went since."""

    def published(*said: Any, schema: str = "acme", **columns: Any) -> Pick:
        with tenant_scope(schema):
            return make_pick(*said, **{"status": PickStatus.PUBLISHED, **columns})

    return published
