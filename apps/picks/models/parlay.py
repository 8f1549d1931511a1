"""Several picks as one bet: what was asked for, which legs were found, what that is worth."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.core.tenancy import TenantModel
from apps.picks.models.pick import Pick
from apps.picks.querysets import ParlayLegQuerySet, ParlayQuerySet
from apps.rulebook.parlays import JointMethod, ParlayStatus
from apps.rulebook.thresholds import Tier

_NONE = Q(status=ParlayStatus.NO_VALID_PARLAY.value)


class Parlay(TenantModel):
    """One answer to somebody who asked for a parlay: the legs, or what was missing for them.

    Everything but ``status`` is written once. The same key asks the same question and finds the
    same row; whether it may still be taken is read from its legs' picks.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="UUIDv5 of tenant and key.")

    # What was asked for.
    key = models.CharField(
        max_length=80, help_text="What the asker calls the question; one answer to each."
    )
    request_sha256 = models.CharField(max_length=64, help_text="Hex, over what was asked for.")
    profile = models.CharField(max_length=32, help_text="Named parlay profile.")
    legs_asked = models.PositiveSmallIntegerField(help_text="Legs; exactly so many or none.")
    named_picks = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        help_text="The picks that were asked for by name; empty: the slate's heaviest.",
    )
    same_game = models.BooleanField(help_text="Whether legs of one game were asked for.")
    seed = models.BigIntegerField(help_text="0: the best; others choose among the best few.")
    asked_by = models.CharField(max_length=150, help_text="As the audit names actors.")

    # What it was answered from.
    config_version = models.ForeignKey(
        "governance.ConfigVersion",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        help_text="The profile's document.",
    )
    inputs_sha256 = models.CharField(
        max_length=64, help_text="Hex, over every pick and quote it was chosen from."
    )
    generated_at = models.DateTimeField(help_text="UTC, business time.")
    slate_until = models.DateTimeField(
        help_text="UTC: games that begin before then were its slate."
    )
    considered = models.PositiveIntegerField(help_text="Picks that were looked at.")
    rejections = models.JSONField(
        default=list, help_text="Picks that are no leg, each with every reason; the first decides."
    )
    missing = models.TextField(
        blank=True, default="", help_text="What was missing; empty: it was made."
    )

    # The answer; empty where there is none.
    book = models.ForeignKey(
        "catalog.Book",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Whose quotes all of its legs are: a parlay is one bet at one book.",
    )
    price = models.DecimalField(
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Decimal odds: the product of the legs'.",
    )
    break_even_price = models.DecimalField(
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Decimal odds: the least that all legs winning must pay for EV > 0.",
    )
    joint_prob = models.FloatField(null=True, blank=True, help_text="0 to 1: that every leg wins.")
    independent_prob = models.FloatField(
        null=True, blank=True, help_text="0 to 1: the same if legs of one game were strangers."
    )
    ev = models.FloatField(
        null=True, blank=True, help_text="Expected profit per unit staked, pushes counted."
    )
    method = models.CharField(
        max_length=20, choices=choices_of(JointMethod), blank=True, default=""
    )
    method_version = models.CharField(max_length=32, blank=True, default="")
    joint_runs = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        help_text="Simulation runs whose scores say how legs of one game hang together.",
    )
    choice_no = models.PositiveSmallIntegerField(
        default=0, help_text="Which of the best combinations it is, from 1; 0: none."
    )
    choices = models.PositiveSmallIntegerField(
        default=0, help_text="How many combinations the seed chose among."
    )
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC: when its first game begins, as known then."
    )

    # Travels: changed by actions only.
    status = models.CharField(max_length=16, choices=choices_of(ParlayStatus))

    objects = ParlayQuerySet.as_manager()

    class Meta:
        db_table = "parlay"
        ordering = ["-generated_at", "-id"]
        permissions = [("generate_parlay", "Can generate parlays")]
        indexes = [
            models.Index(fields=["-generated_at", "-id"], name="parlay_newest_first"),
            models.Index(
                fields=["starts_at"],
                condition=Q(status=ParlayStatus.MADE.value),
                name="parlay_that_is_ungraded",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="parlay_key_is_used_once"),
            models.CheckConstraint(
                condition=_NONE
                & ~Q(missing="")
                & Q(
                    book__isnull=True,
                    price__isnull=True,
                    break_even_price__isnull=True,
                    joint_prob__isnull=True,
                    independent_prob__isnull=True,
                    ev__isnull=True,
                    starts_at__isnull=True,
                    method="",
                    choice_no=0,
                )
                | ~_NONE
                & Q(
                    missing="",
                    book__isnull=False,
                    price__isnull=False,
                    break_even_price__isnull=False,
                    joint_prob__isnull=False,
                    independent_prob__isnull=False,
                    ev__isnull=False,
                    starts_at__isnull=False,
                    choice_no__gte=1,
                )
                & ~Q(method=""),
                name="parlay_is_whole_or_says_what_was_missing",
            ),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gt=1), name="parlay_price_exceeds_stake"
            ),
            models.CheckConstraint(
                condition=Q(joint_prob__isnull=True) | Q(joint_prob__gt=0, joint_prob__lt=1),
                name="parlay_probability_is_uncertain",
            ),
            models.CheckConstraint(
                condition=Q(ev__isnull=True) | Q(ev__gt=0), name="parlay_has_expected_value"
            ),
            models.CheckConstraint(
                condition=Q(legs_asked__range=(3, 6)) | Q(legs_asked=2, named_picks__len=2),
                name="parlay_has_three_to_six_legs_or_is_a_named_pair",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(starts_at__gt=models.F("generated_at")),
                name="parlay_is_made_before_its_first_game",
            ),
        ]

    def __str__(self) -> str:
        if self.status == ParlayStatus.NO_VALID_PARLAY:
            return f"{self.legs_asked} legs, {self.profile}: none"
        return f"{self.legs_asked} legs, {self.profile} @ {self.price:.2f} [{self.status}]"

    def audit_state(self) -> dict[str, Any]:
        """What an audit entry fingerprints: the question, the answer, and how far it got."""
        return {name: getattr(self, name) for name in PARLAY_AUDITED}


# Columns of a parlay's audit state, in the order in which set-based statements return them.
PARLAY_AUDITED = (
    *("status", "key", "request_sha256", "inputs_sha256", "profile", "legs_asked", "same_game"),
    *("seed", "config_version_id", "book_id", "price", "joint_prob", "ev", "method", "missing"),
)


class ParlayLeg(AppendOnly):
    """One pick as it stands in a parlay: the quote it was taken at, and why it is there."""

    id = models.BigAutoField(primary_key=True)
    parlay = models.ForeignKey(
        Parlay, on_delete=models.PROTECT, related_name="legs", db_index=False
    )
    position = models.PositiveSmallIntegerField(help_text="From 1; the heaviest leg first.")
    pick = models.ForeignKey(
        Pick, on_delete=models.PROTECT, related_name="parlay_legs", help_text="Whose bet it is."
    )

    # The quote of the parlay's book, at the pick's line.
    snapshot_id = models.UUIDField(help_text="Computed public id of the quote's snapshot.")
    snapshot_seq = models.SmallIntegerField(
        help_text="With observed_at: which snapshot of that selection and book it is."
    )
    observed_at = models.DateTimeField(help_text="UTC, the provider's time of the quote.")
    last_seen_at = models.DateTimeField(
        help_text="UTC, captured_at of the newest poll that showed it."
    )
    line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Points; the pick's."
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="Decimal odds, stake included."
    )
    price_american = models.IntegerField(
        null=True, blank=True, help_text="American odds exactly as quoted; empty: decimal."
    )

    # What it was judged by, and why it was chosen.
    win_prob = models.FloatField(help_text="0 to 1: that this leg wins whole, by itself.")
    ev = models.FloatField(help_text="Expected profit per unit staked on this leg alone.")
    tier = models.CharField(max_length=16, choices=choices_of(Tier))
    weight = models.DecimalField(
        max_digits=7, decimal_places=6, help_text="0 to 1, under the profile's configuration."
    )
    tier_part = models.DecimalField(max_digits=7, decimal_places=6, help_text="0 to 1.")
    confidence_part = models.DecimalField(
        max_digits=7, decimal_places=6, null=True, blank=True, help_text="0 to 1; empty: unknown."
    )
    ev_part = models.DecimalField(max_digits=7, decimal_places=6, help_text="0 to 1.")
    volatility_part = models.DecimalField(
        max_digits=7, decimal_places=6, null=True, blank=True, help_text="0 to 1; empty: unknown."
    )

    objects = ParlayLegQuerySet.as_manager()

    class Meta:
        db_table = "parlay_leg"
        ordering = ["parlay", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["parlay", "position"], name="parlay_leg_has_its_own_position"
            ),
            models.UniqueConstraint(
                fields=["parlay", "pick"], name="parlay_leg_stands_once_in_a_parlay"
            ),
            models.CheckConstraint(condition=Q(price__gt=1), name="parlay_leg_price_exceeds_stake"),
            models.CheckConstraint(
                condition=Q(win_prob__gt=0, win_prob__lt=1, ev__gt=0, weight__range=(0, 1)),
                name="parlay_leg_is_worth_taking",
            ),
        ]

    def __str__(self) -> str:
        return f"Leg {self.position} of {self.parlay_id}"
