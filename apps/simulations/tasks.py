"""Jobs about simulations. A job reads the clock, names itself, and calls one action."""

from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, Work, run_once, turn_of
from apps.simulations import actions


def _run(job: str, work: Work) -> None:
    at = clock.now()
    run_once(job, turn_of(job, at), work, by=Actor.job(job), at=at)


@shared_task(base=PublicTask, name="simulations.rate")
def rate(**_newer: Any) -> None:
    _run("simulations.rate", actions.rate_results)


@shared_task(base=PublicTask, name="simulations.simulate")
def simulate(**_newer: Any) -> None:
    _run("simulations.simulate", actions.simulate_due)


@shared_task(base=PublicTask, name="simulations.evaluate")
def evaluate(**_newer: Any) -> None:
    _run("simulations.evaluate", actions.evaluate_due)
