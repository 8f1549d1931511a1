"""What somebody should hear of: picks that a check stopped, and closes that are not there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.core.actor import Actor
from apps.core.tenancy import current_schema
from apps.governance import alerts
from apps.picks.kinds import Gate
from apps.picks.models import LineTracking, ProposalRound
from apps.rulebook.alerts import AlertKind
from apps.rulebook.clv import CloseSource
from apps.rulebook.evaluation import Violation

# Of these a check says that our own numbers contradict each other; the others, that a market is
# not one to bet on. Only the first can mean that nothing we say is to be trusted.
CONTRADICTIONS = frozenset(
    {
        Violation.SELECTION_ID_MISSING,
        Violation.SELECTION_NOT_IN_EVENT,
        Violation.OPPOSITE_SELECTION_MISSING,
        Violation.SNAPSHOT_IDENTITY_MISSING,
        Violation.PROBABILITY_MISMATCH,
        Violation.PROBABILITY_INCOHERENT,
        Violation.DIRECTION_MISMATCH,
        Violation.EDGE_INCOHERENT,
        Violation.PROVIDER_ID_MISSING,
    }
)
# What a tenant asks of a market before it bets on it: common, and nobody's fault.
_ASKED_OF_A_MARKET = frozenset({Violation.BOOKS_BELOW_MINIMUM, Violation.SIMS_BELOW_MINIMUM})
_TOLD = frozenset(Violation) - _ASKED_OF_A_MARKET
RATE_SPAN = timedelta(minutes=5)
RATE_LIMIT = 0.005  # of the evaluations looked at in that span
RATE_LEAST = 3  # fewer than that are single cases, however few evaluations there were


def tell_of_blocked(blocked: Iterable[Iterable[str]], *, by: Actor, at: datetime) -> None:
    """Open one alert for each violation of integrity, however many picks it stopped.

    ``blocked`` holds, for each pick that is none, everything that is wrong with it.
    """
    stopped = Counter(str(reason) for found in blocked for reason in found if reason in _TOLD)
    for reason, count in sorted(stopped.items()):
        direction = reason == Violation.DIRECTION_MISMATCH
        alerts.raise_alert(
            AlertKind.DIRECTION_MISMATCH if direction else AlertKind.INTEGRITY_BLOCKED,
            scope=f"tenant:{current_schema()}",
            key=reason,
            detail=f"{count} picks that would have been worth publishing are blocked: {reason}.",
            payload={"picks": count},
            by=by,
            at=at,
        )


def tell_of_rate(*, by: Actor, at: datetime) -> None:
    """Stop publishing for the tenant where too much of what we say contradicts itself."""
    rounds = ProposalRound.objects.filter(decided_at__gt=at - RATE_SPAN, decided_at__lte=at)
    looked_at, stopped = 0, 0
    for evaluations, gates in rounds.values_list("evaluations", "gates"):
        looked_at += evaluations
        for gate in gates:
            if gate["gate"] == Gate.INTEGRITY:
                stopped += sum(n for why, n in gate["stopped"].items() if why in CONTRADICTIONS)
    if stopped >= RATE_LEAST and stopped > RATE_LIMIT * looked_at:
        alerts.raise_alert(
            AlertKind.INTEGRITY_BLOCKED,
            scope=f"tenant:{current_schema()}",
            key="rate",
            step=1,
            detail=f"{stopped} of {looked_at} evaluations contradict themselves within"
            f" {RATE_SPAN.seconds // 60} min (limit {RATE_LIMIT:.1%}).",
            payload={"stopped": stopped, "evaluations": looked_at},
            by=by,
            at=at,
        )


def tell_of_filled(rows: Sequence[LineTracking], *, by: Actor, at: datetime) -> None:
    """End the alert of each game of which the last missing close was filled."""
    games = {(row.pick.league, row.pick.event_id) for row in rows}
    missing = LineTracking.objects.filter(
        close_source=CloseSource.MISSING, pick__event__in={event_id for _, event_id in games}
    )
    incomplete = set(missing.values_list("pick__event", flat=True))
    for league, event_id in sorted(games):
        if event_id not in incomplete:
            alerts.end(
                AlertKind.CLOSE_SNAPSHOT_MISSING,
                scope=f"league:{league}",
                key=str(event_id),
                why="Its closes were filled.",
                by=by,
                at=at,
            )


def tell_of_closes(rows: Sequence[LineTracking], *, by: Actor, at: datetime) -> None:
    """Open an alert for each game of whose picks some have no closing line."""
    gaps: dict[tuple[str, UUID], Counter[str]] = {}
    for row in rows:
        if row.close_missing:
            game = gaps.setdefault((row.pick.league, row.pick.event_id), Counter())
            game[row.close_missing] += 1
    for (league, event_id), reasons in gaps.items():
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        alerts.raise_alert(
            AlertKind.CLOSE_SNAPSHOT_MISSING,
            scope=f"league:{league}",
            key=str(event_id),
            detail=f"Without a close: {told}. They are graded, and their CLV is missing.",
            payload=dict(reasons),
            by=by,
            at=at,
        )
