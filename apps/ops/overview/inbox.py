"""What needs a person: alerts, what somebody asked a second person for, questions about facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.catalog.models import Event, EventSource, ReviewItem
from apps.core import formats
from apps.core.listing import as_uuid
from apps.governance.models import Approval, OpsAlert
from apps.ops.overview import links
from apps.ops.overview.feeds import name_of
from apps.ops.overview.scopes import person
from apps.rulebook.alerts import AlertKind, Ends, alert_of
from apps.rulebook.degrade import Effect
from apps.snapshots.models import Feed

MOST = 6
MOST_QUESTIONS = 3  # each has a button: more of them would push everything below away
_EFFECTS = {
    Effect.NOTHING: "none on publishing",
    Effect.EDGE_ONLY: "{} publishes EDGE only",
    Effect.NONE: "{} publishes nothing",
    Effect.LATCH: "{} publishes nothing until two people turn it on",
}


@dataclass(frozen=True, slots=True)
class AlertRow:
    severity: str
    title: str
    kind: str
    detail: str
    effect: str
    ends: str
    owner: str
    age_s: float
    count: int
    seen_by: str
    href: str
    acknowledge: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody waits for a second person."""

    what: str
    by: str
    reason: str
    age_s: float
    href: str


@dataclass(frozen=True, slots=True)
class Question:
    """A fact that nobody may guess."""

    title: str
    detail: str
    age_s: float
    href: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message of which nobody knows whether it arrived; two answers end it."""

    tenant: str
    detail: str
    age_s: float
    arrived: str
    send_again: str


@dataclass(frozen=True, slots=True)
class Inbox:
    alerts: list[AlertRow]
    open_alerts: int
    unseen: int
    asked: list[Asked]
    questions: list[Question]
    open_questions: int
    doubts: list[Doubt]

    @property
    def more_questions(self) -> int:
        """How many are not shown here."""
        return self.open_questions - len(self.questions)

    @property
    def for_a_person(self) -> int:
        """How many things wait for somebody who has not seen them."""
        return self.unseen + len(self.asked) + self.open_questions


def inbox(*, at: datetime) -> Inbox:
    """Read everything that is open, the worst first."""
    alerts = OpsAlert.across_tenants.not_over()
    worst = list(alerts.worst_first()[:MOST])
    about = _subjects([row.key for row in worst])
    questions = ReviewItem.objects.open()
    shown = list(questions.select_related("league").order_by("first_seen_at")[:MOST_QUESTIONS])
    games = _games(shown)
    return Inbox(
        alerts=[_alert(row, about.get(row.key, row.key), at) for row in worst],
        open_alerts=alerts.count(),
        unseen=alerts.unseen(at).count(),
        asked=[
            Asked(
                what=f"{formats.words(row.what.replace('.', ' '))}: {row.subject}",
                by=row.requester.rpartition("/")[2],
                reason=row.reason,
                age_s=(at - row.requested_at).total_seconds(),
                href=links.shown("governance_approval", row.pk),
            )
            for row in Approval.across_tenants.waiting(at).order_by("requested_at")
        ],
        questions=[
            Question(
                title=f"{formats.words(item.kind)}: {_subject(item, games)}",
                detail=item.league.code if item.league else item.provider,
                age_s=(at - item.first_seen_at).total_seconds(),
                href=links.shown("catalog_reviewitem", item.pk),
            )
            for item in shown
        ],
        open_questions=questions.count(),
        doubts=[
            Doubt(
                tenant=row.tenant_schema,
                detail=row.detail,
                age_s=(at - row.first_seen_at).total_seconds(),
                arrived=f"{_delivery(row)}arrived/",
                send_again=f"{_delivery(row)}send-again/",
            )
            for row in alerts.filter(kind=AlertKind.DELIVERY_UNKNOWN).order_by("first_seen_at")[
                :MOST_QUESTIONS
            ]
        ],
    )


def _delivery(row: OpsAlert) -> str:
    return f"{links.of_tenant(row.tenant_schema, 'picks_delivery')}{row.key}/"


def _alert(row: OpsAlert, about: str, at: datetime) -> AlertRow:
    kind = alert_of(row.kind)
    return AlertRow(
        severity=row.severity,
        title=f"{kind.title}: {about}" if about else kind.title,
        kind=row.kind,
        detail=row.detail_with_tenant,
        effect=_EFFECTS[Effect(row.effect)].format(_place(row.scope)),
        ends=_end(kind.ends, kind.quiet),
        owner=kind.owner,
        age_s=(at - row.first_seen_at).total_seconds(),
        count=row.count,
        seen_by=person(row.acknowledged_by) if row.acknowledged_by else "",
        href=links.shown("governance_opsalert", row.pk),
        acknowledge=links.done_to("governance_opsalert_acknowledge", row.pk),
    )


def _subjects(keys: Sequence[str]) -> dict[str, str]:
    """Say in words the games and feeds that alerts are about: a query for each kind."""
    ids = {key: key.split()[0] for key in keys if as_uuid(key.partition(" ")[0])}
    if not ids:
        return {}
    events = Event.objects.filter(pk__in=ids.values()).select_related("home", "away")
    feeds = Feed.objects.filter(uuid__in=ids.values()).select_related("league")
    named = {str(event.pk): str(event) for event in events}
    named |= {str(feed.uuid): name_of(feed) for feed in feeds}
    return {key: named.get(ident, "") for key, ident in ids.items()}


def _games(items: Sequence[ReviewItem]) -> dict[tuple[str, str], str]:
    """Name the games that questions are about, by provider and its id: one query."""
    ids = [item.evidence.get("source_event_id", "") for item in items]
    sources = EventSource.objects.filter(source_event_id__in=ids)
    return {
        (source.provider, source.source_event_id): str(source.event)
        for source in sources.select_related("event__home", "event__away")
    }


def _subject(item: ReviewItem, games: Mapping[tuple[str, str], str]) -> str:
    ident = item.evidence.get("source_event_id", "")
    return games.get((item.provider, ident), item.subject)


def _place(scope: str) -> str:
    return "the platform" if scope == "GLOBAL" else scope.partition(":")[2]


def _end(ends: Ends, quiet: timedelta) -> str:
    if ends == Ends.BY_HAND:
        return "Stays until somebody resolves it."
    if ends == Ends.QUIET:
        return f"Clears itself after {formats.age(quiet)} without another."
    if quiet:
        return f"Clears itself after {formats.age(quiet)} in order."
    return "Clears itself when it is in order."
