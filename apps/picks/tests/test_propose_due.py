"""Batches become picks that wait: one opinion per idea, one receipt per batch."""

from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from apps.catalog.models import Event, EventSource, League
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.actions import ProposedDue
from apps.picks.kinds import Gate, Stop
from apps.picks.models import Pick, PickChange, ProposalRound
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts
from apps.rulebook import keys
from apps.rulebook.evaluation import RiskFlag, Violation
from apps.rulebook.lifecycle import ExpiryReason, PickStatus
from apps.rulebook.markets import MarketType, Period, QuoteStatus, Side
from apps.rulebook.thresholds import Tier
from apps.rulebook.validity import worst_line, worst_price

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LATER = NOON_BEFORE + A_MINUTE
SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE


@pytest.fixture
def game() -> Game:
    """The home team is expected to win by seven, and gives three and a half."""
    game = Game()
    run(game)
    return game


def propose(ops, at=NOON_BEFORE) -> ProposedDue:
    return actions.propose_due(by=ops, at=at)


def funnel(round_: ProposalRound) -> dict[str, tuple[int, dict[str, int]]]:
    return {gate["gate"]: (gate["reached"], gate["stopped"]) for gate in round_.gates}


def only_round() -> dict[str, tuple[int, dict[str, int]]]:
    return funnel(ProposalRound.objects.get())


class TestProposeDue:
    def test_makes_one_pick_of_the_best_quote_on_an_idea(self, game, ops):
        board(game, books=("betmgm", "draftkings"))
        board(game, books=("fanduel",), prices=("1.952381", "1.869565"))
        batch = evaluate(game)

        done = propose(ops)

        assert done == ProposedDue(batches=1, evaluations=6, proposed=1)
        pick = Pick.objects.get()
        assert (pick.status, pick.side, pick.book.key) == ("PROPOSED", "HOME", "fanduel")
        assert (str(pick.line), str(pick.price)) == ("-3.50", "1.952381")
        assert (pick.batch_id, pick.proposed_at, pick.expires_at) == (
            batch.pk,
            NOON_BEFORE,
            KICKOFF,
        )

    def test_names_it_by_what_makes_it_and_nothing_else(self, game, ops):
        board(game)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        key = keys.pick_key("acme", game.event.pk, SPREAD, Period.FULL_GAME, 1)
        assert (pick.idempotency_key, pick.pk) == (key, keys.pick_id(key))

    def test_copies_everything_it_was_made_from(self, game, ops):
        board(game)
        batch = evaluate(game)
        made_from = run(game)

        propose(ops)

        pick = Pick.objects.select_related("selection").get()
        quote = game.selection(SPREAD, Side.HOME).quotes.get(book__key="betmgm")
        assert (pick.run_id, pick.sims) == (made_from.pk, 100_000)
        assert (pick.model_version, pick.data_version) == ("nfl-test", made_from.data_version)
        assert pick.market_config_hash == batch.market_config_hash
        assert pick.model_config_hash == batch.model_config_hash
        assert (pick.observed_at, pick.snapshot_seq) == (quote.observed_at, quote.seq)
        assert pick.payload_sha256 == game.poll(NOON_BEFORE).payload.sha256
        assert (pick.provider, pick.source_event_id) == ("the_odds_api", game.code)
        assert pick.snapshot_id == keys.snapshot_id(
            *(pick.selection.uuid, "the_odds_api", "betmgm", quote.observed_at),
            *(quote.line, quote.price_decimal, QuoteStatus.OPEN),
        )
        scores = made_from.scores().price(SPREAD, Side.HOME, -3.5)
        assert pick.model_prob == pytest.approx(scores.model_prob)
        assert pick.a + pick.b + pick.v == pytest.approx(1.0, abs=1e-9)
        assert (pick.fair_prob, pick.weight) == (0.5, 1.0)

    def test_says_how_far_it_may_be_played(self, game, ops):
        board(game)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert pick.playable_to_price == worst_price(pick.a, pick.b)
        assert pick.playable_to_line == worst_line(
            run(game).scores().margin,
            market_type=SPREAD,
            side=Side.HOME,
            line=pick.line,
            price=pick.price,
            decision_prob=pick.decision_prob,
        )
        assert pick.playable_to_line < pick.line

    def test_plays_a_moneyline_down_to_a_price_only(self, game, ops):
        board(game, MONEYLINE, line=None, prices=("1.7", "2.2"))
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.market_type, pick.line, pick.playable_to_line) == ("MONEYLINE", None, None)
        assert pick.playable_to_price < pick.price

    def test_caps_an_unmeasured_model_and_says_what_it_would_have_been(self, game, ops):
        board(game)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.tier, pick.uncapped_tier) == (Tier.LEAN, Tier.EDGE)
        assert RiskFlag.MODEL_UNMEASURED in pick.risk_flags

    def test_writes_history_and_audit_with_it(self, game, ops):
        board(game)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        change = PickChange.objects.get()
        assert (change.pick, change.from_status, change.to_status) == (pick, "", "PROPOSED")
        entry = AuditEntry.objects.get(object_type="Pick")
        assert (entry.action, entry.object_id, entry.before_hash) == (
            "pick.proposed",
            str(pick.pk),
            None,
        )
        assert (entry.actor_id, entry.tenant_schema) == (ops.id, "acme")
        assert entry.config_version == pick.config_version_id

    def test_changes_nothing_the_second_time(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)

        assert propose(ops) == ProposedDue()
        assert propose(ops, LATER) == ProposedDue()
        assert (Pick.objects.count(), ProposalRound.objects.count()) == (1, 1)

    def test_is_each_tenant_s_own(self, acme, rival, ops, game):
        board(game)
        evaluate(game)
        propose(ops)

        with facts(), tenant_scope(rival):
            assert Pick.objects.count() == 0
            propose(ops)
            theirs = Pick.objects.get()

        ours = Pick.objects.get()
        assert ours.selection_id == theirs.selection_id
        assert ours.pk != theirs.pk

    def test_looks_at_the_newest_batch_first_and_at_every_one_from_there_on(self, game, ops):
        for minute in range(3):
            board(game, at=NOON_BEFORE + minute * A_MINUTE)
            evaluate(game, at=NOON_BEFORE + minute * A_MINUTE)
        at = NOON_BEFORE + 2 * A_MINUTE

        assert propose(ops, at).batches == 1
        for minute in (3, 4):
            board(game, at=NOON_BEFORE + minute * A_MINUTE)
            evaluate(game, at=NOON_BEFORE + minute * A_MINUTE)

        assert propose(ops, NOON_BEFORE + 4 * A_MINUTE).batches == 2

    def test_leaves_a_batch_of_another_profile_to_those_who_chose_it(self, game, ops):
        board(game)
        evaluate(game)
        opine("acme", model_profile="raw")

        assert propose(ops) == ProposedDue()


class TestWaitingPick:
    def test_gives_way_to_a_newer_evaluation(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        board(game, prices=("1.952381", "1.869565"), at=LATER)
        evaluate(game, at=LATER)

        done = propose(ops, LATER)

        assert (done.proposed, done.replaced) == (1, 1)
        old, new = Pick.objects.order_by("pick_version")
        assert (old.status, old.expiry_reason) == ("EXPIRED", ExpiryReason.REPLACED)
        assert (new.status, new.pick_version) == ("PROPOSED", 2)
        assert new.price > old.price

    def test_gives_way_to_a_newer_no(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        board(game, line="-6", at=LATER)
        evaluate(game, at=LATER)

        done = propose(ops, LATER)

        assert (done.proposed, done.replaced) == (0, 1)
        assert Pick.objects.get().expiry_reason == ExpiryReason.REPLACED
        newest = ProposalRound.objects.order_by("captured_at").last()
        assert funnel(newest)[Gate.TIER][1] == {Stop.NO_EDGE: 1}

    def test_stays_while_the_same_is_said_of_the_same_quote(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        board(game, at=LATER)
        evaluate(game, at=LATER)

        done = propose(ops, LATER)

        assert (done.proposed, done.replaced) == (0, 0)
        assert Pick.objects.get().status == PickStatus.PROPOSED
        newest = ProposalRound.objects.order_by("captured_at").last()
        assert funnel(newest)[Gate.IDEA][1] == {Stop.ALREADY_PROPOSED: 1}

    def test_turns_to_the_other_side_where_the_market_does(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        board(game, line="-10.5", at=LATER)
        evaluate(game, at=LATER)

        propose(ops, LATER)

        new = Pick.objects.waiting().get()
        assert (new.side, str(new.line)) == ("AWAY", "10.50")

    def test_is_made_under_the_configuration_in_force(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        version = opine("acme", at=LATER, sims_min=30_000)
        board(game, at=LATER)
        evaluate(game, at=LATER)

        done = propose(ops, LATER)

        assert (done.proposed, done.replaced) == (1, 1)
        assert Pick.objects.waiting().get().config_version_id == version


class TestPublishedIdea:
    def test_is_left_alone_by_everything_that_comes(self, game, ops):
        board(game)
        evaluate(game)
        propose(ops)
        published = actions.publish_pick(pick_id=Pick.objects.get().pk, by=ops, at=NOON_BEFORE)
        for minute, line in ((1, "-4"), (2, "-9.5"), (3, "-3")):
            at = NOON_BEFORE + minute * A_MINUTE
            board(game, line=line, at=at)
            run(game, margin=7.0 + minute, at=at)
            evaluate(game, at=at)
            assert propose(ops, at).proposed == 0

        assert Pick.objects.get() == published
        newest = ProposalRound.objects.order_by("captured_at").last()
        assert funnel(newest)[Gate.IDEA] == (1, {Stop.IDEA_PUBLISHED: 1})


class TestFunnel:
    def test_counts_everything_once_at_every_gate(self, game, ops):
        board(game)
        game.pair(TOTAL, Side.OVER, line="44.5", book="fanduel")
        evaluate(game)

        propose(ops)

        gates = only_round()
        assert gates == {
            Gate.BOOK: (8, {}),
            Gate.CURRENT: (8, {}),
            Gate.INTEGRITY: (8, {}),
            Gate.BEST: (8, {Stop.NOT_THE_BEST: 6}),
            Gate.TIER: (2, {Stop.NO_EDGE: 1}),
            Gate.IDEA: (1, {}),
            Gate.PROPOSED: (1, {}),
        }

    def test_holds_what_reaches_a_gate_to_what_left_the_one_before(self, game, ops):
        board(game)
        board(game, MONEYLINE, line=None, prices=("1.7", "2.2"))
        game.pair(TOTAL, Side.OVER, line="70.5", book="fanduel")
        evaluate(game)

        propose(ops)

        gates = list(only_round().values())
        for (reached, stopped), (next_reached, _) in pairwise(gates):
            assert reached - sum(stopped.values()) == next_reached

    def test_stops_books_that_the_tenant_does_not_recommend(self, game, ops):
        opine("acme", books=["fanduel"])
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.BOOK] == (6, {Stop.NOT_OUR_BOOK: 4})
        assert Pick.objects.get().book.key == "fanduel"

    def test_stops_a_quote_that_has_moved_on(self, game, ops):
        board(game)
        evaluate(game)
        board(game, line="-4.5", at=LATER)

        propose(ops, LATER)

        assert only_round()[Gate.CURRENT] == (6, {Stop.QUOTE_MOVED: 6})

    def test_stops_a_suspended_market(self, game, ops):
        board(game)
        evaluate(game)
        for side, line in ((Side.HOME, "-3.5"), (Side.AWAY, "3.5")):
            game.quote(
                *(SPREAD, side),
                line=line,
                price="1.909091",
                at=LATER,
                book="fanduel",
                status=QuoteStatus.SUSPENDED,
            )

        propose(ops, LATER)

        assert only_round()[Gate.CURRENT] == (6, {Stop.QUOTE_SUSPENDED: 2})

    @pytest.mark.parametrize(
        ("columns", "why"),
        [
            ({"start_time": NOON_BEFORE}, Stop.EVENT_STARTED),
            ({"latched_at": NOON_BEFORE}, Stop.EVENT_STARTED),
            ({"frozen_code": "MAPPING_DRIFT"}, Stop.EVENT_FROZEN),
            ({"status": "POSTPONED"}, Stop.EVENT_NOT_AHEAD),
        ],
    )
    def test_stops_a_game_that_is_not_ahead(self, game, ops, columns, why):
        board(game)
        evaluate(game)
        with facts():
            Event.objects.filter(pk=game.event.pk).update(**columns)

        propose(ops)

        assert only_round()[Gate.CURRENT] == (6, {why: 6})

    def test_leaves_a_receipt_where_nothing_was_evaluated(self, game, ops):
        evaluate(game)

        assert propose(ops) == ProposedDue(batches=1)
        assert only_round()[Gate.BOOK] == (0, {})

    def test_stops_tiers_that_are_not_published(self, game, ops):
        opine("acme", published_tiers=["EDGE"])
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.TIER] == (1, {Stop.TIER_NOT_PUBLISHED: 1})
        assert not Pick.objects.exists()

    def test_changes_with_a_configuration_and_with_nothing_else(self, game, ops):
        """An empty pool is explained by its gates, not by looser thresholds."""
        opine("acme", lean={"edge_prob_min": "0.4", "ev_min": "0"}, edge=UNREACHABLE)
        board(game)
        evaluate(game)

        propose(ops)

        assert only_round()[Gate.TIER] == (1, {Stop.NO_EDGE: 1})
        assert only_round()[Gate.INTEGRITY] == (6, {})


UNREACHABLE = {"edge_prob_min": "0.45", "ev_min": "0.01"}


class TestIntegrity:
    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"run_id": UUID(int=1)}, Violation.SIMULATION_MISSING),
            ({"model_prob": 0.31}, Violation.PROBABILITY_MISMATCH),
            ({"ev": 0.5}, Violation.EDGE_INCOHERENT),
            ({"edge_points": -9.0}, Violation.EDGE_INCOHERENT),
            ({"overround": 1.24}, Violation.OVERROUND_OUT_OF_RANGE),
            ({"books": 2}, Violation.BOOKS_BELOW_MINIMUM),
            ({"fair_line": 14.5, "edge_points": -18.0}, Violation.DIRECTION_MISMATCH),
        ],
    )
    def test_blocks_and_never_repairs(self, game, ops, columns, code):
        board(game)
        evaluate(game, **columns)

        done = propose(ops)

        assert (done.proposed, done.blocked) == (0, Pick.objects.count())
        assert not Pick.objects.waiting().exists()
        _, stopped = only_round()[Gate.INTEGRITY]
        assert sum(stopped.values()) == 6
        assert code in {reason for pick in Pick.objects.all() for reason in pick.block_reasons}

    def test_blocks_the_golden_incoherent_case(self, game, ops):
        """Market +5.5, fair line +14.5, and a claimed chance of .84 to cover."""
        board(game, side=Side.AWAY, line="5.5")
        claim = {"a": 0.84, "b": 0.16, "v": 0.0, "model_prob": 0.84, "decision_prob": 0.84}
        evaluate(
            game,
            **claim,
            edge_prob=0.34,
            ev=round(0.84 * 0.909091 - 0.16, 10),
            fair_line=14.5,
            edge_points=-9.0,
        )

        propose(ops)

        blocked = Pick.objects.filter(side="AWAY").first()
        assert (blocked.status, blocked.tier) == (PickStatus.BLOCKED, Tier.BLOCKED)
        assert Violation.DIRECTION_MISMATCH in blocked.block_reasons
        assert not Pick.objects.waiting().exists()

    def test_keeps_a_block_once_for_a_selection_and_reason(self, game, ops):
        for minute in range(4):
            at = NOON_BEFORE + minute * A_MINUTE
            board(game, prices=(f"1.91{minute}", "1.9"), at=at)
            evaluate(game, at=at, books=2)
            propose(ops, at)

        blocked = Pick.objects.get()
        assert (blocked.block_reason, blocked.born_blocked) == ("BOOKS_BELOW_MINIMUM", True)
        rounds = ProposalRound.objects.order_by("captured_at")
        assert [row.blocked for row in rounds] == [1, 0, 0, 0]
        assert all(funnel(row)[Gate.INTEGRITY][1] == {"BOOKS_BELOW_MINIMUM": 6} for row in rounds)

    def test_does_not_keep_what_nobody_would_have_seen(self, game, ops):
        board(game, line="-6")
        evaluate(game, books=2)

        done = propose(ops)

        assert (done.blocked, Pick.objects.count()) == (0, 0)
        assert only_round()[Gate.INTEGRITY] == (6, {"BOOKS_BELOW_MINIMUM": 6})

    def test_blocks_a_stale_quote_and_takes_a_fresh_one_beside_it(self, game, ops):
        board(game, books=("fanduel",), prices=("1.98", "1.85"))
        at = NOON_BEFORE + 4 * A_MINUTE
        board(game, books=("betmgm", "draftkings"), at=at)
        evaluate(game, at=at)

        propose(ops, at)

        stale, taken = Pick.objects.order_by("status")
        assert (stale.block_reason, stale.book.key) == (Violation.SNAPSHOT_STALE, "fanduel")
        assert (taken.status, taken.book.key) == (PickStatus.PROPOSED, "betmgm")

    def test_blocks_a_swapped_spread_and_total(self, game, ops):
        board(game, TOTAL, Side.UNDER, line="70.5")
        evaluate(game)

        propose(ops)

        assert Pick.objects.get().block_reason == Violation.LEAGUE_RANGE

    def test_blocks_without_the_provider_s_id(self, game, ops):
        board(game)
        evaluate(game)
        with facts():
            EventSource.objects.filter(event=game.event).delete()

        propose(ops)

        assert Pick.objects.get().block_reason == Violation.PROVIDER_ID_MISSING

    def test_blocks_what_no_score_will_ever_settle(self, game, ops):
        board(game)
        evaluate(game)
        with facts():
            League.objects.filter(code="NFL").update(has_scores=False)

        propose(ops)

        assert Pick.objects.get().block_reason == Violation.MARKET_NOT_GRADEABLE

    def test_does_not_depend_on_who_pays(self, game, ops, rival):
        """The limits are the configuration's, for whoever the tenant is."""
        board(game)
        evaluate(game, overround=1.24)
        propose(ops)
        ours = Pick.objects.get().block_reasons

        with facts(), tenant_scope(rival):
            propose(ops)
            theirs = Pick.objects.get().block_reasons

        assert ours == theirs == [Violation.OVERROUND_OUT_OF_RANGE]


class TestSides:
    """One selection, its own line, its own probability."""

    @pytest.mark.parametrize(
        ("margin", "line", "side"),
        [(6.0, "-3.5", "HOME"), (-6.0, "3.5", "AWAY"), (6.0, "3.5", "HOME"), (1.0, "-7", "AWAY")],
    )
    def test_are_chosen_by_signed_edge_and_carry_their_own_line(self, ops, margin, line, side):
        game = Game()
        made_from = run(game, margin=margin)
        board(game, line=line)
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert pick.side == side
        assert float(pick.line) == (float(line) if side == "HOME" else -float(line))
        expected = made_from.scores().price(SPREAD, Side(side), pick.line)
        assert pick.model_prob == pytest.approx(expected.model_prob)
        assert pick.edge_prob == pytest.approx(pick.decision_prob - pick.fair_prob)
        assert pick.edge_prob > 0
        assert pick.edge_points > 0

    @pytest.mark.parametrize(("total", "side"), [(54.0, "OVER"), (33.0, "UNDER")])
    def test_of_a_total_are_judged_at_the_snapshot_s_line(self, ops, total, side):
        game = Game()
        run(game, total=total)
        board(game, TOTAL, Side.OVER, line="40.5")
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.side, float(pick.line)) == (side, 40.5)
        assert pick.model_prob > 0.6

    def test_take_a_pick_em_for_the_line_that_it_is(self, ops):
        game = Game()
        run(game, margin=5.0)
        board(game, line="0")
        evaluate(game)

        propose(ops)

        pick = Pick.objects.get()
        assert (pick.side, pick.line) == ("HOME", 0)
        assert pick.v > 0


class TestManyIdeas:
    def test_are_proposed_together(self, ops):
        opine("acme", **limits())
        game = Game()
        run(game, margin=6.0, total=54.0)
        board(game)
        board(game, TOTAL, Side.OVER, line="47.5")
        board(game, MONEYLINE, line=None, prices=("1.7", "2.2"))
        evaluate(game)

        done = propose(ops)

        assert asdict(done)["proposed"] == 3
        assert set(Pick.objects.values_list("market_type", "side")) == {
            ("SPREAD", "HOME"),
            ("TOTAL", "OVER"),
            ("MONEYLINE", "HOME"),
        }
