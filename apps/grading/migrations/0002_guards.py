"""What the database refuses about grades, whoever writes: edits, gaps, a second current word.

The current revision is the one with the highest number. Numbers follow each other without a gap
(this trigger) and none is used twice (``grade_revision_is_counted_once``), so there is exactly
one. Names stay unqualified, so that functions and triggers follow the schema being migrated.
"""

from django.db import migrations

from apps.core.append_only import GuardAppendOnly

REVISIONS = """
CREATE FUNCTION grade_guard_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision_no > 1 AND NOT EXISTS (
        SELECT FROM grade WHERE pick_id = NEW.pick_id AND revision_no = NEW.revision_no - 1
    ) THEN
        RAISE EXCEPTION 'Revision % of pick % follows none', NEW.revision_no, NEW.pick_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grade_revision_follows_another';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER grade_revision BEFORE INSERT ON grade
    FOR EACH ROW EXECUTE FUNCTION grade_guard_revision();
"""

NO_REVISIONS = """
DROP TRIGGER grade_revision ON grade;
DROP FUNCTION grade_guard_revision();
"""


class Migration(migrations.Migration):
    dependencies = [("grading", "0001_first_shape"), ("core", "0001_refuse_change")]

    operations = [
        migrations.RunSQL(REVISIONS, NO_REVISIONS),
        GuardAppendOnly("Grade"),
    ]
