"""Hold runs against the market: stage five of the pipeline, shared by every tenant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import copy_rows
from apps.governance import audit, switches
from apps.rulebook import keys
from apps.rulebook.scoring import ScoreDistribution
from apps.simulations.actions.locks import hold_alone
from apps.simulations.actions.versions import model_in_use
from apps.simulations.board import Board, Market, look_at
from apps.simulations.models import EvaluationBatch, MarketEvaluation, ModelVersion, SimulationRun
from apps.simulations.pricing import EVALUATION_COLUMNS, price_board
from apps.simulations.uses import Use, leagues_at_work, uses_of
from apps.simulations.waiting import newest_look, polls_waiting
from apps.snapshots.models import ProviderPoll


@dataclass(frozen=True, slots=True)
class EvaluatedPolls:
    """What one call of the stage did."""

    batches: int = 0
    evaluated: int = 0
    skipped: int = 0
    waiting: int = 0  # polls without a batch, because the switch is off

    def __add__(self, other: "EvaluatedPolls") -> "EvaluatedPolls":
        return EvaluatedPolls(
            batches=self.batches + other.batches,
            evaluated=self.evaluated + other.evaluated,
            skipped=self.skipped + other.skipped,
            waiting=self.waiting + other.waiting,
        )


def evaluate_due(*, by: Actor, at: datetime) -> EvaluatedPolls:
    """Evaluate the board of every league whose odds were polled since it was looked at last.

    One batch per poll and pair of configurations in use. The board is looked at once, for the
    newest poll; the polls before it that nobody looked at in time get their receipts.
    """
    done = EvaluatedPolls()
    for league in leagues_at_work():
        for use in uses_of(league, at=at):
            done += _evaluate(use, by=by, at=at)
    return done


@transaction.atomic
def _evaluate(use: Use, *, by: Actor, at: datetime) -> EvaluatedPolls:
    league = use.league
    is_open = league.scope in switches.hold_scopes(switches.SIMULATE, [league.scope])
    hold_alone(f"evaluate|{league.code}|{use.market.hash}|{use.model.hash}")
    waiting = polls_waiting(use, at=at)
    if not is_open:
        return EvaluatedPolls(waiting=len(waiting))
    if not waiting:
        return EvaluatedPolls()
    version = model_in_use(use.simulated)
    previous = newest_look(use)
    looking = previous is None or waiting[-1].captured_at >= previous.captured_at
    overtaken = waiting[:-1] if looking else waiting
    batches = [_receipt(use, version, poll, at=at) for poll in overtaken]
    evaluated = 0
    if looking:
        board = look_at(use, version, seen=previous.looks if previous else (), at=at)
        batch = _receipt(use, version, waiting[-1], board=board, at=at)
        evaluated = _price(use, batch, board)
        _count(batch, board, evaluated)
        batches.append(batch)
    _store(batches, by=by, at=at)
    return EvaluatedPolls(
        batches=len(batches),
        evaluated=evaluated,
        skipped=sum(batch.skipped_total for batch in batches),
    )


def _price(use: Use, batch: EvaluationBatch, board: Board) -> int:
    """Write one row per quote that can be valued; return how many."""
    if not board.markets:
        return 0
    priced = price_board(board.markets, use.market.document, _scores(board.markets), board.skipped)
    return copy_rows(MarketEvaluation._meta.db_table, EVALUATION_COLUMNS, priced.rows(batch.pk))


def _scores(markets: Iterable[Market]) -> dict[UUID, ScoreDistribution]:
    runs = SimulationRun.objects.in_bulk({market.run.pk for market in markets})
    return {pk: run.scores() for pk, run in runs.items()}


def _receipt(
    use: Use,
    version: ModelVersion | None,
    poll: ProviderPoll,
    *,
    board: Board | None = None,
    at: datetime,
) -> EvaluationBatch:
    """The batch of a poll; without a board a newer poll had overtaken it."""
    return EvaluationBatch(
        id=keys.evaluation_batch_id(
            poll.feed.uuid, poll.captured_at, use.market.hash, use.model.hash
        ),
        league=use.league,
        poll=poll,
        captured_at=poll.captured_at,
        evaluated_at=at,
        market_config_id=use.market.version_id,
        model_config_id=use.model.version_id,
        market_config_hash=use.market.hash,
        model_config_hash=use.model.hash,
        model_version=version,
        runs=board.runs if board else [],
        looks=board.looks if board else [],
        overtaken=board is None,
        quotes=board.quotes if board else 0,
        evaluated=0,
        skipped={},
        skipped_total=0,
    )


def _count(batch: EvaluationBatch, board: Board, evaluated: int) -> None:
    skipped = {reason.value: count for reason, count in board.skipped.items() if count}
    batch.evaluated = evaluated
    batch.skipped = dict(sorted(skipped.items()))
    batch.skipped_total = sum(skipped.values())


def _store(batches: list[EvaluationBatch], *, by: Actor, at: datetime) -> None:
    EvaluationBatch.objects.bulk_create(batches)
    audit.record_set(
        (
            audit.Row(
                action="evaluation_batch.made",
                object_type="EvaluationBatch",
                object_id=str(batch.pk),
                before=None,
                after=batch.audit_state(),
                config_version=batch.model_config_id,
            )
            for batch in batches
        ),
        by=by,
        at=at,
    )
