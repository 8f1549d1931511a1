"""People for tests. They are made by the action, as everywhere else."""

from datetime import UTC, datetime
from typing import Any

import factory

from apps.core.actor import Actor
from apps.tenants import actions
from apps.tenants.models import User

PASSWORD = "a long password of a test"
HIRED = datetime(2025, 9, 1, 9, 0, tzinfo=UTC)
PERSONNEL = Actor.system("tests.personnel")

OPERATORS_HOST = "localhost"


class UserFactory(factory.Factory):
    """A subscriber of acme, who may sign in nowhere but may be addressed."""

    class Meta:
        model = User

    schema = "acme"
    email = factory.Sequence(lambda number: f"person{number}@example.org")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **said: Any) -> User:
        return actions.create_user(**said, by=PERSONNEL, at=HIRED)


class StaffFactory(UserFactory):
    """Somebody who works for a tenant."""

    password = PASSWORD
    is_staff = True


class OperatorFactory(StaffFactory):
    """Somebody who works for the platform and may do everything."""

    schema = "public"
    is_superuser = True
