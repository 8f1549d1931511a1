"""API keys: made and shown once, good on their own tenant's hosts, worthless when revoked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from apps.core import clock
from apps.governance.models import AuditEntry, OpsAlert
from apps.tenants import actions
from apps.tenants.keys import prefix_of
from apps.tenants.models import ApiKey, Tenant

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)
ACME, RIVAL = "acme.localhost", "rival.localhost"


@pytest.fixture
def made(acme, ops) -> tuple[ApiKey, str]:
    """A key of acme's that was made at noon, and its text."""
    return actions.create_api_key(schema=acme, name="their app", by=ops, at=NOON)


@pytest.mark.django_db
class TestCreateApiKey:
    def test_gives_a_text_of_our_form_that_is_kept_nowhere(self, made):
        key, text = made

        assert prefix_of(text) == key.prefix
        assert len(text) == len("bv_live_") + 8 + 1 + 32
        kept = ApiKey.objects.filter(pk=key.pk).values().get()
        secret = text.rpartition("_")[2]
        assert not [name for name, value in kept.items() if secret in str(value)]
        assert key.hashed_key.startswith("sha512$$")

    def test_is_audited_without_key_and_hash(self, made, ops):
        key, text = made

        entry = AuditEntry.across_tenants.get(action="api_key.created", object_id=str(key.pk))
        assert (entry.actor_id, entry.strength) == (ops.id, "SYNC")
        assert entry.diff["scopes"] == [None, ["events:read", "picks:read"]]
        assert text.rpartition("_")[2] not in str(entry.diff)
        assert key.hashed_key not in str(entry.diff)

    @pytest.mark.parametrize("schema", ["public", "template"])
    def test_refuses_the_platforms_own_rows(self, schema, ops):
        with pytest.raises(actions.KeyOwnerUnfit):
            actions.create_api_key(schema=schema, name="x", by=ops, at=NOON)

    @pytest.mark.parametrize("name", ["", "   ", "x" * 51])
    def test_refuses_a_name_that_names_nothing(self, name, acme, ops):
        with pytest.raises(actions.KeyNameUnfit):
            actions.create_api_key(schema=acme, name=name, by=ops, at=NOON)

    @pytest.mark.parametrize("scopes", [[], ["picks:write"], ["picks:read", "all"]])
    def test_refuses_scopes_that_are_none(self, scopes, acme, ops):
        with pytest.raises(actions.KeyScopeUnfit):
            actions.create_api_key(schema=acme, name="x", scopes=scopes, by=ops, at=NOON)

    def test_refuses_to_make_what_has_expired(self, acme, ops):
        with pytest.raises(actions.KeyExpiryPassed):
            actions.create_api_key(schema=acme, name="x", expires_at=NOON, by=ops, at=NOON)


@pytest.mark.django_db
class TestRevokeApiKey:
    def test_is_audited_with_its_reason(self, made, ops):
        key, _ = made

        actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON, reason="It leaked.")

        assert ApiKey.objects.get(pk=key.pk).revoked
        assert not ApiKey.objects.usable(NOON).exists()
        entry = AuditEntry.across_tenants.get(action="api_key.revoked")
        assert (entry.reason, entry.diff) == ("It leaked.", {"revoked": [False, True]})

    def test_needs_a_reason_and_happens_once(self, made, ops):
        key, _ = made
        with pytest.raises(actions.ReasonMissing):
            actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON, reason=" ")

        actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON, reason="It leaked.")
        with pytest.raises(actions.KeyIsRevoked):
            actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON, reason="It leaked.")


@pytest.mark.django_db
class TestRules:
    @pytest.mark.parametrize(
        ("columns", "rule"),
        [
            ({"tenant_id": "public"}, "api_key_belongs_to_a_customer"),
            ({"tenant_id": "template"}, "api_key_belongs_to_a_customer"),
            ({"scopes": []}, "api_key_opens_something_known"),
            ({"scopes": ["everything"]}, "api_key_opens_something_known"),
            ({"expiry_date": NOON}, "api_key_expires_after_it_began"),
        ],
    )
    def test_are_kept_by_the_database(self, columns, rule, acme):
        sound = {"tenant_id": acme, "name": "x", "scopes": ["picks:read"], "created_at": NOON}
        with pytest.raises(IntegrityError, match=rule):
            ApiKey(prefix="a" * 8, hashed_key="h", **{**sound, **columns}).save()


@pytest.mark.django_db
@pytest.mark.urls("apps.tenants.tests.probe_urls")
class TestPresentedKey:
    def told(self, client, text: str, host: str = ACME, scheme: str = "Bearer") -> dict:
        headers = {"host": host, "authorization": f"{scheme} {text}"}
        return client.get("/probe/", headers=headers).json()

    def test_names_the_tenant_and_what_it_may_read(self, made, client):
        key, text = made

        told = self.told(client, text)

        assert told["api_key"] == [str(key.pk), "acme", ["events:read", "picks:read"]]
        assert told["role"].endswith("_acme")

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    def test_is_found_whatever_the_case_of_the_scheme(self, scheme, made, client):
        assert self.told(client, made[1], scheme=scheme)["api_key"][1] == "acme"

    @pytest.mark.parametrize("scheme", ["Basic", "Api-Key", "Token"])
    def test_is_none_under_another_scheme(self, scheme, made, client):
        assert self.told(client, made[1], scheme=scheme)["api_key"] is None

    def test_is_invalid_when_one_character_differs(self, made, client):
        text = made[1]
        other = "a" if text[-1] != "a" else "b"

        assert self.told(client, text[:-1] + other)["api_key"] == "API_KEY_INVALID"

    @pytest.mark.parametrize("text", ["", "bv_live_", "x" * 49, "bv_live_aaaaaaaa_" + "a" * 32])
    def test_is_invalid_when_nobody_gave_it_out(self, text, made, client):
        assert self.told(client, text)["api_key"] == "API_KEY_INVALID"

    def test_opens_nothing_from_the_next_request_after_its_revocation(self, made, client, ops):
        key, text = made
        assert self.told(client, text)["api_key"][0] == str(key.pk)

        actions.revoke_api_key(key_id=key.pk, by=ops, at=NOON, reason="It leaked.")

        assert self.told(client, text)["api_key"] == "API_KEY_REVOKED"

    def test_opens_nothing_from_the_instant_of_its_expiry(self, acme, ops, client, monkeypatch):
        end = NOON + timedelta(days=30)
        _, text = actions.create_api_key(schema=acme, name="x", expires_at=end, by=ops, at=NOON)

        monkeypatch.setattr(clock, "now", lambda: end - timedelta(microseconds=1))
        before = self.told(client, text)["api_key"]
        monkeypatch.setattr(clock, "now", lambda: end)

        assert before[1] == "acme"
        assert self.told(client, text)["api_key"] == "API_KEY_EXPIRED"

    @pytest.mark.parametrize("host", [RIVAL, "localhost"])
    def test_of_one_tenant_opens_nothing_elsewhere_and_is_audited(self, host, made, client):
        key, text = made

        if host == "localhost":
            client.get("/admin/", headers={"host": host, "authorization": f"Bearer {text}"})
        else:
            assert self.told(client, text, host=host)["api_key"] == "API_KEY_FOREIGN"

        entry = AuditEntry.across_tenants.get(action="api_key.refused")
        assert (entry.object_id, entry.actor_type) == (str(key.pk), "API")
        assert entry.diff["belongs_to"] == [None, "acme"]
        assert text not in str(entry.diff)
        assert ApiKey.objects.get(pk=key.pk).last_used_at is None
        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.scope) == ("ENTITLEMENT_VIOLATION", "tenant:acme")

    def test_a_guess_of_another_tenants_key_is_not_audited(self, made, client):
        """Who does not hold the key learns nothing and writes nothing."""
        prefix = made[0].prefix

        told = self.told(client, f"bv_live_{prefix}_{'a' * 32}", host=RIVAL)

        assert told["api_key"] == "API_KEY_INVALID"
        assert not AuditEntry.across_tenants.filter(action="api_key.refused").exists()

    def test_notes_its_use_once_an_hour(self, made, client, monkeypatch):
        key, text = made
        instants = [NOON, NOON + timedelta(minutes=59), NOON + timedelta(minutes=61)]

        for instant in instants:
            monkeypatch.setattr(clock, "now", lambda instant=instant: instant)
            self.told(client, text)

        assert ApiKey.objects.get(pk=key.pk).last_used_at == instants[2]
        assert AuditEntry.across_tenants.filter(action="api_key.used").count() == 2

    def test_costs_one_query(self, made, client, django_assert_num_queries):
        self.told(client, made[1])

        # Back on the login role, the key, into the tenant, and the view's own.
        with django_assert_num_queries(4):
            self.told(client, made[1])

    def test_of_a_suspended_tenant_leads_nowhere(self, made, client, acme):
        Tenant.objects.filter(pk=acme).update(status="SUSPENDED")

        headers = {"host": ACME, "authorization": f"Bearer {made[1]}"}
        assert client.get("/probe/", headers=headers).status_code == 404
