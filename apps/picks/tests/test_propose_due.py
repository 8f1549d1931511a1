"""Batches become picks that wait: one opinion per idea, one receipt per batch."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.actions import ProposedDue
from apps.picks.kinds import Gate, Stop
from apps.picks.models import Pick, PickChange, ProposalRound
from apps.picks.tests.boards import board, evaluate, funnel, limits, opine, run
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts
from apps.rulebook import keys
from apps.rulebook.evaluation import RiskFlag
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
