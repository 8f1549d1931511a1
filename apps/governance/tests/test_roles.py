from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission

from apps.governance import roles
from apps.governance.models import AuditEntry
from apps.governance.roles import PAGES, Role, install_roles, permissions_of
from apps.governance.tests.factories import KICKOFF_EVE

AT = KICKOFF_EVE


def installed(role: Role) -> set[str]:
    return {
        f"{app}.{codename}"
        for app, codename in Group.objects.get(name=role.value).permissions.values_list(
            "content_type__app_label", "codename"
        )
    }


class TestTable:
    def test_gives_an_administrator_what_anybody_of_the_platform_may(self):
        for role in (Role.OPS, Role.FINANCE):
            assert permissions_of(role) <= permissions_of(Role.ADMIN)

    def test_lets_nobody_press_buttons_of_a_page_that_they_may_not_open(self):
        for page, by_role in PAGES.items():
            for role, deeds in by_role.items():
                assert not deeds or "view" in deeds, (page, role)

    def test_lets_finance_change_nothing_but_what_becomes_of_its_alerts(self):
        assert {
            name
            for name in permissions_of(Role.FINANCE)
            if not name.split(".")[1].startswith("view_")
        } == {"governance.handle_opsalert"}

    def test_keeps_a_tenants_staff_away_from_what_is_the_platforms(self):
        pages = {page for page, by_role in PAGES.items() if by_role[Role.TENANT_STAFF]}

        assert pages.isdisjoint(
            {"governance.featureflag", "governance.auditline", "tenants.tenant", "tenants.apikey"}
        )

    def test_lets_nobody_delete_but_a_domain(self):
        assert {name for role in Role for name in permissions_of(role) if ".delete_" in name} == {
            "tenants.delete_domain"
        }


@pytest.mark.django_db
class TestInstalling:
    def test_makes_a_group_of_every_role(self, ops):
        install_roles(by=ops, at=AT)

        assert {role: installed(role) for role in Role} == {
            role: permissions_of(role) for role in Role
        }

    def test_again_changes_nothing(self, ops):
        install_roles(by=ops, at=AT)
        before = AuditEntry.across_tenants.count()

        assert install_roles(by=ops, at=AT + timedelta(hours=1)) == []
        assert AuditEntry.across_tenants.count() == before

    def test_puts_right_what_somebody_has_edited(self, ops):
        install_roles(by=ops, at=AT)
        group = Group.objects.get(name="FINANCE")
        group.permissions.add(Permission.objects.get(codename="turn_featureflag"))
        group.permissions.remove(Permission.objects.get(codename="view_tenant"))

        changed = install_roles(by=ops, at=AT)

        assert changed == [Role.FINANCE]
        assert installed(Role.FINANCE) == permissions_of(Role.FINANCE)
        entry = AuditEntry.across_tenants.filter(action="role.installed").latest("id")
        assert entry.object_id == "FINANCE"

    def test_refuses_a_table_that_names_what_no_page_has(self, ops, monkeypatch):
        monkeypatch.setitem(PAGES, "picks.horoscope", roles._may(ops="view"))

        with pytest.raises(roles.RoleUninstallable, match="view_horoscope"):
            install_roles(by=ops, at=AT)
