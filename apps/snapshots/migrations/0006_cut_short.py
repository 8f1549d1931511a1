from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
        ("snapshots", "0005_rereadings"),
    ]

    operations = [
        migrations.AddField(
            model_name="resultsnapshot",
            name="played",
            field=models.JSONField(
                help_text="Of a game that was cut short: minutes or innings played; empty: all of it.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="resultsnapshot",
            index=models.Index(fields=["captured_at"], name="result_snapshot_by_time"),
        ),
    ]
