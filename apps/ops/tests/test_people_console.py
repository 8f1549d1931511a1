"""People and their roles, as an administrator's browser manages them."""

from typing import Any

import pytest
from django.test import Client

from apps.governance.models import AuditLine
from apps.tenants.models import User
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
ADD = "/admin/tenants/user/add/"
PEOPLE = "/admin/tenants/user/"
FIRST_PASSWORD = "a-long-first-password"
PAT = {"email": "pat@beatvegas.test", "password": FIRST_PASSWORD}

pytestmark = pytest.mark.django_db


def signed_in(email: str, password: str, host: str = OPERATORS_HOST) -> Client:
    browser = Client(headers={"host": host})
    said = {"username": email, "password": password}
    assert browser.post("/admin/login/", said).status_code == 302
    return browser


@pytest.fixture
def olivia(acme: str) -> Client:
    return signed_in(OperatorFactory(email="olivia@beatvegas.test").email, PASSWORD)


def pat() -> User:
    found: User = User.across_tenants.get(email=PAT["email"])
    return found


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


class TestAdding:
    def test_lets_a_person_in_who_may_what_their_role_says(self, olivia):
        answer = olivia.post(ADD, {**PAT, "tenant": "public", "role": "OPS"})

        assert answer.status_code == 302
        browser = signed_in(PAT["email"], FIRST_PASSWORD)
        assert "Your role may not" not in shown(browser.get("/admin/"))
        assert browser.get("/admin/tenants/tenant/add/").status_code == 403
        [entry] = AuditLine.objects.filter(action="user.created", object_id=str(pat().pk))
        assert FIRST_PASSWORD not in str(vars(entry))

    def test_of_a_tenants_own_lets_them_in_at_their_host_alone(self, olivia):
        olivia.post(ADD, {**PAT, "tenant": "acme", "role": "TENANT_STAFF"})

        page = shown(signed_in(PAT["email"], FIRST_PASSWORD, "acme.localhost").get("/admin/"))
        assert "Acme Picks" in page

    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ({"tenant": "acme", "role": "OPS"}, "USER_ROLE_UNFIT"),
            ({"tenant": "public", "role": "TENANT_STAFF"}, "USER_ROLE_UNFIT"),
        ],
    )
    def test_refuses_a_role_that_does_not_fit(self, olivia, said, code):
        answer = olivia.post(ADD, {**PAT, **said})

        assert code in str(answer.context["adminform"].form.errors["role"])
        assert not User.across_tenants.filter(email=PAT["email"]).exists()

    @pytest.mark.parametrize(
        ("field", "value"), [("password", "12345"), ("email", ""), ("role", "KING")]
    )
    def test_shows_what_is_wrong_at_its_field(self, olivia, field, value):
        answer = olivia.post(ADD, {**PAT, "tenant": "public", "role": "OPS", field: value})

        assert field in answer.context["adminform"].form.errors
        assert not User.across_tenants.filter(email=PAT["email"]).exists()

    def test_is_for_administrators(self, olivia):
        olivia.post(ADD, {**PAT, "tenant": "public", "role": "OPS"})
        otto = signed_in(PAT["email"], FIRST_PASSWORD)

        assert otto.get(PEOPLE).status_code == 200
        assert otto.get(ADD).status_code == 403
        assert otto.post(ADD, {**PAT, "tenant": "acme"}).status_code == 403

    def test_is_not_offered_in_a_tenants_console(self, olivia):
        assert olivia.get("/t/acme/admin/tenants/user/add/").status_code == 403


class TestGivingARole:
    @pytest.fixture
    def role_page(self, olivia: Client) -> str:
        olivia.post(ADD, {**PAT, "tenant": "public", "role": "OPS"})
        return f"{PEOPLE}{pat().pk}/role/"

    def test_replaces_the_earlier_one_and_ends_their_sessions(self, olivia, role_page):
        browser = signed_in(PAT["email"], FIRST_PASSWORD)
        asked = shown(olivia.get(role_page))

        olivia.post(role_page, {"answered": "1", "role": "FINANCE", "reason": "Keeps the books."})

        assert "Now: OPS." in asked
        assert "TENANT_STAFF" not in asked
        assert (pat().role, pat().is_staff) == ("FINANCE", True)
        assert browser.get("/admin/").status_code == 302
        again = signed_in(PAT["email"], FIRST_PASSWORD)
        assert "Your role may not turn switches." in shown(again.get("/admin/"))

    def test_of_nothing_closes_the_console(self, olivia, role_page):
        olivia.post(role_page, {"answered": "1", "role": "", "reason": "Has left."})

        assert (pat().role, pat().is_staff) == ("", False)

    def test_takes_a_reason(self, olivia, role_page):
        olivia.post(role_page, {"answered": "1", "role": "FINANCE", "reason": " "})

        assert pat().role == "OPS"

    def test_is_for_administrators(self, olivia, role_page):
        otto = signed_in(PAT["email"], FIRST_PASSWORD)

        said = {"answered": "1", "role": "ADMIN", "reason": "I want it."}
        assert otto.post(role_page, said).status_code == 403
        assert pat().role == "OPS"


class TestTheList:
    def test_says_who_may_what_and_when_they_were_here(self, olivia):
        olivia.post(ADD, {**PAT, "tenant": "acme", "role": "TENANT_STAFF"})

        page = shown(olivia.get(PEOPLE))

        assert "pat@beatvegas.test" in page
        assert "TENANT_STAFF" in page
        assert "Everything" in page  # Olivia, a superuser
