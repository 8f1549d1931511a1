"""How parlays ended, and what the database refuses about it: edits, gaps, a second current word.

Names stay unqualified, so that functions and triggers follow the schema being migrated.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import apps.core.ids
from apps.core.append_only import GuardAppendOnly

REVISIONS = """
CREATE FUNCTION parlay_grade_guard_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision_no > 1 AND NOT EXISTS (
        SELECT FROM parlay_grade
        WHERE parlay_id = NEW.parlay_id AND revision_no = NEW.revision_no - 1
    ) THEN
        RAISE EXCEPTION 'Revision % of parlay % follows none', NEW.revision_no, NEW.parlay_id
            USING ERRCODE = 'restrict_violation',
                CONSTRAINT = 'parlay_grade_revision_follows_another';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER parlay_grade_revision BEFORE INSERT ON parlay_grade
    FOR EACH ROW EXECUTE FUNCTION parlay_grade_guard_revision();
"""

NO_REVISIONS = """
DROP TRIGGER parlay_grade_revision ON parlay_grade;
DROP FUNCTION parlay_grade_guard_revision();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
        ("grading", "0002_guards"),
        ("picks", "0005_parlays"),
    ]

    operations = [
        migrations.CreateModel(
            name="ParlayGrade",
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
                            ("PUSH", "Push"),
                            ("PART_LOSS", "Part loss"),
                            ("LOSS", "Loss"),
                            ("VOID", "Void"),
                            ("UNGRADEABLE", "Ungradeable"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "returned",
                    models.DecimalField(
                        decimal_places=8,
                        help_text="Units per unit staked, the stake included: the product of the legs'.",
                        max_digits=22,
                    ),
                ),
                (
                    "profit",
                    models.DecimalField(
                        decimal_places=8,
                        help_text="Units per unit staked: returned less 1.",
                        max_digits=22,
                    ),
                ),
                (
                    "leg_revisions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        help_text="Which revision of each leg's grade it was settled with, in their order.",
                        size=None,
                    ),
                ),
                (
                    "leg_outcomes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
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
                        help_text="What each of those said.",
                        size=None,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", help_text="Code: why it was revised.", max_length=32
                    ),
                ),
                ("graded_at", models.DateTimeField(help_text="UTC, business time.")),
            ],
            options={
                "db_table": "parlay_grade",
                "ordering": ["-graded_at", "parlay_id", "-revision_no"],
            },
        ),
        migrations.AddIndex(
            model_name="grade",
            index=models.Index(
                condition=models.Q(("revision_no__gt", 1)),
                fields=["pick"],
                name="grade_that_revises",
            ),
        ),
        migrations.AddField(
            model_name="parlaygrade",
            name="parlay",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grades",
                to="picks.parlay",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlaygrade",
            constraint=models.UniqueConstraint(
                fields=("parlay", "revision_no"), name="parlay_grade_revision_is_counted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="parlaygrade",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("revision_no", 1)),
                    models.Q(("revision_no__gt", 1), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="parlay_grade_revision_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlaygrade",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "profit",
                        django.db.models.expressions.CombinedExpression(
                            models.F("returned"), "-", models.Value(1)
                        ),
                    )
                ),
                name="parlay_grade_profit_is_over_the_stake",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlaygrade",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "WIN"), ("returned__gt", 1)),
                    models.Q(("outcome", "PART_LOSS"), ("returned__gt", 0), ("returned__lt", 1)),
                    models.Q(("outcome", "LOSS"), ("returned", 0)),
                    models.Q(("outcome__in", ["PUSH", "VOID", "UNGRADEABLE"]), ("returned", 1)),
                    _connector="OR",
                ),
                name="parlay_grade_outcome_is_what_it_returns",
            ),
        ),
        migrations.RunSQL(REVISIONS, NO_REVISIONS),
        GuardAppendOnly("ParlayGrade"),
    ]
