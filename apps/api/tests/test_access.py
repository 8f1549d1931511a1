"""Who may ask what: keys, sessions, and the wall between tenants (every route, every method)."""

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from apps.api.tests.conftest import ACME, RIVAL
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks.tests.factories import NOON_BEFORE, Game
from apps.picks.tests.parlays import generate
from apps.tenants import actions
from apps.tenants.models import ApiKey, Tenant, User
from apps.tenants.tests.factories import (
    OPERATORS_HOST,
    PASSWORD,
    OperatorFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
READING = {"get", "head", "options"}
# Open to anybody: they describe the API and show nothing of a tenant.
OPEN = {"/api/v1/schema/", "/api/v1/docs/"}
NOWHERE = "00000000-0000-0000-0000-000000000000"


def routes(patterns: list[Any], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, route)
        elif route.startswith("/api/") and "<path:" not in route:
            yield re.sub(r"<uuid:\w+>", NOWHERE, route)


def every_route() -> list[str]:
    found = list(routes(import_module("beatvegas.urls_tenant").urlpatterns))
    assert len(found) >= 8
    return found


def closed_routes() -> list[str]:
    return [route for route in every_route() if route not in OPEN | {"/api/"}]


def code_of(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    return answer.json()["code"]


def signed_in(user: User, host: str) -> Client:
    browser = Client(headers={"host": host})
    answer = browser.post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.status_code == 302, "the log-in was refused"
    return browser


def may(user: User, *codenames: str) -> User:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


class TestAStranger:
    def test_is_asked_for_a_key_on_every_route_whatever_the_method(self, client, acme):
        for route, method in product(closed_routes(), METHODS):
            answer = getattr(client, method)(route, headers={"host": ACME})

            assert answer.status_code == 401, (method, route)
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"', (method, route)
            if method != "head":
                assert code_of(answer) == "NOT_AUTHENTICATED", (method, route)

    def test_may_read_how_the_api_is_described_and_nothing_else(self, client, acme):
        for route, method in product(OPEN, METHODS):
            answer = getattr(client, method)(route, headers={"host": ACME})

            assert (answer.status_code < 300) is (method in READING), (method, route)

    def test_finds_no_api_on_the_operators_host_or_an_unknown_one(self, client, acme):
        for host in (OPERATORS_HOST, "nobody.localhost"):
            assert client.get("/api/v1/picks/", headers={"host": host}).status_code == 404


class TestKey:
    def test_reads_every_route_and_writes_none(self, program, publish, acme, ops):
        pick = publish()
        with tenant_scope(acme):
            parlay = generate(ops)
        there = {
            f"/api/v1/parlays/{NOWHERE}/": f"/api/v1/parlays/{parlay.pk}/",
            f"/api/v1/picks/{NOWHERE}/": f"/api/v1/picks/{pick.pk}/",
            f"/api/v1/events/{NOWHERE}/": f"/api/v1/events/{pick.event_id}/",
        }

        for route, method in product(closed_routes(), METHODS):
            answer = getattr(program, method)(there.get(route, route))

            if method in READING:
                assert answer.status_code in (200, 204), (method, route)
            else:
                assert (answer.status_code, code_of(answer)) == (405, "METHOD_NOT_ALLOWED")
                assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"

    @pytest.mark.parametrize(
        ("scope", "opened"),
        [("picks:read", {"picks", "parlays", "record", "grading"}), ("events:read", {"events"})],
    )
    def test_opens_what_its_scopes_name(self, scope, opened, make_key):
        program = Client(
            headers={"host": ACME, "authorization": f"Bearer {make_key(scopes=[scope])}"}
        )

        for route in closed_routes():
            answer = program.get(route)
            noun = route.split("/")[3]
            if noun in opened | {"health"}:
                assert answer.status_code in (200, 404), route
            else:
                assert (answer.status_code, code_of(answer)) == (403, "API_KEY_SCOPE_MISSING")

    @pytest.mark.parametrize(
        ("spoilt", "code"),
        [("revoked", "API_KEY_REVOKED"), ("expired", "API_KEY_EXPIRED")],
    )
    def test_that_has_ended_opens_nothing(self, spoilt, code, make_key, ops):
        said = {"expires_at": NOON_BEFORE.replace(hour=20)} if spoilt == "expired" else {}
        text = make_key(**said)
        if spoilt == "revoked":
            key = ApiKey.objects.get()
            actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON_BEFORE, reason="It leaked.")
        program = Client(headers={"host": ACME, "authorization": f"Bearer {text}"})

        for route in closed_routes():
            answer = program.get(route)
            assert (answer.status_code, code_of(answer)) == (401, code)

    def test_that_is_none_is_refused_although_a_session_would_do(self, acme):
        """Who brings a key is judged by it."""
        browser = signed_in(may(StaffFactory(), "view_pick"), ACME)
        assert browser.get("/api/v1/picks/").status_code == 200

        answer = browser.get("/api/v1/picks/", headers={"authorization": "Bearer nonsense"})

        assert (answer.status_code, code_of(answer)) == (401, "API_KEY_INVALID")


class TestBetweenTenants:
    """Test b: A's key at B's host, B's ids at A's host, and nothing that a client says of it."""

    def test_a_key_opens_no_route_of_another_host_whatever_the_method(self, make_key, rival):
        text = make_key()

        for route, method in product(closed_routes(), METHODS):
            answer = getattr(Client(), method)(
                route, headers={"host": RIVAL, "authorization": f"Bearer {text}"}
            )
            assert answer.status_code == 403, (method, route)
            if method != "head":
                assert code_of(answer) == "API_KEY_FOREIGN", (method, route)

        entries = AuditEntry.across_tenants.filter(action="api_key.refused")
        assert entries.count() == len(closed_routes()) * len(METHODS)
        assert ApiKey.objects.get().last_used_at is None

    def test_a_key_opens_nothing_on_the_operators_host(self, make_key):
        program = Client(headers={"host": OPERATORS_HOST, "authorization": f"Bearer {make_key()}"})

        answer = program.get("/t/acme/api/v1/picks/")

        assert (answer.status_code, code_of(answer)) == (403, "API_KEY_FOREIGN")

    def test_picks_of_another_are_not_found_and_not_listed(self, program, publish, rival):
        game = Game()
        theirs = publish(game, schema=rival)
        ours = publish(game)

        listed = program.get("/api/v1/picks/").json()["results"]

        assert [pick["pick"] for pick in listed] == [str(ours.pk)]
        assert ours.pk != theirs.pk
        assert program.get(f"/api/v1/picks/{theirs.pk}/").status_code == 404
        counted = program.get("/api/v1/health/").json()["picks"]
        assert (counted["published"], counted["live"]) == (1, 1)

    def test_a_cursor_of_another_shows_ones_own(self, program, publish, make_key, rival):
        for schema in (rival, rival, "acme", "acme"):
            publish(schema=schema)
        theirs = Client(headers={"host": RIVAL, "authorization": f"Bearer {make_key(rival)}"})
        cursor = theirs.get("/api/v1/picks/?limit=1").json()["next"].partition("cursor=")[2]

        shown = program.get(f"/api/v1/picks/?cursor={cursor}").json()["results"]

        mine = {pick["pick"] for pick in program.get("/api/v1/picks/").json()["results"]}
        assert {pick["pick"] for pick in shown} <= mine

    @pytest.mark.parametrize(
        "header", ["x-tenant", "x-tenant-id", "x-forwarded-host", "tenant", "x-schema"]
    )
    def test_the_tenant_is_never_what_a_client_says(self, header, program, publish, rival):
        publish(schema=rival)

        for said in (rival, RIVAL):
            answer = program.get("/api/v1/picks/", headers={header: said})
            assert answer.json()["results"] == []
        refused = program.get(f"/api/v1/picks/?tenant={rival}")
        assert refused.status_code == 400

    def test_a_session_opens_nothing_on_another_host(self, acme, rival):
        browser = signed_in(may(StaffFactory(), "view_pick", "view_event"), ACME)
        key = browser.cookies[settings.SESSION_COOKIE_NAME].value

        for route, method in product(closed_routes(), METHODS):
            browser.cookies[settings.SESSION_COOKIE_NAME] = key
            answer = getattr(browser, method)(route, headers={"host": RIVAL})
            assert answer.status_code == 401, (method, route)

    def test_a_suspended_tenant_has_no_api(self, program, acme):
        Tenant.objects.filter(pk=acme).update(status="SUSPENDED")

        for route in every_route():
            answer = program.get(route)
            assert (answer.status_code, code_of(answer)) == (404, "NOT_FOUND")


class TestStaff:
    def test_reads_what_their_role_includes(self, acme):
        browser = signed_in(may(StaffFactory(), "view_pick"), ACME)

        assert browser.get("/api/v1/picks/").status_code == 200
        assert browser.get("/api/v1/health/").status_code == 200
        refused = browser.get("/api/v1/events/")
        assert (refused.status_code, code_of(refused)) == (403, "PERMISSION_DENIED")

    def test_without_a_role_reads_no_pick(self, acme):
        browser = signed_in(StaffFactory(), ACME)

        assert code_of(browser.get("/api/v1/picks/")) == "PERMISSION_DENIED"

    def test_is_not_who_merely_has_an_account(self, acme):
        person = may(UserFactory(password=PASSWORD), "view_pick")
        browser = Client(headers={"host": ACME})
        browser.force_login(person)

        assert browser.get("/api/v1/picks/").status_code == 401

    def test_of_the_platform_comes_through_the_operators_host(self, publish):
        pick = publish()
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        shown = browser.get("/t/acme/api/v1/picks/?limit=1").json()

        assert [one["pick"] for one in shown["results"]] == [str(pick.pk)]
        assert browser.get("/t/rival/api/v1/picks/").json()["results"] == []
        publish()
        following = browser.get("/t/acme/api/v1/picks/?limit=1").json()["next"]
        assert following.startswith("http://localhost/t/acme/api/v1/picks/?")

    def test_of_a_tenant_cannot_come_that_way(self, acme):
        browser = signed_in(may(StaffFactory(), "view_pick"), ACME)
        key = browser.cookies[settings.SESSION_COOKIE_NAME].value
        browser.cookies[settings.SESSION_COOKIE_NAME] = key

        answer = browser.get("/t/acme/api/v1/picks/", headers={"host": OPERATORS_HOST})

        assert answer.status_code == 401
