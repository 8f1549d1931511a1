"""P8: grading 100,000 picks of 1,000 finished games, with their history, audit rows and hashes.

The limit is one lean statement for each game, and a commit: scores to outcomes in SQL, the grade,
the move of the pick, its history and two audit rows with their hashes, and not a question asked.
The peer is the framework's usual way: picks read as objects, settled one by one, ``bulk_create``
and ``bulk_update``. Ours takes its turn after every final, as it does when games end one after
another: it finds what is due and what a correction reached, asks switches, ids, results, rules and
rhythms, locks, and tells. Each grades games of its own, all of the same kind.

The second row is the stage as a worker walks it: a turn that is claimed and answered for each of a
thousand tenants, with its switches, rhythms and alerts. Its limit is what every such walk must pay
in the same schemas: the stage's statements, one that reads and one that writes, and the commit.
Both walks take the tenants in messages; the limit begins in the middle, so that each of the two is
the first to come to half of the schemas.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from benchmarks.database import scratch_database
from benchmarks.finished_games import DELAY, FINAL_AT, TURN, game_id, write_games, write_picks
from benchmarks.harness import Row, at_least, at_most, interleaved
from benchmarks.tenants import A_MESSAGE, provisioned

GAMES, PICKS = 1_010, 100
BEFORE = 10  # games that are graded before the clock runs
ROUNDS = 9
TURNS = (GAMES - BEFORE) // (ROUNDS + 1)  # of ours in a round; one more round goes untimed
PEERS = 2  # games that the peer grades in a round

TENANTS = 1_000
GAMES_EACH, PICKS_EACH = 10, 10  # a hundred picks of every tenant, and as many for the limit

_OUTCOME = (
    "CASE WHEN ahead >= 2 THEN 'WIN' WHEN ahead <= -2 THEN 'LOSS' WHEN ahead = 1 THEN 'HALF_WIN'"
    " WHEN ahead = -1 THEN 'HALF_LOSS' ELSE 'PUSH' END"
)
_ENTRY = (
    "INSERT INTO audit_entry (id, tenant_schema, occurred_at, actor_type, actor_id, action,"
    " object_type, object_id, after_hash, diff, reason, cause, on_behalf_of, auth_method,"
    " user_agent, request_id, task_id, app_version, class, row_bytes)"
    " SELECT uuidv7(), %(schema)s, %(at)s, 'JOB', 'benchmark', '{action}', '{what}', id::text,"
    " encode(sha256(bytes), 'hex'), {diff}, '', '', '', '', '', '', '', '', 'SEALED', bytes"
    " FROM (SELECT *, convert_to(jsonb_build_object({state})::text, 'UTF8') AS bytes"
    " FROM {source}) AS made"
)
_LEAN = f"""
WITH ended AS (
    SELECT DISTINCT ON (event_id) * FROM result_snapshot WHERE event_id = ANY(%(games)s)
    ORDER BY event_id, captured_at DESC
), bet AS (
    SELECT pick.*, ended.home_score, ended.away_score, ended.result_sha256, ended.id AS result_id,
        CASE WHEN market_type = 'TOTAL' THEN 4 * (home_score + away_score - line)
            WHEN side = 'HOME' THEN 4 * (home_score - away_score + coalesce(line, 0))
            ELSE 4 * (away_score - home_score + coalesce(line, 0)) END AS ahead
    FROM pick JOIN ended USING (event_id) WHERE pick.status IN ('PUBLISHED', 'SUPERSEDED')
    FOR UPDATE OF pick
), settled AS (
    SELECT *, {_OUTCOME} AS outcome,
        CASE WHEN ahead >= 1 THEN 1 ELSE 0 END AS won,
        CASE WHEN abs(ahead) >= 2 THEN 0 WHEN ahead = 0 THEN 1 ELSE 0.5 END AS void_factor
    FROM bet
), written AS (
    INSERT INTO grade (id, pick_id, revision_no, outcome, reason, won, void_factor,
        dead_heat_factor, profit, home_score, away_score, result_sha256, result_id, payload_sha256,
        settlement_ruleset_id, clv_version, final_at, graded_at, source, tag, override_reason,
        override_by, override_approved_by)
    SELECT uuidv7(), id, 1, outcome, '', won, void_factor, 1,
        void_factor + (1 - void_factor) * won * price - 1, home_score, away_score, result_sha256,
        result_id, '', settlement_ruleset_id, 'clv-1', %(at)s, %(at)s, 'PIPELINE', '', '', '', ''
    FROM settled RETURNING *
), moved AS (
    UPDATE pick SET status = 'GRADED' FROM settled WHERE pick.id = settled.id
    RETURNING pick.*
), told AS (
    INSERT INTO pick_change (pick_id, changed_at, from_status, to_status, from_validity,
        to_validity, reason, quote_status, by)
    SELECT id, %(at)s, 'PUBLISHED', 'GRADED', validity_state, validity_state, '', '', 'benchmark'
    FROM moved
), audited AS ({
    _ENTRY.format(
        action="grade.written",
        what="Grade",
        source="written",
        diff="jsonb_build_object('outcome', outcome, 'profit', profit)",
        state="'pick', pick_id, 'revision', revision_no, 'outcome', outcome, 'won', won,"
        " 'void_factor', void_factor, 'profit', profit, 'home', home_score, 'away', away_score,"
        " 'result', result_sha256, 'ruleset', settlement_ruleset_id, 'clv', clv_version",
    )
}), audited_too AS ({
    _ENTRY.format(
        action="pick.graded",
        what="Pick",
        source="moved",
        diff="jsonb_build_object('status', status)",
        state="'status', status, 'selection', selection_id, 'line', line, 'price', price,"
        " 'book', book_id, 'ev', ev, 'tier', tier, 'published', published_at,"
        " 'validity', validity_state",
    )
}) SELECT count(*) FROM written
"""


def run() -> list[Row]:
    scratch_database()
    return [_games_one_after_another(), _a_thousand_tenants()]


def _games_one_after_another() -> Row:
    from django.db import transaction

    from apps.core import ddl
    from apps.core.actor import Actor
    from apps.core.tenancy import tenant_scope
    from apps.grading.actions import grade_due

    by = Actor.system("benchmarks.p08")
    beside = PEERS * (ROUNDS + 1)
    write_games(first=1, last=GAMES + beside)
    write_picks(["acme"], first=1, last=GAMES, picks=PICKS)
    # The limit's and the peer's games stand beside: the very same rows, of another tenant.
    write_picks(["rival"], first=1, last=GAMES + beside, picks=PICKS)
    turns, limits, peers = count(1), count(1), count(GAMES + 1)
    # What has graded for a day has been analyzed: the server does so every minute, and here ten
    # thousand grades would be written before its first look at a table that was empty.
    with tenant_scope("acme"):
        for _ in range(BEFORE):
            grade_due(by=by, at=FINAL_AT + TURN * next(turns) + DELAY)
    with ddl.owner_cursor() as owner:
        owner.execute("ANALYZE acme.grade, acme.pick, acme.line_tracking")

    def ours() -> None:
        with tenant_scope("acme"):
            for _ in range(TURNS):
                done = grade_due(by=by, at=FINAL_AT + TURN * next(turns) + DELAY)
                if done.written != PICKS:
                    raise RuntimeError(f"Not what was to be measured: {done}.")

    def limit() -> None:
        with tenant_scope("rival"):
            for _ in range(TURNS):
                with transaction.atomic():
                    _grade_lean([game_id(next(limits))], PICKS)

    def peer() -> None:
        with tenant_scope("rival"):
            for _ in range(PEERS):
                with transaction.atomic():
                    _grade_object_by_object(game_id(next(peers)), by)

    samples = interleaved({"ours": ours, "limit": limit, "peer": peer}, least_seconds=0)
    share = PEERS / TURNS
    return Row(
        f"grade {TURNS} games of {PICKS} picks, a turn and a transaction for each",
        ours=samples.median("ours"),
        limit=samples.median("limit"),
        peer=samples.median("peer") / share,
        targets=(
            at_least(0.4, samples.ratio("limit", "ours"), "the limit's pace"),
            at_least(8, samples.ratio("peer", "ours") / share, "faster than object by object"),
        ),
    )


def _a_thousand_tenants() -> Row:
    from django.db import transaction

    from apps.core.actor import Actor
    from apps.core.tenancy import entered
    from apps.governance import jobs
    from apps.grading.actions import grade_due
    from apps.grading.actions.writing import write_grades
    from apps.grading.reading import read
    from apps.grading.verdicts import Rhythms, judge

    schemas = provisioned(TENANTS, by="benchmarks.p08")
    first = GAMES + PEERS * (ROUNDS + 1) + 1
    last = first + 2 * GAMES_EACH - 1
    write_games(first=first, last=last)
    write_picks(schemas, first=first, last=last, picks=PICKS_EACH)
    # The limit's games end after ours, so that ours does not find them due.
    limits = [game_id(first + GAMES_EACH + number) for number in range(GAMES_EACH)]
    at = FINAL_AT + TURN * (first + GAMES_EACH - 1) + DELAY
    later = FINAL_AT + TURN * last + DELAY
    by, rhythms = Actor.system("benchmarks.p08"), Rhythms(later)
    messages = [schemas[start : start + A_MESSAGE] for start in range(0, TENANTS, A_MESSAGE)]
    half = len(messages) // 2
    ours_next, limit_next = iter(messages), iter(messages[half:] + messages[:half])

    def ours() -> None:
        some = next(ours_next)
        stage = partial(grade_due, rhythms=Rhythms(at))
        walk = jobs.for_each_tenant("benchmarks.p08", some[0], some, stage, by=by, at=at)
        if len(walk.done) != len(some):
            raise RuntimeError(f"Not what was to be measured: {walk}.")

    def limit() -> None:
        for schema in next(limit_next):
            with entered(schema), transaction.atomic():
                verdicts = judge(read(later, limits), later, rhythms)
                written = write_grades(verdicts, by=by, at=later)
            if sum(row.picks for row in written) != GAMES_EACH * PICKS_EACH:
                raise RuntimeError(f"Not what was to be measured: {written}.")

    samples = interleaved({"ours": ours, "limit": limit}, least_seconds=0)
    _require_all_graded(schemas)
    return Row(
        f"grade {GAMES_EACH * PICKS_EACH} picks of each of {A_MESSAGE} of {TENANTS:,} tenants",
        ours=samples.median("ours"),
        limit=samples.median("limit"),
        targets=(at_most(1.5, samples.ratio("ours", "limit"), "the bare statements"),),
    )


def _grade_lean(games: Sequence[UUID], picks: int) -> None:
    from apps.core.db import fetch_all
    from apps.core.tenancy import current_schema

    known = {"games": list(games), "at": FINAL_AT, "schema": current_schema()}
    [(written,)] = fetch_all(_LEAN, known)
    if written != picks:
        raise RuntimeError(f"Not what was to be measured: {written} grades.")


def _require_all_graded(schemas: Sequence[str]) -> None:
    """See that the walk did its work in every schema, and the limit its own."""
    from apps.core.tenancy import tenant_scope
    from apps.grading.models import Grade

    for schema in schemas:
        with tenant_scope(schema):
            written = Grade.objects.count()
        if written < 2 * GAMES_EACH * PICKS_EACH:
            raise RuntimeError(f"{schema} has {written} grades.")


def _grade_object_by_object(game: UUID, by: Any) -> None:
    """The way of a framework's tutorial: the same rows, read, settled and written as objects."""
    from apps.governance.models import AuditEntry
    from apps.grading.models import Grade
    from apps.picks.models import Pick, PickChange
    from apps.rulebook.settlement import FinalScore, settle
    from apps.snapshots.models import ResultSnapshot

    picks = list(
        Pick.objects.select_for_update(of=["self"])
        .select_related("settlement_ruleset")
        .filter(event_id=game, status__in=["PUBLISHED", "SUPERSEDED"])
    )
    told = ResultSnapshot.objects.filter(event_id=game).order_by("-captured_at")[0]
    grades, entries, changes = [], [], []
    for pick in picks:
        before = pick.audit_state()
        score = FinalScore(told.home_score, told.away_score)
        settled = settle(pick.settlement_ruleset.typed(), pick.side, pick.line, score)
        grade = Grade(
            pick=pick,
            revision_no=1,
            outcome=settled.outcome,
            won=settled.won,
            void_factor=settled.void_factor,
            profit=settled.profit(pick.price),
            home_score=told.home_score,
            away_score=told.away_score,
            result_sha256=told.result_sha256,
            result_id=told.pk,
            settlement_ruleset=pick.settlement_ruleset,
            clv_version=pick.tracking.method_version,
            final_at=FINAL_AT,
            graded_at=FINAL_AT,
            source="PIPELINE",
        )
        grades.append(grade)
        pick.status = "GRADED"
        changes.append(
            PickChange(
                pick=pick, changed_at=FINAL_AT, from_status="PUBLISHED", to_status="GRADED", by="p"
            )
        )
        written = grade.audit_state()
        entries.append(_entry("grade.written", grade, {}, written, by))
        entries.append(_entry("pick.graded", pick, before, pick.audit_state(), by))
    Grade.objects.bulk_create(grades)
    Pick.objects.bulk_update(picks, ["status"])
    PickChange.objects.bulk_create(changes)
    AuditEntry.objects.bulk_create(entries)


def _entry(
    action: str, target: Any, before: Mapping[str, Any], after: Mapping[str, Any], by: Any
) -> Any:
    """An audit entry as the peer makes it: an object with the hashes of its states."""
    from apps.core.ids import uuid7
    from apps.core.tenancy import current_schema
    from apps.governance.models import AuditEntry

    changed = {
        name: [str(before.get(name)), str(after[name])]
        for name in after
        if before.get(name) != after[name]
    }
    said = {
        "id": uuid7(),
        "tenant_schema": current_schema(),
        "occurred_at": FINAL_AT,
        "actor_type": by.type,
        "actor_id": by.id,
        "action": action,
        "object_type": type(target).__name__,
        "object_id": str(target.pk),
        "before_hash": sha256(_canonical(before)).hexdigest() if before else None,
        "after_hash": sha256(_canonical(after)).hexdigest(),
        "diff": changed,
        "app_version": "",
        "strength": "SEALED",
    }
    return AuditEntry(**said, row_bytes=_canonical(said))


def _canonical(state: Mapping[str, Any]) -> bytes:
    return json.dumps(state, sort_keys=True, separators=(",", ":"), default=str).encode()
