"""Calls every stage at every instant of a recording, as the clock would."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.catalog.models import League
from apps.core.actor import Actor
from apps.core.tenancy import active_schemas
from apps.governance import configs
from apps.ops import actions
from apps.ops.rehearsal.recording import Recording, instant
from apps.ops.rehearsal.stages import STAGES, Stage, play_stages
from apps.ops.rehearsal.timeline import next_instant
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions import suspend_tenant
from apps.tenants.provisioning import provision_tenant

PLAYER = Actor.system("ops.rehearsal")
LOCK = 0x72656865  # "rehe": one player per database

Told = Callable[[datetime], None]


class AlreadyPlaying(RuleBroken):
    code = "REHEARSAL_ALREADY_PLAYING"

    def __init__(self) -> None:
        super().__init__("Another player is at work on this database: wait for its end.")


@dataclass(frozen=True, slots=True)
class Played:
    """What this call did: instants entered now, and whether there was nothing left to do."""

    instants: int
    had_finished: bool


def play(
    recording: Recording, *, first: datetime, tell: Told, stages: Sequence[Stage] = STAGES
) -> Played:
    """Play ``recording`` from ``first`` to its end, or from where an earlier call was cut off.

    ``tell`` is called after every instant.

    Raises:
        AlreadyPlaying: another process plays on this database.
        AnotherRecording: something else was played on it before.
    """
    hold_the_database()
    run = actions.open_replay(
        recording_sha256=recording.fingerprint(),
        tenant_schema=recording.tenant,
        profile=recording.profile,
        by=PLAYER,
        at=first,
    )
    if run.finished:
        return Played(instants=0, had_finished=True)
    _cast(recording.tenant, at=first)
    choose_profile(recording, at=first)
    entered = run.instants
    settle_after = _settling(first)
    last = instant(recording.end) if recording.end else None
    at: datetime | None = run.position or first
    while at is not None and (last is None or at <= last):
        actions.enter_instant(run=run, by=PLAYER, at=at)
        play_stages(stages, [recording.tenant], player="rehearsal", at=at)
        tell(at)
        at = next_instant(at, settle_after=settle_after)
    actions.finish_replay(run=run, by=PLAYER, at=run.position or first)
    return Played(instants=run.instants - entered, had_finished=False)


def hold_the_database() -> None:
    """Keep other players out for as long as this process lives.

    A lock of the session, which a killed process loses by dying.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [LOCK])
        if not cursor.fetchone()[0]:
            raise AlreadyPlaying


def _cast(tenant: str, *, at: datetime) -> None:
    """Have the tenant, and nobody else: what others would think is not asked here."""
    provision_tenant(schema=tenant, name=tenant.capitalize(), type="CONSUMER", by=PLAYER, at=at)
    for other in active_schemas():
        if other != tenant:
            suspend_tenant(
                schema=other, by=PLAYER, at=at, reason=f"A rehearsal for {tenant} alone."
            )


@transaction.atomic
def choose_profile(recording: Recording, *, at: datetime) -> None:
    """Let the tenant's opinions name the profile that the rehearsal was asked for."""
    for league in League.objects.active().order_by("code"):
        opinion = configs.resolve(
            configs.OPINION, league=league.code, tenant=recording.tenant, at=at
        )
        wanted = opinion.document.model_copy(update={"model_profile": recording.profile})
        if wanted != opinion.document:
            configs.create_version(
                wanted,
                tenant=recording.tenant,
                effective_from=at,
                by=PLAYER,
                at=at,
                reason=f"Rehearsal with the {recording.profile} profile.",
            )


def _settling(at: datetime) -> timedelta:
    """Return the longest time between a final and its grading, over the leagues."""
    markets = [
        configs.resolve(configs.MARKET, league=league.code, at=at).document
        for league in League.objects.active()
    ]
    return timedelta(minutes=max(market.results.grade_after_final_min for market in markets))
