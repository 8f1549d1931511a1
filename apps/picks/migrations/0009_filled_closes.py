"""A close that was missing may be filled once; what had been missing stays with it."""

from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION line_tracking_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.completed_at IS NOT NULL AND NOT coalesce(
        OLD.close_source = 'MISSING' AND NEW.close_source <> 'MISSING'
        AND NEW.missed = OLD.close_missing AND NEW.filled_at IS NOT NULL
        AND (OLD.pick_id, OLD.started_at, OLD.completed_at) = (NEW.pick_id, NEW.started_at,
            NEW.completed_at)
        AND (OLD.open_line, OLD.open_price, OLD.open_observed_at, OLD.open_seq, OLD.open_age_s)
            IS NOT DISTINCT FROM (NEW.open_line, NEW.open_price, NEW.open_observed_at,
            NEW.open_seq, NEW.open_age_s)
        AND (OLD.best_book_id, OLD.best_line, OLD.best_price, OLD.best_observed_at, OLD.best_seq,
            OLD.best_last_seen_at, OLD.best_age_s) IS NOT DISTINCT FROM (NEW.best_book_id,
            NEW.best_line, NEW.best_price, NEW.best_observed_at, NEW.best_seq,
            NEW.best_last_seen_at, NEW.best_age_s),
        false)
    THEN
        RAISE EXCEPTION 'The close of pick % was taken and stays as it is', OLD.pick_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'line_tracking_is_completed_once';
    END IF;
    RETURN NEW;
END
$$;
"""

GUARD_BEFORE = """
CREATE OR REPLACE FUNCTION line_tracking_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.completed_at IS NOT NULL THEN
        RAISE EXCEPTION 'The close of pick % was taken and stays as it is', OLD.pick_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'line_tracking_is_completed_once';
    END IF;
    RETURN NEW;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("picks", "0008_books_at_its_line"),
    ]

    operations = [
        migrations.AddField(
            model_name="linetracking",
            name="filled_at",
            field=models.DateTimeField(
                blank=True,
                help_text="UTC, when a close that had been missing was filled.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="linetracking",
            name="missed",
            field=models.CharField(
                blank=True,
                choices=[
                    ("NO_PREGAME_QUOTE", "No pregame quote"),
                    ("TOO_OLD", "Too old"),
                    ("MARGIN_NOT_REMOVABLE", "Margin not removable"),
                    ("TOO_FEW_BOOKS", "Too few books"),
                    ("NO_DISTRIBUTION", "No distribution"),
                ],
                db_default="",
                default="",
                help_text="Why there was no close when the game began, of one that was filled since.",
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="linetracking",
            name="completed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="UTC; once set, only a missing close is still filled.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="linetracking",
            index=models.Index(
                condition=models.Q(("close_source", "MISSING")),
                fields=["pick"],
                name="line_tracking_without_a_close",
            ),
        ),
        migrations.AddIndex(
            model_name="linetracking",
            index=models.Index(
                condition=models.Q(("filled_at__isnull", False)),
                fields=["filled_at"],
                name="line_tracking_by_filling",
            ),
        ),
        migrations.AddConstraint(
            model_name="linetracking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("filled_at__isnull", True), ("missed", "")),
                    models.Q(
                        ("filled_at__gte", models.F("completed_at")),
                        models.Q(("missed", ""), _negated=True),
                        models.Q(("close_source", "MISSING"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="line_tracking_filled_says_what_it_missed",
            ),
        ),
        migrations.RunSQL(GUARD, GUARD_BEFORE),
    ]
