"""What somebody should hear of: grades that are late, in doubt, or were corrected."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.core.actor import Actor
from apps.governance import alerts
from apps.grading.kinds import Wait
from apps.grading.verdicts import Rhythms, Verdict
from apps.rulebook.alerts import AlertKind

CHECKED = (AlertKind.GRADING_LAG, AlertKind.MAPPING_DRIFT, AlertKind.PROVIDER_ID_MISSING)
WARN_AT = 0.75  # of the time within which a pick is to be graded: told before it is broken

_DOUBTS: Mapping[Wait, tuple[AlertKind, str]] = {
    Wait.MAPPING_DRIFT: (
        AlertKind.MAPPING_DRIFT,
        "The id that picks were made on means another game by now.",
    ),
    Wait.PROVIDER_ID_MISSING: (
        AlertKind.PROVIDER_ID_MISSING,
        "Nobody reports a result under the id that picks were made on.",
    ),
}


def tell(
    verdicts: Sequence[Verdict],
    written: Sequence[Verdict],
    rhythms: Rhythms,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Open and end the alerts of one complete look at a tenant's picks."""
    done = {id(one) for one in written}
    ungraded = [one for one in verdicts if not one.asked.is_graded and id(one) not in done]
    # A close that was taken late changes no settlement: nobody has to look.
    _tell_of_doubts([one for one in ungraded if one.wait in _DOUBTS], by=by, at=at)
    tell_of_revisions([one for one in written if one.corrects], by=by, at=at)
    _tell_of_lag(ungraded, rhythms, by=by, at=at)
    alerts.recover(CHECKED, by=by, at=at)


def _tell_of_doubts(doubtful: Sequence[Verdict], *, by: Actor, at: datetime) -> None:
    for (league, event, wait), count in _counted(doubtful).items():
        kind, what = _DOUBTS[Wait(wait)]
        alerts.raise_alert(
            kind,
            scope=f"league:{league}",
            key=str(event),
            detail=f"{what} {count} wait for a person.",
            payload={"picks": count},
            by=by,
            at=at,
        )


def tell_of_revisions(revised: Sequence[Verdict], *, by: Actor, at: datetime) -> None:
    """Name each game of which grades were replaced."""
    for (league, event, _), count in _counted(revised).items():
        alerts.raise_alert(
            AlertKind.REGRADE,
            scope=f"league:{league}",
            key=str(event),
            detail=f"{count} grades were replaced by a newer revision.",
            payload={"picks": count},
            by=by,
            at=at,
        )


def _tell_of_lag(ungraded: Sequence[Verdict], rhythms: Rhythms, *, by: Actor, at: datetime) -> None:
    late: Counter[str] = Counter()
    longest: dict[str, timedelta] = {}
    within: dict[str, timedelta] = {}
    for one in ungraded:
        league, final_at = one.asked.league, one.asked.final_at
        rhythm = rhythms.of(league)
        if final_at is None or rhythm is None:
            continue
        within[league] = timedelta(minutes=float(rhythm.graded_within_min))
        waited = at - final_at
        if waited > WARN_AT * within[league]:
            late[league] += one.asked.picks
            longest[league] = max(waited, longest.get(league, waited))
    for league, count in sorted(late.items()):
        alerts.raise_alert(
            AlertKind.GRADING_LAG,
            scope=f"league:{league}",
            detail=f"{count} picks wait up to {longest[league].total_seconds() / 60:.0f} min after"
            f" the final (limit {within[league].total_seconds() / 60:.0f} min).",
            payload={"picks": count},
            by=by,
            at=at,
        )


def _counted(verdicts: Sequence[Verdict]) -> Counter[tuple[str, UUID, str]]:
    found: Counter[tuple[str, UUID, str]] = Counter()
    for one in verdicts:
        found[one.asked.league, one.asked.event_id, str(one.wait or "")] += one.asked.picks
    return found
