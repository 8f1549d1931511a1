from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission
from django.test import RequestFactory

from apps.core.tenancy import NoTenantInScope, tenant_scope
from apps.governance.models import AuditEntry
from apps.governance.roles import Role
from apps.tenants import actions
from apps.tenants.hosts import tenant_of_schema
from apps.tenants.kinds import UserStatus
from apps.tenants.models import User
from apps.tenants.tests.factories import PASSWORD, OperatorFactory, StaffFactory, UserFactory

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)


def at_host_of(schema: str):
    request = RequestFactory().post("/admin/login/")
    request.host_tenant = tenant_of_schema(schema)
    return request


@pytest.mark.django_db
class TestCreateUser:
    def test_names_the_person_after_tenant_and_address(self, ops):
        user = actions.create_user(schema="acme", email=" Ann@Example.org ", by=ops, at=NOON)

        assert (user.login, user.email) == ("acme/ann@example.org", "Ann@Example.org")
        assert not user.has_usable_password()

    def test_takes_a_telegram_id_in_place_of_an_address(self, ops):
        user = actions.create_user(schema="acme", telegram_user_id=77, by=ops, at=NOON)

        assert user.login == "acme/tg:77"

    def test_is_audited_without_anything_personal(self, ops):
        user = actions.create_user(schema="acme", email="ann@example.org", by=ops, at=NOON)

        entry = AuditEntry.across_tenants.get(object_type="User", object_id=str(user.pk))
        assert (entry.action, entry.actor_id) == ("user.created", ops.id)
        assert "ann" not in str(entry.diff)

    def test_refuses_the_same_address_twice_in_one_tenant(self, ops):
        UserFactory(email="ann@example.org")

        with pytest.raises(actions.AddressTaken):
            actions.create_user(schema="acme", email="ANN@example.org", by=ops, at=NOON)

    def test_lets_the_same_address_be_another_person_elsewhere(self, ops):
        here = UserFactory(email="ann@example.org")

        there = actions.create_user(schema="rival", email="ann@example.org", by=ops, at=NOON)

        assert here.pk != there.pk

    @pytest.mark.parametrize(
        ("said", "refusal"),
        [
            ({}, actions.AddressMissing),
            ({"email": "x" * 200 + "@example.org"}, actions.AddressUnfit),
            ({"email": "İstanbul@example.org"}, actions.AddressUnfit),
            ({"email": "a@b.org", "is_staff": True}, actions.PasswordMissing),
            (
                {"email": "a@b.org", "password": "p", "is_staff": True, "is_superuser": True},
                actions.OperatorsOnly,
            ),
        ],
    )
    def test_refuses_who_cannot_be_told_apart_or_trusted(self, said, refusal, ops):
        with pytest.raises(refusal):
            actions.create_user(schema="acme", **said, by=ops, at=NOON)

        assert not User.across_tenants.filter(tenant="acme").exists()


@pytest.mark.django_db
class TestSigningIn:
    def test_asks_for_the_person_of_the_hosts_tenant(self):
        ann = StaffFactory(email="ann@example.org")
        StaffFactory(schema="rival", email="ann@example.org", password="quite another one")

        request = at_host_of("acme")

        assert authenticate(request, username="Ann@Example.org ", password=PASSWORD) == ann

    @pytest.mark.parametrize("host", ["rival", "public"])
    def test_is_refused_on_another_tenants_host(self, host):
        StaffFactory(email="ann@example.org")

        assert authenticate(at_host_of(host), username="ann@example.org", password=PASSWORD) is None

    @pytest.mark.parametrize("typed", ["acme/ann@example.org", "rival/../acme/ann@example.org"])
    def test_does_not_let_people_name_a_tenant(self, typed):
        StaffFactory(email="ann@example.org")

        assert authenticate(at_host_of("rival"), username=typed, password=PASSWORD) is None
        assert authenticate(at_host_of("acme"), username=typed, password=PASSWORD) is None

    def test_is_refused_without_a_host(self):
        StaffFactory(email="ann@example.org")

        assert authenticate(None, username="ann@example.org", password=PASSWORD) is None

    def test_is_refused_while_disabled(self, ops):
        ann = StaffFactory(email="ann@example.org")
        actions.disable_user(user_id=ann.pk, by=ops, at=NOON, reason="Left the company.")

        request = at_host_of("acme")

        assert authenticate(request, username="ann@example.org", password=PASSWORD) is None

    def test_does_as_much_work_for_a_stranger(self, django_assert_num_queries, monkeypatch):
        """Nobody learns from the time it takes which addresses exist."""
        hashed = []
        monkeypatch.setattr(User, "set_password", lambda self, raw: hashed.append(raw))

        authenticate(at_host_of("acme"), username="nobody@example.org", password="guess")

        assert hashed == ["guess"]


@pytest.mark.django_db
class TestLeaving:
    def test_needs_a_reason(self, ops):
        ann = UserFactory()

        with pytest.raises(actions.ReasonMissing):
            actions.disable_user(user_id=ann.pk, by=ops, at=NOON, reason=" ")

    def test_can_be_taken_back(self, ops):
        ann = UserFactory()
        actions.disable_user(user_id=ann.pk, by=ops, at=NOON, reason="Lost phone.")

        actions.enable_user(user_id=ann.pk, by=ops, at=NOON, reason="Found phone.")

        ann.refresh_from_db()
        assert ann.is_active

    def test_by_erasure_keeps_the_row_and_nothing_personal(self, ops):
        ann = StaffFactory(email="ann@example.org")

        actions.anonymise_user(user_id=ann.pk, by=ops, at=NOON, reason="Asked for it.")

        ann.refresh_from_db()
        assert ann.status == UserStatus.ANONYMISED
        assert (ann.email, ann.telegram_user_id, ann.is_staff) == (None, None, False)
        assert "ann" not in ann.login
        with pytest.raises(actions.PersonErased):
            actions.enable_user(user_id=ann.pk, by=ops, at=NOON, reason="Second thoughts.")

    def test_frees_the_address_for_somebody_new(self, ops):
        ann = UserFactory(email="ann@example.org")
        actions.anonymise_user(user_id=ann.pk, by=ops, at=NOON, reason="Asked for it.")

        again = actions.create_user(schema="acme", email="ann@example.org", by=ops, at=NOON)

        assert again.pk != ann.pk


@pytest.mark.django_db
class TestWhoSeesWhom:
    def test_people_are_read_inside_their_tenant(self, acme):
        ann = UserFactory()
        UserFactory(schema="rival")

        with tenant_scope(acme):
            seen = list(User.objects.all())

        assert seen == [ann]

    def test_people_are_not_read_without_a_tenant(self):
        with pytest.raises(NoTenantInScope):
            User.objects.count()

    def test_a_tenants_role_sees_its_own_people_and_the_platforms(self, acme):
        """Operators sign in a tenant's admin log; rival's people stay out of sight."""
        ann, olivia = UserFactory(), OperatorFactory()
        UserFactory(schema="rival")

        with tenant_scope(acme):
            seen = set(User.across_tenants.all())

        assert seen == {ann, olivia}


@pytest.mark.django_db
class TestRoles:
    def test_put_a_person_into_the_group_that_may_it(self, ops):
        user = actions.create_user(
            schema="public",
            email="o@example.org",
            password=PASSWORD,
            role=Role.OPS,
            by=ops,
            at=NOON,
        )

        assert (user.is_staff, user.is_superuser, user.role) == (True, False, "OPS")
        assert user.has_perm("governance.turn_featureflag")
        assert not user.has_perm("tenants.add_tenant")

    @pytest.mark.parametrize(
        ("schema", "role"),
        [("acme", Role.OPS), ("acme", Role.ADMIN), ("public", Role.TENANT_STAFF)],
    )
    def test_fit_where_the_person_belongs(self, schema, role, ops):
        with pytest.raises(actions.RoleUnfit):
            actions.create_user(
                schema=schema, email="o@example.org", password=PASSWORD, role=role, by=ops, at=NOON
            )

    def test_are_changed_at_once_and_leave_nothing_behind(self, ops):
        user = OperatorFactory(is_superuser=False, role=Role.ADMIN)
        user.user_permissions.add(Permission.objects.get(codename="turn_featureflag"))

        actions.give_role(user_id=user.pk, role=Role.FINANCE, by=ops, at=NOON, reason="Moved.")

        after = User.across_tenants.get(pk=user.pk)
        assert after.role == "FINANCE"
        assert not after.has_perm("governance.turn_featureflag")
        assert after.has_perm("governance.view_auditline")
        entry = AuditEntry.across_tenants.get(action="user.role_given")
        assert entry.diff == {"role": ["ADMIN", "FINANCE"]}

    def test_are_taken_away(self, ops):
        user = StaffFactory(role=Role.TENANT_STAFF)

        after = actions.give_role(user_id=user.pk, role=None, by=ops, at=NOON, reason="Left.")

        assert (after.role, after.is_staff, after.groups.count()) == ("", False, 0)

    def test_of_a_tenant_never_become_the_platforms(self, ops):
        user = StaffFactory(role=Role.TENANT_STAFF)

        with pytest.raises(actions.RoleUnfit):
            actions.give_role(user_id=user.pk, role=Role.OPS, by=ops, at=NOON, reason="Up.")

    def test_are_for_who_can_sign_in(self, ops):
        user = UserFactory()

        with pytest.raises(actions.PasswordMissing):
            actions.give_role(
                user_id=user.pk, role=Role.TENANT_STAFF, by=ops, at=NOON, reason="Hired."
            )

    def test_go_with_the_person(self, ops):
        user = StaffFactory(role=Role.TENANT_STAFF)

        gone = actions.anonymise_user(user_id=user.pk, by=ops, at=NOON, reason="Asked for it.")

        assert (gone.role, gone.groups.count()) == ("", 0)
