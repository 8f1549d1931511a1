"""What is under way is found at once, and a turn is answered in one round trip."""

from django.db import migrations, models

# The work began where its transaction did. Where that is older than the claim, as in tests, the
# claim says when.
FORWARDS = """
CREATE FUNCTION public.job_run_answer(run uuid, try int, said jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_current_xact_id_if_assigned() IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE public.job_run SET outcome = 'DONE', counts = said,
        started_at = greatest(started_at, transaction_timestamp()), finished_at = clock_timestamp()
    WHERE (id, attempt, outcome) = (run, try, 'RUNNING');
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION public.job_run_answer IS 'Says DONE where this transaction wrote or locked a'
    ' row; NULL: it did not, so there is nothing to lose; false: the run is not this attempt''s.';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0010_no_marks_in_help"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="jobrun",
            index=models.Index(
                condition=models.Q(("outcome", "RUNNING")),
                fields=["job", "tenant_schema"],
                name="job_run_under_way",
            ),
        ),
        migrations.RunSQL(FORWARDS, "DROP FUNCTION public.job_run_answer;"),
    ]
