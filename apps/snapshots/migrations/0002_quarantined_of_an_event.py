"""What was set aside is found by the event that it spoke of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("snapshots", "0001_first_shape"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="quarantinedrow",
            index=models.Index(fields=["source_event_id"], name="quarantined_row_of_an_event"),
        ),
    ]
