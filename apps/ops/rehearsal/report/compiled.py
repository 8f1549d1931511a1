"""The whole report: what the world said, what was made of it, how it ended."""

from typing import Any

from apps.core.tenancy import tenant_scope
from apps.ops.rehearsal.recording import Recording
from apps.ops.rehearsal.report.begun import begun_report
from apps.ops.rehearsal.report.closing import closing_report, game_closes, played_events
from apps.ops.rehearsal.report.facts import facts_report
from apps.ops.rehearsal.report.forecast import forecast_report
from apps.ops.rehearsal.report.opinions import opinions_report
from apps.ops.rehearsal.report.stages import stages_report, waits_report


def compile_report(recording: Recording) -> dict[str, Any]:
    """Query everything; equal rows give an equal report, byte for byte.

    Nothing of this machine enters it: no run time, no recorded_at, no random id, no path.
    """
    events = played_events()
    with tenant_scope(recording.tenant):
        opinions = opinions_report()
    return {
        "tenant": recording.tenant,
        "profile": recording.profile,
        **facts_report(events),
        **begun_report(events),
        **closing_report(game_closes(recording)),
        **opinions,
        **forecast_report(events),
        "stages": stages_report(recording.tenant),
        "grading_waits": waits_report(recording.tenant),
    }
