from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.tenants import hosts
from apps.tenants.models import User
from apps.tenants.tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    """A test's roll-back takes back what the process would remember of it."""
    hosts.forget()
    yield
    hosts.forget()


@pytest.fixture
def sign_in(client: Client) -> Callable[..., Client]:
    """Sign a person in, on their own host, the way a browser does."""

    def through_the_form(user: User, host: str) -> Client:
        answer: Any = client.post(
            "/admin/login/",
            {"username": user.email, "password": PASSWORD},
            headers={"host": host},
        )
        assert answer.status_code == 302, "the log-in was refused"
        return client

    return through_the_form
