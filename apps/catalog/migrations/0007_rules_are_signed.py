"""A version of settlement rules says who wrote it, when, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
    ]

    operations = [
        migrations.AddField(
            model_name="settlementruleset",
            name="author",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Who wrote it, as the audit names actors; empty before this was kept.",
                max_length=150,
            ),
        ),
        migrations.AddField(
            model_name="settlementruleset",
            name="created_at",
            field=models.DateTimeField(
                blank=True, help_text="UTC, business time of the writing.", null=True
            ),
        ),
        migrations.AddField(
            model_name="settlementruleset",
            name="reason",
            field=models.TextField(blank=True, default="", help_text="The author's own words."),
        ),
    ]
