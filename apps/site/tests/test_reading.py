"""Who may read a tenant's pages, and what a browser may load for them."""

import pytest

from apps.tenants import hosts
from apps.tenants.models import Tenant
from apps.tenants.tests.factories import OPERATORS_HOST, OperatorFactory, StaffFactory

ACME, RIVAL = "acme.localhost", "rival.localhost"


def make(schema: str, kind: str) -> None:
    Tenant.objects.filter(pk=schema).update(type=kind)
    hosts.forget()


@pytest.mark.django_db
class TestWhoReads:
    @pytest.mark.parametrize("kind", ["CONSUMER", "AFFILIATE"])
    def test_everybody_where_the_tenant_publishes_for_everybody(self, kind, client, acme):
        make(acme, kind)

        assert client.get("/", headers={"host": ACME}).status_code == 200

    @pytest.mark.parametrize("kind", ["B2B", "INTERNAL"])
    def test_only_who_signs_in_where_picks_are_not_for_everybody(self, kind, client, acme):
        make(acme, kind)

        answer = client.get("/", headers={"host": ACME})

        assert answer.status_code == 302
        assert answer["Location"] == "/admin/login/?next=/"
        client.force_login(StaffFactory())
        assert client.get("/", headers={"host": ACME}).status_code == 302  # sees no picks at all

    def test_operators_through_their_own_host_and_nobody_else(self, client, acme):
        path = "/t/acme/"

        assert client.get(path, headers={"host": OPERATORS_HOST}).status_code == 302
        client.force_login(OperatorFactory())
        answer = client.get(path, headers={"host": OPERATORS_HOST})
        assert answer.status_code == 200
        assert b'href="/t/acme/"' in answer.content

    def test_only_what_is_the_hosts_own_tenants(self, client, acme, rival):
        assert b"Acme Picks" in client.get("/", headers={"host": ACME}).content
        assert b"Acme Picks" not in client.get("/", headers={"host": RIVAL}).content

    def test_and_nobody_writes(self, client, acme):
        assert client.post("/", headers={"host": ACME}).status_code == 405


@pytest.mark.django_db
class TestPolicy:
    def test_lets_a_page_load_styles_from_here_and_no_script_at_all(self, client, acme):
        said = client.get("/", headers={"host": ACME})["Content-Security-Policy"]

        assert "default-src 'none'" in said
        assert "style-src 'self'" in said
        assert "script-src" not in said
        assert "unsafe" not in said
        assert "frame-ancestors 'none'" in said

    def test_a_page_that_has_not_changed_is_not_sent_again(self, client, acme, time_machine):
        time_machine.move_to("2026-11-22T18:42:00Z", tick=False)
        first = client.get("/", headers={"host": ACME})

        again = client.get("/", headers={"host": ACME, "if-none-match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
