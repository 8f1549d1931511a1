"""Jobs about simulations. A job reads the clock, names itself, and calls one action."""

from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, run_once, slot_of
from apps.simulations import actions

# Seconds in which a second beat finds the turn taken; less than the rhythm of any of the jobs.
_TURN_S = 30


@shared_task(base=PublicTask, name="simulations.rate")
def rate(**_newer: Any) -> None:
    at = clock.now()
    by = Actor.job("simulations.rate")
    run_once("simulations.rate", slot_of(at, _TURN_S), actions.rate_results, by=by, at=at)


@shared_task(base=PublicTask, name="simulations.simulate")
def simulate(**_newer: Any) -> None:
    at = clock.now()
    by = Actor.job("simulations.simulate")
    run_once("simulations.simulate", slot_of(at, _TURN_S), actions.simulate_due, by=by, at=at)


@shared_task(base=PublicTask, name="simulations.evaluate")
def evaluate(**_newer: Any) -> None:
    at = clock.now()
    by = Actor.job("simulations.evaluate")
    run_once("simulations.evaluate", slot_of(at, _TURN_S), actions.evaluate_due, by=by, at=at)
