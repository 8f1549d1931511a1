"""One scheduled game: who plays, when, how far it is, and under which ids it is known."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Least

from apps.catalog.models.league import League, Team
from apps.catalog.querysets import EventQuerySet, EventScheduleChangeQuerySet, EventSourceQuerySet
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.rulebook.markets import EventStatus


class Event(models.Model):
    """One scheduled game. Who plays is written once; when and how far it is travels.

    Only the league's identity provider creates upcoming events. The first poll that shows the
    game in play latches it: later rewrites of the start are recorded as schedule changes and
    never open it again. A person may find that the sides were told wrong, or that two events are
    one: the one that was merged keeps its ids and what was made on it, follows the other in when
    and how far it is, and whatever is told under its ids is told about the other.
    """

    id = models.UUIDField(
        primary_key=True,
        editable=False,
        help_text="UUIDv5 of the creating provider and its event id.",
    )
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    home = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    away = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    # Travels.
    neutral = models.BooleanField(
        null=True, blank=True, help_text="Played on neutral ground; empty: nobody said."
    )
    start_time = models.DateTimeField(
        help_text="UTC, as last reported by a poll before the game; frozen by the latch."
    )
    status = models.CharField(
        max_length=10, choices=choices_of(EventStatus), default=EventStatus.SCHEDULED.value
    )
    latched_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, captured_at of the first poll that showed the game in play.",
    )
    begins_at = models.GeneratedField(
        expression=Least(F("start_time"), F("latched_at")),
        output_field=models.DateTimeField(),
        db_persist=True,
        help_text="UTC, the earlier of start_time and latched_at: no quote after it is pre-game.",
    )
    final_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the provider called the game final."
    )
    frozen_code = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Why nothing is built on it until an operator decides: MAPPING_DRIFT.",
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The event that this one turned out to be, as a person decided.",
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        db_table = "event"
        ordering = ["start_time", "id"]
        permissions = [
            ("call_off_event", "Can call events off"),
            ("merge_event", "Can merge events"),
        ]
        indexes = [
            models.Index(fields=["league", "start_time"], name="event_of_a_league_by_start"),
            models.Index(fields=["-start_time", "-id"], name="event_latest_first"),
            models.Index(
                fields=["league", "begins_at"],
                condition=Q(status__in=[EventStatus.SCHEDULED.value, EventStatus.LIVE.value]),
                name="event_that_is_not_over",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(home=F("away")), name="event_sides_differ"),
            models.CheckConstraint(
                condition=~Q(status=EventStatus.FINAL.value) | Q(final_at__isnull=False),
                name="event_final_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="event_is_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.away} at {self.home}"

    @property
    def itself(self) -> "Event":
        """The event that this one turned out to be; itself where it was not merged."""
        return self.merged_into or self

    def audit_state(self) -> dict[str, Any]:
        """The travelling columns: what an audit entry fingerprints."""
        return {
            "home": self.home_id,
            "away": self.away_id,
            "neutral": self.neutral,
            "start_time": self.start_time,
            "status": self.status,
            "latched_at": self.latched_at,
            "final_at": self.final_at,
            "frozen_code": self.frozen_code,
            "merged_into": self.merged_into_id,
        }


class EventSource(models.Model):
    """The id under which a provider knows an event, and what it last said about it.

    The id, the event and the teams behind it are written once. Scores are looked up by this id
    alone; names are never matched at grading.
    """

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=32, help_text="Namespace of the id.")
    source_event_id = models.CharField(max_length=64, help_text="The provider's own id.")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="sources")

    # Travels: moved only by a newer poll.
    reported_start = models.DateTimeField(help_text="UTC, the start it reported last.")
    last_seen_at = models.DateTimeField(help_text="UTC, captured_at of the newest poll with it.")

    objects = EventSourceQuerySet.as_manager()

    class Meta:
        db_table = "event_source"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "source_event_id"], name="event_source_names_one_event"
            ),
            models.UniqueConstraint(
                fields=["event", "provider"], name="event_source_is_single_per_provider"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}|{self.source_event_id}"


class EventScheduleChange(AppendOnly):
    """A start that a provider reported, when it differed from the one it reported before."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="schedule_changes", db_index=False
    )
    provider = models.CharField(max_length=32)
    captured_at = models.DateTimeField(help_text="UTC, of the poll that reported it.")
    start_time = models.DateTimeField(help_text="UTC, as reported.")
    previous_start = models.DateTimeField(
        null=True, help_text="UTC, as reported before; empty for the first report."
    )
    in_play = models.BooleanField(
        help_text="Whether the game was latched or in play by then, so that nothing followed it."
    )

    objects = EventScheduleChangeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "event_schedule_change"
        ordering = ["captured_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "provider", "captured_at"],
                name="event_schedule_change_is_told_once_per_poll",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} starts {self.start_time:%Y-%m-%d %H:%M} UTC"
