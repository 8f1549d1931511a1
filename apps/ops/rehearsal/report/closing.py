"""The close we captured beside the close that the results file states, game by game."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Max

from apps.catalog.models import Event, EventSource, SettlementRuleset
from apps.ops.rehearsal.recording import Recording
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.rulebook.settlement import FinalScore, Outcome, settle
from apps.rulebook.thresholds import SettlementRules
from apps.snapshots.models import Consensus, LatestQuote, ResultSnapshot

# The side whose line speaks for a market, and what its outcomes are called.
SIDES = {MarketType.SPREAD: Side.HOME, MarketType.TOTAL: Side.OVER}
NAMES = {
    (MarketType.SPREAD, Outcome.WIN): "home_cover",
    (MarketType.SPREAD, Outcome.LOSS): "away_cover",
    (MarketType.SPREAD, Outcome.PUSH): "spread_push",
    (MarketType.TOTAL, Outcome.WIN): "over",
    (MarketType.TOTAL, Outcome.LOSS): "under",
    (MarketType.TOTAL, Outcome.PUSH): "total_push",
}


@dataclass(frozen=True, slots=True)
class Close:
    """A market's closing line from one source, and how the game settled on it."""

    line: Decimal
    outcome: str


@dataclass(frozen=True, slots=True)
class GameClose:
    """One game and market: the file's close and ours; None where there is none."""

    game: str
    market: MarketType
    stated: Close | None
    captured: Close | None

    @property
    def distance(self) -> Decimal | None:
        """Points between the two lines."""
        if self.stated is None or self.captured is None:
            return None
        return abs(self.stated.line - self.captured.line)

    @property
    def disagrees(self) -> bool:
        """The game settles one way on the file's line and another on ours."""
        return bool(self.stated and self.captured and self.stated.outcome != self.captured.outcome)


def played_events() -> list[Event]:
    """Events of the league's own identity provider, in a stable order; no archive games."""
    sources = EventSource.objects.select_related("event__league")
    ids = [
        source.event_id
        for source in sources
        if source.provider == source.event.league.identity_provider
    ]
    events = Event.objects.filter(pk__in=ids).select_related("home", "away", "league")
    return list(events.order_by("start_time", "pk"))


def game_closes(recording: Recording) -> list[GameClose]:
    """Settle every final game on the file's closing lines and on our consensus close."""
    events = [event for event in played_events() if event.status == EventStatus.FINAL]
    scores = _scores(event.pk for event in events)
    rules = _rules()
    stated = _stated_lines(recording)
    captured = _captured_lines([event.pk for event in events])
    source_ids = dict(
        EventSource.objects.filter(event__in=events).values_list("event_id", "source_event_id")
    )
    found = []
    for event in events:
        for market, side in SIDES.items():
            rule = rules[event.league_id, market]

            def close(
                line: Decimal | None,
                rule: SettlementRules = rule,
                side: Side = side,
                score: FinalScore = scores[event.pk],
            ) -> Close | None:
                if line is None:
                    return None
                return Close(line, settle(rule, side, line, score).outcome)

            found.append(
                GameClose(
                    game=f"{event.away} at {event.home}",
                    market=market,
                    stated=close(stated.get((source_ids[event.pk], market))),
                    captured=close(captured.get((event.pk, market))),
                )
            )
    return found


def closing_report(closes: Sequence[GameClose]) -> dict[str, Any]:
    """Count outcomes on the file's lines, and on ours beside their distance from the file's."""
    return {
        "closing": _counts((close.market, close.stated) for close in closes),
        "captured_close": {
            **_counts((close.market, close.captured) for close in closes),
            "mean_abs_diff_spread": _mean_distance(closes, MarketType.SPREAD),
            "mean_abs_diff_total": _mean_distance(closes, MarketType.TOTAL),
            "missing": sum(close.captured is None for close in closes),
            "largest": {market.value: _described(_farthest(closes, market)) for market in SIDES},
            "settled_differently": [_described(close) for close in closes if close.disagrees],
            "ages": _ages(),
        },
    }


def _counts(outcomes: Iterable[tuple[MarketType, Close | None]]) -> dict[str, int]:
    counted = Counter(
        NAMES[market, Outcome(close.outcome)] for market, close in outcomes if close is not None
    )
    return {name: counted[name] for name in NAMES.values()}


def _mean_distance(closes: Sequence[GameClose], market: MarketType) -> float | None:
    distances = [
        close.distance for close in closes if close.market is market and close.distance is not None
    ]
    if not distances:
        return None
    return round(float(sum(distances, Decimal(0)) / len(distances)), 6)


def _farthest(closes: Sequence[GameClose], market: MarketType) -> GameClose | None:
    measured = [close for close in closes if close.market is market and close.distance is not None]
    return max(measured, key=lambda close: close.distance or Decimal(0), default=None)


def _described(close: GameClose | None) -> dict[str, Any] | None:
    if close is None or close.stated is None or close.captured is None:
        return None
    return {
        "game": close.game,
        "market": close.market.value,
        "file_line": str(close.stated.line),
        "captured_line": str(close.captured.line),
        "file_outcome": NAMES[close.market, Outcome(close.stated.outcome)],
        "captured_outcome": NAMES[close.market, Outcome(close.captured.outcome)],
    }


# What is read from where


def _scores(events: Iterable[UUID]) -> dict[UUID, FinalScore]:
    results = ResultSnapshot.objects.current_of(events)
    return {row.event_id: FinalScore(home=row.home_score, away=row.away_score) for row in results}


def _rules() -> dict[tuple[int, MarketType], SettlementRules]:
    rulesets = SettlementRuleset.objects.filter(market_type__in=SIDES).order_by("version")
    return {
        (row.league_id, MarketType(row.market_type)): SettlementRules.model_validate(row.rules)
        for row in rulesets
    }


def _captured_lines(events: Sequence[UUID]) -> dict[tuple[UUID, MarketType], Decimal]:
    rows = Consensus.objects.filter(
        pk__in=[row.pk for row in Consensus.objects.filter(gap="").closing(events)],
        selection__side__in=SIDES.values(),
        market_type__in=SIDES,
    )
    return {(row.event_id, MarketType(row.market_type)): row.line for row in rows}


def _ages() -> dict[str, int]:
    """Count markets of games that are over by how long before they began the close was seen."""
    over = [event.pk for event in played_events() if event.status == EventStatus.FINAL]
    closing = LatestQuote.objects.closing().filter(
        selection__side__in=[*SIDES.values()], event__in=over
    )
    newest = closing.values("event_id", "selection__market_type", "event__begins_at").annotate(
        seen=Max("close_last_seen_at")
    )
    counted: Counter[str] = Counter()
    for row in newest.order_by():
        minutes = (row["event__begins_at"] - row["seen"]).total_seconds() / 60
        counted["10_min" if minutes <= 10 else "60_min" if minutes <= 60 else "more"] += 1
    return {name: counted[name] for name in ("10_min", "60_min", "more")}


def _stated_lines(recording: Recording) -> dict[tuple[str, MarketType], Decimal]:
    """Read the files' closing lines under the odds feed's event ids."""
    by_game: dict[str, dict[MarketType, Decimal]] = {}
    for name in recording.results:
        for row in _rows(name):
            by_game[row["game_id"]] = {
                market: Decimal(row[column])
                for market, column in (
                    (MarketType.SPREAD, "home_close_spread"),
                    (MarketType.TOTAL, "total_line"),
                )
                if row.get(column)
            }
    return {
        (row["event_id"], market): line
        for row in (_rows(recording.events) if recording.events else ())
        for market, line in by_game.get(row["game_id"], {}).items()
    }


def _rows(name: str) -> list[dict[str, str]]:
    with Path(name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
