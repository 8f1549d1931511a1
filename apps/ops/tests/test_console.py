"""The console: what each site shows, to whom, and whose data it touches."""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from apps.core.grants import FACTS
from apps.governance.models import AuditEntry, ConfigVersion
from apps.ops import console
from apps.tenants import hosts
from apps.tenants.artefact import tenant_apps
from apps.tenants.models import Domain, Tenant, User
from apps.tenants.tests.factories import (
    OPERATORS_HOST,
    PASSWORD,
    OperatorFactory,
    StaffFactory,
    UserFactory,
)

ACME, RIVAL = "acme.localhost", "rival.localhost"
NEW_PASSWORD = "an even longer password"


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    hosts.forget()
    yield
    hosts.forget()


def signed_in(user: User, host: str) -> Client:
    browser = Client(headers={"host": host})
    answer = browser.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 302, "the log-in was refused"
    return browser


def with_every_permission(user: User) -> User:
    user.user_permissions.set(Permission.objects.all())
    return user


def every_path(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Every address below a list of URL patterns, with some key where one is asked for."""
    for pattern in patterns:
        route = before + re.sub(r"<[^>]+>", "1", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from every_path(pattern.url_patterns, route)
        elif "^" not in route:  # the list of one app's tables is the one regular expression
            yield f"/{route}"


def closed_paths() -> list[str]:
    """All of a tenant's console but the log-in page itself."""
    patterns = import_module("beatvegas.urls_tenant").urlpatterns
    console = [path for path in every_path(patterns) if path.startswith("/admin/")]
    paths = [path for path in console if path != "/admin/login/"]
    assert len(paths) > 10  # a walk that finds nothing would prove nothing
    return paths


def headings(answer: Any) -> int:
    """How many first headings a page has: a reader that jumps by headings expects one."""
    return int(answer.content.decode().count("<h1"))


def changelists(site: console.ConsoleSite) -> list[str]:
    return [f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]


class TestWhatStandsWhere:
    def test_the_platform_shows_no_tenants_table(self):
        shown = {model._meta.app_label for model in console.operators_site()._registry}

        assert shown.isdisjoint(tenant_apps())
        assert Tenant in console.operators_site()._registry

    def test_a_tenants_site_shows_its_own_tables_the_facts_and_its_people(self):
        for model in console.tenant_site()._registry:
            assert (
                model._meta.app_label in tenant_apps()
                or model._meta.db_table in FACTS
                or model in (User, ConfigVersion)
            ), model

    def test_every_registered_table_of_ours_stands_somewhere(self):
        ours = {model for model in admin.site._registry if model.__module__.startswith("apps.")}
        shown = {*console.operators_site()._registry, *console.tenant_site()._registry}

        assert ours <= shown

    def test_shared_tables_are_only_looked_at_in_a_tenants_site(self):
        for model, model_admin in console.tenant_site()._registry.items():
            if model._meta.app_label not in tenant_apps() and model is not ConfigVersion:
                assert isinstance(model_admin, console.LookOnly), model

    def test_views_that_sign_people_in_or_out_stay_on_the_login_role(self):
        marked = {
            pattern.name
            for pattern in console.tenant_site().get_urls()
            if getattr(getattr(pattern, "callback", None), "on_login_role", False)
        }

        assert marked == {"login", "logout", "password_change"}


@pytest.mark.django_db
class TestEveryPage:
    def test_of_the_platform_opens(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        for path in ["admin/", *changelists(console.operators_site())]:
            answer = browser.get(f"/{path}")
            assert answer.status_code == 200, path
            assert headings(answer) == 1, path

    def test_of_a_tenant_opens_for_an_operator(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        for path in ["admin/", *changelists(console.tenant_site())]:
            answer = browser.get(f"/t/acme/{path}")
            assert answer.status_code == 200, path
            assert headings(answer) == 1, path

    def test_of_a_tenant_opens_for_its_own_staff_with_permission(self):
        browser = signed_in(with_every_permission(StaffFactory()), ACME)

        for path in ["admin/", *changelists(console.tenant_site())]:
            assert browser.get(f"/{path}").status_code == 200, path

    def test_of_a_tenant_is_closed_to_staff_without_permission(self):
        browser = signed_in(StaffFactory(), ACME)

        assert browser.get("/admin/").status_code == 200
        for path in changelists(console.tenant_site()):
            assert browser.get(f"/{path}").status_code == 403, path

    def test_sends_a_stranger_to_the_log_in(self, client):
        for path in closed_paths():
            answer = client.get(path, headers={"host": ACME})

            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/admin/"), path

    def test_of_one_tenant_is_closed_to_the_staff_of_another(self):
        """Test b, for the console: A's cookie on B's host opens nothing, whatever the method."""
        browser = signed_in(with_every_permission(StaffFactory()), ACME)
        key = browser.cookies[django_settings.SESSION_COOKIE_NAME].value

        for path, method in product(closed_paths(), ("get", "post")):
            browser.cookies[django_settings.SESSION_COOKIE_NAME] = key
            answer = getattr(browser, method)(path, headers={"host": RIVAL})

            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/admin/"), path

    def test_of_the_platform_is_closed_to_a_tenants_staff(self):
        staff = with_every_permission(StaffFactory())
        browser = signed_in(staff, ACME)
        key = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        paths = [f"/{path}" for path in changelists(console.operators_site())]

        for path in ["/admin/", "/t/acme/admin/", "/t/rival/admin/", *paths]:
            browser.cookies[django_settings.SESSION_COOKIE_NAME] = key
            answer = browser.get(path, headers={"host": OPERATORS_HOST})
            assert answer.status_code == 302, path
            assert "/admin/login/" in answer.headers["Location"], path

    @pytest.mark.parametrize("path", ["add/", "{pk}/change/", "{pk}/delete/"])
    def test_of_a_shared_table_refuses_to_write_in_a_tenant(self, path):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)
        person = UserFactory()

        answer = browser.post(f"/t/acme/admin/tenants/user/{path.format(pk=person.pk)}", {})

        assert answer.status_code == 403


@pytest.mark.django_db
class TestPeopleList:
    def test_in_a_tenant_shows_its_own_people(self):
        here, there = UserFactory(), UserFactory(schema="rival")
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        page = browser.get("/t/acme/admin/tenants/user/").content.decode()

        assert here.email in page
        assert there.email not in page

    def test_of_another_tenant_cannot_be_opened_by_its_key(self):
        stranger = UserFactory(schema="rival")
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        answer = browser.get(f"/t/acme/admin/tenants/user/{stranger.pk}/change/")

        assert answer.status_code == 302
        assert stranger.email not in answer.content.decode()

    def test_on_the_platform_shows_everybody(self):
        people = [UserFactory(), UserFactory(schema="rival")]
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        page = browser.get("/admin/tenants/user/").content.decode()

        assert all(person.email in page for person in people)


@pytest.mark.django_db
class TestSigningIn:
    def test_is_audited_with_address_and_browser(self):
        olivia = OperatorFactory()

        signed_in(olivia, OPERATORS_HOST)

        entry = AuditEntry.across_tenants.get(action="user.signed_in")
        assert (entry.actor_id, entry.object_id) == (olivia.login, str(olivia.pk))
        assert entry.ip == "127.0.0.1"

    def test_tells_administrators_operators_and_a_tenants_staff_apart(self):
        signed_in(OperatorFactory(), OPERATORS_HOST)
        signed_in(OperatorFactory(is_superuser=False), OPERATORS_HOST)
        signed_in(StaffFactory(), ACME)

        entries = AuditEntry.across_tenants.filter(action="user.signed_in").order_by("id")

        assert [entry.actor_type for entry in entries] == ["ADMIN", "OPS", "USER"]

    def test_asks_for_an_e_mail_address(self, client):
        page = client.get("/admin/login/", headers={"host": ACME}).content.decode()

        assert "E-mail address" in page
        assert "Acme" in page  # whose log-in this is

    def test_of_an_operator_is_refused_on_a_tenants_own_host(self, client):
        """An operator comes through the operators' host, where the address names the tenant."""
        olivia = OperatorFactory()

        answer = client.post(
            "/admin/login/",
            {"username": olivia.email, "password": PASSWORD},
            headers={"host": ACME},
        )

        assert answer.status_code == 200
        assert not AuditEntry.across_tenants.filter(action="user.signed_in").exists()

    def test_is_refused_to_who_is_no_staff(self, client):
        ann = UserFactory(password=PASSWORD)

        answer = client.post(
            "/admin/login/", {"username": ann.email, "password": PASSWORD}, headers={"host": ACME}
        )

        assert answer.status_code == 200

    def test_out_ends_the_session(self):
        browser = signed_in(StaffFactory(), ACME)

        answer = browser.post("/admin/logout/")

        assert answer.status_code == 200
        assert browser.get("/admin/").status_code == 302

    def test_with_a_new_password_is_by_the_action_and_keeps_this_browser(self):
        ann = StaffFactory()
        browser, other_browser = signed_in(ann, ACME), signed_in(ann, ACME)

        answer = browser.post(
            "/admin/password_change/",
            {
                "old_password": PASSWORD,
                "new_password1": NEW_PASSWORD,
                "new_password2": NEW_PASSWORD,
            },
        )

        assert answer.status_code == 302
        assert browser.get("/admin/").status_code == 200
        assert other_browser.get("/admin/").status_code == 302
        entry = AuditEntry.across_tenants.get(action="user.password_changed")
        assert entry.object_id == str(ann.pk)


@pytest.mark.django_db
class TestBanner:
    def test_names_the_tenant_and_the_way_back(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        page = browser.get("/t/acme/admin/").content.decode()

        assert "<code>acme</code>" in page
        assert "Back to the platform" in page

    def test_offers_no_way_back_to_a_tenants_own_staff(self):
        page = signed_in(StaffFactory(), ACME).get("/admin/").content.decode()

        assert "<code>acme</code>" in page
        assert "Back to the platform" not in page

    def test_is_absent_on_the_platform(self):
        page = signed_in(OperatorFactory(), OPERATORS_HOST).get("/admin/").content.decode()

        assert "bv-banner" not in page

    def test_is_legible_in_every_colour(self):
        """White text on each of them: a contrast of at least 4.5 (WCAG 2, level AA)."""
        css = (Path(django_settings.BASE_DIR) / "static/console/console.css").read_text()
        colours = dict(re.findall(r"\.bv-banner-(\d) \{ background: (#[0-9A-F]{6}); \}", css))

        assert sorted(map(int, colours)) == list(range(console.BANNER_COLOURS))
        for colour in colours.values():
            assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.django_db
class TestWhatOperatorsDo:
    def test_suspending_asks_for_a_reason_and_keeps_it(self):
        olivia = OperatorFactory()
        browser = signed_in(olivia, OPERATORS_HOST)
        asked = browser.get("/admin/tenants/tenant/acme/suspend/")

        browser.post("/admin/tenants/tenant/acme/suspend/", {"reason": "Unpaid."})

        assert "Its hosts answer 404" in asked.content.decode()
        assert Tenant.objects.get(pk="acme").status == "SUSPENDED"
        entry = AuditEntry.across_tenants.get(action="tenant.suspended")
        assert (entry.actor_id, entry.reason) == (olivia.login, "Unpaid.")

    def test_suspending_without_a_reason_does_nothing(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        answer = browser.post("/admin/tenants/tenant/acme/suspend/", {"reason": " "})

        assert answer.status_code == 200
        assert Tenant.objects.get(pk="acme").status == "ACTIVE"

    def test_a_refusal_is_shown_in_words(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        answer = browser.post(
            "/admin/tenants/tenant/public/suspend/", {"reason": "Why not."}, follow=True
        )

        assert "PLATFORM_PROTECTED" in answer.content.decode()

    def test_adding_a_tenant_writes_it_down_and_rings(
        self, queued, django_capture_on_commit_callbacks
    ):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        with django_capture_on_commit_callbacks(execute=True):
            answer = browser.post(
                "/admin/tenants/tenant/add/",
                {
                    "schema_name": "newborn",
                    "name": "Newborn",
                    "type": "B2B",
                    "timezone": "UTC",
                    "host": "",
                },
            )

        assert answer.status_code == 302
        assert Tenant.objects.get(pk="newborn").provisioning == "REQUESTED"
        assert Domain.objects.get(tenant="newborn").domain == "newborn.localhost"
        assert queued == [("tenants.provision", {}, "public")]

    def test_editing_a_tenant_keeps_the_reason_in_its_history(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        browser.post(
            "/admin/tenants/tenant/acme/change/",
            {"name": "Acme & Sons", "timezone": "UTC", "reason": "A merger."},
        )

        version = Tenant.history.filter(schema_name="acme").latest()
        assert (version.name, version.history_change_reason) == ("Acme & Sons", "A merger.")
        page = browser.get("/admin/tenants/tenant/acme/history/").content.decode()
        assert "A merger." in page

    def test_adding_and_removing_a_host(self):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)
        browser.post(
            "/admin/tenants/domain/add/",
            {"domain": "picks.example.org", "tenant": "acme", "reason": "Their own name."},
        )
        domain = Domain.objects.get(domain="picks.example.org")

        browser.post(f"/admin/tenants/domain/{domain.pk}/remove/", {"reason": "Sold."})

        assert not Domain.objects.filter(domain="picks.example.org").exists()
        assert AuditEntry.across_tenants.filter(action="domain.removed", reason="Sold.").exists()

    def test_disabling_a_person_ends_their_sessions(self):
        ann = StaffFactory()
        hers = signed_in(ann, ACME)
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        browser.post(f"/admin/tenants/user/{ann.pk}/disable/", {"reason": "Left."})

        assert hers.get("/admin/").status_code == 302

    def test_an_operator_without_permission_cannot(self):
        newcomer = OperatorFactory(is_superuser=False)
        browser = signed_in(newcomer, OPERATORS_HOST)

        answer = browser.post("/admin/tenants/tenant/acme/suspend/", {"reason": "Because."})

        assert answer.status_code == 403
        assert Tenant.objects.get(pk="acme").status == "ACTIVE"


@pytest.mark.django_db
class TestCacheKeys:
    def test_differ_by_tenant(self, in_acme):
        """What one tenant caches, no other finds."""
        key = cache.make_key("board")

        assert key.startswith("acme:")
