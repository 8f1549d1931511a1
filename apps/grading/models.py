"""How picks ended. A correction is another revision; what was said before stays."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.grading.kinds import GradeSource
from apps.grading.querysets import GradeQuerySet, ParlayGradeQuerySet
from apps.picks.models import Parlay, Pick
from apps.rulebook.parlays import ParlayOutcome
from apps.rulebook.settlement import Outcome

_RETURNED = Q(outcome__in=[Outcome.PUSH.value, Outcome.VOID.value, Outcome.UNGRADEABLE.value])


class Grade(AppendOnly):
    """One settlement of one pick. The revision with the highest number is the current one.

    Statistics count current revisions only. A revision is written when its result, rules, method
    of closing line value or override differ from those of the current one, so that a payload
    that is read again writes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    pick = models.ForeignKey(Pick, on_delete=models.PROTECT, related_name="grades", db_index=False)
    revision_no = models.PositiveSmallIntegerField(help_text="Counts from 1, without a gap.")
    outcome = models.CharField(max_length=16, choices=choices_of(Outcome))
    reason = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Code: why it is VOID or UNGRADEABLE, or why it was revised.",
    )

    # The three numbers that every payment follows from (docs/domain.md section 7).
    won = models.PositiveSmallIntegerField(help_text="0 or 1; means nothing on a returned stake.")
    void_factor = models.DecimalField(
        max_digits=3, decimal_places=2, help_text="0 to 1: share of the stake that is returned."
    )
    dead_heat_factor = models.DecimalField(
        max_digits=9,
        decimal_places=8,
        default=Decimal(1),
        help_text="0 to 1: places won per tied competitor.",
    )
    profit = models.DecimalField(
        max_digits=14, decimal_places=8, help_text="Units per unit staked at the pick's price."
    )

    # What it was settled on, and by which rules.
    home_score = models.SmallIntegerField(null=True, blank=True, help_text="Points.")
    away_score = models.SmallIntegerField(null=True, blank=True, help_text="Points.")
    result_sha256 = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Hex, of the result's canonical form; empty: settled without one.",
    )
    result_id = models.BigIntegerField(
        null=True, blank=True, help_text="The result_snapshot: evidence, not a key."
    )
    payload_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Hex, of the payload it was read from."
    )
    settlement_ruleset = models.ForeignKey(
        "catalog.SettlementRuleset", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    clv_version = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Method of the pick's closing line value; MISSING: there was no close;"
        " empty: it was not taken yet.",
    )
    final_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the provider called the game final."
    )
    graded_at = models.DateTimeField(help_text="UTC, business time.")

    # Who said so.
    tag = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Which re-grading wrote it; empty: the stage, or people.",
    )
    source = models.CharField(max_length=8, choices=choices_of(GradeSource))
    override_reason = models.TextField(
        blank=True, default="", help_text="Written by the operator who overrides; shown with it."
    )
    override_by = models.CharField(max_length=150, blank=True, default="")
    override_approved_by = models.CharField(
        max_length=150, blank=True, default="", help_text="The second person."
    )

    objects = GradeQuerySet.as_manager()

    class Meta:
        db_table = "grade"
        ordering = ["-graded_at", "pick_id", "-revision_no"]
        permissions = [("override_grade", "Can override grades, with a second person")]
        indexes = [
            models.Index(
                fields=["pick"],
                condition=Q(outcome__in=[Outcome.UNGRADEABLE.value, Outcome.VOID.value]),
                name="grade_that_may_end_otherwise",
            ),
            models.Index(
                fields=["pick"], condition=Q(clv_version=""), name="grade_without_a_close"
            ),
            models.Index(fields=["graded_at"], name="grade_by_time"),
            # A parlay follows its legs: of most of them nothing was ever revised.
            models.Index(
                fields=["pick"], condition=Q(revision_no__gt=1), name="grade_that_revises"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["pick", "revision_no"], name="grade_revision_is_counted_once"
            ),
            models.CheckConstraint(
                condition=Q(revision_no__gte=1), name="grade_revision_counts_from_one"
            ),
            models.CheckConstraint(
                condition=(_RETURNED & Q(void_factor=1, profit=0))
                | (
                    Q(outcome__in=[Outcome.HALF_WIN.value, Outcome.HALF_LOSS.value])
                    & Q(void_factor=Decimal("0.5"))
                )
                | (Q(outcome__in=[Outcome.WIN.value, Outcome.LOSS.value]) & Q(void_factor=0)),
                name="grade_outcome_is_what_its_factors_say",
            ),
            models.CheckConstraint(
                condition=_RETURNED
                | Q(outcome__in=[Outcome.WIN.value, Outcome.HALF_WIN.value], won=1)
                | Q(outcome__in=[Outcome.LOSS.value, Outcome.HALF_LOSS.value], won=0),
                name="grade_winner_has_won",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=[Outcome.VOID.value, Outcome.UNGRADEABLE.value])
                | ~Q(reason=""),
                name="grade_without_a_bet_says_why",
            ),
            models.CheckConstraint(
                condition=Q(source=GradeSource.OPERATOR.value)
                | Q(outcome__in=[Outcome.VOID.value, Outcome.UNGRADEABLE.value])
                | Q(home_score__isnull=False, away_score__isnull=False) & ~Q(result_sha256=""),
                name="grade_is_settled_on_both_scores",
            ),
            models.CheckConstraint(
                condition=Q(
                    source=GradeSource.PIPELINE.value,
                    override_reason="",
                    override_by="",
                    override_approved_by="",
                )
                | (
                    Q(source=GradeSource.OPERATOR.value)
                    & ~Q(override_reason="")
                    & ~Q(override_by="")
                    & ~Q(override_approved_by="")
                    & ~Q(override_by=F("override_approved_by"))
                ),
                name="grade_override_has_a_reason_and_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.profit:+.2f} (revision {self.revision_no})"

    def audit_state(self) -> dict[str, Any]:
        """What a revision says: an audit entry holds it against the revision before."""
        return {name: getattr(self, name) for name in AUDITED}


AUDITED = (
    "pick_id",
    "revision_no",
    "outcome",
    "reason",
    "won",
    "void_factor",
    "dead_heat_factor",
    "profit",
    "home_score",
    "away_score",
    "result_sha256",
    "settlement_ruleset_id",
    "clv_version",
    "source",
    "tag",
    "override_reason",
    "override_by",
    "override_approved_by",
)


_SAME_RETURN = Q(
    outcome__in=[
        ParlayOutcome.PUSH.value,
        ParlayOutcome.VOID.value,
        ParlayOutcome.UNGRADEABLE.value,
    ]
)


class ParlayGrade(AppendOnly):
    """One settlement of one parlay, from the grades that its legs' picks had then.

    A revision is written when a leg has another grade than the one it was settled with. The
    revision with the highest number is the current one; statistics count that alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    parlay = models.ForeignKey(
        Parlay, on_delete=models.PROTECT, related_name="grades", db_index=False
    )
    revision_no = models.PositiveSmallIntegerField(help_text="Counts from 1, without a gap.")
    outcome = models.CharField(max_length=16, choices=choices_of(ParlayOutcome))
    returned = models.DecimalField(
        max_digits=22,
        decimal_places=8,
        help_text="Units per unit staked, the stake included: the product of the legs'.",
    )
    profit = models.DecimalField(
        max_digits=22, decimal_places=8, help_text="Units per unit staked: returned less 1."
    )
    leg_revisions = ArrayField(
        models.PositiveSmallIntegerField(),
        help_text="Which revision of each leg's grade it was settled with, in their order.",
    )
    leg_outcomes = ArrayField(
        models.CharField(max_length=16, choices=choices_of(Outcome)),
        help_text="What each of those said.",
    )
    reason = models.CharField(
        max_length=32, blank=True, default="", help_text="Code: why it was revised."
    )
    graded_at = models.DateTimeField(help_text="UTC, business time.")

    objects = ParlayGradeQuerySet.as_manager()

    class Meta:
        db_table = "parlay_grade"
        ordering = ["-graded_at", "parlay_id", "-revision_no"]
        indexes = [models.Index(fields=["-graded_at", "-id"], name="parlay_grade_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["parlay", "revision_no"], name="parlay_grade_revision_is_counted_once"
            ),
            models.CheckConstraint(
                condition=Q(revision_no=1, reason="") | Q(revision_no__gt=1) & ~Q(reason=""),
                name="parlay_grade_revision_says_why",
            ),
            models.CheckConstraint(
                condition=Q(profit=F("returned") - 1), name="parlay_grade_profit_is_over_the_stake"
            ),
            models.CheckConstraint(
                condition=Q(outcome=ParlayOutcome.WIN.value, returned__gt=1)
                | Q(outcome=ParlayOutcome.PART_LOSS.value, returned__gt=0, returned__lt=1)
                | Q(outcome=ParlayOutcome.LOSS.value, returned=0)
                | _SAME_RETURN & Q(returned=1),
                name="parlay_grade_outcome_is_what_it_returns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.profit:+.2f} (revision {self.revision_no})"

    def audit_state(self) -> dict[str, Any]:
        """What a revision says: an audit entry holds it against the revision before."""
        return {
            "parlay_id": self.parlay_id,
            "revision_no": self.revision_no,
            "outcome": self.outcome,
            "returned": self.returned,
            "leg_revisions": self.leg_revisions,
            "leg_outcomes": self.leg_outcomes,
            "reason": self.reason,
        }
