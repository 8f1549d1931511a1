"""What one tenant made of it: the funnel, picks, their validity, closes and grades."""

from collections import Counter
from decimal import Decimal
from typing import Any

from django.db.models import Count

from apps.grading.models import Grade
from apps.picks.models import LineTracking, Pick, PickChange, ProposalRound
from apps.rulebook.clv import CloseSource
from apps.rulebook.settlement import Outcome
from apps.rulebook.statistics import NotASample, NothingToMeasure, clustered_mean, wilson
from apps.rulebook.thresholds import Tier

AGES = (("10_min", 600), ("60_min", 3_600))


def opinions_report() -> dict[str, Any]:
    """Report on the tenant in scope."""
    seen = Pick.objects.seen()
    return {
        "funnel": _funnel(),
        "proposals": _counted(Pick.objects.exclude(status="BLOCKED"), "tier"),
        "capped_at_lean": seen.filter(uncapped_tier=Tier.EDGE).exclude(tier=Tier.EDGE).count(),
        "blocked": _counted(Pick.objects.filter(status="BLOCKED"), "block_reason"),
        "expired": _counted(Pick.objects.filter(status="EXPIRED"), "expiry_reason"),
        "published": seen.count(),
        "published_by_market": _counted(seen, "market_type"),
        "validity_changes": _validity_changes(),
        "closes": _closes(),
        **_graded(),
        "clv": _clv(),
    }


def _counted(rows: Any, column: str) -> dict[str, int]:
    return dict(rows.values_list(column).annotate(n=Count("pk")).order_by(column))


def _funnel() -> list[dict[str, Any]]:
    """Add the rounds up: how many evaluations reached each gate, why the others stopped."""
    order: dict[str, int] = {}
    reached: Counter[str] = Counter()
    stopped: dict[str, Counter[str]] = {}
    for gates in ProposalRound.objects.order_by("captured_at").values_list("gates", flat=True):
        for index, gate in enumerate(gates):
            name = gate["gate"]
            order.setdefault(name, index)
            reached[name] += gate["reached"]
            stopped.setdefault(name, Counter()).update(gate["stopped"])
    return [
        {"gate": name, "reached": reached[name], "stopped": dict(sorted(stopped[name].items()))}
        for name in sorted(order, key=lambda name: order[name])
    ]


def _validity_changes() -> dict[str, int]:
    changes = PickChange.objects.of_validity().values_list("from_validity", "to_validity", "reason")
    counted = Counter(f"{before} to {after} ({why})" for before, after, why in changes)
    return dict(sorted(counted.items()))


def _closes() -> dict[str, Any]:
    """Count the closes of published picks: by source and age, and the missing by reason."""
    rows = LineTracking.objects.exclude(completed_at=None)
    captured = rows.exclude(close_source=CloseSource.MISSING)
    ages: Counter[str] = Counter()
    for age in captured.values_list("close_age_s", flat=True):
        if age is not None:
            ages[next((name for name, limit in AGES if age <= limit), "more")] += 1
    return {
        "captured": captured.count(),
        "by_source": _counted(captured, "close_source"),
        "by_age": {name: ages[name] for name in ("10_min", "60_min", "more")},
        "missing": _counted(rows.filter(close_source=CloseSource.MISSING), "close_missing"),
    }


def _graded() -> dict[str, Any]:
    grades = list(Grade.objects.current().values_list("outcome", "profit"))
    outcomes = Counter(outcome for outcome, _profit in grades)
    wins = outcomes[Outcome.WIN] + outcomes[Outcome.HALF_WIN]
    decided = wins + outcomes[Outcome.LOSS] + outcomes[Outcome.HALF_LOSS]
    return {
        "grades": {
            name.lower(): outcomes[name]
            for name in (
                Outcome.WIN,
                Outcome.LOSS,
                Outcome.PUSH,
                Outcome.HALF_WIN,
                Outcome.HALF_LOSS,
                Outcome.VOID,
                Outcome.UNGRADEABLE,
            )
        },
        "units": str(sum((won for _, won in grades), Decimal(0)).quantize(Decimal("0.0001"))),
        "hit_rate": _hit_rate(wins, decided),
    }


def _hit_rate(wins: int, decided: int) -> dict[str, Any]:
    """Wins over decided bets, half-wins as wins; pushes and voids are no bets to win."""
    if not decided:
        return {"value": None, "low": None, "high": None, "n": 0}
    interval = wilson(wins, decided)
    return {
        "value": round(interval.value, 6),
        "low": round(interval.low, 6),
        "high": round(interval.high, 6),
        "n": decided,
    }


def _clv() -> dict[str, Any]:
    """Mean EV-CLV of the graded picks; intervals cluster by event, because picks of one do."""
    graded = Grade.objects.current().values("pick_id")
    rows = LineTracking.objects.filter(pick__in=graded)
    valued = [
        (value, str(event))
        for value, event in rows.order_by("pick__event_id", "pick_id").values_list(
            "clv_ev", "pick__event_id"
        )
        if value is not None
    ]
    found: dict[str, Any] = {"mean_ev": None, "low": None, "high": None}
    if valued:
        found["mean_ev"] = round(sum(value for value, _event in valued) / len(valued), 6)
        try:
            interval = clustered_mean(
                [value for value, _event in valued], [event for _value, event in valued]
            )
            found |= {"low": round(interval.low, 6), "high": round(interval.high, 6)}
        except (NotASample, NothingToMeasure):
            found["no_interval"] = "fewer than two events"
    return {
        **found,
        "n": len(valued),
        "missing": rows.filter(clv_ev__isnull=True).count(),
        "missing_by_reason": _counted(rows.filter(clv_ev__isnull=True), "clv_missing"),
    }
