"""The board of a league as an evaluation looks at it: quotes in markets, markets in books.

Reads only. Every open quote on a game ahead is either part of a market to be priced or has its
reason why not.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from apps.catalog.models import Event
from apps.rulebook.evaluation import RatingState, model_flags
from apps.rulebook.evaluation.codes import mask
from apps.rulebook.thresholds import MarketRule
from apps.simulations.models import (
    ModelReport,
    ModelState,
    ModelVersion,
    NotEvaluated,
    RunStatus,
    SimulationRun,
)
from apps.simulations.offers import (
    BookRow,
    MarketKey,
    Quote,
    book_rows,
    is_a_sportsbooks,
    is_fresh,
    key_of,
    open_quotes,
)
from apps.simulations.planning import current_runs
from apps.simulations.uses import Use


@dataclass(frozen=True, slots=True)
class Market:
    """One market to be priced: who quotes it, from which run, trusted how far."""

    key: MarketKey
    rule: MarketRule
    run: SimulationRun
    weight: float
    risk_flags: int  # bits of RiskFlag
    rows: tuple[BookRow, ...]


@dataclass(slots=True)
class Board:
    """What was seen: the markets to price, and why every other quote is left out."""

    quotes: int = 0
    markets: list[Market] = field(default_factory=list)
    skipped: dict[NotEvaluated, int] = field(default_factory=lambda: defaultdict(int))
    looks: list[int] = field(default_factory=list)
    runs: list[UUID] = field(default_factory=list)


def look_at(use: Use, version: ModelVersion | None, *, seen: Iterable[int], at: datetime) -> Board:
    """Look at every open quote on the league's games ahead.

    ``seen`` are the looks of the batch before: a market that looks the same is left out.
    """
    events = {
        event.pk: event for event in Event.objects.filter(league=use.league).upcoming(at).usable()
    }
    quotes = open_quotes(events)
    board = Board(quotes=len(quotes))
    grouped = _grouped(use, quotes, board, at=at)
    runs = {
        event_id: run
        for event_id, run in current_runs(use.simulated, version, events.values()).items()
        if run.status == RunStatus.DONE
    }
    board.runs = sorted({runs[key.event_id].pk for key in grouped if key.event_id in runs})
    measured = _measured_markets(version, at=at)
    artefact = use.simulated.artefact
    period = artefact.score_model().period if artefact else None
    before = set(seen)
    for key in sorted(grouped):
        rule = use.market.document.rule(key.market_type, key.period)
        run = runs.get(key.event_id)
        hours = (events[key.event_id].start_time - at).total_seconds() / 3600
        blend = use.model.document.weight(key.market_type, hours)
        weight = float(blend.weight) if blend else 0.0
        flags = 0
        if run is not None:
            state = _rating_state(run, measured=key.market_type in measured)
            flags = mask(model_flags(use.model.document, key.market_type, blend, state))
        look = _look(key, run, weight, flags, grouped[key])
        board.looks.append(look)
        if look in before:
            board.skipped[NotEvaluated.UNCHANGED] += len(grouped[key])
        elif run is None or rule is None:
            board.skipped[NotEvaluated.SIMULATION_MISSING] += len(grouped[key])
        elif key.period is not period:
            board.skipped[NotEvaluated.PERIOD_NOT_SIMULATED] += len(grouped[key])
        else:
            rows, unpaired = book_rows(key, grouped[key])
            if unpaired:
                board.skipped[NotEvaluated.OPPOSITE_MISSING] += unpaired
            board.markets.append(Market(key, rule, run, weight, flags, rows))
    return board


def _grouped(
    use: Use, quotes: Iterable[Quote], board: Board, *, at: datetime
) -> dict[MarketKey, list[Quote]]:
    """Sort the quotes that may be evaluated into their markets."""
    grouped: dict[MarketKey, list[Quote]] = defaultdict(list)
    for quote in quotes:
        key = key_of(quote)
        if not is_a_sportsbooks(quote):
            board.skipped[NotEvaluated.BOOK_NOT_EVALUATED] += 1
        elif use.market.document.rule(key.market_type, key.period) is None:
            board.skipped[NotEvaluated.MARKET_NOT_CONFIGURED] += 1
        elif not is_fresh(quote, at):
            board.skipped[NotEvaluated.QUOTE_STALE] += 1
        else:
            grouped[key].append(quote)
    return grouped


def _look(
    key: MarketKey, run: SimulationRun | None, weight: float, flags: int, quotes: list[Quote]
) -> int:
    """Hash what an evaluation of the market would depend on: signed, 64 bits."""
    of = f"{key.event_id}|{key.market_type}|{key.period}|{run.pk if run else ''}|{weight}|{flags}"
    seen = "\n".join(
        f"{quote.selection_id}|{quote.book_id}|{quote.observed_at.isoformat()}|{quote.seq}"
        for quote in quotes
    )
    digest = sha256(f"{of}\n{seen}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _measured_markets(version: ModelVersion | None, *, at: datetime) -> set[str]:
    if version is None:
        return set()
    reports = ModelReport.objects.filter(model_version=version).in_force(at)
    return {report.market_type for report in reports if report.state == ModelState.MEASURED.value}


def _rating_state(run: SimulationRun, *, measured: bool) -> RatingState:
    said = run.outputs
    return RatingState(
        measured=measured,
        fewest_team_games=min(said["home_games"], said["away_games"]),
        warmup_seasons=said["seasons"],
        margin_variance=said["margin_variance"],
    )
