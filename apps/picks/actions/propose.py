"""Turning evaluations into picks that wait: one receipt for every batch, whatever came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Max

from apps.core.actor import Actor
from apps.core.tenancy import current_schema
from apps.picks.actions.locks import hold_ideas
from apps.picks.actions.moving import Before, Move, write_moves, write_new
from apps.picks.actions.telling import tell_of_blocked, tell_of_rate
from apps.picks.board import Board, Idea
from apps.picks.deciding import Decision, Outlook, Verdict, best_first, decide
from apps.picks.drafting import Drafts
from apps.picks.kinds import Stop
from apps.picks.models import Pick, ProposalRound
from apps.picks.querysets import GAME
from apps.picks.waiting import batches_without_a_round, outlooks
from apps.rulebook.keys import NAMESPACE
from apps.rulebook.lifecycle import ExpiryReason, PickStatus
from apps.simulations.models import EvaluationBatch


@dataclass(frozen=True, slots=True)
class ProposedDue:
    """What one turn of proposing did for one tenant."""

    batches: int = 0
    evaluations: int = 0
    proposed: int = 0
    replaced: int = 0
    blocked: int = 0

    def __add__(self, other: "ProposedDue") -> "ProposedDue":
        return ProposedDue(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )


@transaction.atomic
def propose_due(*, by: Actor, at: datetime) -> ProposedDue:
    """Look at every evaluation batch that this tenant has not looked at, oldest first.

    The newest word on an idea replaces the pick that waits on it; an idea on which a published
    pick stands is left alone. Nobody outside sees what is written here, so no switch is asked.
    """
    hold_ideas()
    total = ProposedDue()
    for outlook in outlooks(current_schema(), at):
        for batch in batches_without_a_round(outlook, at):
            total += _look_at(batch, outlook, by=by, at=at)
    if total.batches:
        tell_of_rate(by=by, at=at)
    return total


def _look_at(batch: EvaluationBatch, outlook: Outlook, *, by: Actor, at: datetime) -> ProposedDue:
    board = Board.read(batch.pk, at=at)
    ideas = Ideas.on(row.event_id for row in board.rows)
    decision = decide(
        board,
        outlook,
        taken=ideas.is_taken,
        waits_already=lambda one: ideas.says_the_same(one, outlook),
    )
    replaced = _replace(decision, ideas, by=by, at=at)
    blocked = _write_blocked(decision, ideas, outlook, batch, by=by, at=at)
    drafts = Drafts(decision.proposals, outlook, batch_id=batch.pk, at=at)
    made = [
        drafts.draft(one, version=ideas.next_version(one.row.idea))
        for one in best_first(decision.proposals)
    ]
    write_new([Move(pick, None, "pick.proposed", ev=pick.ev) for pick in made], by=by, at=at)
    ProposalRound.objects.create(
        id=uuid5(NAMESPACE, f"round|{current_schema()}|{batch.pk}"),
        batch_id=batch.pk,
        league=outlook.league.code,
        captured_at=batch.captured_at,
        decided_at=at,
        config_version_id=outlook.version,
        market_config_hash=outlook.market.hash,
        model_config_hash=outlook.model.hash,
        gates=decision.funnel(),
        evaluations=len(board.rows),
        proposed=len(made),
        replaced=replaced,
        blocked=blocked,
    )
    return ProposedDue(
        batches=1,
        evaluations=len(board.rows),
        proposed=len(made),
        replaced=replaced,
        blocked=blocked,
    )


def _replace(decision: Decision, ideas: "Ideas", *, by: Actor, at: datetime) -> int:
    """End the waiting picks on whose ideas something newer was said.

    Also where that something is "no": a pick does not outlive the evaluation it was made from.
    """
    kept = {
        ideas.waiting[row.idea].pk
        for row, why in zip(decision.board.rows, decision.why, strict=True)
        if why == Stop.ALREADY_PROPOSED
    }
    moves = []
    for idea in sorted(decision.ideas_looked_at() & ideas.waiting.keys()):
        pick = ideas.waiting[idea]
        if pick.pk in kept:
            continue
        before = Before.of(pick)
        pick.status, pick.expiry_reason = PickStatus.EXPIRED.value, ExpiryReason.REPLACED.value
        moves.append(Move(pick, before, "pick.expired", ExpiryReason.REPLACED.value))
    write_moves(moves, by=by, at=at)
    return len(moves)


def _write_blocked(
    decision: Decision,
    ideas: "Ideas",
    outlook: Outlook,
    batch: EvaluationBatch,
    *,
    by: Actor,
    at: datetime,
) -> int:
    """Keep what a check stopped, once for each selection and leading reason.

    What no pick can be made of is counted in the round, and told of like the rest.
    """
    blocked = [one for one in decision.blocked if one.can_be_kept]
    known = set(
        Pick.objects.filter(
            born_blocked=True,
            selection_id__in=[one.row.selection_id for one in blocked],
        ).values_list("selection_id", "block_reason")
    )
    news = [
        one for one in best_first(blocked) if (one.row.selection_id, one.violations[0]) not in known
    ]
    drafts = Drafts(news, outlook, batch_id=batch.pk, at=at)
    made = [drafts.draft(one, version=ideas.next_version(one.row.idea)) for one in news]
    write_new(
        [Move(pick, None, "pick.blocked", pick.block_reason, ev=pick.ev) for pick in made],
        by=by,
        at=at,
    )
    unmade = [one.violations for one in decision.blocked if not one.can_be_kept]
    tell_of_blocked([*(pick.block_reasons for pick in made), *unmade], by=by, at=at)
    return len(made)


class Ideas:
    """What a tenant holds on some games: what waits, what stands, and how many there were."""

    def __init__(
        self, waiting: Mapping[Idea, Pick], taken: Iterable[Idea], versions: Mapping[Idea, int]
    ) -> None:
        self.waiting = dict(waiting)
        self.taken = set(taken)
        self.versions = dict(versions)

    @classmethod
    def on(cls, event_ids: Iterable[UUID]) -> "Ideas":
        event_ids = set(event_ids)
        picks = Pick.objects.filter(event_id__in=event_ids)
        columns = ("event_id", "market_type", "period")
        return cls(
            waiting={
                (pick.event_id, pick.market_type, pick.period): pick
                for pick in picks.waiting().locked()
            },
            taken=Pick.objects.live().about(event_ids).values_list(GAME, "market_type", "period"),
            versions={
                (event_id, market_type, period): newest
                for event_id, market_type, period, newest in picks.values_list(*columns)
                .annotate(newest=Max("pick_version"))
                .order_by()
            },
        )

    def is_taken(self, idea: Idea) -> bool:
        return idea in self.taken

    def next_version(self, idea: Idea) -> int:
        self.versions[idea] = self.versions.get(idea, 0) + 1
        return self.versions[idea]

    def says_the_same(self, verdict: Verdict, outlook: Outlook) -> bool:
        """Whether the pick that waits says of the same quote what is said now."""
        pick = self.waiting.get(verdict.row.idea)
        return pick is not None and _said_by(pick) == _would_say(verdict, outlook)


def _said_by(pick: Pick) -> tuple[Any, ...]:
    return (
        *(pick.selection_id, pick.book_id, pick.observed_at, pick.snapshot_seq, pick.run_id),
        *(pick.config_version_id, pick.tier, pick.decision_prob, pick.fair_prob),
    )


def _would_say(verdict: Verdict, outlook: Outlook) -> tuple[Any, ...]:
    row = verdict.row
    return (
        *(row.selection_id, row.book_id, row.observed_at, row.seq, row.run_id),
        *(outlook.version, verdict.tier.value, row.decision_prob, row.fair_prob),
    )
