"""Writing grades: many in one statement, one by hand; each with its audit entry and its pick."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from apps.core.actor import Actor
from apps.core.db import fetch_again, fetch_all
from apps.governance import audit
from apps.grading.models import AUDITED, Grade
from apps.grading.results import facts_of
from apps.grading.settling import settled
from apps.grading.verdicts import Verdict
from apps.picks import actions as picks

_COLUMNS: Final = ("id", *AUDITED, "result_id", "payload_sha256", "final_at", "graded_at")


class Written(NamedTuple):
    outcome: str
    is_revision: bool
    picks: int
    told: list[UUID] | None  # those of which anybody was told


def write_grades(
    verdicts: Sequence[Verdict], *, by: Actor, at: datetime, tag: str = ""
) -> list[Written]:
    """Settle the picks whose current grade is still the one judged on, and mark them GRADED.

    One statement from the scores to the audit; what it holds, it holds in key order.
    """
    if not verdicts:
        return []
    _hold([one.asked.pick_array for one in verdicts if one.asked.is_graded])
    query, params = settled(verdicts, at=at, tag=tag)
    columns = ", ".join(_COLUMNS)
    audited, audit_params = audit.entries_from(
        "written LEFT JOIN grade AS before ON before.pick_id = written.pick_id"
        " AND before.revision_no = written.revision_no - 1",
        model=Grade,
        key="written.id",
        action="CASE WHEN written.revision_no > 1 THEN 'grade.revised' ELSE 'grade.written' END",
        before={name: f"before.{name}" for name in AUDITED},
        after={name: f"written.{name}" for name in AUDITED},
        created="before.id IS NULL",
        reason="written.reason",
        by=by,
        at=at,
    )
    graded, move_params = picks.graded_from(
        "(SELECT pick_id FROM written WHERE revision_no = 1)", by=by, at=at
    )
    rows = fetch_again(
        f"WITH settled AS ({query}), written AS ("
        f"INSERT INTO grade ({columns}) SELECT {columns} FROM settled RETURNING *"
        f"), audited AS ({audited}), {graded}"
        " SELECT outcome, revision_no > 1, count(*), array_agg(pick_id) FILTER (WHERE EXISTS ("
        "SELECT FROM delivery WHERE delivery.pick_id = written.pick_id AND channel <> 'APP'))"
        " FROM written GROUP BY 1, 2 ORDER BY 1, 2",
        {**params, **audit_params, **move_params},
    )
    written = [Written(*row) for row in rows]
    tell_results([pick for row in written for pick in row.told or ()], by=by, at=at)
    return written


def _hold(pick_arrays: Sequence[str]) -> None:
    """Lock picks that have a grade; whoever graded them again meanwhile has committed then."""
    if pick_arrays:
        fetch_all(
            "SELECT count(*) FROM (SELECT id FROM pick WHERE id IN ("
            "SELECT unnest(few::uuid[]) FROM unnest(%s::text[]) AS few)"
            " ORDER BY id FOR NO KEY UPDATE) AS held",
            [list(pick_arrays)],
        )


def tell_results(pick_ids: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """Owe everybody who was told of these picks the word of how they ended."""
    if not pick_ids:
        return
    if told := facts_of(pick_ids, at):
        revisions = {pick_id: facts.pop("revision") for pick_id, facts in told.items()}
        picks.owe_results(told, revisions=revisions, by=by, at=at)
