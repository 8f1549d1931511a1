"""Jobs about facts. A job reads the clock, names itself, and calls one action."""

from typing import Any

from celery import shared_task

from apps.core import clock
from apps.core.actor import Actor
from apps.governance.jobs import PublicTask, run_once, turn_of
from apps.snapshots import actions


@shared_task(base=PublicTask, name="snapshots.fetch")
def fetch(**_newer: Any) -> None:
    at = clock.now()
    by = Actor.job("snapshots.fetch")
    run_once("snapshots.fetch", turn_of("snapshots.fetch", at), actions.fetch_due, by=by, at=at)


@shared_task(base=PublicTask, name="snapshots.read")
def read(*, after_poll: int | None = None, **_newer: Any) -> None:
    """Read what waits: at every beat, and as soon as a poll has brought a body."""
    at = clock.now()
    by = Actor.job("snapshots.read")
    slot = turn_of("snapshots.read", at) if after_poll is None else f"poll {after_poll}"
    run_once("snapshots.read", slot, actions.read_unread, by=by, at=at)


@shared_task(base=PublicTask, name="snapshots.reread")
def reread(**_newer: Any) -> None:
    """Read again what was set aside for questions that somebody has answered."""
    at = clock.now()
    by = Actor.job("snapshots.reread")
    slot = turn_of("snapshots.reread", at)
    run_once("snapshots.reread", slot, actions.reread_explained, by=by, at=at)


@shared_task(base=PublicTask, name="snapshots.check")
def check(**_newer: Any) -> None:
    """Look whether the world still answers."""
    at = clock.now()
    by = Actor.job("snapshots.check")
    run_once("snapshots.check", turn_of("snapshots.check", at), actions.check_facts, by=by, at=at)
