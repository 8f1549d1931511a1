"""A new version says what changed, frozen like the rest of it; the best quote has an age."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

guards = import_module("apps.picks.migrations.0002_guards")


def content(settled: str) -> str:
    """The guard of what a pick says, over these columns that settle with its publication."""
    return f"""
CREATE OR REPLACE FUNCTION pick_guard_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {guards.row_of("OLD", guards.IDENTITY)}
        IS DISTINCT FROM {guards.row_of("NEW", guards.IDENTITY)}
    THEN
        RAISE EXCEPTION 'What a pick recommends is written once'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_content_is_written_once';
    END IF;
    IF OLD.status <> 'PROPOSED' AND {guards.row_of("OLD", settled)}
        IS DISTINCT FROM {guards.row_of("NEW", settled)}
    THEN
        RAISE EXCEPTION 'The content of a % pick stays as it is', OLD.status
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'pick_content_is_frozen';
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER pick_content ON pick;
CREATE TRIGGER pick_content BEFORE UPDATE OF
    {guards.IDENTITY},
    {settled}
    ON pick FOR EACH ROW EXECUTE FUNCTION pick_guard_content();
"""


class Migration(migrations.Migration):
    dependencies = [("picks", "0003_newest_first")]

    operations = [
        migrations.AddField(
            model_name="linetracking",
            name="best_age_s",
            field=models.IntegerField(
                blank=True,
                help_text="Seconds: how long before it was taken down it was seen.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="pick",
            name="changed",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="What it says otherwise than the pick it supersedes; see picks.versions.",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=Q(supersedes__isnull=False) | Q(changed=[]),
                name="pick_changed_from_another",
            ),
        ),
        migrations.RunSQL(content(f"{guards.SETTLED}, changed"), content(guards.SETTLED)),
    ]
