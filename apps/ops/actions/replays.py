"""What can happen to a rehearsal. The only writer of ``replay_run``."""

from datetime import datetime

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import audit
from apps.ops.models import ReplayRun
from apps.rulebook.errors import RuleBroken


class AnotherRecording(RuleBroken):
    code = "ANOTHER_RECORDING"

    def __init__(self, run: ReplayRun) -> None:
        super().__init__(
            f"This database already holds another rehearsal ({run}): its facts would mix with"
            " these. Keep this one under another name."
        )


@transaction.atomic
def open_replay(
    *, recording_sha256: str, tenant_schema: str, profile: str, by: Actor, at: datetime
) -> ReplayRun:
    """Start a recording on this database, or find how far an earlier run of it got.

    Raises:
        AnotherRecording: something else has been played here.
    """
    other = ReplayRun.objects.exclude(recording_sha256=recording_sha256).first()
    if other is not None:
        raise AnotherRecording(other)
    run, created = ReplayRun.objects.get_or_create(
        recording_sha256=recording_sha256,
        defaults={"tenant_schema": tenant_schema, "profile": profile},
    )
    if created:
        audit.record("replay.opened", run, by=by, at=at)
    return run


@transaction.atomic
def enter_instant(*, run: ReplayRun, by: Actor, at: datetime) -> ReplayRun:
    """Note which instant is being played, before its first stage writes anything.

    The instant before it is thereby done. One that was cut off is entered again, and because
    a stage called twice with the same ``at`` changes nothing, that is harmless.
    """
    if run.position == at:
        return run
    with audit.recording("replay.entered", run, by=by, at=at):
        run.position, run.instants, run.finished = at, run.instants + 1, False
        run.save(update_fields=["position", "instants", "finished"])
    return run


@transaction.atomic
def finish_replay(*, run: ReplayRun, by: Actor, at: datetime) -> ReplayRun:
    """Note that nothing of the recording is left to play."""
    with audit.recording("replay.finished", run, by=by, at=at):
        run.finished = True
        run.save(update_fields=["finished"])
    return run
