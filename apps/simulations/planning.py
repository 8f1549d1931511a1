"""What a run of an event would be made from now: every input, their hash, and the run's id.

The stage that simulates makes the runs that are planned and missing; the stage that evaluates
looks up the runs that are planned. So a run is current exactly while its inputs are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Min, OuterRef

from apps.catalog.models import Event, EventScheduleChange, League
from apps.catalog.querysets import EventQuerySet
from apps.core.canonical import fingerprint
from apps.rulebook import keys
from apps.rulebook.forecasting import ModelArtefact
from apps.simulations.models import ModelVersion, RatingDay, SimulationRun
from apps.simulations.uses import Simulated

NO_MODEL = "none"  # stands where a model's code would, in the id of a run that nobody can make


@dataclass(frozen=True, slots=True)
class Plan:
    """The run of one event, as its inputs are at this moment."""

    event: Event
    league_day: date
    rating_day: RatingDay | None
    inputs: Mapping[str, Any]
    data_version: str
    model_code: str
    config_hash: str

    @property
    def run_id(self) -> UUID:
        return keys.simulation_run_id(
            self.event.pk, self.model_code, self.data_version, self.config_hash
        )

    @property
    def seed(self) -> int:
        return keys.simulation_seed(
            self.event.pk, self.model_code, self.data_version, self.config_hash
        )


def events_ahead(simulated: Simulated, *, at: datetime) -> EventQuerySet:
    """Games of the league that start within the horizon and have not begun."""
    horizon = at + timedelta(hours=simulated.config.horizon_h)
    return (
        Event.objects.filter(league=simulated.league, start_time__lte=horizon)
        .upcoming(at)
        .usable()
        .order_by("start_time", "id")
    )


def events_missed(league: League, *, at: datetime) -> EventQuerySet:
    """Games that were known before they began and began without any run."""
    return (
        _known_ahead(league)
        .begun(at)
        .filter(~Exists(SimulationRun.objects.filter(event=OuterRef("pk"))))
        .order_by("start_time", "id")
    )


def events_owed_a_run(simulated: Simulated, *, at: datetime) -> EventQuerySet:
    """Every game that ought to have been simulated by now, begun or not."""
    horizon = at + timedelta(hours=simulated.config.horizon_h)
    return _known_ahead(simulated.league).filter(start_time__lte=horizon)


def _known_ahead(league: League) -> EventQuerySet:
    reports = EventScheduleChange.objects.filter(
        event=OuterRef("pk"),
        provider=league.identity_provider,
        captured_at__lt=OuterRef("begins_at"),
    )
    return Event.objects.filter(Exists(reports), league=league)


def plans_of(
    simulated: Simulated, version: ModelVersion | None, events: Iterable[Event]
) -> list[Plan]:
    """Say what the run of each event would be made from."""
    artefact = simulated.artefact
    days = {event: simulated.league.day_of(event.start_time) for event in events}
    mornings = _mornings(version, set(days.values()))
    plans = []
    for event, day in days.items():
        inputs = _inputs(event, day, artefact, mornings[day])
        plans.append(
            Plan(
                event=event,
                league_day=day,
                rating_day=mornings[day],
                inputs=inputs,
                data_version=fingerprint(inputs),
                model_code=artefact.code if artefact else NO_MODEL,
                config_hash=simulated.config_hash,
            )
        )
    return plans


def _mornings(version: ModelVersion | None, days: set[date]) -> dict[date, RatingDay | None]:
    """The strengths known on the morning of each day: those after the last day before it."""
    if version is None or not days:
        return dict.fromkeys(days)
    first, last = min(days), max(days)
    known = RatingDay.objects.defer("state")
    before = known.before(version.pk, first).first()
    since = known.of(version.pk).filter(league_day__gte=first, league_day__lt=last).current()
    learned = [*([before] if before else []), *since]
    return {
        day: max(
            (each for each in learned if each.league_day < day),
            key=lambda each: each.league_day,
            default=None,
        )
        for day in days
    }


def current_runs(
    simulated: Simulated, version: ModelVersion | None, events: Iterable[Event]
) -> dict[UUID, SimulationRun]:
    """Map events to the run made from their present inputs; those without one are left out."""
    plans = plans_of(simulated, version, events)
    runs = SimulationRun.objects.defer("distribution").in_bulk([plan.run_id for plan in plans])
    return {plan.event.pk: runs[plan.run_id] for plan in plans if plan.run_id in runs}


def count_owed(
    simulated: Simulated, version: ModelVersion | None, *, at: datetime
) -> tuple[int, int]:
    """How many games are owed a run by now, and how many have an outcome.

    Of a game ahead only the run of its present inputs counts, of a game that has begun any.
    """
    ahead = list(events_ahead(simulated, at=at))
    current = current_runs(simulated, version, ahead)
    others = events_owed_a_run(simulated, at=at).exclude(pk__in=[event.pk for event in ahead])
    made = SimulationRun.objects.filter(event=OuterRef("pk"))
    begun = others.filter(begins_at__lte=at)
    return len(ahead) + begun.count(), len(current) + begun.filter(Exists(made)).count()


def owed_since(
    simulated: Simulated, version: ModelVersion | None, *, at: datetime
) -> datetime | None:
    """Since when a game waits for its run: within the horizon, known, and rated as it is now."""
    ahead = list(events_ahead(simulated, at=at))
    current = current_runs(simulated, version, ahead)
    horizon = timedelta(hours=simulated.config.horizon_h)
    reports = dict(
        EventScheduleChange.objects.filter(event__in=ahead)
        .order_by()
        .values_list("event")
        .annotate(first=Min("captured_at"))
    )
    since = [
        max(
            [plan.event.start_time - horizon, reports.get(plan.event.pk, at)]
            + ([plan.rating_day.rated_at] if plan.rating_day else [])
        )
        for plan in plans_of(simulated, version, ahead)
        if plan.event.pk not in current
    ]
    missed = events_missed(simulated.league, at=at).aggregate(first=Min("begins_at"))["first"]
    return min([*since, *([missed] if missed else [])], default=None)


def _inputs(
    event: Event, day: date, artefact: ModelArtefact | None, rating_day: RatingDay | None
) -> dict[str, Any]:
    """Everything a run depends on besides its configuration. Rest days are in the ratings."""
    return {
        "event": str(event.pk),
        "home": str(event.home_id),
        "away": str(event.away_id),
        "neutral": event.neutral,
        "league_day": day.isoformat(),
        "model": None
        if artefact is None
        else {"code": artefact.code, "sha256": artefact.fingerprint()},
        "ratings": None
        if rating_day is None
        else {
            "league_day": rating_day.league_day.isoformat(),
            "state_sha256": rating_day.state_sha256,
        },
    }
