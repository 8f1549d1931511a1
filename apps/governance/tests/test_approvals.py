from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.core.actor import Actor, ActorType
from apps.core.db import execute
from apps.core.tenancy import tenant_scope
from apps.governance import approvals
from apps.governance.models import Approval, AuditEntry, Strength
from apps.governance.tests.factories import KICKOFF_EVE

AT = KICKOFF_EVE
SOON, LATE = AT + timedelta(minutes=5), AT + timedelta(hours=5)
WHAT, SUBJECT = "probe.do", "the thing"


@pytest.fixture
def otto() -> Actor:
    return Actor(type=ActorType.OPS, id="otto@beatvegas.test", auth_method="session")


@pytest.fixture
def asked(db, ops):
    return approvals.request(WHAT, SUBJECT, by=ops, at=AT, reason="It is sound again.")


def approve(asked, by, at=SOON, reason="I looked, too."):
    return approvals.approve(approval_id=asked.pk, by=by, at=at, reason=reason)


def use(asked, by, at=SOON, what=WHAT, subject=SUBJECT):
    return approvals.use(approval_id=asked.pk, what=what, subject=subject, by=by, at=at)


class TestAsking:
    def test_waits_for_another_person(self, asked):
        assert (asked.state, asked.requester) == ("REQUESTED", "olivia@beatvegas.test")
        assert list(Approval.across_tenants.waiting(SOON)) == [asked]
        assert not Approval.across_tenants.waiting(LATE).exists()

    def test_is_done_once_at_a_time(self, asked, otto):
        with pytest.raises(approvals.AlreadyAsked):
            approvals.request(WHAT, SUBJECT, by=otto, at=SOON, reason="Me, too.")

    def test_is_done_anew_when_nobody_decided_in_time(self, asked, otto):
        again = approvals.request(WHAT, SUBJECT, by=otto, at=LATE, reason="Still sound.")

        asked.refresh_from_db()
        assert (asked.state, again.state) == ("EXPIRED", "REQUESTED")

    def test_is_for_people(self, db):
        with pytest.raises(approvals.NoPerson):
            approvals.request(WHAT, SUBJECT, by=Actor.job("j"), at=AT, reason="Because.")

    def test_says_why(self, db, ops):
        with pytest.raises(approvals.ApprovalReasonMissing):
            approvals.request(WHAT, SUBJECT, by=ops, at=AT, reason=" ")

    def test_inside_a_tenant_is_the_tenants(self, acme, rival, ops):
        with tenant_scope(acme):
            approvals.request(WHAT, SUBJECT, by=ops, at=AT, reason="Ours.")
        with tenant_scope(rival):
            assert Approval.across_tenants.count() == 0


class TestDeciding:
    def test_takes_another_person(self, asked, ops, otto):
        with pytest.raises(approvals.SamePerson):
            approve(asked, ops)
        with pytest.raises(approvals.SamePerson):
            approvals.refuse(approval_id=asked.pk, by=ops, at=SOON, reason="No.")

        assert approve(asked, otto).state == "APPROVED"

    def test_takes_another_person_even_under_another_title(self, asked, ops):
        promoted = Actor(type=ActorType.ADMIN, id=ops.id)

        with pytest.raises(approvals.SamePerson):
            approve(asked, promoted)

    def test_by_the_same_person_is_refused_by_the_table_itself(self, asked, ops):
        with pytest.raises(IntegrityError, match="approval_takes_two_people"), transaction.atomic():
            execute(
                "UPDATE approval SET approver = requester, state = 'APPROVED', decided_at = now()"
                " WHERE id = %s",
                [asked.pk],
            )

    def test_is_for_people(self, asked):
        with pytest.raises(approvals.NoPerson):
            approve(asked, Actor.system("governance"))

    def test_happens_once(self, asked, otto):
        approvals.refuse(approval_id=asked.pk, by=otto, at=SOON, reason="Not yet.")

        with pytest.raises(approvals.AlreadyDecided):
            approve(asked, otto)

    def test_happens_in_time(self, asked, otto):
        with pytest.raises(approvals.ApprovalExpired):
            approve(asked, otto, at=LATE)

    def test_is_kept_with_both_names_and_reasons(self, asked, ops, otto):
        approve(asked, otto)

        entries = AuditEntry.across_tenants.filter(object_id=str(asked.pk)).order_by("id")
        assert [(one.action, one.actor_id, one.reason) for one in entries] == [
            ("approval.requested", ops.id, "It is sound again."),
            ("approval.approved", otto.id, "I looked, too."),
        ]
        assert {one.strength for one in entries} == {Strength.SYNC}


class TestUsing:
    def test_works_once(self, asked, otto):
        approve(asked, otto)

        assert use(asked, otto).state == "USED"
        with pytest.raises(approvals.ApprovalUnfit, match="used"):
            use(asked, otto)

    def test_needs_that_somebody_agreed(self, asked, otto):
        with pytest.raises(approvals.ApprovalUnfit, match="requested"):
            use(asked, otto)

    @pytest.mark.parametrize("other", [{"what": "probe.else"}, {"subject": "another thing"}])
    def test_is_for_what_was_asked(self, other, asked, otto):
        approve(asked, otto)

        with pytest.raises(approvals.ApprovalUnfit, match="not for"):
            use(asked, otto, **other)

    def test_has_its_time(self, asked, otto):
        approve(asked, otto)

        with pytest.raises(approvals.ApprovalExpired):
            use(asked, otto, at=LATE)

    def test_that_never_came_is_closed(self, asked, otto):
        approve(asked, otto)

        assert approvals.expire_overdue(by=otto, at=LATE) == 1
        assert Approval.across_tenants.get().state == "EXPIRED"
