"""What a provider may cost us, how fast it may be asked, and whether it is left alone."""

from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import League
from apps.core.choices import choices_of
from apps.snapshots.models.feed import Feed
from apps.snapshots.providers.ports import Outcome

# What the same answer would be for a while yet: nobody comes back to it every minute.
LASTING = (Outcome.AUTH, Outcome.OUT_OF_CREDITS)
LASTS = timedelta(minutes=10)


class Breaker(models.Model):
    """What is asked, and after several failures in a row left alone for a while.

    Then one call tries whether it is back; it has a lease, and all others are refused meanwhile.
    """

    failures = models.PositiveIntegerField(
        default=0, help_text="Calls in a row that brought no answer."
    )
    failed_as = models.CharField(
        max_length=16,
        choices=choices_of(Outcome),
        blank=True,
        default="",
        help_text="How the newest of them ended.",
    )
    opened_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, since when it is left alone; empty: it is not."
    )
    probe_until = models.DateTimeField(
        null=True, blank=True, help_text="Database time until which one call may try again."
    )

    class Meta:
        abstract = True

    def tried_again_at(self, open_for_s: int) -> datetime | None:
        """From when on one call may try; None while it is not left alone."""
        if self.opened_at is None:
            return None
        pause = timedelta(seconds=open_for_s)
        return self.opened_at + (max(pause, LASTS) if self.failed_as in LASTING else pause)


class ProviderAccount(Breaker):
    """One provider that is asked over the wire, by the adapter that knows its key.

    Budget and pace are configured by hand. What travels is what its answers say of our credits,
    and whether it answers at all: a key that is refused, credits that are gone and a line that is
    dead concern every league.
    """

    id = models.SmallAutoField(primary_key=True)
    adapter = models.CharField(max_length=32, unique=True, help_text="Whose key it is: oddsapi.")
    monthly_credits = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Credits a month that were bought; empty: they are not counted.",
    )
    reserve_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.100"),
        help_text="Share of them, 0 to 0.5, kept for closing lines and scores.",
    )
    calls_per_second = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Calls a second at most, of all workers together; empty: any number.",
    )
    failures_to_open = models.PositiveSmallIntegerField(
        default=5, help_text="Failures in a row after which it is left alone."
    )
    open_for_s = models.PositiveIntegerField(
        default=60, help_text="Seconds for which it is left alone before one call tries again."
    )

    # Travels.
    credits_used = models.IntegerField(
        null=True, blank=True, help_text="Credits since the reset, as its newest answer says."
    )
    credits_left = models.IntegerField(
        null=True, blank=True, help_text="Credits, as its newest answer says."
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, of the answer that said so."
    )
    reset_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the used credits were last seen to fall."
    )
    next_call_at = models.DateTimeField(
        null=True, blank=True, help_text="Database time before which no further call is made."
    )

    class Meta:
        db_table = "provider_account"
        ordering = ["adapter"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reserve_share__gte=0, reserve_share__lte=Decimal("0.5")),
                name="provider_account_reserve_is_a_part",
            ),
            models.CheckConstraint(
                condition=Q(calls_per_second__isnull=True) | Q(calls_per_second__gt=0),
                name="provider_account_may_be_asked_at_all",
            ),
            models.CheckConstraint(
                condition=Q(failures_to_open__gte=1), name="provider_account_may_fail_once"
            ),
        ]

    def __str__(self) -> str:
        return self.adapter

    @property
    def reserve(self) -> int:
        """Credits kept for closing lines and scores."""
        return ceil((self.monthly_credits or 0) * self.reserve_share)

    @property
    def spendable(self) -> int | None:
        """Credits a month that a rhythm may be planned with."""
        return None if self.monthly_credits is None else self.monthly_credits - self.reserve

    def audit_state(self) -> dict[str, Any]:
        return {
            "adapter": self.adapter,
            "monthly_credits": self.monthly_credits,
            "reserve_share": self.reserve_share,
            "calls_per_second": self.calls_per_second,
            "failures_to_open": self.failures_to_open,
            "open_for_s": self.open_for_s,
            "opened_at": self.opened_at,
            "reset_at": self.reset_at,
        }


class LeagueBreaker(Breaker):
    """Whether a provider is asked about a league: made when a call about it fails first.

    Answers that say nothing, that the league is gone, or that nobody can read concern that league
    alone. How many of them open it, and for how long, is the provider's account's to say.
    """

    id = models.AutoField(primary_key=True)
    adapter = models.CharField(max_length=32, help_text="Who is asked: oddsapi.")
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, of the newest call that failed."
    )

    class Meta:
        db_table = "league_breaker"
        ordering = ["adapter", "league"]
        constraints = [
            models.UniqueConstraint(
                fields=["adapter", "league"], name="league_breaker_is_single_per_provider"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.adapter}, {self.league.code}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "adapter": self.adapter,
            "league": self.league_id,
            "failed_as": self.failed_as,
            "opened_at": self.opened_at,
        }


class CreditHold(models.Model):
    """Credits that a call in flight is going to cost: nobody else may plan with them.

    One per feed, because one worker at a time asks it; a hold whose worker died runs out.
    """

    feed = models.OneToOneField(Feed, on_delete=models.PROTECT, primary_key=True, related_name="+")
    credits = models.PositiveIntegerField()
    until = models.DateTimeField(help_text="Database time at which it runs out.")

    class Meta:
        db_table = "credit_hold"

    def __str__(self) -> str:
        return f"{self.credits} for {self.feed_id}"
