"""What the API shows, read in sets: a page of picks or events is a fixed number of questions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Max, Q, QuerySet

from apps.core.db import fetch_prepared
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.grading import reconciliation
from apps.grading.models import Grade, ParlayGrade
from apps.grading.record import PRICE_BASIS, changes_with, published
from apps.grading.segments import Segment, segments
from apps.picks import card
from apps.picks.models import Parlay, Pick
from apps.picks.parlay_card import parlay_card
from apps.rulebook.degrade import Mode
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import EventStatus
from apps.rulebook.parlays import ParlayStatus
from apps.snapshots.models import Feed, FeedKind, ResultSnapshot

# Beside the card: where the market of a published pick closed.
_CLOSING = (
    *("tracking__completed_at", "tracking__close_source", "tracking__close_missing"),
    *("tracking__close_line", "tracking__close_price", "tracking__close_fair_prob"),
    *("tracking__clv_points", "tracking__clv_price", "tracking__clv_ev"),
    *("tracking__clv_missing", "tracking__method_version"),
)
_CARD_ENDS = len(card.COLUMNS)
_RESULT = (
    *("pick_id", "outcome", "reason", "profit", "home_score", "away_score"),
    *("revision_no", "graded_at", "override_reason"),
)
_EVENT = (
    *("id", "league__code", "home__name", "home__abbreviation"),
    *("away__name", "away__abbreviation", "start_time", "status"),
    *("final_at", "neutral", "frozen_code", "merged_into_id"),
)
# Two missed turns of a feed are late, whatever its quotes' limit is.
_TURNS_MISSED = 2
RECORD_KEPT_S = 3_600  # the key names what it is made from: nothing old is shown


def picks(rows: QuerySet[Pick]) -> list[dict[str, Any]]:
    """Show published picks: the card, how its market closed, how it ended."""
    found = fetch_prepared(rows.values_list(*card.COLUMNS, *_CLOSING))
    cards = [card.card_of_row(row[:_CARD_ENDS]) for row in found]
    graded = [shown["pick"] for shown in cards if shown["status"] == PickStatus.GRADED]
    results = _results(graded)
    for shown, row in zip(cards, found, strict=True):
        shown["closing"] = _closing(row[_CARD_ENDS:])
        shown["result"] = results.get(shown["pick"])
    return cards


def parlays(rows: QuerySet[Parlay]) -> list[dict[str, Any]]:
    """Show parlays, what was missing for those that could not be made, and how they ended."""
    found = list(rows.with_legs())  # type: ignore[attr-defined]
    cards = [parlay_card(parlay) for parlay in found]
    graded = [shown["parlay"] for shown in cards if shown["status"] == ParlayStatus.GRADED]
    results = _parlay_results(graded)
    for shown in cards:
        shown["result"] = results.get(shown["parlay"])
    return cards


def events(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Show games and, of those that are over, the score that is believed."""
    found = fetch_prepared(rows.values_list(*_EVENT))
    final = [row[0] for row in found if row[7] == EventStatus.FINAL]
    scores = _scores(final)
    return [
        {
            "event": row[0],
            "league": row[1],
            "home": {"name": row[2], "abbreviation": row[3]},
            "away": {"name": row[4], "abbreviation": row[5]},
            "starts_at": row[6],
            "status": row[7],
            "final_at": row[8],
            "neutral": row[9],
            "frozen": row[10],
            "merged_into": row[11],
            "score": scores.get(row[0]),
        }
        for row in found
    ]


def grading(at: datetime, *, since: date) -> list[dict[str, Any]]:
    """Show day by day what was due, what became of it, and whether in time."""
    return [
        {
            "league": one.league,
            "day": one.day,
            "due": one.reconciled.due,
            "graded": one.reconciled.graded,
            "void": one.reconciled.void,
            "ungradeable": one.reconciled.ungradeable,
            "waiting": [
                {"reason": why, "picks": picks} for why, picks in one.reconciled.waiting.items()
            ],
            "oldest_at": one.reconciled.oldest_at,
            "promised": one.promised,
            "kept": one.kept,
        }
        for one in reconciliation.days(at, since=since)
    ]


def record(at: datetime) -> dict[str, Any]:
    """Show what came of every published pick, part by part; until it changes it is read once."""
    key = f"api-record|{changes_with()}|{at:%F}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        parts = [_part(part) for part in segments(published(), at=at)]
        found = {"stake": 1, "price_basis": PRICE_BASIS, "confidence": 0.95, "parts": parts}
        cache.set(key, found, RECORD_KEPT_S)
    return found


def _part(part: Segment) -> dict[str, Any]:
    rate, period, clv = part.win_rate, part.period, part.clv
    low, high = part.profit_reach or (None, None)
    return {
        "part": part.code,
        "published": part.published,
        "bets": part.bets,
        "won": part.won,
        "lost": part.lost,
        "pushed": part.pushed,
        "void": part.void,
        "ungradeable": part.ungradeable,
        "open": part.open,
        "first_game_at": period and period.first,
        "last_game_at": period and period.last,
        "win_rate": {
            "value": rate and rate.value,
            "low": rate and rate.low,
            "high": rate and rate.high,
            "n": part.decided,
        },
        "break_even": part.break_even,
        "profit": {"value": float(part.profit), "low": low, "high": high, "n": part.bets},
        "clv": {
            "value": clv.mean,
            "low": clv.low,
            "high": clv.high,
            "n": clv.n,
            "missing": clv.missing,
        },
    }


def health(*, tenant: Any, at: datetime) -> dict[str, Any]:
    """Say whether what a client reads is being kept up, and what is not."""
    gate = switches.explain(switches.PUBLISH, [switches.GLOBAL, f"tenant:{current_schema()}"])
    feeds = _feeds(at)
    well = gate.mode is Mode.FULL and all(feed["fresh"] for feed in feeds)
    return {
        "status": "OK" if well else "DEGRADED",
        "checked_at": at,
        "tenant": {
            "schema": tenant.schema_name,
            "name": tenant.name,
            "timezone": tenant.timezone,
        },
        "publishing": {
            "open": gate.open,
            "mode": gate.mode.value,
            "closed_by": [
                {"switch": found.name, "scope": found.scope, "state": found.state.value}
                for found in gate.consulted
                if found.state is not switches.State.ON
            ],
        },
        "feeds": feeds,
        "picks": _counts(),
    }


def _results(graded: Sequence[UUID]) -> Mapping[UUID, dict[str, Any]]:
    if not graded:
        return {}
    current = Grade.objects.current().filter(pick_id__in=graded)
    return {
        pick: {
            "outcome": outcome,
            "reason": reason,
            "profit": profit,
            "home_score": home,
            "away_score": away,
            "revision": revision,
            "graded_at": graded_at,
            "override_reason": override,
        }
        for pick, outcome, reason, profit, home, away, revision, graded_at, override in (
            current.values_list(*_RESULT)
        )
    }


def _parlay_results(graded: Sequence[UUID]) -> Mapping[UUID, dict[str, Any]]:
    if not graded:
        return {}
    current = ParlayGrade.objects.current().filter(parlay_id__in=graded)
    return {
        grade.parlay_id: {
            "outcome": grade.outcome,
            "returned": grade.returned,
            "profit": grade.profit,
            "legs": list(grade.leg_outcomes),
            "revision": grade.revision_no,
            "reason": grade.reason,
            "graded_at": grade.graded_at,
        }
        for grade in current
    }


def _closing(row: Sequence[Any]) -> dict[str, Any] | None:
    """The close and its value, or None while the market is open."""
    completed_at, source, missing, line, price, fair, points, percent, ev, gap, method = row
    if completed_at is None:
        return None
    return {
        "source": source,
        "missing": missing,
        "line": line,
        "price": price,
        "market_probability": fair,
        "clv_points": points,
        "clv_price": percent,
        "clv_ev": ev,
        "clv_missing": gap,
        "method": method,
        "taken_at": completed_at,
    }


def _scores(final: Sequence[UUID]) -> Mapping[UUID, dict[str, int]]:
    if not final:
        return {}
    believed = ResultSnapshot.objects.believed().current_of(final)
    return {
        event: {"home": home, "away": away}
        for event, home, away in believed.values_list("event_id", "home_score", "away_score")
    }


def _feeds(at: datetime) -> list[dict[str, Any]]:
    """Odds feeds that still have something to give, and whether their last board is recent."""
    asked = Feed.objects.enabled().filter(kind=FeedKind.ODDS, next_due_at__isnull=False)
    columns = ("league__code", "newest_read_at", "rhythm_s", "max_quote_age_s")
    feeds = []
    for league, read_at, rhythm_s, limit_s in asked.order_by("league__code", "id").values_list(
        *columns
    ):
        limit = timedelta(seconds=max(limit_s, _TURNS_MISSED * rhythm_s))
        feeds.append(
            {
                "league": league,
                "last_read_at": read_at,
                "age_s": None if read_at is None else round((at - read_at).total_seconds()),
                "limit_s": int(limit.total_seconds()),
                "fresh": read_at is not None and at - read_at <= limit,
            }
        )
    return feeds


def _counts() -> dict[str, Any]:
    """The same questions as the jobs and the console ask, in one statement."""
    return Pick.objects.seen().aggregate(
        published=Count("pk"),
        live=Count("pk", filter=Q(pk__in=Pick.objects.live().values("pk"))),
        ungraded=Count("pk", filter=Q(pk__in=Pick.objects.ungraded().values("pk"))),
        last_published_at=Max("published_at"),
    )
