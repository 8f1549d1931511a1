"""What is asked of whom, and every answer that came."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import League
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.snapshots.models.payload import RawPayload
from apps.snapshots.providers.ports import Outcome
from apps.snapshots.querysets import FeedQuerySet, ProviderPollQuerySet
from apps.snapshots.rhythm import Rhythm, rhythm_of


class FeedKind(StrEnum):
    ODDS = "ODDS"
    RESULTS = "RESULTS"
    INJURIES = "INJURIES"
    ARCHIVE = "ARCHIVE"  # past games, scores only: they warm up the ratings


class OddsFormat(StrEnum):
    """How a feed writes prices: pinned, because a guess by magnitude was wrong once."""

    AMERICAN = "AMERICAN"
    DECIMAL = "DECIMAL"


class Feed(models.Model):
    """One question to one provider about one league, asked again and again.

    Its rhythm and its limits are what it declares; what travels is when it is due.
    """

    id = models.SmallAutoField(primary_key=True)
    uuid = models.UUIDField(
        unique=True, editable=False, help_text="UUIDv5 of provider, kind, league and source."
    )
    adapter = models.CharField(
        max_length=32, help_text="Which implementation of the port answers: recorded, oddsapi."
    )
    provider = models.CharField(
        max_length=32, help_text="Namespace of the ids it speaks: the_odds_api, nflverse."
    )
    kind = models.CharField(max_length=8, choices=choices_of(FeedKind))
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="feeds")
    source = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Which of the adapter's sources, a recording's name; empty: its only one.",
    )
    odds_format = models.CharField(
        max_length=8, choices=choices_of(OddsFormat), default=OddsFormat.AMERICAN.value
    )
    rhythm_s = models.PositiveIntegerField(
        help_text="Seconds between two polls, where no game is near."
    )
    near_games = models.JSONField(
        default=list,
        blank=True,
        help_text="Quicker near a game, in seconds: [{within_s, every_s}] before a start, for"
        " scores after it.",
    )
    max_quote_age_s = models.PositiveIntegerField(
        default=180, help_text="Seconds since last_seen_at after which a quote is stale."
    )
    max_close_age_s = models.PositiveIntegerField(
        default=600, help_text="Seconds before the start a close may have been seen last."
    )
    frozen_after_polls = models.PositiveIntegerField(
        default=60,
        help_text="Polls without any change, while other boards move, that make it frozen;"
        " 0: never.",
    )
    options = models.JSONField(
        default=dict, blank=True, help_text="The adapter's own: markets, regions, bookmakers."
    )

    # Travels.
    enabled = models.BooleanField(default=True)
    next_due_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; empty: it has nothing more to give."
    )
    last_captured_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, captured_at of its newest poll."
    )
    read_through = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC: every poll captured up to here was read, so they need not be asked.",
    )
    newest_read_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, captured_at of the newest poll read: an older one never becomes current.",
    )

    objects = FeedQuerySet.as_manager()

    class Meta:
        db_table = "feed"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["adapter", "provider", "kind", "league", "source"],
                name="feed_asks_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.league} {self.kind} ({self.adapter})"

    @property
    def rhythm(self) -> Rhythm:
        """How often it asks: before games for quotes, after their start for scores."""
        return rhythm_of(self.rhythm_s, self.near_games, after=self.kind == FeedKind.RESULTS)

    def audit_state(self) -> dict[str, Any]:
        return {
            "adapter": self.adapter,
            "provider": self.provider,
            "kind": self.kind,
            "league": self.league_id,
            "source": self.source,
            "odds_format": self.odds_format,
            "rhythm_s": self.rhythm_s,
            "near_games": self.near_games,
            "frozen_after_polls": self.frozen_after_polls,
            "max_quote_age_s": self.max_quote_age_s,
            "max_close_age_s": self.max_close_age_s,
            "options": self.options,
            "enabled": self.enabled,
        }


class ProviderPoll(AppendOnly):
    """One call and its outcome, also when nothing changed and when nothing came.

    Change rows and poll rows together reconstruct every board that was ever shown to us.
    """

    id = models.BigAutoField(primary_key=True)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="polls", db_index=False)
    captured_at = models.DateTimeField(help_text="UTC, when the answer was taken.")
    outcome = models.CharField(max_length=16, choices=choices_of(Outcome))
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.CharField(
        max_length=64, blank=True, default="", help_text="The provider's own code."
    )
    detail = models.CharField(
        max_length=300, blank=True, default="", help_text="What went wrong, without secrets."
    )
    credits_cost = models.IntegerField(null=True, blank=True, help_text="Credits of this call.")
    credits_used = models.IntegerField(null=True, blank=True, help_text="Credits since reset.")
    credits_remaining = models.IntegerField(
        null=True, blank=True, help_text="Credits; was seen negative."
    )
    duration_ms = models.PositiveIntegerField(help_text="Milliseconds of the whole call.")
    payload = models.ForeignKey(
        RawPayload, on_delete=models.PROTECT, null=True, blank=True, related_name="polls"
    )

    objects = ProviderPollQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "provider_poll"
        ordering = ["captured_at", "feed_id"]
        indexes = [models.Index(fields=["captured_at"], name="provider_poll_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "captured_at"], name="provider_poll_happens_once"
            ),
            models.CheckConstraint(
                condition=~Q(
                    outcome__in=[Outcome.OK.value, Outcome.UNCHANGED.value, Outcome.EMPTY.value]
                )
                | Q(payload__isnull=False),
                name="provider_poll_that_answered_has_a_payload",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.captured_at:%Y-%m-%d %H:%M:%S} {self.outcome}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "feed": self.feed_id,
            "captured_at": self.captured_at,
            "outcome": self.outcome,
            "error_code": self.error_code,
            "payload": self.payload_id,
        }
