"""Boards that were evaluated: what the simulations room writes, with the numbers a test wants."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.tenancy import current_schema
from apps.governance import configs
from apps.picks.models import ProposalRound
from apps.picks.tests.factories import BOOKS, NOON_BEFORE, Game, facts
from apps.picks.tests.runs import simulated
from apps.rulebook import keys
from apps.rulebook.evaluation import RiskFlag, mask, points_ahead, value
from apps.rulebook.markets import (
    MarketType,
    Period,
    QuoteStatus,
    Side,
    mirror_line,
    opposite,
)
from apps.rulebook.odds import MarginMethod, fair_probabilities
from apps.rulebook.thresholds import OpinionConfig
from apps.simulations.models import EvaluationBatch, MarketEvaluation, SimulationRun
from apps.snapshots.models import Consensus, LatestQuote

FLAGS = (RiskFlag.MODEL_UNMEASURED, RiskFlag.RAW_MODEL)


def board(
    game: Game,
    market_type: MarketType = MarketType.SPREAD,
    side: Side = Side.HOME,
    *,
    line: str | None = "-3.5",
    prices: tuple[str, str] = ("1.909091", "1.909091"),
    at: datetime = NOON_BEFORE,
    books: tuple[str, ...] = BOOKS,
) -> None:
    """Let three books quote one market alike, as a poll at ``at`` saw it."""
    for book in books:
        game.pair(market_type, side, line=line, prices=prices, at=at, book=book)


@facts()
def run(
    game: Game, *, margin: float = 7.0, total: float = 45.0, at: datetime = NOON_BEFORE
) -> SimulationRun:
    """Simulate the game: the home team is expected to win by ``margin``."""
    return simulated(game.event, margin=margin, total=total, at=at)


def evaluate(
    game: Game,
    *,
    at: datetime = NOON_BEFORE,
    schema: str | None = None,
    made_from: SimulationRun | None = None,
    weight: float = 1.0,
    flags: tuple[RiskFlag, ...] = FLAGS,
    without: Side | None = None,
    **columns: Any,
) -> EvaluationBatch:
    """Hold the game's newest run against every open quote on it, one batch of the poll at ``at``.

    Each book is its own judge of what is fair. ``columns`` overwrite what was computed, by
    a value or by what is made of the row; the evaluations of the side ``without`` are lost.
    """
    schema = schema or current_schema()
    with facts():
        used = made_from or SimulationRun.objects.filter(event=game.event).first() or run(game)
        batch = _batch(game, schema, at)
        quotes = list(
            LatestQuote.objects.filter(event=game.event, status=QuoteStatus.OPEN)
            .select_related("selection", "book")
            .order_by("id")
        )
        standing = {
            (quote.selection.market_type, quote.selection.side, quote.book_id): quote
            for quote in quotes
        }
        rows = []
        for quote in quotes:
            market_type = MarketType(quote.selection.market_type)
            side = Side(quote.selection.side)
            other = standing[market_type.value, opposite(side).value, quote.book_id]
            rows.append(_row(batch, used, quote, other, weight, flags, len(BOOKS)))
        rows = [row for row in rows if row.selection.side != without]
        for row in rows:
            for name, changed in columns.items():
                setattr(row, name, changed(row) if callable(changed) else changed)
        MarketEvaluation.objects.bulk_create(rows)
    return batch


def _batch(game: Game, schema: str, at: datetime) -> EvaluationBatch:
    opinion = configs.resolve(configs.OPINION, league="NFL", tenant=schema, at=at).document
    market = configs.resolve(configs.MARKET, league="NFL", profile=opinion.market_profile, at=at)
    model = configs.resolve(configs.MODEL, league="NFL", profile=opinion.model_profile, at=at)
    poll = game.poll(at)
    return EvaluationBatch.objects.create(
        id=keys.evaluation_batch_id(game.feed.uuid, at, market.hash, model.hash),
        league=game.league,
        poll=poll,
        captured_at=at,
        evaluated_at=at,
        market_config_id=market.version_id,
        model_config_id=model.version_id,
        market_config_hash=market.hash,
        model_config_hash=model.hash,
        overtaken=False,
        quotes=0,
        evaluated=0,
        skipped_total=0,
    )


def _row(
    batch: EvaluationBatch,
    used: SimulationRun,
    quote: LatestQuote,
    other: LatestQuote,
    weight: float,
    flags: tuple[RiskFlag, ...],
    books: int,
) -> MarketEvaluation:
    market_type = MarketType(quote.selection.market_type)
    side = Side(quote.selection.side)
    prices = (quote.price_decimal, other.price_decimal)
    fair = fair_probabilities(prices, MarginMethod.ADDITIVE)[0]
    line = None if quote.line is None else float(quote.line)
    axis = used.scores().axis(market_type)
    worth = value(
        axis.price(market_type, side, quote.line),
        fair_prob=fair,
        weight=weight,
        price=float(quote.price_decimal),
    )
    if line is None:
        fair_line, ahead = axis.fair_line(MarketType.SPREAD, side), None
    else:
        fair_line = axis.fair_line(market_type, side, worth.fair_prob)
        ahead = points_ahead(market_type, side, line, fair_line)
    return MarketEvaluation(
        batch=batch,
        run=used,
        selection=quote.selection,
        book=quote.book,
        observed_at=quote.observed_at,
        seq=quote.seq,
        last_seen_at=quote.last_seen_at,
        line=quote.line,
        price_decimal=quote.price_decimal,
        a=worth.a,
        b=worth.b,
        v=worth.v,
        model_prob=worth.model_prob,
        fair_prob=worth.fair_prob,
        weight=worth.weight,
        decision_prob=worth.decision_prob,
        edge_prob=worth.edge_prob,
        ev=worth.ev,
        edge_points=ahead,
        fair_line=fair_line,
        overround=float(sum(1 / price for price in prices)),
        books=books,
        risk_flags=mask(flags),
    )


@facts()
def agree(
    game: Game,
    market_type: MarketType = MarketType.SPREAD,
    side: Side = Side.HOME,
    *,
    line: str | None = "-3.5",
    fair: float = 0.5,
    books: int = 3,
    at: datetime,
) -> None:
    """Let the books have agreed on one side's line and probability at the poll ``at``."""
    shown = None if line is None else Decimal(line)
    for of, its_line, prob in (
        (side, shown, fair),
        (opposite(side), mirror_line(market_type, shown), 1 - fair),
    ):
        Consensus.objects.create(
            selection=game.selection(market_type, of),
            poll=game.poll(at),
            event=game.event,
            market_type=market_type,
            period=Period.FULL_GAME,
            captured_at=at,
            line=its_line,
            fair_prob=prob,
            dispersion=0.0,
            books=books,
            books_total=books,
            oldest_observed_at=at,
            newest_observed_at=at,
            method="ADDITIVE",
            config_hash="0" * 64,
        )


@facts()
def opine(schema: str, *, league: str = "NFL", at: datetime = NOON_BEFORE, **changes: Any) -> UUID:
    """Let a tenant hold an opinion of its own on a league, or on all (""), from ``at`` on."""
    from apps.core.actor import Actor

    now = configs.resolve(configs.OPINION, league=league or "NFL", tenant=schema, at=at).document
    document = OpinionConfig.model_validate({**now.model_dump(), "league": league, **changes})
    version = configs.create_version(
        document, tenant=schema, by=Actor.system("test"), at=at, reason="The test wants it."
    )
    return version.pk


def limits(**changes: int) -> dict[str, Any]:
    """Publish limits that never stand in the way, but for those named."""
    wide = dict.fromkeys(
        (
            *("per_day", "spreads_per_day", "totals_per_day", "moneylines_per_day"),
            *("per_event", "per_team"),
        ),
        1_000,
    )
    return {"limits": {**wide, **changes}}


def funnel(round_: ProposalRound) -> dict[str, tuple[int, dict[str, int]]]:
    """Per gate: how many reached it, and why some went no further."""
    return {gate["gate"]: (gate["reached"], gate["stopped"]) for gate in round_.gates}


def only_round() -> dict[str, tuple[int, dict[str, int]]]:
    return funnel(ProposalRound.objects.get())
