"""What the picks' stages tell of: blocked picks, too many of them, closes that are not there."""

from datetime import timedelta

import pytest

from apps.core.tenancy import tenant_scope
from apps.governance import alerts, jobs
from apps.governance.models import FeatureFlag, OpsAlert
from apps.picks import actions
from apps.picks.actions.refusals import DuplicatePublication
from apps.picks.actions.telling import tell_of_closes, tell_of_rate
from apps.picks.actions.weighing import Scales
from apps.picks.limits import Allowance
from apps.picks.models import LineTracking, ProposalRound
from apps.picks.tests.boards import board, evaluate, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, make_pick
from apps.rulebook.lifecycle import PickStatus

MINUTE = timedelta(minutes=1)


def found() -> list[tuple[str, str, str]]:
    return list(
        OpsAlert.objects.not_over().order_by("kind", "key").values_list("kind", "key", "effect")
    )


@pytest.mark.usefixtures("in_acme")
class TestBlocked:
    @pytest.mark.parametrize(
        ("columns", "kind", "key"),
        [
            ({"model_prob": 0.31}, "INTEGRITY_BLOCKED", "PROBABILITY_MISMATCH"),
            ({"overround": 1.24}, "INTEGRITY_BLOCKED", "OVERROUND_OUT_OF_RANGE"),
            (
                {"fair_line": 14.5, "edge_points": -18.0},
                "DIRECTION_MISMATCH",
                "DIRECTION_MISMATCH",
            ),
        ],
    )
    def test_picks_open_one_alert_for_each_violation(self, columns, kind, key, ops):
        game = Game()
        run(game)
        board(game)
        evaluate(game, **columns)

        done = actions.propose_due(by=ops, at=NOON_BEFORE)

        assert done.blocked
        assert (kind, key, "NOTHING") in found()
        alert = OpsAlert.objects.get(kind=kind, key=key)
        assert (alert.scope, alert.severity) == ("tenant:acme", "CRIT")

    def test_picks_on_a_market_that_few_books_quote_open_none(self, ops):
        game = Game()
        run(game)
        board(game)
        evaluate(game, books=2)

        done = actions.propose_due(by=ops, at=NOON_BEFORE)

        assert (bool(done.blocked), found()) == (True, [])

    def test_evaluations_without_a_fault_open_none(self, ops):
        game = Game()
        run(game)
        board(game)
        evaluate(game)

        actions.propose_due(by=ops, at=NOON_BEFORE)

        assert found() == []


@pytest.mark.usefixtures("in_acme")
class TestRate:
    def looked(self, at, evaluations: int, **stopped: int) -> None:
        game = make_pick(Game())
        ProposalRound.objects.create(
            id=game.pk,
            batch_id=game.pk,
            league="NFL",
            captured_at=at,
            decided_at=at,
            config_version_id=game.config_version_id,
            market_config_hash="m",
            model_config_hash="m",
            gates=[{"gate": "INTEGRITY", "reached": evaluations, "stopped": stopped}],
            evaluations=evaluations,
            proposed=0,
            replaced=0,
            blocked=0,
        )

    def test_of_contradictions_stops_publishing_for_the_tenant(self, ops):
        self.looked(NOON_BEFORE, 500, PROBABILITY_MISMATCH=2)
        self.looked(NOON_BEFORE - 4 * MINUTE, 500, EDGE_INCOHERENT=4)

        tell_of_rate(by=ops, at=NOON_BEFORE)

        assert found() == [("INTEGRITY_BLOCKED", "rate", "LATCH")]

    @pytest.mark.parametrize(
        ("evaluations", "stopped"),
        [
            (1000, {"PROBABILITY_MISMATCH": 5}),  # at the limit, not above it
            (10, {"PROBABILITY_MISMATCH": 2}),  # two cases are no rate
            (1000, {"SNAPSHOT_STALE": 400}),  # an old market is not our contradiction
        ],
    )
    def test_that_is_none_stops_nothing(self, evaluations, stopped, ops):
        self.looked(NOON_BEFORE, evaluations, **stopped)

        tell_of_rate(by=ops, at=NOON_BEFORE)

        assert found() == []

    def test_of_the_past_is_forgotten(self, ops):
        self.looked(NOON_BEFORE - 5 * MINUTE, 100, PROBABILITY_MISMATCH=50)

        tell_of_rate(by=ops, at=NOON_BEFORE)

        assert found() == []


class TestRateInEarnest:
    def test_turns_the_tenants_switch_off(self, acme, ops):
        with tenant_scope(acme):
            TestRate().looked(NOON_BEFORE, 100, PROBABILITY_MISMATCH=50)
            tell_of_rate(by=ops, at=NOON_BEFORE)

        alerts.sweep(by=ops, at=NOON_BEFORE)

        assert not FeatureFlag.objects.get(name="PUBLISH", scope="tenant:acme").enabled
        assert FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL").enabled


@pytest.mark.usefixtures("in_acme")
class TestCloses:
    def test_that_are_missing_name_the_game(self, ops):
        game = Game()
        rows = [
            LineTracking(pick=make_pick(game, status=PickStatus.PUBLISHED), close_missing=missing)
            for missing in ("NO_PREGAME_QUOTE",)
        ]

        tell_of_closes(rows, by=ops, at=KICKOFF)

        assert found() == [("CLOSE_SNAPSHOT_MISSING", str(game.event.pk), "NOTHING")]

    def test_that_are_there_say_nothing(self, ops):
        row = LineTracking(pick=make_pick(Game(), status=PickStatus.PUBLISHED), close_missing="")

        tell_of_closes([row], by=ops, at=KICKOFF)

        assert found() == []


class TestDuplicates:
    """The stage looks first; where it looked wrongly, the table refuses and somebody hears."""

    @pytest.fixture(autouse=True)
    def blind(self, monkeypatch):
        """Let the stage see nothing in the way, so that only the table is."""
        monkeypatch.setattr(Scales, "_expiry", lambda *_: None)
        monkeypatch.setattr(Allowance, "hold", lambda *_, **__: None)

    def test_are_refused_by_name(self, in_acme, ops):
        game = Game()
        make_pick(game, status=PickStatus.PUBLISHED)
        second = make_pick(game)

        with pytest.raises(DuplicatePublication):
            actions.publish_pick(pick_id=second.pk, by=ops, at=NOON_BEFORE + MINUTE)

        second.refresh_from_db()
        assert second.status == PickStatus.PROPOSED

    def test_are_told_of_by_the_walk(self, acme, ops):
        with tenant_scope(acme):
            game = Game()
            make_pick(game, status=PickStatus.PUBLISHED)
            make_pick(game)

        walk = jobs.for_each_tenant(
            "picks.publish", "slot", [acme], actions.publish_ready, by=ops, at=NOON_BEFORE + MINUTE
        )

        assert walk.failed[acme].startswith("PUBLISH_DUPLICATE")
        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.tenant_schema) == ("PUBLISH_DUPLICATE", acme)
