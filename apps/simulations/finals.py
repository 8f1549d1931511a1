"""What a model may learn from: believed finals, and the lines that stood before them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.catalog.models import League
from apps.core.canonical import fingerprint
from apps.core.db import fetch_all
from apps.rulebook.markets import HomeSpread, MarketType, Side
from apps.rulebook.ratings import Fixture, PlayedGame
from apps.rulebook.scoring import ClosingLines, ScoreModel
from apps.snapshots.models import Consensus, LatestQuote

# Every final of a league with what the newest word on it is, and what was learned of it last.
# A result that is doubted, or whose event is frozen or merged, is learned as nothing (''), as is a
# game that was cut short, whether bets on it stand or not: what is learned is whole games.
_FINALS = """
WITH told AS (
    SELECT DISTINCT ON (result.event_id) result.event_id,
        CASE WHEN result.status = 'FINAL' AND result.played IS NULL AND event.frozen_code = ''
            AND event.merged_into_id IS NULL THEN result.result_sha256 ELSE '' END AS sha,
        result.home_score, result.away_score
    FROM result_snapshot AS result JOIN event ON event.id = result.event_id
    WHERE event.league_id = %(league)s AND result.captured_at <= %(at)s
    ORDER BY result.event_id, result.captured_at DESC, result.id DESC
), learned AS (
    SELECT DISTINCT ON (game.event_id) game.event_id, game.result_sha256 AS sha, day.league_day
    FROM rated_game AS game JOIN rating_day AS day ON day.id = game.rating_day_id
    WHERE day.model_version_id = %(model)s
    ORDER BY game.event_id, game.rating_day_id DESC
)
"""
_UNLEARNED = (
    _FINALS
    + """
SELECT event.start_time, learned.league_day
FROM told LEFT JOIN learned USING (event_id) JOIN event ON event.id = told.event_id
WHERE told.sha <> coalesce(learned.sha, '')
"""
)
_COUNTS = (
    _FINALS
    + """
SELECT count(*), count(*) FILTER (WHERE learned.sha = told.sha)
FROM told LEFT JOIN learned USING (event_id)
WHERE told.sha <> ''
"""
)
_OLDEST = (
    _FINALS
    + """
SELECT min(result.captured_at)
FROM told LEFT JOIN learned USING (event_id)
JOIN result_snapshot AS result
  ON result.event_id = told.event_id AND result.result_sha256 = told.sha
WHERE told.sha <> '' AND told.sha IS DISTINCT FROM learned.sha
"""
)
_WINNERS = frozenset({MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY})
_BELIEVED = (
    _FINALS
    + """
SELECT event.id, event.start_time, event.home_id, event.away_id, event.neutral,
    told.sha, told.home_score, told.away_score
FROM told JOIN event ON event.id = told.event_id
WHERE told.sha <> '' AND event.start_time >= %(since)s
ORDER BY event.id
"""
)


@dataclass(frozen=True, slots=True)
class KnownFinal:
    """One believed final, as a rating day learns it.

    Of the close there is what the league's score model reads: in hockey the winner's price and no
    spread, in football the three results.
    """

    event_id: UUID
    day: date  # of the league
    home_id: UUID
    away_id: UUID
    neutral: bool | None
    result_sha256: str
    home_score: int
    away_score: int
    closing_home_spread: Decimal | None
    closing_total: Decimal | None
    closing_home_prob: float | None  # no-vig, of the winner market
    closing_draw_prob: float | None

    @property
    def fixture(self) -> Fixture:
        return fixture_of(self.event_id, self.home_id, self.away_id, self.neutral)

    def played(self, model: ScoreModel) -> PlayedGame:
        """Say to the ratings how the game ended, and what the close had expected of it."""
        spread, total = self.closing_home_spread, self.closing_total
        expected = model.closing(
            ClosingLines(
                home_spread=None if spread is None else HomeSpread(float(spread)),
                total=None if total is None else float(total),
                home_prob=self.closing_home_prob,
                draw_prob=self.closing_draw_prob,
            )
        )
        return PlayedGame(
            fixture=self.fixture,
            home_score=self.home_score,
            away_score=self.away_score,
            closing_margin=expected.margin,
            closing_total=expected.total,
        )

    def canonical(self) -> dict[str, Any]:
        probs = [self.closing_home_prob, self.closing_draw_prob]
        return {
            "event": self.event_id,
            "home": self.home_id,
            "away": self.away_id,
            "neutral": self.neutral,
            "scores": [self.home_score, self.away_score],
            "closing_home_spread": self.closing_home_spread,
            "closing_total": self.closing_total,
            # Named only where they are read: what football learned from stays what it was.
            **({"closing_probs": probs} if probs != [None, None] else {}),
        }


def fixture_of(event_id: UUID, home_id: UUID, away_id: UUID, neutral: bool | None) -> Fixture:
    """Say to the ratings who plays whom. A game is at home unless somebody said otherwise."""
    return Fixture(key=str(event_id), home=str(home_id), away=str(away_id), neutral=neutral is True)


def first_unlearned_day(league: League, model_version_id: int, *, at: datetime) -> date | None:
    """The earliest league day whose results, as now told, the model has not learned."""
    rows = fetch_all(_UNLEARNED, {"league": league.pk, "model": model_version_id, "at": at})
    days = {league.day_of(start) for start, _ in rows} | {day for _, day in rows if day}
    return min(days, default=None)


def learned_counts(league: League, model_version_id: int, *, at: datetime) -> tuple[int, int]:
    """How many believed finals there are, and how many of them are learned as now told."""
    params = {"league": league.pk, "model": model_version_id, "at": at}
    [(believed, learned)] = fetch_all(_COUNTS, params)
    return believed, learned


def oldest_unlearned(league: League, model_version_id: int, *, at: datetime) -> datetime | None:
    """Since when the model knows a believed final and has not learned it."""
    params = {"league": league.pk, "model": model_version_id, "at": at}
    [(oldest,)] = fetch_all(_OLDEST, params)
    known: datetime | None = oldest
    return known


def known_finals(
    league: League, model_version_id: int, model: ScoreModel, *, since: date, at: datetime
) -> list[KnownFinal]:
    """Every believed final from a league day on, with what the model reads of its close."""
    first, _ = league.bounds_of(since)
    rows = fetch_all(
        _BELIEVED, {"league": league.pk, "model": model_version_id, "at": at, "since": first}
    )
    closes = _closes((event_id for event_id, *_ in rows), model)
    lines = {key: close.line for key, close in closes.items()}
    probs = {
        (event_id, side): close.fair_prob
        for (event_id, market_type, side), close in closes.items()
        if market_type in _WINNERS
    }
    return [
        KnownFinal(
            event_id=event_id,
            day=league.day_of(start),
            home_id=home,
            away_id=away,
            neutral=neutral,
            result_sha256=sha,
            home_score=home_score,
            away_score=away_score,
            closing_home_spread=lines.get((event_id, MarketType.SPREAD, Side.HOME)),
            closing_total=lines.get((event_id, MarketType.TOTAL, Side.OVER)),
            closing_home_prob=probs.get((event_id, Side.HOME)),
            closing_draw_prob=probs.get((event_id, Side.DRAW)),
        )
        for event_id, start, home, away, neutral, sha, home_score, away_score in rows
    ]


def inputs_hash(finals: Iterable[KnownFinal]) -> str:
    """sha256 hex over everything that a day is learned from."""
    return fingerprint([final.canonical() for final in finals])


def _closes(event_ids: Iterable[UUID], model: ScoreModel) -> dict[tuple[UUID, str, str], Consensus]:
    """The last consensus before each game, where its quotes were seen late enough."""
    ids = list(event_ids)
    seen_late = set(
        LatestQuote.objects.of_events(ids)
        .closing()
        .filter(Q(close_in_time=True))
        .values_list("selection_id", flat=True)
    )
    closes = (
        Consensus.objects.closing(ids)
        .filter(market_type__in=sorted(model.close_markets), period=model.period)
        .select_related("selection")
    )
    return {
        (close.event_id, close.market_type, close.selection.side): close
        for close in closes
        if not close.gap and close.selection_id in seen_late
    }
