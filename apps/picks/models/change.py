"""Every move of a pick's status or validity, with the quote that caused it."""

from django.db import models
from django.db.models import F, Q

from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.picks.models.pick import Pick
from apps.picks.querysets import PickChangeQuerySet
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import QuoteStatus


class PickChange(AppendOnly):
    """One move. The first has no "from": the pick was made. Written with the move itself."""

    id = models.BigAutoField(primary_key=True)
    pick = models.ForeignKey(Pick, on_delete=models.PROTECT, related_name="changes", db_index=False)
    changed_at = models.DateTimeField(help_text="UTC, business time.")
    from_status = models.CharField(
        max_length=16, choices=choices_of(PickStatus), blank=True, default=""
    )
    to_status = models.CharField(max_length=16, choices=choices_of(PickStatus))
    from_validity = models.CharField(
        max_length=20, choices=choices_of(Validity), blank=True, default=""
    )
    to_validity = models.CharField(
        max_length=20, choices=choices_of(Validity), blank=True, default=""
    )
    reason = models.CharField(
        max_length=32, blank=True, default="", help_text="Code: why it moved."
    )
    by = models.CharField(max_length=150, help_text="Who moved it, as the audit names actors.")

    # The market then; empty where no quote had a part in it.
    book_id = models.SmallIntegerField(null=True, blank=True)
    quote_status = models.CharField(
        max_length=9, choices=choices_of(QuoteStatus), blank=True, default=""
    )
    quote_observed_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    quote_seq = models.SmallIntegerField(null=True, blank=True)
    quote_last_seen_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Points, quoted then."
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Decimal odds, then."
    )
    ev = models.FloatField(
        null=True, blank=True, help_text="Expected profit per unit staked at that quote."
    )

    objects = PickChangeQuerySet.as_manager()

    class Meta:
        db_table = "pick_change"
        ordering = ["changed_at", "id"]
        indexes = [models.Index(fields=["pick", "changed_at"], name="pick_change_of_a_pick")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_status=F("to_status")) | ~Q(from_validity=F("to_validity")),
                name="pick_change_changes_something",
            ),
        ]

    def __str__(self) -> str:
        if self.from_status != self.to_status:
            return f"{self.from_status or 'new'} to {self.to_status} {self.reason}".strip()
        return f"{self.from_validity} to {self.to_validity} {self.reason}".strip()
