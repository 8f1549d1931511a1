"""Who forecast the same games better: the model, or the no-vig close."""

from collections.abc import Sequence
from typing import Any

from apps.catalog.models import Event
from apps.rulebook.markets import EventStatus, MarketType, Side
from apps.rulebook.statistics import brier
from apps.simulations.models import SimulationRun
from apps.snapshots.models import Consensus, ResultSnapshot


def forecast_report(events: Sequence[Event]) -> dict[str, Any]:
    """Brier scores of the home side's win, on the games that both have forecast.

    The model's is its last run before the game, the market's the pooled no-vig moneyline
    close. A tie has no winner and is left out of both.
    """
    final = [event.pk for event in events if event.status == EventStatus.FINAL]
    market = _market(final)
    model = _model(events)
    results = ResultSnapshot.objects.current_of(final)
    won = {
        row.event_id: row.home_score > row.away_score
        for row in results
        if row.home_score is not None and row.home_score != row.away_score
    }
    games = sorted(won.keys() & market.keys() & model.keys(), key=str)
    if not games:
        return {"brier": {"model": None, "close": None, "n": 0}}
    outcomes = [float(won[game]) for game in games]
    return {
        "brier": {
            "model": round(brier([model[game] for game in games], outcomes), 6),
            "close": round(brier([market[game] for game in games], outcomes), 6),
            "n": len(games),
        }
    }


def _market(final: Sequence[Any]) -> dict[Any, float]:
    closing = Consensus.objects.filter(
        pk__in=[row.pk for row in Consensus.objects.filter(gap="").closing(final)],
        market_type=MarketType.MONEYLINE,
        selection__side=Side.HOME,
        fair_prob__isnull=False,
    )
    return dict(closing.values_list("event_id", "fair_prob"))


def _model(events: Sequence[Event]) -> dict[Any, float]:
    """The model's own probability that home wins, pushes left out, of each last run."""
    begins = {event.pk: event.begins_at for event in events}
    runs = SimulationRun.objects.done().of_events(begins).order_by("simulated_at", "id")
    last = {run.event_id: run for run in runs if run.simulated_at < begins[run.event_id]}
    forecasts = {}
    for event, run in last.items():
        priced = run.scores().price(MarketType.MONEYLINE, Side.HOME, None)
        forecasts[event] = priced.a / (priced.a + priced.b)
    return forecasts
