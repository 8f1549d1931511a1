"""Grades as revisions, in the first shape."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import apps.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_first_shape"),
        ("picks", "0001_first_shape"),
    ]

    operations = [
        migrations.CreateModel(
            name="Grade",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        help_text="UUIDv7.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "revision_no",
                    models.PositiveSmallIntegerField(help_text="Counts from 1, without a gap."),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("WIN", "Win"),
                            ("HALF_WIN", "Half win"),
                            ("PUSH", "Push"),
                            ("HALF_LOSS", "Half loss"),
                            ("LOSS", "Loss"),
                            ("VOID", "Void"),
                            ("UNGRADEABLE", "Ungradeable"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Code: why it is VOID or UNGRADEABLE, or why it was revised.",
                        max_length=32,
                    ),
                ),
                (
                    "won",
                    models.PositiveSmallIntegerField(
                        help_text="0 or 1; means nothing on a returned stake."
                    ),
                ),
                (
                    "void_factor",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="0 to 1: share of the stake that is returned.",
                        max_digits=3,
                    ),
                ),
                (
                    "dead_heat_factor",
                    models.DecimalField(
                        decimal_places=8,
                        default=Decimal("1"),
                        help_text="0 to 1: places won per tied competitor.",
                        max_digits=9,
                    ),
                ),
                (
                    "profit",
                    models.DecimalField(
                        decimal_places=8,
                        help_text="Units per unit staked at the pick's price.",
                        max_digits=14,
                    ),
                ),
                (
                    "home_score",
                    models.SmallIntegerField(blank=True, help_text="Points.", null=True),
                ),
                (
                    "away_score",
                    models.SmallIntegerField(blank=True, help_text="Points.", null=True),
                ),
                (
                    "result_sha256",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Hex, of the result's canonical form; empty: settled without one.",
                        max_length=64,
                    ),
                ),
                (
                    "result_id",
                    models.BigIntegerField(
                        blank=True, help_text="The result_snapshot: evidence, not a key.", null=True
                    ),
                ),
                (
                    "payload_sha256",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Hex, of the payload it was read from.",
                        max_length=64,
                    ),
                ),
                (
                    "clv_version",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Method of the pick's closing line value; empty: its close was not taken yet.",
                        max_length=32,
                    ),
                ),
                (
                    "final_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, when the provider called the game final.",
                        null=True,
                    ),
                ),
                ("graded_at", models.DateTimeField(help_text="UTC, business time.")),
                (
                    "source",
                    models.CharField(
                        choices=[("PIPELINE", "Pipeline"), ("OPERATOR", "Operator")], max_length=8
                    ),
                ),
                (
                    "override_reason",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Written by the operator who overrides; shown with it.",
                    ),
                ),
                ("override_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "override_approved_by",
                    models.CharField(
                        blank=True, default="", help_text="The second person.", max_length=150
                    ),
                ),
                (
                    "pick",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grades",
                        to="picks.pick",
                    ),
                ),
                (
                    "settlement_ruleset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.settlementruleset",
                    ),
                ),
            ],
            options={
                "db_table": "grade",
                "ordering": ["-graded_at", "pick_id", "-revision_no"],
                "permissions": [("override_grade", "Can override grades, with a second person")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "UNGRADEABLE")),
                        fields=["pick"],
                        name="grade_that_waits_for_a_result",
                    ),
                    models.Index(fields=["graded_at"], name="grade_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("pick", "revision_no"), name="grade_revision_is_counted_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revision_no__gte", 1)),
                        name="grade_revision_counts_from_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome__in", ["PUSH", "VOID", "UNGRADEABLE"]),
                                ("profit", 0),
                                ("void_factor", 1),
                            ),
                            models.Q(
                                ("outcome__in", ["HALF_WIN", "HALF_LOSS"]),
                                ("void_factor", Decimal("0.5")),
                            ),
                            models.Q(("outcome__in", ["WIN", "LOSS"]), ("void_factor", 0)),
                            _connector="OR",
                        ),
                        name="grade_outcome_is_what_its_factors_say",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["PUSH", "VOID", "UNGRADEABLE"]),
                            models.Q(("outcome__in", ["WIN", "HALF_WIN"]), ("won", 1)),
                            models.Q(("outcome__in", ["LOSS", "HALF_LOSS"]), ("won", 0)),
                            _connector="OR",
                        ),
                        name="grade_winner_has_won",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["VOID", "UNGRADEABLE"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="grade_without_a_bet_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source", "OPERATOR"),
                            ("outcome__in", ["VOID", "UNGRADEABLE"]),
                            models.Q(
                                ("away_score__isnull", False),
                                ("home_score__isnull", False),
                                models.Q(("result_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="grade_is_settled_on_both_scores",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("override_approved_by", ""),
                                ("override_by", ""),
                                ("override_reason", ""),
                                ("source", "PIPELINE"),
                            ),
                            models.Q(
                                ("source", "OPERATOR"),
                                models.Q(("override_reason", ""), _negated=True),
                                models.Q(("override_by", ""), _negated=True),
                                models.Q(("override_approved_by", ""), _negated=True),
                                models.Q(
                                    ("override_by", models.F("override_approved_by")), _negated=True
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="grade_override_has_a_reason_and_two_people",
                    ),
                ],
            },
        ),
    ]
