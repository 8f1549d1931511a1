from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import get_script_prefix

from apps.core.roles import tenant_role
from apps.core.tenancy import current_schema
from apps.governance.models import AuditEntry, OpsAlert
from apps.tenants import actions, hosts
from apps.tenants.models import Session, Tenant
from apps.tenants.tests.factories import (
    OPERATORS_HOST,
    OperatorFactory,
    StaffFactory,
)

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
ACME, RIVAL = "acme.localhost", "rival.localhost"


@pytest.fixture
def probed(settings):
    settings.ROOT_URLCONF = "apps.tenants.tests.probe_urls"


def suspend(schema: str) -> None:
    """Behind the back of this process, as another one would."""
    Tenant.objects.filter(pk=schema).update(status="SUSPENDED")


@pytest.mark.django_db
@pytest.mark.usefixtures("probed")
class TestHost:
    def test_says_which_tenant_the_request_runs_as(self, client, acme):
        told = client.get("/probe/", headers={"host": ACME}).json()

        database = connection.settings_dict["NAME"]
        assert (told["role"], told["schema"]) == (tenant_role(database, acme), acme)
        assert (told["tenant"], told["host_tenant"], told["user"]) == (acme, acme, "AnonymousUser")
        assert told["via_ops_console"] is False

    @pytest.mark.parametrize("host", ["ACME.localhost:8000", "www.acme.localhost"])
    def test_is_read_without_port_capitals_and_www(self, host, client, acme):
        assert client.get("/probe/", headers={"host": host}).json()["tenant"] == acme

    @pytest.mark.parametrize(
        "host", ["nobody.localhost", "acme", "acme.localhost.evil.example", "10.0.0.1", "[::1]"]
    )
    def test_that_is_unknown_is_not_found_and_told_nothing(self, host, client):
        answer = client.get("/probe/", headers={"host": host})

        assert answer.status_code == 404
        assert answer.content == b"Not found.\n"
        assert not answer.cookies

    def test_that_is_no_host_at_all_is_not_found(self, client, settings):
        settings.ALLOWED_HOSTS = [".localhost"]

        assert client.get("/probe/", headers={"host": "evil.example"}).status_code == 404

    def test_of_a_suspended_tenant_looks_like_an_unknown_one(self, client, acme):
        suspend(acme)

        suspended = client.get("/probe/", headers={"host": ACME})
        unknown = client.get("/probe/", headers={"host": "nobody.localhost"})

        assert (suspended.status_code, suspended.content) == (404, unknown.content)

    def test_cannot_be_overruled_by_a_header(self, client, acme):
        told = client.get("/probe/", headers={"host": ACME, "x-forwarded-host": RIVAL}).json()

        assert told["tenant"] == acme


@pytest.mark.django_db
@pytest.mark.usefixtures("probed")
class TestMemory:
    def test_answers_the_next_request_without_a_query(self, client, django_assert_num_queries):
        client.get("/probe/", headers={"host": ACME})

        with django_assert_num_queries(2):  # role and path in one statement, and the view's own
            client.get("/probe/", headers={"host": ACME})

    def test_is_at_most_thirty_seconds_old(self, client, acme, monkeypatch):
        assert client.get("/probe/", headers={"host": ACME}).status_code == 200
        suspend(acme)
        assert client.get("/probe/", headers={"host": ACME}).status_code == 200

        now = hosts.time.monotonic()
        monkeypatch.setattr(hosts.time, "monotonic", lambda: now + 30.01)

        assert client.get("/probe/", headers={"host": ACME}).status_code == 404

    def test_is_not_trusted_by_who_writes(self, client, acme):
        assert client.get("/probe/", headers={"host": ACME}).status_code == 200
        suspend(acme)

        assert client.post("/probe/", headers={"host": ACME}).status_code == 404

    def test_is_dropped_when_this_process_suspends(
        self, client, acme, ops, django_capture_on_commit_callbacks
    ):
        assert client.get("/probe/", headers={"host": ACME}).status_code == 200

        with django_capture_on_commit_callbacks(execute=True):
            actions.suspend_tenant(schema=acme, by=ops, at=NOON, reason="Unpaid.")

        assert client.get("/probe/", headers={"host": ACME}).status_code == 404

    def test_does_not_grow_with_invented_names(self, client, monkeypatch):
        monkeypatch.setattr(hosts, "MOST_NAMES", 5)

        for number in range(40):
            client.get("/probe/", headers={"host": f"invented{number}.localhost"})

        assert len(hosts._by_host) <= 5


@pytest.mark.django_db
@pytest.mark.usefixtures("probed")
class TestAfterTheResponse:
    def test_the_connection_is_in_public(self, client):
        client.get("/probe/", headers={"host": ACME})

        assert current_schema() == "public"

    def test_the_connection_is_in_public_when_the_view_failed(self, client):
        client.raise_request_exception = False

        answer = client.get("/fail/", headers={"host": ACME})

        assert answer.status_code == 500
        assert current_schema() == "public"

    def test_what_an_earlier_request_left_behind_is_gone(self, client, acme):
        connection.set_schema("rival")

        told = client.get("/probe/", headers={"host": ACME}).json()

        assert told["tenant"] == told["schema"] == acme
        assert current_schema() == "public"


@pytest.mark.django_db
class TestSession:
    def test_is_loaded_and_saved_with_the_logins_rights(self, sign_in, settings):
        ann = StaffFactory()
        browser = sign_in(ann, ACME)
        settings.ROOT_URLCONF = "apps.tenants.tests.probe_urls"

        told = browser.get("/remember/", headers={"host": ACME}).json()

        assert told["user"] == ann.login
        session = Session.objects.get(user=ann)
        assert session.tenant_id == "acme"
        assert session.get_decoded()["seen"] is True

    def test_of_one_tenant_is_nothing_on_anothers_host(self, sign_in, settings):
        browser = sign_in(StaffFactory(), ACME)
        settings.ROOT_URLCONF = "apps.tenants.tests.probe_urls"

        told = browser.get("/probe/", headers={"host": RIVAL}).json()

        assert told["user"] == "AnonymousUser"

    @pytest.mark.parametrize("host", [RIVAL, OPERATORS_HOST])
    def test_brought_elsewhere_is_a_log_in_page_and_an_audit_entry(self, host, sign_in):
        browser = sign_in(StaffFactory(), ACME)
        key = browser.cookies[django_settings.SESSION_COOKIE_NAME].value

        answer = browser.get("/admin/", headers={"host": host})

        assert answer.status_code == 302
        assert answer.headers["Location"] == "/admin/login/?next=/admin/"
        entry = AuditEntry.across_tenants.get(action="session.refused")
        assert entry.diff["belongs_to"] == [None, "acme"]
        assert entry.diff["brought_to"] == [None, "public" if host == OPERATORS_HOST else "rival"]
        assert key not in str(entry.diff) + entry.object_id
        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.severity) == ("UNAUTHORIZED_WRITE", "WARN")
        assert alert.scope == ("GLOBAL" if host == OPERATORS_HOST else "tenant:rival")
        assert key not in alert.detail + alert.key

    def test_brought_elsewhere_stays_valid_at_home(self, sign_in, settings):
        ann = StaffFactory()
        browser = sign_in(ann, ACME)
        key = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        browser.get("/admin/", headers={"host": RIVAL})
        browser.cookies[django_settings.SESSION_COOKIE_NAME] = key
        settings.ROOT_URLCONF = "apps.tenants.tests.probe_urls"

        assert browser.get("/probe/", headers={"host": ACME}).json()["user"] == ann.login

    def test_ends_when_the_person_is_disabled(self, sign_in, settings, ops):
        ann = StaffFactory()
        browser = sign_in(ann, ACME)
        settings.ROOT_URLCONF = "apps.tenants.tests.probe_urls"

        actions.disable_user(user_id=ann.pk, by=ops, at=NOON, reason="Left.")

        told = browser.get("/probe/", headers={"host": ACME}).json()
        assert told["user"] == "AnonymousUser"
        assert not Session.objects.filter(user=ann).exists()

    def test_cookie_is_for_one_host_only(self, sign_in):
        browser = sign_in(StaffFactory(), ACME)

        cookie = browser.cookies[django_settings.SESSION_COOKIE_NAME]

        assert (cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


@pytest.mark.django_db
class TestOperatorsConsolePath:
    @pytest.mark.usefixtures("probed")
    def test_runs_as_the_tenant_in_the_path(self, client, acme):
        told = client.get("/t/acme/probe/", headers={"host": OPERATORS_HOST}).json()

        assert told["schema"] == told["tenant"] == acme
        assert (told["host_tenant"], told["via_ops_console"]) == ("public", True)
        assert told["here"] == "/t/acme/probe/"

    @pytest.mark.usefixtures("probed")
    def test_leaves_no_trace_for_the_next_request(self, client):
        client.get("/t/acme/probe/", headers={"host": OPERATORS_HOST})

        assert get_script_prefix() == "/"
        assert current_schema() == "public"
        assert client.get("/probe/", headers={"host": ACME}).json()["here"] == "/probe/"

    @pytest.mark.usefixtures("probed")
    def test_stays_on_the_login_role_where_people_sign_in(self, client):
        told = client.get("/t/acme/signing-in/", headers={"host": OPERATORS_HOST}).json()

        assert (told["schema"], told["tenant"]) == ("public", "acme")
        assert told["role"] == connection.settings_dict["USER"]

    @pytest.mark.parametrize("schema", ["nobody", "public", "template", "pg_catalog", "ACME", "a"])
    def test_is_not_found_for_what_is_no_active_tenant(self, schema, client):
        answer = client.get(f"/t/{schema}/admin/", headers={"host": OPERATORS_HOST})

        assert answer.status_code == 404

    def test_is_not_found_for_a_suspended_tenant(self, client, acme):
        suspend(acme)

        assert client.get("/t/acme/admin/", headers={"host": OPERATORS_HOST}).status_code == 404

    def test_does_not_exist_on_a_tenants_host(self, client):
        assert client.get("/t/acme/admin/", headers={"host": ACME}).status_code == 404
        assert client.get("/t/rival/admin/", headers={"host": ACME}).status_code == 404

    def test_leads_a_stranger_to_the_log_in_and_back(self, client):
        olivia = OperatorFactory()

        asked = client.get("/t/acme/admin/", headers={"host": OPERATORS_HOST})
        login = asked.headers["Location"]
        answer = client.post(
            login,
            {"username": olivia.email, "password": "a long password of a test"},
            headers={"host": OPERATORS_HOST},
        )

        assert login == "/t/acme/admin/login/?next=/t/acme/admin/"
        assert (answer.status_code, answer.headers["Location"]) == (302, "/t/acme/admin/")
        assert Session.objects.get(user=olivia).tenant_id == "public"
        page = client.get("/t/acme/admin/", headers={"host": OPERATORS_HOST})
        assert page.status_code == 200

    def test_serves_two_tenants_to_one_operator_side_by_side(self, sign_in):
        """Two tabs: the address decides, so neither can write into the other's tenant."""
        browser = sign_in(OperatorFactory(), OPERATORS_HOST)

        pages = [
            browser.get(f"/t/{schema}/admin/", headers={"host": OPERATORS_HOST}).content.decode()
            for schema in ("acme", "rival", "acme")
        ]

        assert ["<code>acme</code>" in page for page in pages] == [True, False, True]
        assert ["<code>rival</code>" in page for page in pages] == [False, True, False]
