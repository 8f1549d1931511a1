"""The answer that goes with the work is given where the transaction decides something."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from apps.core.db import ask, execute, fetch_all
from apps.core.tenancy import entered
from apps.governance.jobs.claims import claim
from apps.governance.models import JobRun

AT = datetime(2025, 9, 21, 12, 0, tzinfo=UTC)
WRITE = "UPDATE tenant SET name = name WHERE schema_name = 'acme'"
LOCK = "SELECT 1 FROM tenant WHERE schema_name = 'acme' FOR UPDATE"
LOOK = "UPDATE tenant SET name = name WHERE false"


@pytest.fixture
def mine(fresh_database, ops):
    [found] = claim("tests.job", "a turn", ["acme"], by=ops, at=AT)
    return found


def answered(mine, attempt):
    return ask("public.job_run_answer", mine.run, attempt, '{"rows": 1}')


class TestTheAnswer:
    @pytest.mark.parametrize(
        ("work", "said", "outcome"), [(LOOK, None, "RUNNING"), (WRITE, "t", "DONE")]
    )
    def test_is_given_where_a_row_was_written(self, work, said, outcome, mine):
        with transaction.atomic():
            execute(work)
            assert answered(mine, mine.attempt) == said

        assert JobRun.across_tenants.get(pk=mine.run).outcome == outcome

    def test_is_given_where_a_row_was_locked(self, mine):
        with transaction.atomic():
            fetch_all(LOCK)
            assert answered(mine, mine.attempt) == "t"

    def test_is_refused_to_another_attempt(self, mine):
        with transaction.atomic():
            execute(WRITE)
            assert answered(mine, mine.attempt + 1) == "f"

        assert JobRun.across_tenants.get(pk=mine.run).outcome == "RUNNING"

    def test_is_refused_to_another_tenant(self, mine):
        with entered("rival"), transaction.atomic():
            fetch_all("SELECT pg_current_xact_id()")
            assert answered(mine, mine.attempt) == "f"

        assert JobRun.across_tenants.get(pk=mine.run).outcome == "RUNNING"
