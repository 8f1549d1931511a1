"""Which leagues are asked about: the sandbox's own, or those of the real provider."""

from datetime import datetime

from apps.core.actor import Actor
from apps.ops.sandbox_league import SANDBOX_LEAGUE, install_real, install_sandbox
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
    if sandboxed:
        install_sandbox(by=by, at=installed_at)
    else:
        install_real(by=by, at=at)
    if not changed:
        return
    for feed in Feed.objects.filter(adapter=ODDS_API).select_related("league").order_by("pk"):
        wanted = (feed.league.code == SANDBOX_LEAGUE) == sandboxed
        if feed.enabled != wanted:
            why = "The sandbox" if sandboxed else "The real provider"
            change_feed(
                feed_id=feed.pk, changes={"enabled": wanted}, by=by, at=at, reason=f"{why} answers."
            )
