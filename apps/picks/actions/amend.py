"""What may still happen to a published pick: a better version replaces it, or it is withdrawn."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.picks.actions.locks import hold_ideas
from apps.picks.actions.moving import Before, Move, write_moves, write_new
from apps.picks.actions.owing import owe_replacement, owe_withdrawal
from apps.picks.actions.propose import Ideas
from apps.picks.actions.publish import SWITCHES, settle
from apps.picks.actions.refusals import (
    NothingBetter,
    NotWithdrawable,
    PickUnknown,
    PublicationHeld,
    SideChanged,
)
from apps.picks.actions.weighing import Outcome, Scales
from apps.picks.board import Board
from apps.picks.deciding import Outlook, Verdict, decide
from apps.picks.drafting import Drafts
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Pick
from apps.picks.versions import differences
from apps.picks.waiting import newest_look_at, outlooks
from apps.rulebook import lifecycle
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.thresholds import Tier


@transaction.atomic
def supersede_pick(*, pick_id: UUID, by: Actor, at: datetime, note: str = "") -> Pick:
    """Put what the newest evaluation says in a published pick's place; return the new pick.

    The new version is weighed like any publication, and says what changed. The old one stays in
    the record and is settled. The other side may only follow a pick that is no longer playable.

    Raises:
        switches.Halted: nothing goes out in one of the pick's scopes.
        TenantInactive: the tenant has been suspended.
        lifecycle.MoveRefused: the pick is not published.
        NothingBetter: nothing newer may be published on this idea now.
        SideChanged: the newest evaluation is for the other side of a playable pick.
        PublicationHeld: a limit, quiet hours, a cool-down, or an alert that its tier is held by.
        PickUnknown: there is no such pick.
    """
    old = _existing(pick_id)
    # Which tier the new version has is not known yet: whether it may go out is asked below.
    mode = switches.hold_open(SWITCHES, scopes=old.scopes(), tier=Tier.EDGE)
    hold_ideas()
    old = Pick.objects.locked().get(pk=pick_id)
    lifecycle.require_move(old.status, PickStatus.SUPERSEDED)
    outlook, verdict, batch_id = _newest_word(old, at)
    if verdict.row.selection_id != old.selection_id and (
        old.validity_state != Validity.INVALIDATED
    ):
        raise SideChanged(old, verdict.row.side)

    ideas = Ideas.on([old.event_id])
    drafts = Drafts([verdict], outlook, batch_id=batch_id, at=at)
    new = drafts.draft(verdict, version=ideas.next_version(verdict.row.idea))
    new.supersedes = old
    write_new([Move(new, None, "pick.proposed", ev=new.ev)], by=by, at=at)
    before = {new.pk: Before.of(new)}
    weighed = Scales([new], at=at, replaced=[old.pk]).weigh(new, mode=mode)
    if weighed.outcome is Outcome.HOLD:
        assert weighed.held is not None
        raise PublicationHeld(weighed.held)
    if weighed.outcome is not Outcome.PUBLISH:
        raise NothingBetter(f"the newest evaluation is {weighed.reason}")

    new.changed = differences(old, new)
    was = Before.of(old)
    old.status = PickStatus.SUPERSEDED.value
    write_moves([Move(old, was, "pick.superseded", "REPLACED", note)], by=by, at=at)
    owe_replacement(old, new, by=by, at=at)
    settle([weighed], before, by=by, at=at)
    return new


@transaction.atomic
def withdraw_pick(
    *, pick_id: UUID, reason: WithdrawReason, by: Actor, at: datetime, note: str = ""
) -> Pick:
    """Declare a published pick no longer playable; it stays in the record and is settled.

    Asks no switch: saying "do not take this any more" is never stopped.

    Raises:
        NotWithdrawable: it is not published, or not playable any more.
        PickUnknown: there is no such pick.
    """
    _existing(pick_id)
    pick = Pick.objects.locked().get(pk=pick_id)
    if not lifecycle.may_turn(pick.status, pick.validity_state, Validity.INVALIDATED):
        raise NotWithdrawable(pick)
    before = Before.of(pick)
    pick.validity_state, pick.validity_reason = Validity.INVALIDATED.value, reason.value
    pick.validity_at, pick.withdrawn_reason = at, reason.value
    write_moves([Move(pick, before, "pick.withdrawn", reason.value, note)], by=by, at=at)
    owe_withdrawal(pick, begun=pick.event.begins_at <= at, by=by, at=at)
    return pick


def _existing(pick_id: UUID) -> Pick:
    pick = Pick.objects.filter(pk=pick_id).first()
    if pick is None:
        raise PickUnknown(pick_id)
    return pick


def _newest_word(old: Pick, at: datetime) -> tuple[Outlook, Verdict, UUID]:
    """Decide anew about the idea of a pick, on the newest batch that looked at its market."""
    outlook = next(
        (one for one in outlooks(current_schema(), at) if one.league.code == old.league), None
    )
    batch_id = newest_look_at(old, outlook, at) if outlook else None
    if outlook is None or batch_id is None:
        raise NothingBetter("its market has not been evaluated again")
    idea = (old.event_id, old.market_type, old.period)
    board = Board.read(batch_id, at=at).only(lambda row: row.idea == idea)
    decision = decide(
        board,
        outlook,
        taken=lambda _idea: False,
        waits_already=lambda verdict: _is_the_same(verdict, old),
    )
    if not decision.proposals:
        reasons = sorted({str(why) for why in decision.why})
        raise NothingBetter(", ".join(reasons) or "its market has not been evaluated again")
    return outlook, decision.proposals[0], batch_id


def _is_the_same(verdict: Verdict, old: Pick) -> bool:
    row = verdict.row
    return (row.selection_id, row.book_id, row.observed_at, row.seq, row.run_id) == (
        *(old.selection_id, old.book_id, old.observed_at, old.snapshot_seq, old.run_id),
    )
