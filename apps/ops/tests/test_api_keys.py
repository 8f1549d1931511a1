"""API keys at the console, and those that `make up` prints."""

import json
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from apps.ops.sample import ensure_keys
from apps.ops.setup import TEST_TENANTS
from apps.ops.tests.test_console import signed_in, with_every_permission
from apps.tenants import actions, hosts
from apps.tenants.models import ApiKey
from apps.tenants.tests.factories import OPERATORS_HOST, OperatorFactory, StaffFactory

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
KEY = re.compile(r"bv_live_\w{8}_\w{32}")
PAGE = "/admin/tenants/apikey/"


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    hosts.forget()
    yield
    hosts.forget()


@pytest.mark.django_db
class TestConsole:
    ASKED = {"tenant": "acme", "name": "their app", "scopes": ["picks:read"]}

    def test_shows_a_new_key_on_one_page_only(self, acme):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        made = browser.post(f"{PAGE}add/", self.ASKED)

        (text,) = set(KEY.findall(made.content.decode()))
        key = ApiKey.objects.get()
        assert ApiKey.objects.key_generator.verify(text, key.hashed_key)
        assert (key.tenant_id, key.scopes) == (acme, ["picks:read"])
        assert "no-store" in made.headers["Cache-Control"]
        later = [browser.get(page).content.decode() for page in (PAGE, f"{PAGE}{key.pk}/change/")]
        assert all(f"bv_live_{key.prefix}" in page for page in later)
        assert not [page for page in later if text in page or key.hashed_key in page]

    def test_offers_customers_only_and_keeps_a_refusal_on_the_form(self, acme):
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        form = browser.get(f"{PAGE}add/").content.decode()
        refused = browser.post(f"{PAGE}add/", {**self.ASKED, "name": " " * 3})

        assert 'value="acme"' in form
        assert 'value="public"' not in form
        assert refused.status_code == 200
        assert not ApiKey.objects.exists()

    def test_revokes_with_a_reason(self, acme, ops):
        key, _ = actions.create_api_key(schema=acme, name="x", by=ops, at=NOON)
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        asked = browser.get(f"{PAGE}{key.pk}/revoke/")
        browser.post(f"{PAGE}{key.pk}/revoke/", {"reason": "It leaked."})

        assert "Nothing takes this back" in asked.content.decode()
        assert ApiKey.objects.get().revoked

    def test_changes_nothing_else_of_a_key(self, acme, ops):
        key, _ = actions.create_api_key(schema=acme, name="x", by=ops, at=NOON)
        browser = signed_in(OperatorFactory(), OPERATORS_HOST)

        assert browser.post(f"{PAGE}{key.pk}/change/", self.ASKED).status_code == 403
        assert browser.post(f"{PAGE}{key.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_is_closed_to_a_tenants_staff(self, acme):
        browser = signed_in(with_every_permission(StaffFactory()), "acme.localhost")

        assert browser.get(PAGE).status_code == 404


@pytest.mark.django_db
class TestEnsureKeys:
    def test_makes_one_for_each_tenant_and_remembers_it_for_its_owner_alone(self, tmp_path, ops):
        file = tmp_path / "keys.json"

        keys = ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON)

        assert keys == json.loads(file.read_text())
        assert list(keys) == ["acme", "rival"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_gives_the_same_ones_again(self, tmp_path, ops):
        file = tmp_path / "keys.json"

        first = ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON)

        assert ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON) == first
        assert ApiKey.objects.count() == 2

    def test_replaces_what_opens_nothing_any_more(self, tmp_path, acme, ops):
        file = tmp_path / "keys.json"
        first = ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON)
        revoked = ApiKey.objects.get(tenant=acme)
        actions.revoke_api_key(key_id=revoked.pk, by=ops, at=NOON, reason="It leaked.")

        again = ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON)

        assert again["acme"] != first["acme"]
        assert again["rival"] == first["rival"]

    def test_replaces_those_of_another_database(self, tmp_path, ops):
        """After `make reset` the file may remember keys that nobody knows."""
        file = tmp_path / "keys.json"
        file.write_text(json.dumps({"acme": f"bv_live_{'a' * 8}_{'b' * 32}", "rival": "broken"}))

        keys = ensure_keys(file, tenants=TEST_TENANTS, by=ops, at=NOON)

        assert all(KEY.fullmatch(text) for text in keys.values())
        assert ApiKey.objects.usable(NOON).count() == 2
