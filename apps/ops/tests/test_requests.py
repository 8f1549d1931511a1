"""A request's id: made here, in the log, in the answer and in the audit."""

import logging
from uuid import UUID

import pytest
from celery import shared_task
from structlog.contextvars import get_contextvars

from apps.governance.jobs import PublicTask, TenantTask
from apps.governance.models import AuditEntry, FeatureFlag
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
SEEN: list[dict[str, str]] = []


@shared_task(base=PublicTask, name="probe.says_whose_public")
def says_whose_public() -> None:
    SEEN.append(dict(get_contextvars()))


@shared_task(base=TenantTask, name="probe.says_whose_tenant")
def says_whose_tenant() -> None:
    SEEN.append(dict(get_contextvars()))


def finished(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    found = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [said for said in found if said.get("event") == "request_finished"]


@pytest.mark.django_db
class TestRequest:
    def test_has_one_id_in_log_answer_and_audit(self, client, caplog):
        caplog.set_level(logging.INFO)
        operator = OperatorFactory(email="olivia@beatvegas.test")
        client.post(
            "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
        )
        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")

        answer = client.post(
            f"/admin/governance/featureflag/{flag.pk}/off/", {"reason": "To see."}, headers=HOST
        )

        request_id = answer.headers["X-Request-ID"]
        assert UUID(request_id)
        assert AuditEntry.across_tenants.get(action="switch.turned_off").request_id == request_id
        last = finished(caplog)[-1]
        assert (last["request_id"], last["user_id"]) == (request_id, operator.login)
        assert last["tenant"] == "public"

    def test_does_not_take_its_id_from_a_stranger(self, client):
        answer = client.get("/admin/login/", headers={**HOST, "x-request-id": "made-up"})

        assert answer.headers["X-Request-ID"] != "made-up"

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "believed"),
        [
            (0, "198.51.100.1", "127.0.0.1"),
            (1, "198.51.100.1", "198.51.100.1"),
            (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            (2, "198.51.100.1", "127.0.0.1"),
            (1, "", "127.0.0.1"),
        ],
    )
    def test_believes_its_own_proxies_and_nobody_before_them(
        self, proxies, forwarded, believed, client, settings
    ):
        settings.TRUSTED_PROXIES = proxies
        operator = OperatorFactory(email="olivia@beatvegas.test")

        client.post(
            "/admin/login/",
            {"username": operator.email, "password": PASSWORD},
            headers={**HOST, "x-forwarded-for": forwarded},
        )

        entry = AuditEntry.across_tenants.filter(actor_id=operator.login).latest("recorded_at")
        assert entry.ip == believed

    def test_says_whose_console_it_was(self, client, acme, caplog):
        caplog.set_level(logging.INFO)

        client.get("/t/acme/admin/", headers=HOST)
        client.get("/admin/", headers={"host": "acme.localhost"})

        assert [said["tenant"] for said in finished(caplog)] == ["acme", "acme"]

    def test_leaves_nothing_to_the_next(self, client):
        client.get("/admin/login/", headers=HOST)

        assert get_contextvars() == {}


@pytest.mark.django_db
class TestTask:
    def test_says_whose_work_it_is(self, acme):
        SEEN.clear()

        says_whose_public.apply()
        says_whose_tenant.apply(headers={"tenant_schema": "acme"})

        assert [said["tenant"] for said in SEEN] == ["public", "acme"]
