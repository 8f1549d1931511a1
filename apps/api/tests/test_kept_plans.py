"""Plans that the server keeps: each tenant's own, and replaced when a column changes."""

import pytest
from django.db import connection

from apps.api.tests.conftest import ACME, RIVAL
from apps.core import ddl
from apps.core.db import fetch_all
from apps.core.tenancy import tenant_scope

LIST = "/api/v1/picks/"


def kept(schema: str) -> int:
    [(number,)] = fetch_all(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"/* {schema} */%"]
    )
    return number


@pytest.mark.django_db
class TestKeptPlans:
    def test_serve_the_next_question(self, program, publish):
        publish()
        before = kept("acme")

        answers = [program.get(LIST).content for _ in range(3)]

        assert len(set(answers)) == 1
        assert kept("acme") <= before + 1
        with tenant_scope("acme"):
            assert fetch_all("SELECT 1") == [(1,)]  # others are not prepared
        assert connection.connection.prepare_threshold is None

    def test_of_one_tenant_never_answer_another(self, client, publish, make_key, rival):
        """One connection, two tenants in turn, the same words in the same order."""
        mine = {"acme": publish(), rival: publish(schema=rival)}
        keys = {schema: make_key(schema) for schema in mine}
        hosts = {"acme": ACME, rival: RIVAL}

        for schema in ["acme", rival] * 8:
            answer = client.get(
                LIST,
                headers={"host": hosts[schema], "authorization": f"Bearer {keys[schema]}"},
            )
            assert [pick["pick"] for pick in answer.json()["results"]] == [str(mine[schema].pk)]


class TestAMigration:
    def test_that_changes_a_column_is_no_failure(self, fresh_database, program, publish):
        pick = publish()
        before = program.get(LIST)
        assert before.status_code == 200

        with ddl.owner_cursor() as owner:
            owner.execute("ALTER TABLE acme.pick ALTER COLUMN validity_reason TYPE varchar(40)")

        for _ in range(2):
            after = program.get(LIST)
            assert (after.status_code, after.content) == (200, before.content)
        assert program.get(f"{LIST}{pick.pk}/").status_code == 200
