"""What a set of grades leaves in the audit is what one entry after another would."""

import json
from datetime import timedelta

import pytest

from apps.core.db import fetch_all
from apps.governance import audit
from apps.governance.models import AuditEntry
from apps.grading.actions import grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, LATER, end, finish, published, take_close, tell
from apps.picks.models import Pick
from apps.picks.tests.factories import Game
from apps.rulebook.markets import EventStatus, MarketType, Side

pytestmark = pytest.mark.usefixtures("in_acme")


def newest(n: int) -> list[dict[str, object]]:
    """The newest entries as they are stored, without the id that each has to itself."""
    rows = fetch_all(
        "SELECT row_bytes FROM audit_entry WHERE object_type IN ('Grade', 'Pick')"
        " ORDER BY recorded_at DESC, id DESC LIMIT %s",
        [n],
    )
    entries = [bytes(row) for (row,) in rows]
    for entry in entries:
        parsed = json.loads(entry)
        canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical.encode() == entry
    return sorted(
        (
            {name: value for name, value in json.loads(entry).items() if name != "id"}
            for entry in entries
        ),
        key=lambda entry: (entry["object_type"], entry["object_id"]),
    )


def columns_that_say_otherwise() -> list[str]:
    """Actions of entries whose columns are not what stands in their bytes."""
    stored = ", ".join(f'entry."{name}"::text' for name in audit._COLUMNS)
    said = ", ".join(f'said."{name}"::text' for name in audit._COLUMNS)
    rows = fetch_all(
        "SELECT entry.action FROM audit_entry AS entry,"
        " jsonb_to_record(convert_from(entry.row_bytes, 'UTF8')::jsonb)"
        f" AS said ({audit._RECORD}) WHERE ROW({stored}) IS DISTINCT FROM ROW({said})"
    )
    return [action for (action,) in rows]


def one_by_one(rows: list[audit.Row], ops, at) -> list[dict[str, object]]:
    audit.record_set(rows, by=ops, at=at)
    return newest(len(rows))


class TestTheAuditOfASet:
    def test_says_what_entries_written_one_by_one_say(self, ops):
        games = [Game() for _ in range(3)]
        for game in games:
            published(game, line="-3.25")
            published(game, market_type=MarketType.MONEYLINE, side=Side.AWAY, line=None, ev=1.0)
        end(games[0], 24, 21)
        end(games[1], 3, 2)
        finish(games[2], status=EventStatus.CANCELED)
        before = {pick.pk: pick.audit_state() for pick in Pick.objects.all()}
        grade_due(by=ops, at=DUE_AT)
        ours = newest(12)
        assert columns_that_say_otherwise() == []

        grades = [
            audit.Row(
                "grade.written", "Grade", str(grade.pk), None, grade.audit_state(), grade.reason
            )
            for grade in Grade.objects.all()
        ]
        picks = [
            audit.Row(
                "pick.graded",
                "Pick",
                str(pick.pk),
                before[pick.pk],
                pick.audit_state(),
                config_version=pick.config_version_id,
            )
            for pick in Pick.objects.all()
        ]

        assert ours == one_by_one([*grades, *picks], ops, DUE_AT)

    def test_holds_a_revision_against_the_grade_before(self, ops):
        game = Game()
        pick = published(game, line="-3.25")
        end(game, 24, 21)
        grade_due(by=ops, at=DUE_AT)
        take_close(pick)
        tell(game, 24, 17, at=LATER)
        grade_due(by=ops, at=LATER + timedelta(minutes=1))
        ours = newest(1)

        first, second = Grade.objects.order_by("revision_no")
        row = audit.Row(
            "grade.revised",
            "Grade",
            str(second.pk),
            first.audit_state(),
            second.audit_state(),
            second.reason,
        )

        assert ours == one_by_one([row], ops, LATER + timedelta(minutes=1))
        assert ours[0]["diff"]["outcome"] == ["HALF_LOSS", "WIN"]

    def test_is_found_by_its_columns(self, ops):
        game = Game()
        pick = published(game)
        end(game, 24, 17)
        grade_due(by=ops, at=DUE_AT)

        entry = AuditEntry.objects.get(action="pick.graded", object_id=str(pick.pk))

        assert (entry.diff, entry.config_version) == (
            {"status": ["PUBLISHED", "GRADED"]},
            pick.config_version_id,
        )
