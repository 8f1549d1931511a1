"""Plays a world's past into the platform's own database, instant by instant."""

from collections.abc import Callable
from datetime import datetime

from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, active_schemas
from apps.ops import actions
from apps.ops.history.span import Span
from apps.ops.history.timeline import is_morning, next_lesson, next_look
from apps.ops.models import ReplayRun
from apps.ops.rehearsal.player import hold_the_database
from apps.ops.rehearsal.stages import STAGES, play_stages
from apps.ops.stock import take_stock

PLAYER = Actor.system("ops.history")
PROFILE = "sandbox"
# Of the warm-up only facts, ratings and runs are kept; nobody made picks then.
GATHER = STAGES[:2]
LEARN = STAGES[:4]

# The console shows the count: it is up while this is played, and no clock runs yet.
COUNT_EVERY = 15  # instants

Walk = Callable[[datetime], None]


def play(fingerprint: str, span: Span, *, walk: Walk) -> int:
    """Play what is left of ``span``; return how many instants that were.

    ``walk`` takes the world outside to an instant before anything is asked of it. A player that
    was killed is followed by one that begins with the instant it was in.

    Raises:
        AlreadyPlaying: another process plays on this database.
        AnotherRecording: the past of another world was played on it.
    """
    hold_the_database()
    run = actions.open_replay(
        recording_sha256=fingerprint,
        tenant_schema=PUBLIC,
        profile=PROFILE,
        by=PLAYER,
        at=span.begins,
    )
    if run.finished:
        return 0
    entered = run.instants
    take_stock(by=PLAYER, at=clock.now())
    tenants = active_schemas()
    at: datetime | None = run.position or span.begins
    while at is not None:
        walk(at)
        actions.enter_instant(run=run, by=PLAYER, at=at)
        stages = STAGES if at >= span.opens else LEARN if is_morning(at) else GATHER
        play_stages(stages, tenants, player="history", at=at)
        if run.instants % COUNT_EVERY == 0:
            take_stock(by=PLAYER, at=clock.now())
        at = _next(at, span)
    take_stock(by=PLAYER, at=clock.now())
    actions.finish_replay(run=run, by=PLAYER, at=span.ends)
    return run.instants - entered


def _next(at: datetime, span: Span) -> datetime | None:
    if at >= span.ends:
        return None
    if at < span.opens:
        return next_lesson(at, lines_from=span.lines_from, until=span.opens)
    return next_look(at, until=span.ends)


def how_far(fingerprint: str) -> ReplayRun | None:
    """Return the note of a past that was begun."""
    return ReplayRun.objects.filter(recording_sha256=fingerprint).first()
