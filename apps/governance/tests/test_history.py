import pytest

from apps.core.append_only import AppendOnlyRefused
from apps.governance import audit, history
from apps.governance.history import Unsigned
from apps.governance.models import FeatureFlag
from apps.governance.tests.factories import KICKOFF_EVE, make_flag


@pytest.mark.django_db
class TestHistory:
    def test_carries_operator_and_reason_of_the_recorded_change(self, ops):
        flag = make_flag("PROBE", "GLOBAL")

        with audit.recording("probe.turned", flag, by=ops, at=KICKOFF_EVE, reason="To see."):
            flag.enabled = False
            flag.save()

        version = flag.history.first()
        assert (version.history_user, version.history_change_reason, version.history_date) == (
            "OPS:olivia@beatvegas.test",
            "To see.",
            KICKOFF_EVE,
        )
        assert version.diff_against(version.prev_record or flag.history.last()).changed_fields == [
            "enabled"
        ]

    def test_refuses_a_change_that_nobody_signs(self):
        flag = make_flag("PROBE", "GLOBAL")
        flag.enabled = False

        with pytest.raises(Unsigned, match="FeatureFlag is tracked"):
            flag.save()

    def test_forgets_the_signature_after_the_block(self, ops):
        flag = make_flag("PROBE", "GLOBAL")
        with history.signed(flag, by=ops, at=KICKOFF_EVE):
            flag.save()

        with pytest.raises(Unsigned):
            flag.save()

    def test_of_many_rows_costs_two_statements(self, ops, django_assert_max_num_queries):
        rows = [
            FeatureFlag(
                name="PROBE",
                scope=f"league:{number}",
                enabled=True,
                lock_key=number,
                by="OPS:olivia",
                at=KICKOFF_EVE,
            )
            for number in range(20)
        ]

        with django_assert_max_num_queries(3):  # and one in which the connection says who it is
            history.create_many(FeatureFlag, rows, by=ops, at=KICKOFF_EVE, reason="All at once.")

        versions = FeatureFlag.history.filter(name="PROBE")
        assert {(version.history_user, version.history_change_reason) for version in versions} == {
            ("OPS:olivia@beatvegas.test", "All at once.")
        }
        assert versions.count() == 20

    def test_is_never_rewritten(self):
        version = make_flag("PROBE", "GLOBAL").history.get()
        version.history_change_reason = "A better one."

        with pytest.raises(AppendOnlyRefused):
            version.save()
