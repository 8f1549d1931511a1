import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.core import canonical
from apps.core.actor import Actor, ActorType
from apps.core.append_only import AppendOnlyRefused
from apps.core.db import execute, fetch_all
from apps.core.tenancy import NoTenantInScope, tenant_scope
from apps.governance import audit
from apps.governance.models import AuditEntry, AuditLine, FeatureFlag, Strength
from apps.governance.tests.factories import KICKOFF_EVE, Thing, make_flag

VERSION = UUID("018f0000-0000-7000-8000-000000000001")


def only_entry() -> AuditEntry:
    return AuditEntry.across_tenants.get(object_type="Thing")


@pytest.mark.django_db
class TestRecording:
    def test_stores_both_states_and_what_changed(self, ops):
        thing = Thing(state={"status": "NEW", "line": Decimal("-3.50"), "kept": 1})

        with audit.recording(
            "thing.sent", thing, by=ops, at=KICKOFF_EVE, reason="It was time.", cause="alert:7"
        ):
            thing.state = {"status": "SENT", "line": Decimal("-3"), "kept": 1}

        entry = only_entry()
        assert (entry.action, entry.object_type, entry.object_id) == (
            "thing.sent",
            "Thing",
            "thing-1",
        )
        assert entry.diff == {"status": ["NEW", "SENT"], "line": ["-3.5", "-3"]}
        assert entry.before_hash == canonical.fingerprint(
            {"status": "NEW", "line": Decimal("-3.50"), "kept": 1}
        )
        assert entry.after_hash == canonical.fingerprint(thing.state)
        assert (entry.reason, entry.cause) == ("It was time.", "alert:7")

    def test_keeps_who_acted_and_how_they_came_in(self):
        somebody = Actor(
            type=ActorType.API,
            id="key:bv_live_12",
            on_behalf_of="acme/ann@acme.test",
            auth_method="api_key",
            ip="192.0.2.7",
            user_agent="curl/8",
            request_id="r-1",
            task_id="t-1",
        )

        audit_once(somebody)

        entry = only_entry()
        kept = Actor(
            type=ActorType(entry.actor_type),
            id=entry.actor_id,
            on_behalf_of=entry.on_behalf_of,
            auth_method=entry.auth_method,
            ip=entry.ip,
            user_agent=entry.user_agent,
            request_id=entry.request_id,
            task_id=entry.task_id,
        )
        assert kept == somebody
        assert entry.app_version == settings.APP_VERSION

    def test_tells_business_time_from_machine_time(self, ops):
        [(before,)] = fetch_all("SELECT clock_timestamp()")

        audit_once(ops)

        entry = only_entry()
        [(after,)] = fetch_all("SELECT clock_timestamp()")
        assert entry.occurred_at == KICKOFF_EVE
        assert before < entry.recorded_at < after

    def test_knows_the_transaction_that_wrote_it(self, ops):
        [(mine,)] = fetch_all("SELECT pg_current_xact_id()::text")

        audit_once(ops)

        assert only_entry().transaction_id == int(mine)

    def test_belongs_to_the_tenant_in_scope(self, in_acme, ops):
        audit_once(ops)

        assert AuditEntry.objects.get(object_type="Thing").tenant_schema == in_acme

    def test_belongs_to_the_platform_without_a_tenant(self, ops):
        audit_once(ops)

        assert only_entry().tenant_schema == "public"

    def test_of_a_creation_has_nothing_before(self, ops):
        thing = Thing(state={"status": "NEW", "note": None})

        audit.record("thing.made", thing, by=ops, at=KICKOFF_EVE, config_version=VERSION)

        entry = only_entry()
        assert entry.before_hash is None
        assert entry.diff == {"status": [None, "NEW"], "note": [None, None]}
        assert entry.config_version == VERSION

    def test_can_be_of_the_synchronous_class(self, ops):
        audit.record("thing.made", Thing(), by=ops, at=KICKOFF_EVE, strength=Strength.SYNC)

        assert only_entry().strength == Strength.SYNC

    def test_refuses_outside_a_transaction(self, monkeypatch, ops):
        with monkeypatch.context() as outside:
            outside.setattr(connection, "in_atomic_block", False)
            with pytest.raises(RuntimeError, match="share the transaction"):
                audit.record("thing.made", Thing(), by=ops, at=KICKOFF_EVE)

    def test_stores_nothing_of_a_change_that_failed(self, ops):
        with (
            pytest.raises(KeyError),
            transaction.atomic(),
            audit.recording("thing.sent", Thing(), by=ops, at=KICKOFF_EVE),
        ):
            raise KeyError

        assert not AuditEntry.across_tenants.filter(object_type="Thing").exists()

    def test_takes_the_change_back_when_it_cannot_be_stored(self, ops):
        too_long = replace(ops, id="x" * 151)

        @transaction.atomic
        def change_and_record() -> None:
            make_flag("PROBE", "GLOBAL")
            audit_once(too_long)

        with pytest.raises(DatabaseError):
            change_and_record()

        assert not FeatureFlag.objects.filter(name="PROBE").exists()


def audit_once(by: Actor) -> None:
    audit.record("thing.made", Thing(), by=by, at=KICKOFF_EVE)


@pytest.mark.django_db
class TestRowBytes:
    def test_are_the_whole_entry_as_canonical_json(self, ops):
        audit_once(ops)

        entry = only_entry()
        body = json.loads(bytes(entry.row_bytes))
        assert canonical.encode(body) == bytes(entry.row_bytes)
        assert body["v"] == audit.HASH_VERSION
        assert {name: body[name] for name in ("id", "action", "class", "after_hash")} == {
            "id": str(entry.id),
            "action": "thing.made",
            "class": "SEALED",
            "after_hash": entry.after_hash,
        }

    def test_are_hashed_by_the_database(self, ops):
        audit_once(ops)

        entry = only_entry()
        assert bytes(entry.row_hash) == sha256(bytes(entry.row_bytes)).digest()

    def test_say_what_the_columns_say(self, in_acme, ops):
        audit_once(ops)

        entry = AuditEntry.objects.get(object_type="Thing")
        body = json.loads(bytes(entry.row_bytes))
        columns = {
            field.column: getattr(entry, field.attname)
            for field in AuditEntry._meta.concrete_fields
            if field.column in body
        }
        assert json.loads(canonical.encode(columns)) == {
            name: value for name, value in body.items() if name != "v"
        }


class TestComposition:
    @given(
        state=st.dictionaries(
            st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
            st.none()
            | st.booleans()
            | st.integers()
            | st.decimals(allow_nan=False, allow_infinity=False, places=6)
            | st.text(max_size=12)
            | st.lists(st.integers(), max_size=3),
            max_size=6,
        )
    )
    def test_is_what_the_canonical_encoder_would_write(self, state):
        pieces = audit._pieces(state)

        assert audit._hash(pieces) == canonical.fingerprint(state)


@pytest.mark.django_db
class TestRecordSet:
    def rows(self, count: int) -> list[audit.Row]:
        return [
            audit.Row(
                action="thing.graded",
                object_type="Thing",
                object_id=f"thing-{number}",
                before={"status": "PUBLISHED", "profit": None},
                after={"status": "GRADED", "profit": Decimal(number)},
                reason="Final.",
            )
            for number in range(count)
        ]

    def test_is_one_statement_however_many(self, ops, django_assert_num_queries):
        fetch_all("SELECT 1")  # the connection has said who it is

        with django_assert_num_queries(1):
            written = audit.record_set(self.rows(500), by=ops, at=KICKOFF_EVE)

        assert written == 500
        entry = AuditEntry.across_tenants.get(object_id="thing-499")
        assert entry.diff == {"status": ["PUBLISHED", "GRADED"], "profit": [None, "499"]}

    def test_writes_what_recording_writes(self, ops):
        thing = Thing(pk="thing-3", state={"status": "PUBLISHED", "profit": None})
        with audit.recording("thing.graded", thing, by=ops, at=KICKOFF_EVE, reason="Final."):
            thing.state = {"status": "GRADED", "profit": Decimal(3)}
        audit.record_set(self.rows(4)[3:], by=ops, at=KICKOFF_EVE)

        one, other = (
            json.loads(bytes(entry.row_bytes))
            for entry in AuditEntry.across_tenants.filter(object_id="thing-3")
        )
        assert {**one, "id": ""} == {**other, "id": ""}

    def test_splits_what_is_too_long_for_a_statement(self, monkeypatch, ops):
        monkeypatch.setattr(audit, "_STATEMENT_ROWS", 40)

        assert audit.record_set(self.rows(100), by=ops, at=KICKOFF_EVE) == 100
        assert AuditEntry.across_tenants.filter(action="thing.graded").count() == 100

    def test_of_nothing_writes_nothing(self, ops, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert audit.record_set([], by=ops, at=KICKOFF_EVE) == 0


@pytest.mark.django_db
class TestAuditEntry:
    def test_is_read_by_its_own_tenant_only(self, acme, rival, ops):
        for tenant in (acme, rival):
            with tenant_scope(tenant):
                audit_once(ops)

        with tenant_scope(acme):
            seen = fetch_all(
                "SELECT tenant_schema FROM audit_entry WHERE object_type = 'Thing'"
            )  # past the manager: row security

        assert seen == [(acme,)]

    def test_is_written_by_no_tenant_for_another(self, in_acme, rival, ops, monkeypatch):
        monkeypatch.setattr(audit, "current_schema", lambda: rival)

        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            audit_once(ops)

    def test_is_not_read_without_a_tenant_by_accident(self):
        with pytest.raises(NoTenantInScope):
            AuditEntry.objects.count()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE audit_entry SET reason = 'better'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
        ],
    )
    def test_stays_as_it_is(self, change, ops):
        audit_once(ops)

        with pytest.raises(DatabaseError), transaction.atomic():
            execute(change)

    def test_stays_as_it_is_for_the_owner_too(self, as_owner):
        as_owner.execute(
            "INSERT INTO audit_entry (id, tenant_schema, occurred_at, actor_type, actor_id,"
            " on_behalf_of, auth_method, user_agent, request_id, task_id, action, object_type,"
            " object_id, after_hash, diff, reason, cause, app_version, class, row_bytes)"
            " VALUES (gen_random_uuid(), 'public', now(), 'OPS', 'o', '', '', '', '', '', 'a',"
            " 'Thing', '1', '', '{}', '', '', '', 'SYNC', '')"
        )

        with pytest.raises(Exception, match="its rows are facts"):
            as_owner.execute("UPDATE audit_entry SET reason = 'better'")

    def test_is_refused_politely_by_python_first(self, ops):
        audit_once(ops)

        with pytest.raises(AppendOnlyRefused):
            AuditEntry.across_tenants.filter(object_type="Thing").update(reason="better")

    def test_is_cut_by_the_day_it_was_recorded_on(self, ops):
        audit_once(ops)

        [(table, recorded)] = fetch_all(
            "SELECT tableoid::regclass::text, recorded_at FROM audit_entry"
            " WHERE object_type = 'Thing'"
        )
        today = f"audit_entry_{recorded.astimezone(UTC):%Y%m%d}"
        assert table in (today, "audit_entry_default")

    def test_is_listed_in_the_console_by_one_key(self, ops):
        audit_once(ops)

        line = AuditLine.objects.get(object_type="Thing")
        assert (line.pk, line.diff) == (only_entry().id, {"status": [None, "NEW"]})

    def test_is_found_by_what_it_is_about(self, ops):
        with audit.recording("thing.seen", Thing(), by=ops, at=KICKOFF_EVE):
            pass
        audit.record("thing.made", Thing(pk="thing-2"), by=ops, at=KICKOFF_EVE)

        about = AuditEntry.across_tenants.about(Thing())
        assert [entry.action for entry in about] == ["thing.seen"]
        assert AuditEntry.across_tenants.by(ops.id).filter(object_type="Thing").count() == 2
        later = datetime(2025, 9, 6, tzinfo=UTC)
        assert AuditEntry.across_tenants.between(KICKOFF_EVE, later).count() == 2
