"""Where the market stood when a pick's selection opened, was best, and closed."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.choices import choices_of
from apps.core.tenancy import TenantModel
from apps.picks.models.pick import Pick
from apps.picks.querysets import LineTrackingQuerySet
from apps.rulebook.clv import CloseGap, CloseSource
from apps.rulebook.thresholds import MarginMethod


class LineTracking(TenantModel):
    """One published pick's market: made with its publication, completed once when it starts.

    A missing close or measure always says why; nothing is guessed, nothing is dropped. A close
    that was missing may be filled once, from what was fetched or could be read only afterwards:
    ``missed`` then says what was missing at first.
    """

    pick = models.OneToOneField(
        Pick, on_delete=models.PROTECT, primary_key=True, related_name="tracking"
    )

    # The first quote of the pick's book that anybody saw.
    open_line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Points."
    )
    open_price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Decimal odds."
    )
    open_observed_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    open_seq = models.SmallIntegerField(null=True, blank=True)
    open_age_s = models.IntegerField(
        null=True, blank=True, help_text="Seconds: how old it was when a poll showed it first."
    )

    # The best price between publication and start, at the taken line or a better one.
    best_book_id = models.SmallIntegerField(null=True, blank=True)
    best_line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Points."
    )
    best_price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Decimal odds."
    )
    best_observed_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    best_seq = models.SmallIntegerField(null=True, blank=True)
    best_last_seen_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    best_age_s = models.IntegerField(
        null=True, blank=True, help_text="Seconds: how long before it was taken down it was seen."
    )

    # The close.
    close_source = models.CharField(
        max_length=10, choices=choices_of(CloseSource), blank=True, default=""
    )
    close_missing = models.CharField(
        max_length=32, choices=choices_of(CloseGap), blank=True, default=""
    )
    close_book_id = models.SmallIntegerField(
        null=True, blank=True, help_text="Empty for a consensus."
    )
    close_books = models.PositiveSmallIntegerField(
        default=0, help_text="Books behind the close: 1, or those that the consensus pools."
    )
    close_line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Points."
    )
    close_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Decimal odds; empty for a consensus, which nobody offers.",
    )
    close_fair_prob = models.FloatField(
        null=True, blank=True, help_text="0 to 1, of the selection at close_line, no margin."
    )
    close_observed_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    close_seq = models.SmallIntegerField(null=True, blank=True)
    close_last_seen_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    close_age_s = models.IntegerField(
        null=True, blank=True, help_text="Seconds before the start that it was last seen."
    )
    started_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, the start that the close was taken at."
    )

    # Closing line value.
    clv_points = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Points by which the taken line was better; empty without a line.",
    )
    clv_price = models.FloatField(
        null=True,
        blank=True,
        help_text="Taken over closing decimal odds, minus 1; only at an equal line.",
    )
    clv_ev = models.FloatField(
        null=True,
        blank=True,
        help_text="Expected profit per unit staked against the no-vig close at the taken line.",
    )
    clv_missing = models.CharField(
        max_length=32,
        choices=choices_of(CloseGap),
        blank=True,
        default="",
        help_text="Why there is no clv_ev.",
    )
    margin_method = models.CharField(
        max_length=16, choices=choices_of(MarginMethod), blank=True, default=""
    )
    method_version = models.CharField(
        max_length=32, blank=True, default="", help_text="rulebook.clv's version."
    )
    completed_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC; once set, only a missing close is still filled."
    )
    missed = models.CharField(
        max_length=32,
        choices=choices_of(CloseGap),
        blank=True,
        default="",
        db_default="",
        help_text="Why there was no close when the game began, of one that was filled since.",
    )
    filled_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when a close that had been missing was filled."
    )

    objects = LineTrackingQuerySet.as_manager()

    class Meta:
        db_table = "line_tracking"
        verbose_name_plural = "line tracking"
        indexes = [
            models.Index(
                fields=["pick"],
                condition=Q(close_source=CloseSource.MISSING.value),
                name="line_tracking_without_a_close",
            ),
            models.Index(
                fields=["filled_at"],
                condition=Q(filled_at__isnull=False),
                name="line_tracking_by_filling",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, close_source="")
                | Q(completed_at__isnull=False, started_at__isnull=False) & ~Q(close_source=""),
                name="line_tracking_completed_names_its_close",
            ),
            models.CheckConstraint(
                condition=Q(close_source=CloseSource.MISSING.value, close_fair_prob__isnull=True)
                & ~Q(close_missing="")
                | ~Q(close_source=CloseSource.MISSING.value) & Q(close_missing=""),
                name="line_tracking_missing_close_says_why",
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True)
                | Q(clv_ev__isnull=False, clv_missing="")
                | Q(clv_ev__isnull=True) & ~Q(clv_missing=""),
                name="line_tracking_missing_value_says_why",
            ),
            models.CheckConstraint(
                condition=Q(close_last_seen_at__isnull=True)
                | Q(close_last_seen_at__lt=models.F("started_at")),
                name="line_tracking_close_is_before_the_start",
            ),
            models.CheckConstraint(
                condition=Q(close_price__isnull=True) | Q(close_price__gt=1),
                name="line_tracking_close_price_exceeds_stake",
            ),
            models.CheckConstraint(
                condition=Q(filled_at__isnull=True, missed="")
                | Q(filled_at__gte=models.F("completed_at"))
                & ~Q(missed="")
                & ~Q(close_source=CloseSource.MISSING.value),
                name="line_tracking_filled_says_what_it_missed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pick_id}: {self.close_source or 'open'}"

    @property
    def clv_version(self) -> str:
        """What a grade notes of it: the method, or that there is no close."""
        no_close = self.close_source == CloseSource.MISSING
        return CloseSource.MISSING.value if no_close else self.method_version

    def audit_state(self) -> dict[str, Any]:
        return {
            "close_source": self.close_source,
            "close_missing": self.close_missing,
            "close_line": self.close_line,
            "close_price": self.close_price,
            "close_fair_prob": self.close_fair_prob,
            "clv_ev": self.clv_ev,
            "clv_missing": self.clv_missing,
            "completed_at": self.completed_at,
            "missed": self.missed,
            "filled_at": self.filled_at,
        }
