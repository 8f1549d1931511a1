from contextlib import suppress

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from psycopg import IsolationLevel

from apps.core import tenancy
from apps.core.db import fetch_all
from apps.core.roles import tenant_role
from apps.core.tenancy import (
    NoTenantInScope,
    TenantInactive,
    TenantNested,
    TenantUnknown,
    current_schema,
    entered,
    tenant_scope,
)


@pytest.mark.django_db
class TestTenantScope:
    def test_sets_role_and_path_and_takes_both_back(self, acme):
        with tenant_scope(acme):
            inside = fetch_all("SELECT current_user::text, current_schema()::text")
        outside = fetch_all("SELECT current_user::text, current_schema()::text")

        database = connection.settings_dict["NAME"]
        assert inside == [(tenant_role(database, acme), acme)]
        assert outside == [(connection.settings_dict["USER"], "public")]

    def test_costs_one_statement(self, acme, django_assert_num_queries):
        fetch_all("SELECT 1")  # the connection has said who it is

        with django_assert_num_queries(3), tenant_scope(acme):  # is it active, set, SELECT
            fetch_all("SELECT 1")

    def test_may_be_entered_again_by_the_same_tenant(self, acme):
        with tenant_scope(acme):
            with tenant_scope(acme):
                pass
            assert current_schema() == acme

    def test_refuses_another_tenant_inside(self, acme, rival):
        with tenant_scope(acme), pytest.raises(TenantNested), tenant_scope(rival):
            pass

    @pytest.mark.parametrize("schema", ["nobody", "public", "pg_catalog", "acme; drop"])
    def test_refuses_what_is_no_tenant(self, schema):
        with pytest.raises(TenantUnknown), tenant_scope(schema):
            pass

        assert current_schema() == "public"

    def test_refuses_a_suspended_tenant(self, acme):
        tenancy.get_tenant_model().objects.filter(schema_name=acme).update(status="SUSPENDED")

        with pytest.raises(TenantInactive), tenant_scope(acme):
            pass

    def test_is_left_by_an_exception(self, acme):
        with pytest.raises(KeyError), tenant_scope(acme):
            raise KeyError

        assert current_schema() == "public"
        assert fetch_all("SELECT current_schema()::text") == [("public",)]

    def test_survives_the_roll_back_of_a_savepoint(self, acme):
        with tenant_scope(acme):
            with suppress(KeyError), transaction.atomic():
                fetch_all("SELECT 1")
                raise KeyError
            assert fetch_all("SELECT current_schema()::text") == [(acme,)]


class TestATransactionThatEnters:
    """The switch goes out with the BEGIN, where a transaction is about to begin."""

    WHERE = "SELECT current_user::text, current_schema()::text, pg_current_xact_id_if_assigned()"

    def test_is_one_transaction_of_that_tenant(self, fresh_database):
        role = tenant_role(connection.settings_dict["NAME"], "acme")
        with entered("acme"), transaction.atomic():
            fetch_all("SELECT 1")
            status = connection.connection.info.transaction_status
            fetch_all("SELECT pg_current_xact_id()")
            [(user, schema, first)] = fetch_all(self.WHERE)
            [(_, _, second)] = fetch_all(self.WHERE)

        assert (status.name, user, schema) == ("INTRANS", role, "acme")
        assert first == second is not None
        assert connection.connection.info.transaction_status.name == "IDLE"
        assert fetch_all("SELECT current_schema()::text") == [("public",)]

    def test_that_is_rolled_back_enters_again(self, fresh_database):
        with entered("acme"):
            with suppress(KeyError), transaction.atomic():
                fetch_all("SELECT 1")
                raise KeyError
            assert fetch_all("SELECT current_schema()::text") == [("acme",)]
            with transaction.atomic():
                assert fetch_all("SELECT current_schema()::text") == [("acme",)]

    def test_of_no_tenant_is_refused_and_leaves_nothing_open(self, fresh_database):
        with (
            pytest.raises(DatabaseError, match=r"does not exist|aborted"),
            entered("nobody"),
            transaction.atomic(),
        ):
            fetch_all("SELECT 1")

        assert fetch_all("SELECT current_schema()::text") == [("public",)]

    def test_keeps_the_isolation_that_somebody_chose(self, fresh_database):
        fetch_all("SELECT 1")
        connection.connection.isolation_level = IsolationLevel.REPEATABLE_READ
        try:
            with entered("acme"), transaction.atomic():
                [(isolation,)] = fetch_all("SHOW transaction_isolation")
                schema = fetch_all("SELECT current_schema()::text")
        finally:
            connection.connection.isolation_level = None

        assert (isolation, schema) == ("repeatable read", [("acme",)])


@pytest.mark.django_db
class TestTenantsInTurn:
    def test_visits_each_active_tenant_in_its_own_scope(self, acme, rival):
        visited = [(schema, current_schema()) for schema in tenancy.tenants_in_turn([rival, acme])]

        assert visited == [(rival, rival), (acme, acme)]
        assert current_schema() == "public"

    def test_leaves_out_who_is_not_active(self, acme, rival):
        tenancy.get_tenant_model().objects.filter(schema_name=rival).update(status="SUSPENDED")

        assert list(tenancy.tenants_in_turn([acme, rival, "public"])) == [acme]

    def test_never_counts_the_platform_or_the_template(self, acme, rival):
        assert tenancy.active_schemas() == [acme, rival]


@pytest.mark.django_db
class TestTenantRows:
    def test_cannot_be_read_without_a_tenant(self):
        with pytest.raises(NoTenantInScope):
            apps.get_model("governance", "AuditEntry").objects.count()

    def test_an_unknown_schema_never_lands_in_public(self):
        """The server itself refuses a role that does not exist."""
        connection.set_schema("nobody")
        try:
            with (
                pytest.raises(DatabaseError, match=r"does not exist|aborted"),
                transaction.atomic(),
            ):
                fetch_all("SELECT 1")
        finally:
            connection.set_schema_to_public()
