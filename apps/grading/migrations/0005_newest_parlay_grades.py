"""The list of parlay grades begins with the newest: an index says which those are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grading", "0004_graded_again"),
        ("picks", "0005_parlays"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="parlaygrade",
            index=models.Index(fields=["-graded_at", "-id"], name="parlay_grade_newest_first"),
        ),
    ]
