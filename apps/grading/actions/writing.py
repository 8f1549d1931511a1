"""Writing grades: many in one statement, one by hand; each with its audit entry and its pick."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from apps.core.actor import Actor
from apps.core.db import fetch_all
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
    pick_ids: list[UUID]
    closing: list[UUID]  # those whose status still has to move


def write_grades(
    verdicts: Sequence[Verdict], *, by: Actor, at: datetime, tag: str = ""
) -> list[Written]:
    """Lock the picks, and settle those whose current grade is still the one judged on."""
    if not verdicts:
        return []
    pick_ids = [pick_id for verdict in verdicts for pick_id in verdict.asked.pick_ids]
    # In key order; whoever graded or superseded them meanwhile has committed when we hold them.
    fetch_all(
        "SELECT count(*) FROM"
        " (SELECT id FROM pick WHERE id = ANY(%s) ORDER BY id FOR UPDATE) AS held",
        [pick_ids],
    )
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
    rows = fetch_all(
        f"WITH settled AS ({query}), written AS ("
        f"INSERT INTO grade ({columns}) SELECT {columns} FROM settled RETURNING *"
        f"), audited AS ({audited})"
        " SELECT written.outcome, written.revision_no > 1, array_agg(pick.id),"
        " array_agg(pick.id) FILTER (WHERE pick.status <> 'GRADED')"
        " FROM written JOIN pick ON pick.id = written.pick_id GROUP BY 1, 2 ORDER BY 1, 2",
        {**params, **audit_params},
    )
    written = [Written(row[0], row[1], row[2], row[3] or []) for row in rows]
    picks.close_graded([pick for row in written for pick in row.closing], by=by, at=at)
    tell_results([pick for row in written for pick in row.pick_ids], by=by, at=at)
    return written


def tell_results(pick_ids: Sequence[UUID], *, by: Actor, at: datetime) -> None:
    """Owe everybody who was told of these picks the word of how they ended."""
    if told := facts_of(pick_ids, at):
        revisions = {pick_id: facts.pop("revision") for pick_id, facts in told.items()}
        picks.owe_results(told, revisions=revisions, by=by, at=at)
