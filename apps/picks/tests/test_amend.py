"""A published pick gives its place to a better version, or is withdrawn; it stays in the record."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.picks import actions
from apps.picks.actions import (
    NothingBetter,
    NotWithdrawable,
    PickUnknown,
    PublicationHeld,
    SideChanged,
)
from apps.picks.card import card
from apps.picks.kinds import WithdrawReason
from apps.picks.limits import Hold
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game, facts, make_pick
from apps.picks.versions import Said, in_words
from apps.rulebook import keys
from apps.rulebook.lifecycle import MoveRefused, PickStatus, Validity
from apps.rulebook.markets import MarketType, Period

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=1)


@pytest.fixture
def game() -> Game:
    game = Game()
    run(game)
    return game


@pytest.fixture
def old(game, ops) -> Pick:
    """HOME -3.5, published at noon."""
    board(game)
    evaluate(game)
    actions.propose_due(by=ops, at=NOON_BEFORE)
    return actions.publish_pick(pick_id=Pick.objects.get().pk, by=ops, at=NOON_BEFORE)


def supersede(old: Pick, ops, at=LATER) -> Pick:
    return actions.supersede_pick(pick_id=old.pk, by=ops, at=at, note="The line moved.")


def move(game: Game, at=LATER, **quoted) -> None:
    board(game, at=at, **quoted)
    evaluate(game, at=at)


class TestSupersedePick:
    def test_puts_the_newest_word_in_its_place(self, game, old, ops):
        move(game, line="-2.5")

        new = supersede(old, ops)

        old.refresh_from_db()
        assert (old.status, new.status) == (PickStatus.SUPERSEDED, PickStatus.PUBLISHED)
        assert (new.supersedes_id, new.pick_version) == (old.pk, 2)
        assert (new.line, old.line) == (Decimal("-2.5"), Decimal("-3.5"))
        key = keys.pick_key("acme", game.event.pk, MarketType.SPREAD, Period.FULL_GAME, 2)
        assert new.idempotency_key == key
        assert Pick.objects.live().get() == new

    def test_says_what_changed(self, game, old, ops):
        move(game, line="-2.5", prices=("1.87", "1.95"))

        new = supersede(old, ops)

        new.refresh_from_db()
        changed = {one["what"]: (one["was"], one["now"]) for one in new.changed}
        assert changed == {
            Said.LINE: ("-3.5", "-2.5"),
            Said.PRICE: ("1.909091", "1.87"),
            Said.PROBABILITY: (old.decision_prob, new.decision_prob),
            Said.MARKET_PROBABILITY: (old.fair_prob, new.fair_prob),
            Said.EV: (old.ev, new.ev),
        }
        assert card(new)["supersedes"] == {"pick": old.pk, "changed": new.changed}
        assert card(old)["supersedes"] is None

    def test_says_so_of_the_other_side_of_a_new_run(self, game, old, ops):
        actions.withdraw_pick(pick_id=old.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)
        board(game, line="-10.5", at=LATER)
        rerated = run(game, margin=7.5, at=LATER)
        evaluate(game, at=LATER, made_from=rerated)

        new = supersede(old, ops)

        changed = {one["what"]: (one["was"], one["now"]) for one in new.changed}
        assert changed[Said.SIDE] == ("HOME", "AWAY")
        assert changed[Said.LINE] == ("-3.5", "10.5")
        assert changed[Said.RUN] == (str(old.run_id), str(rerated.pk))
        assert "side Home to Away, line −3.5 to +10.5" in in_words("SPREAD", new.changed)

    def test_keeps_the_old_one_ungraded_and_followed_to_its_close(self, game, old, ops):
        move(game, line="-2.5")

        supersede(old, ops)

        assert set(Pick.objects.ungraded()) == set(Pick.objects.seen())
        assert LineTracking.objects.open().count() == 2

    def test_answers_the_old_message_with_a_new_one(self, game, old, ops):
        move(game, line="-2.5")

        new = supersede(old, ops)

        first, second = Delivery.objects.order_by("due_at")
        assert (first.pick, first.kind) == (old, "NEW")
        assert (second.pick, second.kind, second.answers) == (new, "REPLY", first)

    def test_writes_down_both_moves(self, game, old, ops):
        move(game, line="-2.5")

        new = supersede(old, ops)

        entry = AuditEntry.objects.get(object_id=str(old.pk), action="pick.superseded")
        assert (entry.reason, entry.actor_id) == ("The line moved.", ops.id)
        moves = PickChange.objects.filter(changed_at=LATER).values_list("pick_id", "to_status")
        assert sorted(moves) == sorted(
            [(new.pk, "PROPOSED"), (old.pk, "SUPERSEDED"), (new.pk, "PUBLISHED")]
        )

    def test_is_no_second_pick_of_a_limit(self, game, old, ops):
        opine("acme", at=LATER, **limits(per_day=1, per_event=1))
        move(game, line="-2.5")

        assert supersede(old, ops).status == PickStatus.PUBLISHED

    def test_refuses_the_other_side_of_a_playable_pick(self, game, old, ops):
        move(game, line="-10.5")

        with pytest.raises(SideChanged, match="withdraw it first"):
            supersede(old, ops)

        old.refresh_from_db()
        assert (old.status, Pick.objects.count()) == (PickStatus.PUBLISHED, 1)

    def test_takes_the_other_side_of_one_that_is_not(self, game, old, ops):
        actions.withdraw_pick(pick_id=old.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)
        move(game, line="-10.5")

        new = supersede(old, ops)

        assert (new.side, new.line) == ("AWAY", Decimal("10.5"))

    def test_refuses_where_nothing_newer_was_said(self, game, old, ops):
        with pytest.raises(NothingBetter, match="ALREADY_PROPOSED"):
            supersede(old, ops)

    def test_refuses_where_the_newest_word_is_no(self, game, old, ops):
        move(game, line="-6")

        with pytest.raises(NothingBetter, match="NO_EDGE"):
            supersede(old, ops)

    def test_refuses_where_nobody_evaluated_its_market(self, ops):
        pick = make_pick(status=PickStatus.PUBLISHED)

        with pytest.raises(NothingBetter, match="not been evaluated"):
            supersede(pick, ops)

    def test_refuses_what_is_not_published(self, game, ops):
        with pytest.raises(MoveRefused):
            supersede(make_pick(game), ops)

    def test_refuses_behind_a_closed_switch(self, game, old, ops):
        move(game, line="-2.5")
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="league:NFL").update(enabled=False)

        with pytest.raises(switches.Halted):
            supersede(old, ops)

    def test_refuses_in_quiet_hours(self, game, old, ops):
        opine("acme", at=LATER, quiet_hours={"start": "00:00", "end": "23:59"})
        move(game, line="-2.5")

        with pytest.raises(PublicationHeld) as refusal:
            supersede(old, ops)

        assert refusal.value.hold == Hold.LEAGUE_QUIET_HOURS
        assert Pick.objects.count() == 1

    def test_refuses_a_pick_that_is_not_there(self, ops):
        with pytest.raises(PickUnknown):
            actions.supersede_pick(pick_id=keys.pick_id("nobody's"), by=ops, at=LATER)


class TestWithdrawPick:
    @pytest.mark.parametrize("reason", WithdrawReason)
    def test_says_that_it_is_not_to_be_taken_and_why(self, reason, ops):
        pick = make_pick(status=PickStatus.PUBLISHED)

        actions.withdraw_pick(
            pick_id=pick.pk, reason=reason, by=ops, at=LATER, note="The quarterback is out."
        )

        pick.refresh_from_db()
        assert (pick.status, pick.validity_state) == ("PUBLISHED", Validity.INVALIDATED)
        assert (pick.validity_reason, pick.withdrawn_reason) == (reason, reason)
        change = PickChange.objects.get()
        assert (change.from_validity, change.to_validity, change.reason) == (
            "VALID",
            "INVALIDATED",
            reason,
        )
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.reason) == ("pick.withdrawn", "The quarterback is out.")

    def test_leaves_it_to_be_graded(self, ops):
        pick = make_pick(status=PickStatus.PUBLISHED)
        actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)

        assert actions.close_graded([pick.pk], by=ops, at=LATER) == 1

    def test_works_while_nothing_may_be_published(self, ops):
        pick = make_pick(status=PickStatus.PUBLISHED)
        with facts():
            FeatureFlag.objects.update(enabled=False)

        actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)

        pick.refresh_from_db()
        assert pick.validity_state == Validity.INVALIDATED

    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.GRADED])
    def test_refuses_what_is_not_live(self, status, ops):
        pick = make_pick(status=status)

        with pytest.raises(NotWithdrawable):
            actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)

    def test_refuses_a_second_time(self, ops):
        pick = make_pick(status=PickStatus.PUBLISHED)
        actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)

        with pytest.raises(NotWithdrawable):
            actions.withdraw_pick(
                pick_id=pick.pk, reason=WithdrawReason.INJURY_UPDATE, by=ops, at=LATER
            )

        assert PickChange.objects.count() == 1


class TestCloseGraded:
    def test_moves_published_and_superseded_picks_and_writes_it_down(self, ops):
        published = make_pick(status=PickStatus.PUBLISHED)
        superseded = make_pick(status=PickStatus.SUPERSEDED)

        moved = actions.close_graded([superseded.pk, published.pk], by=ops, at=LATER)

        assert moved == 2
        for pick, was in ((published, "PUBLISHED"), (superseded, "SUPERSEDED")):
            pick.refresh_from_db()
            assert pick.status == PickStatus.GRADED
            change = PickChange.objects.get(pick=pick)
            assert (change.from_status, change.to_status) == (was, "GRADED")
            entry = AuditEntry.objects.get(object_id=str(pick.pk))
            assert (entry.action, entry.diff) == ("pick.graded", {"status": [was, "GRADED"]})

    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.GRADED])
    def test_refuses_all_where_one_may_not_move(self, status, ops):
        fine, other = make_pick(status=PickStatus.PUBLISHED), make_pick(status=status)

        with pytest.raises(MoveRefused):
            actions.close_graded([fine.pk, other.pk], by=ops, at=LATER)

        fine.refresh_from_db()
        assert fine.status == PickStatus.PUBLISHED

    def test_has_nothing_to_do_for_no_picks(self, ops):
        assert actions.close_graded([], by=ops, at=LATER) == 0
