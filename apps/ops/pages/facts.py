"""What was done with an event besides its markets: runs, evaluations, payloads, starts."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import Count

from apps.catalog.models import Event, Selection
from apps.core import formats, words
from apps.core.listing import address
from apps.core.shapes import state
from apps.rulebook.evaluation import flags_of
from apps.rulebook.markets import MarketType, Side
from apps.simulations.models import EvaluationBatch, MarketEvaluation, SimulationRun
from apps.snapshots.models import MarketSnapshot, ProviderPoll, RawPayload

ROWS_AT_MOST: Final = 100


def simulations(event: Event, site: Any) -> dict[str, Any]:
    """Every run, newest first, and what came out of it."""
    runs = SimulationRun.objects.of_events([event.pk]).defer("distribution", "inputs")
    found = runs.select_related("model_version", "rating_day").order_by("-simulated_at")
    return {
        "rows": [
            {
                "id": formats.identifier(run.pk, address(site, SimulationRun, run.pk)),
                "at": run.simulated_at,
                "state": state("run", run.status, formats.words(run.reason) if run.reason else ""),
                "games": formats.count(run.sim_count) if run.sim_count else formats.MISSING,
                "spread": _fair(run, "fair_home_spread", MarketType.SPREAD),
                "total": _fair(run, "fair_total", MarketType.TOTAL),
                "home": formats.probability(run.outputs.get("home_win")),
                "ratings": run.rating_day.league_day if run.rating_day else None,
                "model": run.model_version or formats.MISSING,
            }
            for run in found[:ROWS_AT_MOST]
        ],
        "of": event.home.name,
    }


def evaluations(event: Event, site: Any) -> dict[str, Any]:
    """Quotes held against the run, newest first."""
    found = (
        MarketEvaluation.objects.filter(selection__in=selection_ids(event))
        .select_related("selection", "book", "batch")
        .order_by("-observed_at", "-batch__captured_at")[:ROWS_AT_MOST]
    )
    return {
        "rows": [
            {
                "at": row.batch.captured_at,
                "batch": formats.identifier(
                    row.batch_id, address(site, EvaluationBatch, row.batch_id)
                ),
                "selection": side_of(event, row.selection),
                "line": formats.line(row.selection.market_type, row.line),
                "book": row.book.title,
                "price": formats.odds(row.price_decimal),
                "model": formats.probability(row.model_prob),
                "compared": formats.compared(row.decision_prob, row.fair_prob),
                "ev": formats.ev(row.ev),
                "flags": ", ".join(words.sentence(flag) for flag in flags_of(row.risk_flags)),
            }
            for row in found
        ]
    }


def payloads(event: Event, site: Any) -> dict[str, Any]:
    """The polls that changed a quote of the event."""
    changed = dict(
        MarketSnapshot.objects.filter(selection__in=selection_ids(event))
        .order_by()
        .values_list("poll_id")
        .annotate(changes=Count("seq"))
        .order_by("-poll_id")[:ROWS_AT_MOST]
    )
    polls = ProviderPoll.objects.filter(pk__in=changed).select_related("payload", "feed__league")
    return {
        "rows": [
            {
                "at": poll.captured_at,
                "poll": formats.identifier(poll.pk, address(site, ProviderPoll, poll.pk)),
                "feed": poll.feed,
                "changes": formats.count(changed[poll.pk]),
                "size": formats.count(poll.payload.size) if poll.payload else formats.MISSING,
                "payload": formats.identifier(
                    poll.payload.sha256 if poll.payload else None,
                    address(site, RawPayload, poll.payload_id),
                ),
            }
            for poll in polls.order_by("-captured_at")
        ]
    }


def schedule(event: Event, site: Any) -> dict[str, Any]:
    """Every start that a provider reported, newest first."""
    changes = event.schedule_changes.order_by("-captured_at", "-id")  # type: ignore[attr-defined]
    return {"rows": list(changes[:ROWS_AT_MOST])}


KINDS: Final[Mapping[str, Callable[[Event, Any], dict[str, Any]]]] = {
    "simulations": simulations,
    "evaluations": evaluations,
    "payloads": payloads,
    "schedule": schedule,
}


def selection_ids(event: Event) -> list[int]:
    return list(Selection.objects.filter(event=event).values_list("pk", flat=True))


def side_of(event: Event, selection: Selection) -> str:
    teams = {Side.HOME.value: event.home.abbreviation or event.home.name}
    teams[Side.AWAY.value] = event.away.abbreviation or event.away.name
    name = teams.get(selection.side, formats.words(selection.side))
    return f"{name} {words.market(selection.market_type)}" if selection.side in teams else name


def _fair(run: SimulationRun, name: str, kind: MarketType) -> str:
    value = run.outputs.get(name)
    return formats.MISSING if value is None else formats.line(kind, round(value, 1))
