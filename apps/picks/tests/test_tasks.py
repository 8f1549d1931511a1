"""The jobs: they ring for every tenant and walk them in turn, with a receipt each."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance.models import JobRun
from apps.picks import tasks
from apps.picks.models import LineTracking, Pick
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game

TENANTS = ("acme", "rival")


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON_BEFORE)


@pytest.fixture
def game(acme, rival) -> Iterator[Game]:
    """A game that both tenants see, evaluated."""
    game = Game()
    for schema in TENANTS:
        opine(schema, **limits())
    run(game)
    board(game)
    evaluate(game, schema="acme")
    return game


def receipt(job: str, schema: str) -> JobRun:
    with tenant_scope(schema):
        return JobRun.objects.get(job=job, slot="one", tenant_schema=schema)


@pytest.mark.usefixtures("at_noon")
class TestJobs:
    @pytest.mark.parametrize(
        ("task", "rung", "every_s"),
        [
            (tasks.propose, "picks.propose_tenants", 60),
            (tasks.publish, "picks.publish_tenants", 300),
            (tasks.watch, "picks.watch_tenants", 120),
            (tasks.close, "picks.close_tenants", 60),
        ],
    )
    def test_ring_once_for_all_active_tenants(self, acme, queued, task, rung, every_s):
        task.apply().get()

        [(job, kwargs, schema)] = queued
        assert (job, schema) == (rung, "public")
        assert kwargs["schemas"] == list(TENANTS)
        assert kwargs["slot"] == "2025-10-11T16:00:00Z"

    def test_propose_and_publish_in_one_turn_for_each_tenant(self, game):
        tasks.propose_tenants.apply(kwargs={"slot": "one", "schemas": TENANTS}).get()

        for schema in TENANTS:
            with tenant_scope(schema):
                assert Pick.objects.get().status == "PUBLISHED"
            assert receipt("picks.propose", schema).counts["proposed"] == 1
            assert receipt("picks.publish_proposed", schema).counts["published"] == 1

    def test_keep_what_was_proposed_though_its_publication_failed(self, game, monkeypatch):
        def fail(**_):
            raise RuntimeError("the outbox is on fire")

        monkeypatch.setattr(tasks.actions, "publish_ready", fail)

        tasks.propose_tenants.apply(kwargs={"slot": "one", "schemas": ["acme"]}).get()

        with tenant_scope("acme"):
            assert Pick.objects.get().status == "PROPOSED"
        assert receipt("picks.publish_proposed", "acme").outcome == "FAILED"
        assert receipt("picks.propose", "acme").outcome == "DONE"

    def test_sweep_watch_and_close(self, game, monkeypatch):
        tasks.propose_tenants.apply(kwargs={"slot": "one", "schemas": ["acme"]}).get()
        board(game, line="-7.5", at=NOON_BEFORE + timedelta(minutes=2))
        monkeypatch.setattr(clock, "now", lambda: NOON_BEFORE + timedelta(minutes=2))
        tasks.publish_tenants.apply(kwargs={"slot": "one", "schemas": ["acme"]}).get()
        tasks.watch_tenants.apply(kwargs={"slot": "one", "schemas": ["acme"]}).get()
        monkeypatch.setattr(clock, "now", lambda: KICKOFF)
        tasks.close_tenants.apply(kwargs={"slot": "one", "schemas": ["acme"]}).get()

        assert receipt("picks.publish", "acme").counts["due"] == 0
        assert receipt("picks.watch", "acme").counts["now"] == {"INVALIDATED": 1}
        assert receipt("picks.close", "acme").counts["closed"] == 1
        with tenant_scope("acme"):
            assert LineTracking.objects.get().completed_at == KICKOFF
