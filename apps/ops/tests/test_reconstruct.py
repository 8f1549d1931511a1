"""Days are made again from stored bytes by the real command, and held against what was live."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core import ddl
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.grading.models import Grade
from apps.ops.rehearsal.scratch import SCRATCH
from apps.ops.tests.lived import LAST, live_through
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.snapshots.models import PayloadReading, ProviderPoll, RawBody
from conftest import cloned

WHAT = ("picks", "closes", "grades")


@pytest.fixture(scope="module")
def lived(shared_data: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The database in which that Sunday was lived."""
    with django_db_blocker.unblock(), cloned("lived") as name:
        live_through(shared_data)
        yield name


def made_again(folder: Path, *more: str, ends_with: int = 0) -> bytes:
    path = folder / "report.json"
    status = 0
    try:
        call_command("reconstruct", "--json", str(path), *more, stdout=StringIO())
    except SystemExit as end:
        status = end.code
    assert status == ends_with
    return path.read_bytes()


@pytest.fixture(scope="module")
def first(lived: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return made_again(tmp_path_factory.mktemp("first"))


@dataclass(frozen=True)
class Bent:
    """What somebody with the owner's rights changed behind everybody's back."""

    pick: str
    model_prob: str
    read_at: str


@pytest.fixture
def bent(lived: str) -> Iterator[Bent]:
    """What the model thought of a pick that was made first of all, and a later board's bytes."""
    with tenant_scope("acme"):
        pick = Pick.objects.filter(born_blocked=False).order_by("proposed_at", "pk").first()
        assert pick is not None
        made = pick.proposed_at
    boards = PayloadReading.objects.filter(poll__feed__kind="ODDS", read_at__gt=made)
    board = boards.order_by("read_at", "pk").first()
    assert board is not None
    body = RawBody.objects.get(payload_id=board.poll.payload_id)
    bend_probability(pick, 0.987)
    bend_body(body, b"not what came")
    yield Bent(str(pick.pk), str(pick.model_prob), board.read_at.isoformat())
    bend_probability(pick, pick.model_prob)
    bend_body(body, bytes(body.body))


def bend_probability(pick: Pick, prob: float) -> None:
    bend("acme.pick", "UPDATE acme.pick SET model_prob = %s WHERE id = %s", prob, pick.pk)


def bend_body(body: RawBody, content: bytes) -> None:
    statement = "UPDATE raw_body SET body = %s WHERE payload_id = %s"
    bend("raw_body", statement, content, body.payload_id)


def bend(table: str, statement: str, *params: Any) -> None:
    """Change what nobody may change: the triggers that refuse it are off meanwhile."""
    with ddl.owner_cursor() as owner, owner.connection.transaction():
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(statement, params)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestReconstruct:
    def test_every_pick_close_and_grade_is_what_it_was_whoever_had_a_hand_in_it(self, first):
        report = json.loads(first)

        assert report["differences"] == []
        assert report["refused"] == []
        assert report["receipts_differing"] == []
        assert report["equal"] is True
        for name in WHAT:
            counts = report["compared"][name]
            assert counts["live"] == counts["reconstructed"] == counts["equal"] > 0
        assert report["tenants"] == ["acme", "rival"]
        assert report["to"] == LAST.isoformat()

    def test_what_people_did_is_part_of_what_was_compared(self, lived, first):
        done = json.loads(first)["replayed"]

        assert done["pick"] == 2  # one published by hand, one withdrawn
        assert done["grade"] > 1
        assert done["regrade"] > 0
        assert done["alert"] >= 2  # that a check raised, opened and over
        # Switch off and on, tenant off and on, opinion, book, event.
        assert done["row"] >= 7
        with tenant_scope("acme"):
            assert PickChange.objects.filter(to_validity="INVALIDATED").exists()
            assert Grade.objects.filter(source="OPERATOR").exists()
            assert Grade.objects.filter(tag="rules-v2").exists()

    def test_twice_gives_the_same_bytes_and_the_live_database_notices_nothing(
        self, lived, first, tmp_path
    ):
        before = everything()

        again = made_again(tmp_path)

        assert again == first
        assert everything() == before
        assert ddl.databases_like(SCRATCH) == []

    def test_what_somebody_bent_is_told_with_its_first_cause(self, bent, tmp_path):
        report = json.loads(made_again(tmp_path, ends_with=1))

        found = {(each["what"], each["key"]): each for each in report["differences"]}
        pick = found["pick", bent.pick]
        assert pick["fields"]["model_prob"]["live"] == "0.987"
        assert pick["fields"]["model_prob"]["reconstructed"] == bent.model_prob
        assert pick["first_cause"] == {"what": "itself"}  # nothing that came before it differs
        body = report["receipts_differing"][0]
        assert (body["what"], body["at"]) == ("reading", bent.read_at)
        assert body["fields"]["refused_code"]["reconstructed"] == "PAYLOAD_CORRUPT"
        later = [each for each in report["differences"] if each["at"] > bent.read_at]
        assert later
        assert all(each["first_cause"] == body for each in later)
        assert report["equal"] is False

    def test_a_short_warm_up_begins_with_what_was_known_then(self, lived, first, tmp_path):
        report = json.loads(made_again(tmp_path, "--warm-up", "12"))

        whole = json.loads(first)
        assert whole["warmed_up_from"] is None
        assert report["warmed_up_from"] == "2025-09-30T21:15:00+00:00"
        assert report["replayed"]["read"] < whole["replayed"]["read"]
        assert report["differences"] == report["receipts_differing"] == []
        assert report["sha256"] == whole["sha256"]

    def test_a_warm_up_that_is_too_short_is_refused(self, lived):
        with pytest.raises(CommandError, match="12 days at least"):
            call_command("reconstruct", "--warm-up", "3", stdout=StringIO())

    def test_one_league_is_compared_alone_and_an_unknown_one_refused(self, lived):
        with pytest.raises(CommandError, match="no league"):
            call_command("reconstruct", "--league", "xxl", stdout=StringIO())

    def test_no_days_are_refused(self, lived):
        with pytest.raises(CommandError, match="At least one day"):
            call_command("reconstruct", "--days", "0", stdout=StringIO())


def everything() -> list[int]:
    counts = [
        AuditEntry.across_tenants.count(),
        PayloadReading.objects.count(),
        ProviderPoll.objects.count(),
    ]
    for schema in ("acme", "rival"):
        with tenant_scope(schema):
            counts += [
                model.objects.count() for model in (Pick, PickChange, LineTracking, Grade, Delivery)
            ]
    return counts
