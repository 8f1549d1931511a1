"""The audit is looked up by what changed, whatever it is, and by the person who changed it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_runs_know_their_connection"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="auditentry",
            name="audit_entry_of_an_object",
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["object_id", "object_type"], name="audit_entry_of_an_object"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("actor_type__in", ["JOB", "SYSTEM"]), _negated=True),
                fields=["actor_id", "-id"],
                name="audit_entry_of_a_person",
            ),
        ),
    ]
