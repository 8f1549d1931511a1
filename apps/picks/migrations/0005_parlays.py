"""Parlays and their legs, and what the database refuses about them, whoever writes.

Names stay unqualified, so that functions and triggers follow the schema being migrated.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from apps.core.append_only import GuardAppendOnly

# Everything but the status: written once.
CONTENT = (
    "id, key, request_sha256, profile, legs_asked, named_picks, same_game, seed, asked_by,"
    " config_version_id, inputs_sha256, generated_at, slate_until, considered, rejections, missing,"
    " book_id, price, break_even_price, joint_prob, independent_prob, ev, method, method_version,"
    " joint_runs, choice_no, choices, starts_at"
)


def row_of(which: str) -> str:
    return "(" + ", ".join(f"{which}.{column}" for column in CONTENT.split(", ")) + ")"


GUARDS = f"""
CREATE FUNCTION parlay_guard_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('MADE', 'NO_VALID_PARLAY') THEN
        RAISE EXCEPTION 'A parlay is born MADE or NO_VALID_PARLAY, not %', NEW.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'parlay_is_born_with_its_answer';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION parlay_guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {row_of("OLD")} IS DISTINCT FROM {row_of("NEW")} THEN
        RAISE EXCEPTION 'What a parlay says is written once'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'parlay_content_is_written_once';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) <> ('MADE', 'GRADED') THEN
        RAISE EXCEPTION 'A % parlay cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'parlay_moves_as_the_rules_say';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER parlay_birth BEFORE INSERT ON parlay
    FOR EACH ROW EXECUTE FUNCTION parlay_guard_birth();
CREATE TRIGGER parlay_change BEFORE UPDATE ON parlay
    FOR EACH ROW EXECUTE FUNCTION parlay_guard_change();
CREATE TRIGGER parlay_stays BEFORE DELETE ON parlay
    FOR EACH ROW EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER parlays_stay BEFORE TRUNCATE ON parlay
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
"""

NO_GUARDS = """
DROP TRIGGER parlays_stay ON parlay;
DROP TRIGGER parlay_stays ON parlay;
DROP TRIGGER parlay_change ON parlay;
DROP TRIGGER parlay_birth ON parlay;
DROP FUNCTION parlay_guard_change();
DROP FUNCTION parlay_guard_birth();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
        ("governance", "0006_parlay_profiles"),
        ("picks", "0004_what_changed"),
    ]

    operations = [
        migrations.CreateModel(
            name="Parlay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of tenant and key.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="What the asker calls the question; one answer to each.",
                        max_length=80,
                    ),
                ),
                (
                    "request_sha256",
                    models.CharField(help_text="Hex, over what was asked for.", max_length=64),
                ),
                ("profile", models.CharField(help_text="Named parlay profile.", max_length=32)),
                (
                    "legs_asked",
                    models.PositiveSmallIntegerField(help_text="Legs; exactly so many or none."),
                ),
                (
                    "named_picks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        blank=True,
                        default=list,
                        help_text="The picks that were asked for by name; empty: the slate's heaviest.",
                        size=None,
                    ),
                ),
                (
                    "same_game",
                    models.BooleanField(help_text="Whether legs of one game were asked for."),
                ),
                (
                    "seed",
                    models.BigIntegerField(
                        help_text="0: the best; others choose among the best few."
                    ),
                ),
                (
                    "asked_by",
                    models.CharField(help_text="As the audit names actors.", max_length=150),
                ),
                (
                    "inputs_sha256",
                    models.CharField(
                        help_text="Hex, over every pick and quote it was chosen from.",
                        max_length=64,
                    ),
                ),
                ("generated_at", models.DateTimeField(help_text="UTC, business time.")),
                (
                    "slate_until",
                    models.DateTimeField(
                        help_text="UTC: games that begin before then were its slate."
                    ),
                ),
                ("considered", models.PositiveIntegerField(help_text="Picks that were looked at.")),
                (
                    "rejections",
                    models.JSONField(
                        default=list,
                        help_text="Picks that are no leg, each with every reason; the first decides.",
                    ),
                ),
                (
                    "missing",
                    models.TextField(
                        blank=True, default="", help_text="What was missing; empty: it was made."
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds: the product of the legs'.",
                        max_digits=18,
                        null=True,
                    ),
                ),
                (
                    "break_even_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds: the least that all legs winning must pay for EV > 0.",
                        max_digits=18,
                        null=True,
                    ),
                ),
                (
                    "joint_prob",
                    models.FloatField(
                        blank=True, help_text="0 to 1: that every leg wins.", null=True
                    ),
                ),
                (
                    "independent_prob",
                    models.FloatField(
                        blank=True,
                        help_text="0 to 1: the same if legs of one game were strangers.",
                        null=True,
                    ),
                ),
                (
                    "ev",
                    models.FloatField(
                        blank=True,
                        help_text="Expected profit per unit staked, pushes counted.",
                        null=True,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INDEPENDENT", "Independent"),
                            ("JOINT_DISTRIBUTION", "Joint distribution"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("method_version", models.CharField(blank=True, default="", max_length=32)),
                (
                    "joint_runs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        blank=True,
                        default=list,
                        help_text="Simulation runs whose scores say how legs of one game hang together.",
                        size=None,
                    ),
                ),
                (
                    "choice_no",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Which of the best combinations it is, from 1; 0: none.",
                    ),
                ),
                (
                    "choices",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How many combinations the seed chose among."
                    ),
                ),
                (
                    "starts_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC: when its first game begins, as known then.",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("MADE", "Made"),
                            ("NO_VALID_PARLAY", "No valid parlay"),
                            ("GRADED", "Graded"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="Whose quotes all of its legs are: a parlay is one bet at one book.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.book",
                    ),
                ),
                (
                    "config_version",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The profile's document.",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.configversion",
                    ),
                ),
            ],
            options={
                "db_table": "parlay",
                "ordering": ["-generated_at", "-id"],
                "permissions": [("generate_parlay", "Can generate parlays")],
            },
        ),
        migrations.CreateModel(
            name="ParlayLeg",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "position",
                    models.PositiveSmallIntegerField(help_text="From 1; the heaviest leg first."),
                ),
                (
                    "snapshot_id",
                    models.UUIDField(help_text="Computed public id of the quote's snapshot."),
                ),
                (
                    "snapshot_seq",
                    models.SmallIntegerField(
                        help_text="With observed_at: which snapshot of that selection and book it is."
                    ),
                ),
                (
                    "observed_at",
                    models.DateTimeField(help_text="UTC, the provider's time of the quote."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the newest poll that showed it."
                    ),
                ),
                (
                    "line",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Points; the pick's.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=6, help_text="Decimal odds, stake included.", max_digits=12
                    ),
                ),
                (
                    "price_american",
                    models.IntegerField(
                        blank=True,
                        help_text="American odds exactly as quoted; empty: decimal.",
                        null=True,
                    ),
                ),
                (
                    "win_prob",
                    models.FloatField(help_text="0 to 1: that this leg wins whole, by itself."),
                ),
                (
                    "ev",
                    models.FloatField(
                        help_text="Expected profit per unit staked on this leg alone."
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("EDGE", "Edge"),
                            ("LEAN", "Lean"),
                            ("MARKET_ALIGNED", "Market aligned"),
                            ("BLOCKED", "Blocked"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "weight",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="0 to 1, under the profile's configuration.",
                        max_digits=7,
                    ),
                ),
                (
                    "tier_part",
                    models.DecimalField(decimal_places=6, help_text="0 to 1.", max_digits=7),
                ),
                (
                    "confidence_part",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="0 to 1; empty: unknown.",
                        max_digits=7,
                        null=True,
                    ),
                ),
                (
                    "ev_part",
                    models.DecimalField(decimal_places=6, help_text="0 to 1.", max_digits=7),
                ),
                (
                    "volatility_part",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="0 to 1; empty: unknown.",
                        max_digits=7,
                        null=True,
                    ),
                ),
                (
                    "parlay",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legs",
                        to="picks.parlay",
                    ),
                ),
                (
                    "pick",
                    models.ForeignKey(
                        help_text="Whose bet it is.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parlay_legs",
                        to="picks.pick",
                    ),
                ),
            ],
            options={
                "db_table": "parlay_leg",
                "ordering": ["parlay", "position"],
            },
        ),
        migrations.AddIndex(
            model_name="parlay",
            index=models.Index(fields=["-generated_at", "-id"], name="parlay_newest_first"),
        ),
        migrations.AddIndex(
            model_name="parlay",
            index=models.Index(
                condition=models.Q(("status", "MADE")),
                fields=["starts_at"],
                name="parlay_that_is_ungraded",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.UniqueConstraint(fields=("key",), name="parlay_key_is_used_once"),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status", "NO_VALID_PARLAY"),
                        models.Q(("missing", ""), _negated=True),
                        ("book__isnull", True),
                        ("break_even_price__isnull", True),
                        ("choice_no", 0),
                        ("ev__isnull", True),
                        ("independent_prob__isnull", True),
                        ("joint_prob__isnull", True),
                        ("method", ""),
                        ("price__isnull", True),
                        ("starts_at__isnull", True),
                    ),
                    models.Q(
                        models.Q(("status", "NO_VALID_PARLAY"), _negated=True),
                        ("book__isnull", False),
                        ("break_even_price__isnull", False),
                        ("choice_no__gte", 1),
                        ("ev__isnull", False),
                        ("independent_prob__isnull", False),
                        ("joint_prob__isnull", False),
                        ("missing", ""),
                        ("price__isnull", False),
                        ("starts_at__isnull", False),
                        models.Q(("method", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="parlay_is_whole_or_says_what_was_missing",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__isnull", True), ("price__gt", 1), _connector="OR"),
                name="parlay_price_exceeds_stake",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("joint_prob__isnull", True),
                    models.Q(("joint_prob__gt", 0), ("joint_prob__lt", 1)),
                    _connector="OR",
                ),
                name="parlay_probability_is_uncertain",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(("ev__isnull", True), ("ev__gt", 0), _connector="OR"),
                name="parlay_has_expected_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("legs_asked__range", (3, 6)),
                    models.Q(("legs_asked", 2), ("named_picks__len", 2)),
                    _connector="OR",
                ),
                name="parlay_has_three_to_six_legs_or_is_a_named_pair",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("starts_at__gt", models.F("generated_at")),
                    _connector="OR",
                ),
                name="parlay_is_made_before_its_first_game",
            ),
        ),
        migrations.AddConstraint(
            model_name="parlayleg",
            constraint=models.UniqueConstraint(
                fields=("parlay", "position"), name="parlay_leg_has_its_own_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="parlayleg",
            constraint=models.UniqueConstraint(
                fields=("parlay", "pick"), name="parlay_leg_stands_once_in_a_parlay"
            ),
        ),
        migrations.AddConstraint(
            model_name="parlayleg",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 1)), name="parlay_leg_price_exceeds_stake"
            ),
        ),
        migrations.AddConstraint(
            model_name="parlayleg",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ev__gt", 0),
                    ("weight__range", (0, 1)),
                    ("win_prob__gt", 0),
                    ("win_prob__lt", 1),
                ),
                name="parlay_leg_is_worth_taking",
            ),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        GuardAppendOnly("ParlayLeg"),
    ]
