"""What the database itself refuses, whoever writes."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from apps.core.db import execute
from apps.governance.history import Unsigned
from apps.tenants.models import Domain, Tenant, User

NOW = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)


def insert_tenant(schema: str, **columns: str) -> None:
    said = {
        "schema_name": schema,
        "name": schema,
        "type": "CONSUMER",
        "timezone": "UTC",
        "status": "SUSPENDED",
        "provisioning": "REQUESTED",
        **columns,
    }
    names, marks = ", ".join(said), ", ".join(["%s"] * len(said))
    execute(f"INSERT INTO tenant ({names}) VALUES ({marks})", list(said.values()))


def insert_user(login: str, **columns: object) -> None:
    said: dict[str, object] = {
        "id": "01990000-0000-7000-8000-000000000001",
        "tenant_schema": "acme",
        "login": login,
        "password": "!",
        "is_superuser": False,
        "role": "",
        "is_staff": False,
        "status": "ACTIVE",
        **columns,
    }
    names, marks = ", ".join(said), ", ".join(["%s"] * len(said))
    execute(f'INSERT INTO "user" ({names}) VALUES ({marks})', list(said.values()))


@pytest.mark.django_db
class TestTenantRow:
    @pytest.mark.parametrize(
        "schema", ["a", "Acme", "9lives", "_acme", "ac-me", "acme;", "acme\n", "", "äcme"]
    )
    def test_is_named_by_a_slug(self, schema):
        with pytest.raises(IntegrityError, match="tenant_schema_is_a_slug"):
            insert_tenant(schema)

    @pytest.mark.parametrize("schema", ["pg_toast", "pg_anything", "information_schema"])
    def test_leaves_the_servers_own_names_alone(self, schema):
        with pytest.raises(IntegrityError, match="tenant_schema_is_not_reserved"):
            insert_tenant(schema)

    @pytest.mark.parametrize("schema", ["ab", "a1", "a" + "b" * 29, "a_b_2"])
    def test_takes_every_slug(self, schema):
        insert_tenant(schema)

        assert Tenant.objects.filter(pk=schema).exists()

    def test_is_of_a_known_type(self):
        with pytest.raises(IntegrityError, match="tenant_type_is_known"):
            insert_tenant("other", type="WHOLESALE")

    def test_is_not_active_before_it_is_built(self):
        with pytest.raises(IntegrityError, match="tenant_active_is_fully_provisioned"):
            insert_tenant("other", status="ACTIVE", provisioning="SEEDED")

    @pytest.mark.parametrize("change", [{"status": "SUSPENDED"}, {"type": "CONSUMER"}])
    def test_of_the_platform_stays_what_it_is(self, change):
        with pytest.raises(IntegrityError, match="tenant_platform_is_internal_and_active"):
            Tenant.objects.filter(pk="public").update(**change)

    def test_of_the_template_never_runs(self):
        with pytest.raises(IntegrityError, match="tenant_template_is_never_active"):
            Tenant.objects.filter(pk="template").update(status="ACTIVE")

    def test_is_saved_by_nobody_without_a_name(self):
        """A history that does not say who is none."""
        tenant = Tenant.objects.get(pk="acme")

        with pytest.raises(Unsigned):
            tenant.save()

    def test_is_not_deleted_while_people_or_hosts_refer_to_it(self):
        with pytest.raises(IntegrityError):
            execute("DELETE FROM tenant WHERE schema_name = 'acme'; SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
class TestDomainRow:
    @pytest.mark.parametrize("host", ["Acme.example", "acme.example:8000", "https://a.b", "-a.b"])
    def test_is_a_host_name(self, host):
        with pytest.raises(IntegrityError, match="domain_is_a_host_name"):
            Domain.objects.filter(tenant="acme").update(domain=host)

    def test_is_primary_once_per_tenant(self):
        with pytest.raises(IntegrityError, match="domain_has_one_primary"):
            execute("INSERT INTO domain VALUES (DEFAULT, 'b.c', true, 'acme')")

    def test_leads_to_one_tenant(self):
        taken = Domain.objects.filter(tenant="acme").values_list("domain", flat=True)[0]

        with pytest.raises(IntegrityError, match="domain_domain_key"):
            Domain.objects.filter(tenant="rival").update(domain=taken)


@pytest.mark.django_db
class TestUserRow:
    @pytest.mark.parametrize(
        ("login", "person"),
        [
            ("acme/ann@example.org", {"email": "Ann@Example.org"}),
            ("acme/tg:77", {"telegram_user_id": 77}),
            ("acme/ann@example.org", {"email": "ann@example.org", "telegram_user_id": 77}),
        ],
    )
    def test_is_named_by_tenant_and_address(self, login, person):
        insert_user(login, **person)

        assert User.across_tenants.filter(login=login).count() == 1

    @pytest.mark.parametrize(
        ("login", "person"),
        [
            ("rival/ann@example.org", {"email": "ann@example.org"}),
            ("ann@example.org", {"email": "ann@example.org"}),
            ("acme/Ann@example.org", {"email": "Ann@example.org"}),
            ("acme/tg:78", {"telegram_user_id": 77}),
            ("acme/tg:77", {"email": "ann@example.org", "telegram_user_id": 77}),
        ],
    )
    def test_cannot_bear_another_name(self, login, person):
        with pytest.raises(IntegrityError, match="user_login_names_tenant_and_person"):
            insert_user(login, **person)

    def test_can_be_addressed(self):
        with pytest.raises(IntegrityError, match="user_can_be_addressed"):
            insert_user("acme/nobody")

    def test_is_a_superuser_only_on_the_platform(self):
        refused = pytest.raises(IntegrityError, match="user_superuser_is_an_operator")
        with refused, transaction.atomic():
            insert_user("acme/a@b.org", email="a@b.org", is_superuser=True)

        insert_user("public/a@b.org", tenant_schema="public", email="a@b.org", is_superuser=True)

    @pytest.mark.parametrize(("schema", "role"), [("acme", "OPS"), ("public", "TENANT_STAFF")])
    def test_has_no_role_of_elsewhere(self, schema, role):
        with pytest.raises(IntegrityError, match="user_role_fits_its_tenant"):
            insert_user(
                f"{schema}/a@b.org",
                tenant_schema=schema,
                email="a@b.org",
                role=role,
                is_staff=True,
            )

    def test_may_be_the_same_person_in_two_tenants_but_not_twice_in_one(self):
        insert_user("acme/a@b.org", email="a@b.org")
        other = "01990000-0000-7000-8000-000000000002"
        insert_user("rival/a@b.org", id=other, tenant_schema="rival", email="a@b.org")

        with pytest.raises(IntegrityError), transaction.atomic():
            insert_user("acme/a@b.org", id="01990000-0000-7000-8000-000000000003", email="A@B.org")

    def test_keeps_nothing_personal_once_it_is_erased(self):
        with pytest.raises(IntegrityError, match="user_anonymised_keeps_nothing"):
            insert_user("acme/gone:1", status="ANONYMISED", email="a@b.org")
