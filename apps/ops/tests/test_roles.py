"""Every page of the console, opened by every role: the table of roles is what happens."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from apps.governance.roles import PAGES, PLATFORM_ROLES, Role
from apps.ops import console
from apps.ops.sample import SAMPLE_PEOPLE, ensure_log_ins
from apps.tenants import hosts
from apps.tenants.actions import give_role
from apps.tenants.models import User
from apps.tenants.tests.factories import (
    HIRED,
    OPERATORS_HOST,
    PASSWORD,
    OperatorFactory,
    StaffFactory,
)

ACME = "acme.localhost"
PAGE = Path(__file__).resolve().parents[3] / "docs" / "roles.md"


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    hosts.forget()
    yield
    hosts.forget()


def somebody(role: Role) -> User:
    if role is Role.TENANT_STAFF:
        return StaffFactory(role=role)
    return OperatorFactory(role=role, is_superuser=False)


def browser_of(user: User, host: str) -> Client:
    browser = Client(headers={"host": host})
    answer = browser.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 302, "the log-in was refused"
    return browser


def tables(site: console.ConsoleSite) -> list[str]:
    return [model._meta.label_lower for model in site._registry]


def opened(browser: Client, pages: list[str], before: str = "") -> dict[str, int]:
    return {
        page: browser.get(f"{before}/admin/{page.replace('.', '/')}/").status_code for page in pages
    }


def expected(role: Role, pages: list[str]) -> dict[str, int]:
    return {page: 200 if "view" in PAGES[page][role] else 403 for page in pages}


class TestTable:
    def test_has_a_line_for_every_page_and_no_other(self):
        shown = {*tables(console.operators_site()), *tables(console.tenant_site())}

        assert set(PAGES) == shown


@pytest.mark.django_db
class TestEveryPage:
    @pytest.mark.parametrize("role", PLATFORM_ROLES)
    def test_of_the_platform_opens_for_a_role_as_the_table_says(self, role):
        pages = tables(console.operators_site())

        assert opened(browser_of(somebody(role), OPERATORS_HOST), pages) == expected(role, pages)

    @pytest.mark.parametrize("role", PLATFORM_ROLES)
    def test_of_a_tenant_opens_for_a_role_of_the_platform_as_the_table_says(self, role):
        pages = tables(console.tenant_site())
        browser = browser_of(somebody(role), OPERATORS_HOST)

        assert opened(browser, pages, "/t/acme") == expected(role, pages)

    def test_of_a_tenant_opens_for_its_own_staff_as_the_table_says(self):
        pages = tables(console.tenant_site())
        browser = browser_of(somebody(Role.TENANT_STAFF), ACME)

        assert opened(browser, pages) == expected(Role.TENANT_STAFF, pages)

    @pytest.mark.parametrize("host", [OPERATORS_HOST, "rival.localhost"])
    def test_of_others_is_closed_to_a_tenants_staff(self, host):
        staff = somebody(Role.TENANT_STAFF)
        browser = Client(headers={"host": host})

        answer = browser.post("/admin/login/", {"username": staff.email, "password": PASSWORD})

        assert answer.status_code == 200  # the form again
        assert browser.get("/admin/").status_code == 302

    def test_is_closed_at_once_when_the_role_is_another_one(self, ops):
        user = somebody(Role.ADMIN)
        browser = browser_of(user, OPERATORS_HOST)
        assert browser.get("/admin/snapshots/rawpayload/").status_code == 200

        give_role(user_id=user.pk, role=Role.FINANCE, by=ops, at=HIRED, reason="Moved.")

        assert browser.get("/admin/snapshots/rawpayload/").status_code == 302  # signed out
        again = browser_of(user, OPERATORS_HOST)
        assert again.get("/admin/snapshots/rawpayload/").status_code == 403


@pytest.mark.django_db
class TestEveryButton:
    @pytest.mark.parametrize("role", Role)
    def test_is_there_for_a_role_as_the_table_says(self, role):
        site = console.tenant_site() if role is Role.TENANT_STAFF else console.operators_site()
        request: Any = RequestFactory().get("/admin/")
        request.user = somebody(role)
        deeds = {deed for roles in PAGES.values() for may in roles.values() for deed in may}

        for model, page in site._registry.items():
            app, name = model._meta.label_lower.split(".")
            for deed in sorted(deeds):
                may = deed in PAGES[f"{app}.{name}"][role]
                there = getattr(page, f"has_{deed}_permission", lambda _: False)(request)
                assert request.user.has_perm(f"{app}.{deed}_{name}") == may, (model, deed)
                assert may or not there, (model, deed)


class TestDocumentation:
    def test_is_the_table(self):
        rows = [
            [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
            for line in PAGE.read_text().splitlines()
            if re.match(r"^\| `", line)
        ]

        assert {row[0]: row[1:] for row in rows} == {
            page: [", ".join(sorted(may[role], key=_view_first)) or "-" for role in Role]
            for page, may in PAGES.items()
        }


def _view_first(deed: str) -> tuple[bool, str]:
    return deed != "view", deed


@pytest.mark.django_db
class TestSamplePeople:
    def test_may_sign_in_where_they_belong_with_what_is_printed(self, tmp_path, ops):
        log_ins = ensure_log_ins(tmp_path / "log-ins.json", by=ops, at=HIRED)

        # The tests' database has acme of the three sample tenants.
        assert [(one.role, one.schema) for one in log_ins] == [
            ("ADMIN", "public"),
            ("OPS", "public"),
            ("FINANCE", "public"),
            ("TENANT_STAFF", "acme"),
        ]
        for one in log_ins:
            browser = Client(headers={"host": OPERATORS_HOST if one.schema == "public" else ACME})
            said = {"username": one.email, "password": one.password}
            assert browser.post("/admin/login/", said).status_code == 302, one.email
            assert browser.get("/admin/").status_code == 200, one.email

    def test_are_the_same_the_next_time(self, tmp_path, ops):
        file = tmp_path / "log-ins.json"
        first = ensure_log_ins(file, by=ops, at=HIRED)

        assert ensure_log_ins(file, by=ops, at=HIRED) == first
        assert file.stat().st_mode & 0o777 == 0o600

    def test_get_their_role_and_password_back(self, tmp_path, ops):
        file = tmp_path / "log-ins.json"
        ensure_log_ins(file, by=ops, at=HIRED)
        otto = User.across_tenants.get(email="otto@beatvegas.localhost")
        give_role(user_id=otto.pk, role=Role.FINANCE, by=ops, at=HIRED, reason="By mistake.")

        ensure_log_ins(file, by=ops, at=HIRED)

        otto.refresh_from_db()
        assert otto.role == "OPS"

    def test_have_every_role_and_two_who_turn_switches(self):
        assert {person.role for person in SAMPLE_PEOPLE} == set(Role)
        assert sum("turn" in PAGES["governance.featureflag"][one.role] for one in SAMPLE_PEOPLE) > 1
