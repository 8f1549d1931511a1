"""What is rolled out, as an administrator turns it and an operator looks at it."""

import pytest

from apps.governance.models import Rollout
from apps.governance.rollouts import BOARD_PARLAYS
from apps.governance.tests.test_rollouts import forget
from apps.ops.tests.test_governance_console import HOST, console, operator  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked_anew():
    forget()
    yield
    forget()


class TestRollouts:
    def test_are_listed_with_what_they_are_about_and_their_end(self, console):  # noqa: F811
        page = console.get("/admin/governance/rollout/", headers=HOST).content.decode()

        for said in ("slate_message", "board_parlays", "candidate_model", "31 May 2027", "nobody"):
            assert said in page

    def test_are_turned_on_and_off_for_one_tenant_with_a_reason(self, acme, console):  # noqa: F811
        row = Rollout.objects.get(name=BOARD_PARLAYS)
        there = f"/admin/governance/rollout/{row.pk}/"
        said = {"tenant": acme, "reason": "They asked.", "answered": "1"}

        console.post(f"{there}on/", said, headers=HOST, follow=True)
        row.refresh_from_db()
        assert row.tenants == [acme]

        console.post(f"{there}off/", said, headers=HOST, follow=True)
        row.refresh_from_db()
        assert row.tenants == []
