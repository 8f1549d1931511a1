"""Which leagues are asked about: the sandbox's own, or those of the real provider."""

from datetime import datetime

from apps.core.actor import Actor
from apps.ops.sandbox_league import (
    SANDBOX_LEAGUE,
    install_real,
    install_sandbox,
    renew_budget,
)
from apps.snapshots.actions import change_feed
from apps.snapshots.models import Feed
from apps.snapshots.providers.registry import ODDS_API


def follow_outside(
    *, sandboxed: bool, changed: bool, by: Actor, installed_at: datetime, at: datetime
) -> None:
    """Ask whoever is outside about its leagues, and nobody about the others'.

    One folder may meet both, one after the other: a key is set, or taken away. Only then (and
    ``changed`` says it) are feeds switched on and off; what an operator did stays otherwise.
    """
    if changed:
        _switch(sandboxed, on=False, by=by, at=at)
        renew_budget(sandboxed=sandboxed, by=by, at=at)
    if sandboxed:
        install_sandbox(by=by, at=installed_at)
    else:
        install_real(by=by, at=at)
    if changed:
        _switch(sandboxed, on=True, by=by, at=at)


def _switch(sandboxed: bool, *, on: bool, by: Actor, at: datetime) -> None:
    """Switch on the feeds of whoever answers now, or off those of the other."""
    why = "The sandbox" if sandboxed else "The real provider"
    for feed in Feed.objects.filter(adapter=ODDS_API).select_related("league").order_by("pk"):
        wanted = (feed.league.code == SANDBOX_LEAGUE) == sandboxed
        if wanted == on and feed.enabled != wanted:
            change_feed(
                feed_id=feed.pk, changes={"enabled": on}, by=by, at=at, reason=f"{why} answers."
            )
