"""Whose staff somebody is, asked directly: the session's own wall stands before it."""

import pytest
from django.test import RequestFactory

from apps.tenants.access import works_here
from apps.tenants.hosts import SeenTenant
from apps.tenants.models import User

ACME = SeenTenant("acme", "Acme Picks", "CONSUMER", "UTC")


def asked(*, of: str, is_staff: bool = True, status: str = "ACTIVE", via_console: bool = False):
    request = RequestFactory().get("/")
    request.user = User(tenant_id=of, is_staff=is_staff, status=status)
    request.tenant, request.via_ops_console = ACME, via_console
    return works_here(request)


class TestWorksHere:
    def test_is_the_tenants_own_staff_on_its_host(self):
        assert asked(of="acme")

    @pytest.mark.parametrize("of", ["rival", "public"])
    def test_is_nobody_elses_there(self, of):
        assert not asked(of=of)

    def test_is_the_platforms_staff_through_its_console_and_no_tenants(self):
        assert asked(of="public", via_console=True)
        assert not asked(of="acme", via_console=True)

    @pytest.mark.parametrize("spoilt", [{"is_staff": False}, {"status": "DISABLED"}])
    def test_is_not_who_is_no_staff_or_locked_out(self, spoilt):
        assert not asked(of="acme", **spoilt)
