"""The list of events begins with the latest: an index says which those are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_first_shape")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-start_time", "-id"], name="event_latest_first"),
        ),
    ]
